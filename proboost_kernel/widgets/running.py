"""Runs a learner's program in the kernel's own namespace and says what it prints while it runs.

Pages send `execute_request`s whose code is `PROGRAM`; what the program says goes out as display data of the type MIME.
"""

from __future__ import annotations

import ast
import io
import json
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from proboost_kernel import tracebacks
from proboost_kernel.cells import is_cell
from proboost_kernel.i18n import _

Json = dict[str, Any]
Say = Callable[[Json], None]  # takes {"stream", "text"}, {"error": {...}}, {"data": {mime: …}} or {"clear": True}
MIME = "application/vnd.proboost.program+json"  # one thing that Say takes
# What a page sends: no name of it stays in the learner's namespace. The text is JSON, escaped to ASCII.
PROGRAM = '__import__("proboost_kernel.widgets.running").widgets.running.program({text});'
EVERY = 0.08  # seconds between two pieces of a stream
PIECE = 16 * 1024  # characters
MOST = 200 * 1024  # characters of one run; a browser shows no more with pleasure
PICTURES = 100  # pictures, tables and values of one run
BYTES = 8 * 1024 * 1024  # of all of them
PACE = 2 * 1024 * 1024  # characters a second, of what is cleared again
ENDS = 10  # calls that are shown from either end of a long traceback
SHOWN = ("image/png", "image/jpeg", "image/svg+xml", "text/html", "text/latex", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"


def program(text: str) -> None:
    """Runs {"code", "setup"}, and answers whoever asked for it. Its errors are told, not raised."""
    asked = json.loads(text)
    shell = _shell()
    publisher = shell.display_pub
    parent = publisher.parent_header  # also of what a thread of ours sends

    def say(said: Json) -> None:
        content = {"data": {MIME: said}, "metadata": {}, "transient": {}}
        message = publisher.session.msg("display_data", content, parent=parent)
        publisher.session.send(publisher.pub_socket, message, ident=publisher.topic)

    run(str(asked.get("code", "")), say, setup=str(asked.get("setup", "")))


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

    global _budget  # streams outlive a run: see Stream
    budget, outer = Budget(say), _budget

    class Publisher(CapturingDisplayPublisher):
        def publish(self, data: Json, *_more: Any, **_named: Any) -> None:
            budget.data(data)

        def clear_output(self, wait: bool = False) -> None:  # noqa: ARG002  # IPython's signature
            budget.clear()

    class Results:
        """sys.displayhook: the value of the last expression."""

        def append(self, found: Json) -> None:
            budget.data(found["data"])

    def showtraceback(_type: object, error: BaseException, _lines: object) -> None:
        failed.append(error)
        budget.flush()
        say(error_of(error))

    streams, trap = (sys.stdout, sys.stderr), shell.display_trap
    before = shell.display_pub, trap.hook, shell._showtraceback, sys.displayhook  # noqa: SLF001
    _budget = budget
    sys.stdout, sys.stderr = STREAMS
    shell.display_pub = Publisher()  # type: ignore[no-untyped-call]  # IPython ships few types
    # The trap is set already where a cell asked for this run: the hook changes beneath it.
    trap.hook = sys.displayhook = CapturingDisplayHook(shell, Results())  # type: ignore[no-untyped-call]  # as above
    shell._showtraceback = showtraceback  # noqa: SLF001  # ipykernel would publish it as a cell's
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        _budget = outer
        shell.display_pub, trap.hook, shell._showtraceback, sys.displayhook = before  # noqa: SLF001
        budget.flush()


class Budget:
    """Sends pieces of a stream together, and of a run at most MOST characters, PICTURES displays and BYTES of them.

    What is written waits for EVERY seconds at most, also when the program then works on in silence.
    """

    def __init__(self, say: Say) -> None:
        self.say = say
        self.left = MOST
        self.pictures, self.bytes = PICTURES, BYTES
        self._name = "stdout"
        self._parts: list[str] = []
        self._size = 0
        self._cleared = False
        self._at = self._due = time.monotonic() - 2 * EVERY  # the first line is said at once
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None

    def write(self, name: str, text: str) -> None:
        with self._lock:
            if name != self._name:
                self._pace()
                self.flush()
                self._name = name
            if self.left <= 0 or not text:
                return
            if len(text) > self.left:
                text = f"{text[: self.left]}\n{_over()}\n"
                self.left = 0
            else:
                self.left -= len(text)
            self._parts.append(text)
            self._size += len(text)
            if self._size >= PIECE:
                self._pace()
                self.flush()
            elif text.endswith("\n") and time.monotonic() - self._at >= EVERY:
                self.flush()
            else:
                self._soon()

    def flush(self) -> None:
        """Says what waits."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._cleared:
                self._cleared = False
                self.say({"clear": True})
            if self._parts:
                self.say({"stream": self._name, "text": "".join(self._parts)})
                self._parts, self._size = [], 0
            self._at = time.monotonic()

    def flush_soon(self) -> None:
        """As the program wishes it, unless it does nothing else. What was cleared goes before a question."""
        with self._lock:
            self._pace()
            if self._cleared or time.monotonic() - self._at >= EVERY / 4:
                self.flush()
            elif self._parts:
                self._soon()

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(EVERY, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def clear(self) -> None:
        """What was said goes once there is something new, which may be as much again: a program that clears may draw
        for ever.
        """
        with self._lock:
            if not self._cleared:  # the next comes as soon as an eye follows and a page bears it
                spent = MOST - self.left + BYTES - self.bytes
                self._due = self._at + max(EVERY / 2, spent / PACE)
            self._parts, self._size, self._cleared = [], 0, True
            self.left, self.pictures, self.bytes = MOST, PICTURES, BYTES
            self._soon()

    def _pace(self) -> None:
        time.sleep(max(0.0, self._due - time.monotonic()))

    def data(self, data: Json) -> None:
        with self._lock:
            self._pace()
            self.flush()
            if WIDGET in data:
                text = _("Interactive output is shown in JupyterLab's own cells only.")
                data = {"text/plain": text}
            kept = {mime: data[mime] for mime in SHOWN if mime in data}
            if not kept or self.pictures <= 0 or self.bytes <= 0:
                return
            self.pictures -= 1
            self.bytes -= sum(len(value) for value in kept.values() if isinstance(value, str | bytes))
            self.say({"data": kept})
            if self.pictures <= 0 or self.bytes <= 0:
                self.say({"stream": "stdout", "text": f"{_over()}\n"})


def _over() -> str:
    return _("… the rest of the output is not shown")


class Stream(io.TextIOBase):
    """What print() writes to; one of each name for good. Who keeps it, as handlers of `logging` do, is heard in every
    run, and between runs as any cell is.
    """

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        self._name = name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if _budget is not None:
            _budget.write(self._name, text)
        elif (cells := getattr(sys, self._name)) is not self:
            cells.write(text)
        return len(text)

    def flush(self) -> None:
        if _budget is not None:
            _budget.flush_soon()


_budget: Budget | None = None  # of the run that goes on
STREAMS = (Stream("stdout"), Stream("stderr"))


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
