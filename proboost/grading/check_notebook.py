"""An author's assignment put to the test before anybody else is: their own cells earn everything, the stubs do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from proboost import i18n
from proboost.courses import native
from proboost.grading import notebooks
from proboost.grading.check import Remark
from proboost.grading.engine import Engine
from proboost.grading.result import NotebookResult
from proboost.i18n import _

Notebook = Mapping[str, Any]


def check_notebook(
    notebook: Notebook, engine: Engine, *, files: Mapping[str, bytes] | None = None
) -> list[tuple[int | None, Remark]]:
    """What is wrong with a notebook of native cells when it runs: (index of the cell from 0, or None for the whole).

    `files`: what learners get beside it. Empty where no cell is graded by tests. Raises rooms.SandboxBroken.
    """
    places = {cell.grade_id: cell.index for cell in native.cells(notebook) if cell.role == "tests" and cell.points}
    if not places:
        return []
    found = _graded(notebook, notebook, engine, files)
    if found.error is not None:
        return [(None, Remark("", "error", "solution-fails", found.error.message))]
    remarks: list[tuple[int | None, Remark]] = [*_failing(found, places), *_provisional(found, places)]
    if any(remark.severity == "error" for _index, remark in remarks):
        return remarks
    return remarks + list(_passing(_graded(notebook, native.learner_notebook(notebook), engine, files), places))


def _graded(author: Notebook, submitted: Notebook, engine: Engine, files: Mapping[str, bytes] | None) -> NotebookResult:
    return notebooks.grade(author, submitted, engine=engine, files=files, language=i18n.language())


def _failing(found: NotebookResult, places: Mapping[str, int]) -> Iterator[tuple[int, Remark]]:
    for grade_id, index in places.items():
        cell = found.cells.get(grade_id)
        if cell is not None and cell.score is not None and cell.score < cell.max:
            message = _("The author's own solution does not pass these tests: {reason}").format(reason=cell.message)
            yield index, Remark("", "error", "solution-fails", message)


def _provisional(found: NotebookResult, places: Mapping[str, int]) -> Iterator[tuple[int, Remark]]:
    for grade_id, index in places.items():
        cell = found.cells.get(grade_id)
        if cell is not None and not cell.isolated:
            message = _(
                "These tests work only beside the learner's program, which could then deceive them: their findings "
                "will wait for a grader. Ask for plain values, and keep files and prints out of tests."
            )
            yield index, Remark("", "warning", "not-isolatable", message)


def _passing(found: NotebookResult, places: Mapping[str, int]) -> Iterator[tuple[int, Remark]]:
    """An assignment that learners need not touch is an error; a single group of tests may be meant as a beginning."""
    passing = [name for name in places if name in found.cells and found.cells[name].state == "passed"]
    severity: Literal["error", "warning"] = "error" if len(passing) == len(places) else "warning"
    for grade_id in passing:
        message = _("What learners are given passes these tests already, so there is nothing to do.")
        yield places[grade_id], Remark("", severity, "starter-passes", message)
