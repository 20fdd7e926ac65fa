"""%%exercise: a cell that shows an exercise. Loaded into every kernel of ProBoost; costs nothing until it is used."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from proboost_kernel.i18n import _

if TYPE_CHECKING:
    from proboost_kernel.exercises import Problem


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython: `IPKernelApp.extra_extensions`, or `%load_ext proboost_kernel.magics`."""
    shell.register_magic_function(exercise, "cell", "exercise")


def exercise(line: str, cell: str) -> None:
    """Show the exercise of this cell: as its learner will see it, or what must be mended and where."""
    from IPython.display import display

    from proboost_kernel.exercises import ExerciseError, parse
    from proboost_kernel.widgets import Exercise
    from proboost_kernel.widgets.drawing import drawn

    try:
        found = drawn(parse(f"%%exercise {line}\n{cell}"))
    except ExerciseError as error:
        display(problems(error.problems), raw=True)  # type: ignore[no-untyped-call]  # IPython ships few types
        return
    display(Exercise(found))  # type: ignore[no-untyped-call]  # as above


def problems(found: list[Problem]) -> dict[str, str]:
    """A list for people in two forms: line, field, what is wrong."""
    from proboost_kernel.exercises import describe

    title = _("This exercise cannot be shown yet:")
    rows = "".join(
        f'<li style="margin:.25em 0">{_place(problem)}<span>{html.escape(problem.message)}</span></li>'
        for problem in found
    )
    style = "border-left:3px solid #b3261e;padding:.5em 1em;margin:.5em 0;line-height:1.5"
    return {
        "text/html": f'<div class="pb-problems" role="alert" style="{style}"><b>{html.escape(title)}</b>'
        f'<ul style="margin:.5em 0 0;padding-left:1.25em">{rows}</ul></div>',
        "text/plain": "\n".join([title, *(f"· {describe(problem)}" for problem in found)]),
    }


def _place(problem: Problem) -> str:
    line = _("line {n}").format(n=problem.line) if problem.line else ""
    field = f"<code>{html.escape(problem.field)}</code>" if problem.field else ""
    parts = ", ".join(part for part in (html.escape(line), field) if part)
    return f"<b>{parts}</b>: " if parts else ""
