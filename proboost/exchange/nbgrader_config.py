"""nbgrader_config.py: what it sets, read as text and never executed; what is not a plain value is not known."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

MAX_CHARACTERS = 1024 * 1024


class Config:
    """Values by `Class.trait`, like `CourseDirectory.course_id`; `unknown` are those that only Python could tell."""

    def __init__(self, values: dict[str, Any], unknown: frozenset[str], *, sound: bool = True) -> None:
        self.values = values
        self.unknown = unknown
        self.sound = sound

    def text(self, *names: str, default: str = "") -> str:
        """The first of the names that is set to a text."""
        return next((found for name in names if isinstance(found := self.values.get(name), str)), default)

    def texts(self, name: str) -> list[str]:
        found = self.values.get(name)
        return [one for one in found if isinstance(one, str)] if isinstance(found, (list, tuple)) else []

    def rows(self, *names: str) -> list[dict[str, Any]]:
        """Lists of dicts, as old versions wrote students and assignments."""
        for name in names:
            found = self.values.get(name)
            if isinstance(found, list):
                return [one for one in found if isinstance(one, dict)]
        return []


def read(text: str) -> Config:
    """Never raises: a file that is no Python has no values."""
    if len(text) > MAX_CHARACTERS:
        return Config({}, frozenset(), sound=False)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Config({}, frozenset(), sound=False)
    values: dict[str, Any] = {}
    unknown: set[str] = set()
    for name, node in _set(tree):
        try:
            values[name] = _value(node)
            unknown.discard(name)
        except (ValueError, TypeError, RecursionError, MemoryError):
            values.pop(name, None)
            unknown.add(name)
    return Config(values, frozenset(unknown))


def _set(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """`c.Class.trait = value` in the order of the file; the last one counts."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if (
                isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Attribute)
                and isinstance(target.value.value, ast.Name)
            ):
                yield f"{target.value.attr}.{target.attr}", node.value


def _value(node: ast.expr) -> Any:
    """A literal; `dict(name="ps1")` is one too. Raises ValueError for anything that would have to be run."""
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(one) for one in node.elts]
    if isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args):
            raise ValueError("not a literal")
        return {keyword.arg: _value(keyword.value) for keyword in node.keywords if keyword.arg}
    return ast.literal_eval(node)
