"""The learner's part: runs set-up and the learner's program, then a frozen copy of it answers each test's questions.

Nothing this process says is a result: it holds neither tests nor what they expect, only questions about names and
calls. Whatever it reports about itself (an exception, a line) is worth a sentence to the learner and no point.
"""

from __future__ import annotations

import ast
import importlib
import io
import linecache
import os
import random
import signal
import socket
import sys
import types
from collections.abc import Callable
from typing import Any

from proboost.grading.sandbox import codec
from proboost.grading.sandbox.answering import Snapshot
from proboost.grading.sandbox.copies import Copies
from proboost_kernel.forkserver import wire

ANSWER, SETUP = "<answer>", "<setup>"
OUTPUT = 1 << 20  # characters a program may print
TEXT = 500  # characters of an error's text


class TimeIsUp(BaseException):
    """Raised where the program is when its time is over; a BaseException, so that `except Exception` lets it pass."""


class TooMuchOutput(BaseException):
    """Raised where the program prints more than anybody reads."""


class Output(io.TextIOBase):
    """Standard output that keeps at most `limit` characters and refuses to take more."""

    encoding = "utf-8"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.parts: list[str] = []

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1  # /dev/null: what goes around this object is nobody's

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.limit -= len(text)
        if self.limit < 0:
            raise TooMuchOutput
        self.parts.append(text)
        return len(text)

    def taken(self) -> str:
        text = "".join(self.parts)
        self.parts.clear()
        return text


def main(control: socket.socket, plan: dict[str, Any]) -> None:
    """Plan: setup, code, limit (s), names (whether to tell which names the program defines), copies (whether the first
    test needs one). A test: limit, last, more (whether the next one needs a copy).
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    told = _prepare(module, plan)
    wire.send(control, told)

    def answer(message: dict[str, Any], questions: int, _link: socket.socket | None = None) -> None:
        _answer(socket.socket(fileno=questions), vars(module), float(message["limit"]))

    copies = Copies(answer, control, fork_exactly)
    if plan.get("copies") and "ran" in told:
        copies.make_ahead()
    while True:
        message, descriptors = wire.receive(control, descriptors=1)
        last = message is None or message.get("last")
        copies.end(all_of_them=last)  # one at a time; it may be in an endless loop
        if message is None:
            return
        if last:  # nobody comes after it: it may have the program itself
            control.close()
            answer(message, descriptors[0])
        copies.begin(message, descriptors[0]).close()
        os.close(descriptors[0])
        if message.get("more"):
            copies.make_ahead()


def _prepare(module: types.ModuleType, plan: dict[str, Any]) -> dict[str, Any]:
    space = vars(module)
    for name, source in ((SETUP, plan["setup"]), (ANSWER, plan["code"])):
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    sys.stdout = sys.stderr = Output(OUTPUT)
    if problem := _run(plan["setup"], SETUP, space, plan["limit"]):
        return {"setup": problem}
    before = {name: (value, fingerprint(value)) for name, value in space.items()} if plan.get("names") else {}
    if problem := _run(plan["code"], ANSWER, space, plan["limit"]):
        return {"failed": problem}
    return {"ran": True, "names": _defined(space, before, imported(plan["code"])) if plan.get("names") else {}}


def _run(source: str, name: str, space: dict[str, Any], limit: float) -> dict[str, Any] | None:
    """Runs to the end, or says what happened."""
    try:
        program = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return described(error)
    try:
        with_alarm(limit, lambda: exec(program, space))  # noqa: S102 -- running programs is what a sandbox is for
    except SystemExit as error:
        if error.code not in (None, 0):
            return described(error)
    except BaseException as error:  # noqa: BLE001 -- whatever a program raises is told
        return described(error)
    return None


def with_alarm(limit: float, act: Callable[[], Any]) -> Any:
    """`act()`, with TimeIsUp raised in the middle of it after `limit` seconds."""

    def ring(_number: int, _frame: object) -> None:
        raise TimeIsUp

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit, 0.2)  # again, should somebody have caught it
    try:
        return act()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def fork_exactly() -> int:
    """os.fork, but the copy goes on drawing the very numbers that the program would: Python reseeds at a fork."""
    state = random.getstate()
    child = os.fork()
    if child == 0:
        random.setstate(state)
    return child


def described(error: BaseException) -> dict[str, Any]:
    """An exception as data: kinds (its class first), text, line of the learner's program; of a syntax error the line's
    text.
    """
    told: dict[str, Any] = {"kinds": [_clean(kind.__name__, 80) for kind in type(error).__mro__[:-1]][:20]}
    try:
        told["text"] = _clean(str(error), TEXT)
    except BaseException:  # noqa: BLE001 -- the learner's own __str__
        told["text"] = ""
    if isinstance(error, SyntaxError):
        told.update(text=_clean(str(error.msg), TEXT), line=error.lineno, source=_clean(str(error.text or ""), 200))
    else:
        told["line"] = _line(error)
    if isinstance(error, (NameError, ImportError)) and isinstance(error.name, str):
        told["name"] = _clean(error.name, 80)
    return told


def _line(error: BaseException) -> int | None:
    found, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == ANSWER:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _clean(text: str, limit: int) -> str:
    return text[:limit].encode("utf-8", "replace").decode()


def _answer(questions: socket.socket, space: dict[str, Any], limit: float) -> None:
    try:
        with_alarm(limit, Snapshot(questions, space, Output, described).serve)
    finally:
        os._exit(0)


# -- which names a program defines: asked of reference solutions only


def fingerprint(value: object) -> Any:
    """What tells whether a name's value was changed in place; None of what cannot be told."""

    def refer(other: object) -> codec.Tagged:
        return codec.tag("h", id(other))

    try:
        return codec.encode(value, refer)
    except (codec.NotData, RecursionError):
        return None


def imported(source: str) -> frozenset[str]:
    """Names that import statements bind; "*" among them where one binds whatever there is."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    statements = (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    aliases = (alias for statement in statements for alias in statement.names)
    return frozenset(alias.asname or alias.name.partition(".")[0] for alias in aliases)


def _defined(
    space: dict[str, Any], before: dict[str, tuple[Any, Any]], imports: frozenset[str]
) -> dict[str, dict[str, Any]]:
    """What the program bound, rebound or changed after set-up, and how the tester gets at it."""
    names = {}
    for name, value in space.items():
        known = name in before and before[name][0] is value and before[name][1] == fingerprint(value)
        if not known and not (name.startswith("__") and name.endswith("__")):
            names[name] = way(name, value, imports)
    return names


def way(name: str, value: Any, imports: frozenset[str]) -> dict[str, Any]:
    """How the tester gets at a value: its own import of what was imported, a question for anything else. `f = abs` is
    an answer too, and whose program has no `f` has not given it.
    """
    own = str(getattr(value, "__name__", None))
    if name in imports or ("*" in imports and name == own):
        if isinstance(value, types.ModuleType) and own != "__main__":
            return {"module": own}
        home = str(getattr(value, "__module__", None) or "__main__")
        known = isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)) and home != "__main__"
        if known and getattr(importlib.import_module(home), own, None) is value:
            return {"from": [home, own]}
    return {"remote": "class" if isinstance(value, type) else "function" if callable(value) else "value"}
