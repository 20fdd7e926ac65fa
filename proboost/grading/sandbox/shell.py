"""IPython as a kernel has it, without a kernel: one shell in the warm parent, its outputs written down as nbformat's.

Nothing of IPython is imported with this module: a warm parent that never runs notebooks has no use for it.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable
from typing import Any

TEXT = 100_000  # characters that a cell's printing keeps; a program may go on printing
DATA = 3 << 20  # characters of a notebook's displayed data altogether
OUTPUTS = 300  # of a cell
CUT = "\n[…]\n"

Json = dict[str, Any]


class Record:
    """The outputs of one cell after the other, bounded in every direction."""

    def __init__(self) -> None:
        self.outputs: list[Json] = []
        self.left = TEXT
        self.data = DATA

    def begin(self) -> None:
        self.outputs, self.left = [], TEXT

    def add(self, output: Json) -> None:
        if len(self.outputs) < OUTPUTS:
            self.outputs.append(output)

    def text(self, stream: str, text: str) -> None:
        if self.left <= 0:
            return
        kept = text[: self.left]
        self.left -= len(kept)
        kept = _clean(kept) if self.left > 0 else _clean(kept) + CUT
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") == stream:
            last["text"] += kept
        else:
            self.add({"output_type": "stream", "name": stream, "text": kept})

    def shown(self, kind: str, data: Any, more: Json) -> None:
        bundle: Json = {}
        for mime, given in dict(data or {}).items():
            value = base64.b64encode(given).decode("ascii") if isinstance(given, bytes) else given
            if isinstance(value, str) and (size := len(value)) <= self.data:
                self.data -= size
                bundle[str(mime)] = _clean(value)
        if bundle:
            self.add({"output_type": kind, "data": bundle, "metadata": {}, **more})

    def error(self, kind: str, text: str, lines: list[str]) -> None:
        trace = _clean("\n".join(lines))[:20_000]
        self.add(
            {"output_type": "error", "ename": _clean(kind)[:80], "evalue": _clean(text)[:500], "traceback": [trace]}
        )


class Stream:
    """Standard output or error: what is written goes into the record."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, record: Record, name: str, descriptor: int) -> None:
        self.record = record
        self.name = name
        self.descriptor = descriptor

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.record.text(self.name, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def fileno(self) -> int:
        return self.descriptor  # /dev/null

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


_shell: list[Any] = []  # the warm parent's one shell, once there is one


def present() -> Any:
    """The shell that the warm parent made; None where it made none."""
    return _shell[0] if _shell else None


def warm() -> Any:
    """Makes the shell, in the warm parent, and runs in it once what would otherwise be loaded in every room."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Hook(DisplayHook):
        def start_displayhook(self) -> None: ...

        def write_output_prompt(self) -> None: ...

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:  # noqa: ARG002 -- IPython's names
            shell: Any = self.shell
            count = {"execution_count": shell.execution_count}
            shell.record.shown("execute_result", format_dict, count)

        def finish_displayhook(self) -> None: ...

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, *_others: Any, **_more: Any) -> None:
            self.shell.record.shown("display_data", data, {})

        def clear_output(self, wait: bool = False) -> None:  # noqa: ARG002 -- IPython's own name
            self.shell.record.begin()

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    config.InteractiveShell.autocall = 0
    config.InteractiveShell.cache_size = 100
    shell: Any = InteractiveShell.instance(config=config, displayhook_class=Hook, display_pub_class=Publisher)
    shell.ask_exit = lambda: None  # a kernel would end after this cell
    shell.enable_gui = lambda gui=None: None  # noqa: ARG005 -- there is none, and %matplotlib asks for it
    use(shell, Record())
    for source in ("def f(x):\n    return x + 1\nf(1)", "print(f'{1:.2f}')\n1 / 0", "%who\nimport sys"):
        run(shell, source)
    shell.reset(new_session=True)
    shell.execution_count = 1
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    _shell[:] = [shell]
    return shell


def use(shell: Any, record: Record) -> None:
    """From now on what the shell runs is written down in `record`."""
    shell.record = record
    sys.stdout, sys.stderr = Stream(record, "stdout", 1), Stream(record, "stderr", 2)

    def trace(kind: Any, error: Any, lines: list[str]) -> None:
        try:
            text = str(error)
        except BaseException:  # noqa: BLE001 -- the learner's own __str__
            text = ""
        record.error(getattr(kind, "__name__", str(kind)), text, list(lines))

    shell._showtraceback = trace  # noqa: SLF001 -- where IPython lets its front ends take over


def run(shell: Any, source: str, guard: Callable[[Callable[[], Any]], Any] | None = None) -> BaseException | None:
    """Runs one cell as a kernel does; what it raised, shown already. `guard` is given the run to bound it in time."""

    def act() -> Any:
        return shell.run_cell(source, store_history=True)

    try:
        done = act() if guard is None else guard(act)
    except BaseException as error:  # noqa: BLE001 -- out of IPython itself, or the alarm rang in it
        shell.record.error(type(error).__name__, "", [type(error).__name__])
        return error
    shell.last_value = done.result
    found: BaseException | None = done.error_before_exec or done.error_in_exec
    return found


def inline_plots(shell: Any) -> None:
    """Plots appear below their cell, as in a kernel. Nothing happens where matplotlib is not installed."""
    try:
        import matplotlib
        from matplotlib_inline.backend_inline import configure_inline_support
    except ImportError:
        return
    matplotlib.use("module://matplotlib_inline.backend_inline")
    configure: Any = configure_inline_support
    configure(shell, "module://matplotlib_inline.backend_inline")


_MAGIC = re.compile(r"^[ \t]*(?:[%!?]|[^#\n'\"]*=[ \t]*[%!])|\?[ \t]*$", re.MULTILINE)


def python(source: str) -> str:
    """Plain Python for a cell that may have magics in it."""
    shell = present()
    if shell is None or not _MAGIC.search(source):
        return source
    return str(shell.transform_cell(source))
