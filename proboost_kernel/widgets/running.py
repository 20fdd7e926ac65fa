"""Runs a learner's code in the kernel's own namespace and says what it prints while it runs."""

from __future__ import annotations

import ast
import io
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from proboost_kernel import tracebacks
from proboost_kernel.cells import is_cell
from proboost_kernel.i18n import _

Json = dict[str, Any]
Say = Callable[[Json], None]  # takes {"stream", "text"}, {"error": {...}} or {"data": {mime: …}}
EVERY = 0.08  # seconds between two pieces of a stream
PIECE = 16 * 1024  # characters
MOST = 200 * 1024  # characters of one run; a browser shows no more with pleasure
ENDS = 10  # calls that are shown from either end of a long traceback
SHOWN = ("image/png", "image/jpeg", "image/svg+xml", "text/html", "text/latex", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"


def run(code: str, say: Say, *, setup: str = "") -> bool:
    """Whether it ran to its end. An interrupt ends the run, not the kernel."""
    shell = _shell()
    if shell is None:
        say(error_of(RuntimeError(_("Programs cannot be run here now."))))
        return False
    failed: list[BaseException] = []
    with _told(shell, say, failed):
        for part in (setup, code):
            if part.strip() and not failed:
                _one(shell, part, say, failed)
    return not failed


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()


def _one(shell: Any, code: str, say: Say, failed: list[BaseException]) -> None:
    if _awaits(shell.transform_cell(code)):
        failed.append(SyntaxError("await"))
        say(error_of(SyntaxError(_("“await” outside a function works in JupyterLab's own cells only."))))
        return
    try:
        result = shell.run_cell(code, store_history=False)
    except KeyboardInterrupt as stopped:
        failed.append(stopped)
        say(error_of(stopped))
        return
    if not result.success and not failed:  # told by showtraceback otherwise
        wrong = result.error_in_exec or result.error_before_exec or RuntimeError()
        failed.append(wrong)
        say(error_of(wrong))


def _awaits(code: str) -> bool:
    """Whether it is a program only with `await` at its top: this thread runs the event loop and cannot wait on it."""
    try:
        compile(code, "<program>", "exec")
    except SyntaxError:
        try:
            compile(code, "<program>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError:
            return False
        return True
    except (ValueError, OverflowError, RecursionError, MemoryError):
        return False
    return False


@contextmanager
def _told(shell: Any, say: Say, failed: list[BaseException]) -> Iterator[None]:
    """Streams, displays and tracebacks of this run go to `say` and nowhere else."""
    from IPython.core.displayhook import CapturingDisplayHook
    from IPython.core.displaypub import CapturingDisplayPublisher

    budget = Budget(say)

    class Publisher(CapturingDisplayPublisher):
        def publish(self, data: Json, *_more: Any, **_named: Any) -> None:
            budget.data(data)

        def clear_output(self, wait: bool = False) -> None:  # noqa: ARG002  # IPython's signature
            say({"clear": True})

    class Results:
        """sys.displayhook: the value of the last expression."""

        def append(self, found: Json) -> None:
            budget.data(found["data"])

    def showtraceback(_type: object, error: BaseException, _lines: object) -> None:
        failed.append(error)
        budget.flush()
        say(error_of(error))

    before = sys.stdout, sys.stderr, shell.display_pub, shell.display_trap.hook, shell._showtraceback  # noqa: SLF001
    sys.stdout, sys.stderr = Stream("stdout", budget), Stream("stderr", budget)
    shell.display_pub = Publisher()  # type: ignore[no-untyped-call]  # IPython ships few types
    shell.display_trap.hook = CapturingDisplayHook(shell, Results())  # type: ignore[no-untyped-call]  # as above
    shell._showtraceback = showtraceback  # noqa: SLF001  # ipykernel would publish it under the wrong parent
    try:
        yield
    finally:
        sys.stdout, sys.stderr, shell.display_pub, shell.display_trap.hook, shell._showtraceback = before  # noqa: SLF001
        budget.flush()


class Budget:
    """Sends pieces of a stream together, and at most MOST characters of a run."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.left = MOST
        self._name = "stdout"
        self._parts: list[str] = []
        self._size = 0
        self._at = time.monotonic() - 2 * EVERY  # the first line is said at once

    def write(self, name: str, text: str) -> None:
        if name != self._name:
            self.flush()
            self._name = name
        if self.left <= 0 or not text:
            return
        if len(text) > self.left:
            text = text[: self.left] + "\n" + _("… the rest of the output is not shown") + "\n"
            self.left = 0
        else:
            self.left -= len(text)
        self._parts.append(text)
        self._size += len(text)
        waited = time.monotonic() - self._at
        if self._size >= PIECE or waited >= (EVERY if text.endswith("\n") else 4 * EVERY):
            self.flush()

    def flush(self) -> None:
        if self._parts:
            self.say({"stream": self._name, "text": "".join(self._parts)})
            self._parts, self._size = [], 0
        self._at = time.monotonic()

    def data(self, data: Json) -> None:
        self.flush()
        if WIDGET in data:
            text = _("Interactive output is shown in JupyterLab's own cells only.")
            self.say({"data": {"text/plain": text}})
            return
        kept = {mime: data[mime] for mime in SHOWN if mime in data}
        if kept:
            self.say({"data": kept})


class Stream(io.TextIOBase):
    """What print() writes to."""

    encoding = "utf-8"

    def __init__(self, name: str, budget: Budget) -> None:
        self._name = name
        self._budget = budget

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._budget.write(self._name, text)
        return len(text)

    def flush(self) -> None:
        self._budget.flush()


def error_of(error: BaseException) -> Json:
    """{"error": {"name", "message", "line", "traceback", "explanation"}}: where in the learner's lines, not ours."""
    said = tracebacks.explanation(error)
    if isinstance(error, KeyboardInterrupt):
        stopped = {"name": "KeyboardInterrupt", "message": _("Stopped."), "line": None, "traceback": ""}
        return {"error": {**stopped, "explanation": said}}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_cell(frame.filename)]
    lines = [_at(frame.lineno, frame.name, (frame.line or "").strip()) for frame in frames]
    line = frames[-1].lineno if frames else None
    value = error.msg if isinstance(error, SyntaxError) else _text(error)
    if isinstance(error, SyntaxError):
        line = line or error.lineno
        written = (error.text or "").rstrip()
        column = max((error.offset or 1) - 1 - (len(written) - len(written.lstrip())), 0)
        lines.append(_at(error.lineno, "<module>", written.strip()) + f"\n    {' ' * column}^")
    if len(lines) > 2 * ENDS:  # of calls without an end
        lines[ENDS:-ENDS] = ["…"]
    told = "\n".join(lines)
    found = {"name": type(error).__name__, "message": value, "line": line, "traceback": told}
    return {"error": {**found, "explanation": said}}


def _at(line: int | None, name: str, text: str) -> str:
    where = _("line {n}").format(n=line) + (f", {name}()" if name != "<module>" else "")
    return f"{where}:\n    {text}"


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception as broken:  # noqa: BLE001  # a learner's own __str__ may raise anything
        return type(broken).__name__
