"""Fields that hold Python: their syntax is right, and which names they define is known without running them."""

from __future__ import annotations

import ast
import warnings

from proboost_kernel.exercises.fields import Reader
from proboost_kernel.i18n import _

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OWN_NAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, *_COMPREHENSIONS)


def python(reader: Reader, name: str) -> str:
    """A field that we run as it is: its syntax must be right. (The starter may be unfinished.)"""
    text = reader.text(name)
    if not text or not reader.node.line:  # a key bundle's was checked when it was built
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\\d" in a program is its author's matter
            ast.parse(text)
    except SyntaxError as error:
        message = _("This is not valid Python: {reason} (line {n} of the field).")
        reader.wrong(name, "python", message.format(reason=error.msg, n=error.lineno or 1))
    except (ValueError, RecursionError, MemoryError) as error:
        reader.wrong(name, "python", _("This is not valid Python: {reason}.").format(reason=error))
    return text


def assigned(code: str) -> frozenset[str]:
    """The names without `_` before them that a program gives values to at its top; none when it is broken."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    found: set[str] = set()
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, _OWN_NAMES)]
    return frozenset(name for name in found if not name.startswith("_"))
