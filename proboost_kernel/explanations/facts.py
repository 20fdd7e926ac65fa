"""What is known of an error: its words, the learner's line and the part of it that failed, values that are plain."""

from __future__ import annotations

import ast
import builtins
import linecache
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType, ModuleType, TracebackType
from typing import Any

from proboost_kernel.cells import is_cell

MANY = 2000  # names, keys or attributes that are looked at
LONG = 500  # characters of a message
NAMED = ("NameError", "UnboundLocalError", "AttributeError", "ImportError", "ModuleNotFoundError")
PLAIN = (str, int, float, bool, bytes, type(None))


class Missing:
    """Where a value cannot be known without running something."""


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Facts:
    """`part` is the expression that failed, `source` its whole cell; `deep`: a library's code raised it."""

    kind: str
    message: str
    name: str = ""
    key: object = MISSING
    owner: str = ""  # the type of what lacks an attribute
    attributes: tuple[str, ...] = ()
    line: str = ""
    number: int = 0
    column: int = 0
    part: ast.expr | None = None
    source: str = ""
    function: str = ""
    deep: bool = False
    local: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Names that the failing line could have used: the learner's first."""
        found = [*self.local, *self.shared][:MANY]
        return [*(name for name in dict.fromkeys(found) if not name.startswith("_")), *vars(builtins)]

    def tree(self) -> ast.AST:
        """The whole cell, empty where it cannot be read (as one with magics)."""
        try:
            return ast.parse(self.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])

    def value(self, node: ast.expr | None) -> Any:
        """The value of an expression as it was, MISSING where finding it would run code."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return next((one[name] for one in (self.local, self.shared) if name in one), MISSING)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = self.value(operand)
                return -value if type(value) in (int, float) else MISSING
            case ast.Subscript(value=inner, slice=place):
                return _item(self.value(inner), self.value(place))
        return MISSING


def gather(error: BaseException) -> Facts:
    """The facts of an error that was raised."""
    kind = _kind(error)
    if isinstance(error, SyntaxError):
        return _of_syntax(error, kind)
    tb, deep = _place(error.__traceback__)
    frame = tb.tb_frame if tb else None
    source = "".join(linecache.getlines(frame.f_code.co_filename)) if frame else ""
    name = getattr(error, "name", None) if kind in NAMED else None
    owner, attributes = _owner(error) if kind == "AttributeError" else ("", ())
    number = tb.tb_lineno if tb else 0
    lines = source.splitlines()
    key: object = MISSING
    if kind == "KeyError" and error.args and type(error.args[0]) in PLAIN:
        key = error.args[0]
    return Facts(
        kind=kind,
        message=_message(error, kind),
        name=name if type(name) is str else "",
        key=key,
        owner=owner,
        attributes=attributes,
        line=lines[number - 1].strip() if 0 < number <= len(lines) else "",
        number=number,
        part=_part(tb, lines),
        source=source,
        function=frame.f_code.co_name if frame else "",
        deep=deep,
        local=dict(frame.f_locals) if frame else {},
        shared=dict(frame.f_globals) if frame else {},
    )


def _kind(error: BaseException) -> str:
    """Only Python's own: what a library or a learner means by one of theirs we do not know."""
    if isinstance(error, SyntaxError) and type(error).__name__ == "_IncompleteInputError":
        return "SyntaxError"
    return type(error).__name__ if type(error).__module__ == "builtins" else ""


def _message(error: BaseException, kind: str) -> str:
    if kind == "FileNotFoundError":
        filename = getattr(error, "filename", "")
        return filename[:LONG] if type(filename) is str else ""
    words = error.args[0] if error.args else ""
    return words[:LONG] if type(words) is str else ""


def _of_syntax(error: SyntaxError, kind: str) -> Facts:
    message = error.msg if type(error.msg) is str else ""
    number, column = (one if type(one) is int else 0 for one in (error.lineno, error.offset))
    lines = linecache.getlines(error.filename) if type(error.filename) is str else []
    text = error.text if type(error.text) is str else ""
    source = "".join(lines) or text
    if message == "incomplete input":  # IPython asks Python to say so of all that more lines could still mend
        try:
            compile(source + "\n", "<cell>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        except SyntaxError as plain:
            kind = type(plain).__name__
            message, number, column = str(plain.msg), plain.lineno or number, plain.offset or column
        except (ValueError, MemoryError, RecursionError):
            pass
    rows = source.splitlines()
    line = rows[number - 1] if len(lines) and 0 < number <= len(rows) else text.rstrip("\n")
    return Facts(kind=kind, message=message[:LONG], line=line, number=number, column=column, source=source)


def _place(tb: TracebackType | None) -> tuple[TracebackType | None, bool]:
    """The last of the learner's own frames, and whether others came after it."""
    found, deep = None, False
    while tb is not None:
        if is_cell(tb.tb_frame.f_code.co_filename):
            found, deep = tb, False
        else:
            deep = found is not None
        tb = tb.tb_next
    return found, deep


def _part(tb: TracebackType | None, lines: list[str]) -> ast.expr | None:
    """The expression that Python was at."""
    if tb is None:
        return None
    code: CodeType = tb.tb_frame.f_code
    positions = list(code.co_positions())
    at = tb.tb_lasti // 2
    if not 0 <= at < len(positions):
        return None
    first, last, start, end = positions[at]
    if first is None or last is None or start is None or end is None or last > len(lines) or last - first > 50:
        return None
    rows = [line.encode() for line in lines[first - 1 : last]]
    rows[-1] = rows[-1][:end]
    rows[0] = rows[0][start:]
    try:
        return ast.parse("(" + b"\n".join(rows).decode() + "\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _owner(error: BaseException) -> tuple[str, tuple[str, ...]]:
    """Type and attributes of what was asked, without asking it: neither __getattr__ nor __dir__ is called."""
    thing = getattr(error, "obj", None)
    kind = type(thing)
    names: list[str] = []
    if kind is ModuleType or isinstance(thing, type):
        names += [name for name in vars(thing) if type(name) is str]
    if isinstance(thing, type):
        names += _of_type(thing)
    else:
        own = vars(thing) if type(getattr(kind, "__dict__", {}).get("__dict__")).__name__ == "getset_descriptor" else {}
        names += [name for name in own if type(name) is str]
        names += _of_type(kind)
    public = dict.fromkeys(name for name in names if not name.startswith("_"))
    return kind.__name__, tuple(public)[:MANY]


def _of_type(kind: type) -> Iterable[str]:
    return (name for one in type.mro(kind) for name in vars(one)) if type(kind) is type else vars(kind)


def _item(container: Any, place: Any) -> Any:
    if type(container) is dict and type(place) in PLAIN:
        same = (value for key, value in list(container.items())[:MANY] if type(key) is type(place) and key == place)
        return next(same, MISSING)
    if type(container) in (list, tuple, str) and type(place) is int and -len(container) <= place < len(container):
        return container[place]
    return MISSING
