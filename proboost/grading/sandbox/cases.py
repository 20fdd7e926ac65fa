"""Failed cases of visible tests, for the learner to read: what was called, what came back, what was wanted.

A test's own `assert f(x) == value` is rewritten so that its two sides are kept when they differ. Only the test's
syntax and texts of plain data go in; of a handle there is its class's name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from proboost.grading.sandbox.faults import Raised
from proboost.grading.sandbox.remote import Remote, kind_of

LIMIT = 500  # characters of each part
NAME = "__case__"  # how the rewritten test calls us
Case = dict[str, str]


class Cases:
    """Keeps the last case that did not hold."""

    def __init__(self) -> None:
        self.last: Case | None = None

    def check(
        self, how: str, call: str, given: dict[str, Any], left: Callable[[], Any], right: Callable[[], Any], want: str
    ) -> Any:
        """What the assertion's test is worth; its sides are evaluated once, in their order."""
        self.last = None
        call = _filled(call, given)
        try:
            got = left()
        except Exception as error:
            if isinstance(error, Raised):
                self.last = {"call": call, "got": shown_error(error), "wanted": want}
            raise
        if how in ("true", "false"):
            holds = (not got) if how == "false" else got
            return self._keep(holds, call, got, how == "true")
        wanted = right()
        holds = got is wanted if how == "is" else got == wanted
        return self._keep(holds, call, got, wanted)

    def _keep(self, holds: Any, call: str, got: Any, wanted: Any) -> Any:
        try:
            right = bool(holds)
        except ValueError:  # an array of answers: the assertion itself will say so
            return holds
        if not right:
            self.last = {"call": call, "got": shown(got), "wanted": shown(wanted)}
        return holds


def shown(value: Any) -> str:
    """Python's text of plain data, at most LIMIT characters; "<class>" of what is not."""
    if isinstance(value, Remote):
        return f"<{kind_of(value)}>"[:LIMIT]
    try:
        return shortened(repr(value))
    except (ValueError, RecursionError, MemoryError):  # an integer of ten thousand digits
        return f"<{type(value).__name__}>"


def shown_error(error: BaseException) -> str:
    text = str(error.args[0]) if error.args and type(error.args[0]) in (str, int, float) else ""
    return shortened(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def shortened(text: str, limit: int = LIMIT) -> str:
    """At most `limit` characters, with an ellipsis where something is left out; valid Unicode."""
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return text.encode("utf-8", "replace").decode()


def rewrite(tree: ast.Module) -> ast.Module:
    """The same test, its assertions calling NAME."""
    rewritten: ast.Module = _Assertions().visit(tree)
    return ast.fix_missing_locations(rewritten)


class _Assertions(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        found = _sides(node.test)
        if found is None or any(isinstance(part, _UNMOVABLE) for part in ast.walk(node.test)):
            return node
        how, left, right = found
        arguments = [
            ast.Constant(how),
            ast.Constant(_source(left)),
            _given(left),
            _later(left),
            _later(right if right is not None else ast.Constant(None)),
            ast.Constant(_source(right) if right is not None else str(how == "true")),
        ]
        call = ast.Call(ast.Name(NAME, ast.Load()), arguments, [])
        return ast.copy_location(ast.Assert(ast.copy_location(call, node.test), node.msg), node)


_UNMOVABLE = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def _sides(test: ast.expr) -> tuple[str, ast.expr, ast.expr | None] | None:
    """How it is decided, what is asked of the learner's program, and what it is compared with."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is)):
        left, right = test.left, test.comparators[0]
        if _calls(right) and not _calls(left):
            left, right = right, left
        return ("is" if isinstance(test.ops[0], ast.Is) else "equal"), left, right
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Call):
        return "false", test.operand, None
    if isinstance(test, ast.Call):
        return "true", test, None
    return None


def _calls(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def _source(node: ast.expr) -> str:
    return shortened(ast.unparse(node))


def _later(node: ast.expr) -> ast.Lambda:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.copy_location(ast.Lambda(nothing, node), node)


def _given(node: ast.expr) -> ast.Dict:
    """{name: its text} of the names that the call gets as they are, so that `f(x)` can be shown as `f(3)`."""
    arguments = (*node.args, *(keyword.value for keyword in node.keywords)) if isinstance(node, ast.Call) else ()
    unique = sorted({argument.id for argument in arguments if isinstance(argument, ast.Name)})
    texts: list[ast.expr] = [
        ast.Call(ast.Attribute(ast.Name(NAME, ast.Load()), "text", ast.Load()), [ast.Name(name, ast.Load())], [])
        for name in unique
    ]
    return ast.Dict([ast.Constant(name) for name in unique], texts)


def _filled(call: str, given: dict[str, str]) -> str:
    """The call with plain names replaced by their values' texts."""
    given = {name: text for name, text in given.items() if text}
    if not given:
        return call
    try:
        tree = ast.parse(call, mode="eval").body
    except (SyntaxError, RecursionError):  # it was shortened
        return call
    if not isinstance(tree, ast.Call):
        return call

    def fill(node: ast.expr) -> ast.expr:
        return ast.Name(given[node.id]) if isinstance(node, ast.Name) and node.id in given else node

    tree.args = [fill(item) for item in tree.args]
    for keyword in tree.keywords:
        keyword.value = fill(keyword.value)
    return shortened(ast.unparse(tree))


def text_of(value: Any) -> str:
    """The text that stands for a name's value in a shown call; empty when the name says more."""
    if isinstance(value, Remote) or callable(value):
        return ""
    text = shown(value)
    return text if len(text) <= 200 else ""
