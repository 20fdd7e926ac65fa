"""How fields of an exercise or course are read: each converts by its own type, and all problems are gathered."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

from proboost_kernel.exercises.holes import names
from proboost_kernel.exercises.yaml import Fields, Items, Node, Problem, Text
from proboost_kernel.i18n import _

TRUE = frozenset({"true", "yes", "on", "да"})
FALSE = frozenset({"false", "no", "off", "нет"})


class Reader:
    """Reads one mapping. Every key must be asked for before `close`, which names the unknown ones.

    `holes`: names that a variant puts values for, wherever they stand as `{{name}}`.
    """

    def __init__(
        self, node: Fields, problems: list[Problem], path: str = "", holes: frozenset[str] = frozenset()
    ) -> None:
        self.node = node
        self.problems = problems
        self.path = path
        self.holes = holes
        self.asked: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self.node.values

    def where(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def is_template(self, text: str) -> bool:
        """Whether a variant puts a value into this text: then it can be converted only when that is there."""
        return bool(self.holes) and not self.holes.isdisjoint(names(text))

    def line(self, name: str) -> int:
        return self.node.lines.get(name, self.node.line)

    def wrong(self, name: str, code: str, message: str, line: int | None = None) -> None:
        self.problems.append(Problem(self.line(name) if line is None else line, self.where(name), code, message))

    def take(self, name: str) -> Node | None:
        self.asked.add(name)
        return self.node.values.get(name)

    def need(self, name: str) -> bool:
        """Whether the field is there; says so when it is not."""
        self.asked.add(name)
        if name in self.node.values:
            return True
        self.wrong(name, "missing", _("“{name}” is missing.").format(name=name), self.node.line)
        return False

    def text(self, name: str, default: str = "", *, limit: int = 64 * 1024) -> str:
        node = self.take(name)
        if node is None:
            return default
        if not isinstance(node, Text):
            self.wrong(name, "type", _("A text is expected here."))
            return default
        if len(node.value) > limit:
            self.wrong(name, "too-long", _("The text is longer than {n} characters.").format(n=limit))
        return node.value

    def number(self, name: str, default: float, *, low: float = 0, high: float = 1e6) -> float:
        node = self.take(name)
        if node is None:
            return default
        return self.as_number(name, node, default, low, high)

    def as_number(self, name: str, node: Node, default: float, low: float, high: float) -> float:
        value = _finite(node.value) if isinstance(node, Text) else None
        if value is None or not low <= value <= high:
            message = _("A number from {low} to {high} is expected here.").format(low=plain(low), high=plain(high))
            self.wrong(name, "number", message, node.line or None)
            return default
        return value

    def whole(self, name: str, default: int | None, *, low: int = 0, high: int = 10**6) -> int | None:
        node = self.take(name)
        if node is None:
            return default
        text = node.value.strip() if isinstance(node, Text) else ""
        if not (text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high):
            self.wrong(
                name, "number", _("A whole number from {low} to {high} is expected here.").format(low=low, high=high)
            )
            return default
        return int(text)

    def flag(self, name: str, default: bool) -> bool:
        node = self.take(name)
        if node is None:
            return default
        word = node.value.strip().lower() if isinstance(node, Text) else ""
        if word not in TRUE | FALSE:
            self.wrong(name, "flag", _("“true” or “false” is expected here."))
            return default
        return word in TRUE

    def one_of(self, name: str, choices: Iterable[str], default: str) -> str:
        known = list(choices)
        value = self.text(name, default)
        if value not in known:
            message = _("“{value}” is not known here.").format(value=value) + nearest(value, known)
            self.wrong(name, "unknown-value", message)
            return default
        return value

    def items(self, name: str, *, limit: int = 200) -> tuple[Node, ...]:
        node = self.take(name)
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.wrong(name, "type", _("A list is expected here (lines that start with “- ”)."))
            return ()
        if len(node.values) > limit:
            self.wrong(name, "too-many", _("There are more than {n} values here.").format(n=limit))
            return ()
        return node.values

    def texts(self, name: str, *, limit: int = 200) -> tuple[str, ...]:
        found = []
        for position, node in enumerate(self.items(name, limit=limit)):
            if isinstance(node, Text):
                found.append(node.value)
            else:
                self.wrong(f"{name}[{position}]", "type", _("A text is expected here."), node.line)
        return tuple(found)

    def numbers(self, name: str, *, low: float, high: float, limit: int = 50) -> tuple[float, ...]:
        return tuple(
            self.as_number(f"{name}[{position}]", node, high, low, high)
            for position, node in enumerate(self.items(name, limit=limit))
        )

    def fields(self, name: str) -> Reader | None:
        """The mapping under `name`; None when it is not there or is something else, which is said."""
        node = self.take(name)
        return None if node is None else self.inner(name, node)

    def inner(self, name: str, node: Node) -> Reader | None:
        if isinstance(node, Fields):
            return Reader(node, self.problems, self.where(name), self.holes)
        self.wrong(name, "type", _("Named fields are expected here (lines like “name: value”)."), node.line or None)
        return None

    def close(self) -> None:
        for name in self.node.values:
            if name not in self.asked:
                message = _("“{name}” is not known here.").format(name=name) + nearest(name, self.asked)
                self.wrong(name, "unknown", message)


def nearest(name: str, known: Iterable[str]) -> str:
    """A question that names the nearest known word, with a space before it; empty when nothing is near."""
    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return " " + _("Did you mean “{name}”?").format(name=found[0]) if found else ""


def plain(value: float) -> int | float:
    """3.0 as 3: numbers are written the shortest way, so that equal ones have equal bytes."""
    return int(value) if float(value).is_integer() else value


def _finite(text: str) -> float | None:
    if len(text) > 40 or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
