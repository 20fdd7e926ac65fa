"""What a learner sees of an error: their own frames, and below them, in their language, what beginners are told.

`%explain off` in a cell of a lesson leaves its tracebacks as Python makes them; `%explain on` explains them again.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator
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
    """As `%explain` said; else only on a server of ProBoost, which names its learner's language."""
    return "PROBOOST_LANG" in os.environ if _chosen is None else _chosen


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


def _short(format_: Any) -> Any:
    """IPython's formatter of tracebacks, without the frames that are nobody's but ours."""

    def structured_traceback(kind: Any, error: Any = None, tb: Any = None, *rest: Any, **named: Any) -> Any:
        for one in _chain(error):
            one.__traceback__ = without_ours(one.__traceback__)
        return format_(kind, error, without_ours(tb), *rest, **named)

    return structured_traceback


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


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
