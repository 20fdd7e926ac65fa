"""What a learner sees of an error: their own frames, and below them, in their language, what beginners are told.

`explain_errors: false` in course.yml leaves tracebacks as Python makes them, and so does `%explain off` in a cell of a
lesson; `%explain on` explains them again.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from proboost_kernel.cells import is_cell
from proboost_kernel.i18n import _

OURS = ("proboost_kernel", "ipykernel")
WIDTH = 76  # columns of a text below a traceback

_chosen: bool | None = None


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython: `IPKernelApp.extra_extensions`, or `%load_ext proboost_kernel.tracebacks`."""
    shell.register_magic_function(explain, "line", "explain")
    shell._showtraceback = _explained(shell._showtraceback)  # noqa: SLF001  # where all kinds of errors come together
    shell.showtraceback = _grouped(shell)
    shell.InteractiveTB.structured_traceback = _short(shell.InteractiveTB.structured_traceback)


def explain(line: str) -> None:
    """`%explain on` and `%explain off`: whether errors are explained in this kernel."""
    global _chosen
    match line.strip():
        case "on":
            _chosen = True
        case "off":
            _chosen = False
        case _other:
            print(_("Write `%explain on` or `%explain off`."), file=sys.stderr)


def wanted() -> bool:
    """As `%explain` said; else as the author of the lesson did, on a server of ProBoost."""
    return _by_author() if _chosen is None else _chosen


def _by_author() -> bool:
    """The lesson's page tells the kernel of `explain_errors`; in JupyterLab the notebook does, which Jupyter names.

    Servers of ProBoost are known by their learner's language.
    """
    if "PROBOOST_LANG" not in os.environ or os.environ.get("PROBOOST_EXPLAIN") == "off":
        return False
    name = os.environ.get("JPY_SESSION_NAME", "")
    if not name.endswith(".ipynb"):
        return True
    try:
        metadata = json.loads(Path(name).read_bytes())["metadata"]
        return metadata.get("proboost", {}).get("explain_errors") is not False
    except (OSError, ValueError, LookupError, AttributeError, TypeError):  # no notebook, or a damaged one
        return True


def explanation(error: BaseException) -> str:
    """What is said below the error's traceback, in one paragraph; empty where nothing is."""
    if not wanted():
        return ""
    from proboost_kernel import explanations  # only now: a kernel without errors does without

    return explanations.explain(error)


def _explained(show: Any) -> Any:
    """ipykernel's function that sends an error, with one more text at the end of the traceback."""

    def showtraceback(kind: type[BaseException], error: BaseException, lines: list[str]) -> None:
        said = explanation(error) if isinstance(error, BaseException) else ""
        if said and isinstance(lines, list):
            lines = [*lines, "", *textwrap.wrap(said, WIDTH, break_long_words=False, break_on_hyphens=False)]
        show(kind, error, lines)

    return showtraceback


def _grouped(shell: Any) -> Any:
    """IPython's way to show an error. Groups of errors it prints as Python does, all of its own frames among them, and
    as no error's output: here they are shown like any other.
    """
    show = shell.showtraceback

    def showtraceback(exc_tuple: Any = None, *rest: Any, **named: Any) -> None:
        error = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
        found = list(_chain(error))
        if not any(isinstance(one, BaseExceptionGroup) for one in found):
            show(exc_tuple, *rest, **named)
            return
        for one in found:
            one.__traceback__ = _from_cell(without_ours(one.__traceback__))
        lines = "".join(traceback.format_exception(error)).splitlines()
        shell._showtraceback(type(error), error, lines)  # noqa: SLF001  # as IPython's own does

    return showtraceback


def _short(format_: Any) -> Any:
    """IPython's formatter of tracebacks, without the frames that are nobody's but ours."""

    def structured_traceback(kind: Any, error: Any = None, tb: Any = None, *rest: Any, **named: Any) -> Any:
        for one in _chain(error):
            one.__traceback__ = without_ours(one.__traceback__)
        return format_(kind, error, without_ours(tb), *rest, **named)

    return structured_traceback


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, those that led to it, and those that are in it, each once."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *(one.exceptions if isinstance(one, BaseExceptionGroup) else ())]


def _from_cell(tb: TracebackType | None) -> TracebackType | None:
    """The traceback from its first cell on; itself where no cell is in it."""
    found = tb
    while found is not None and not is_cell(found.tb_frame.f_code.co_filename):
        found = found.tb_next
    return found or tb


def without_ours(tb: TracebackType | None) -> TracebackType | None:
    """The traceback from its first cell on without frames of ProBoost and ipykernel; itself where no cell is in it."""
    frames: list[TracebackType] = []
    while tb is not None:
        frames.append(tb)
        tb = tb.tb_next
    first = next((at for at, one in enumerate(frames) if is_cell(one.tb_frame.f_code.co_filename)), None)
    if first is None:
        return frames[0] if frames else None
    kept = [one for at, one in enumerate(frames) if at <= first or not _is_ours(one)]
    short: TracebackType | None = None
    for one in reversed(kept):
        short = TracebackType(short, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return short


def _is_ours(tb: TracebackType) -> bool:
    name = tb.tb_frame.f_globals.get("__name__")
    return isinstance(name, str) and name.partition(".")[0] in OURS
