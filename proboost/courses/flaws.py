"""What is wrong in a course folder: told to authors in their language, to programs as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from proboost.errors import BadInput
from proboost.i18n import ngettext
from proboost_kernel.exercises import ExerciseError, Problem, describe

Severity = Literal["error", "warning", "note"]  # a note is no flaw: it is told where it was asked for


@dataclass(frozen=True)
class Flaw:
    """`cell` counts from 1, as people do; `line` from 1 in the cell, or in course.yml; None: the whole of it."""

    file: str
    cell: int | None
    line: int | None
    field: str
    severity: Severity
    code: str
    message: str

    def json(self) -> dict[str, Any]:
        return asdict(self)

    def text(self) -> str:
        """`file:cell: line 3, field: message`; of course.yml `file:line: field: message`."""
        place = self.line if self.cell is None else self.cell
        where = self.file if place is None else f"{self.file}:{place}"
        line = 0 if self.cell is None else self.line or 0
        return f"{where}: {describe(Problem(line, self.field, self.code, self.message))}"


class Unsound(BadInput):
    """A course that cannot be released: some of its flaws are errors."""

    code = "problems"

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        self.flaws = tuple(flaws)
        count = sum(flaw.severity == "error" for flaw in self.flaws)
        words = ngettext(
            "The course has {n} error; mend it and try again.",
            "The course has {n} errors; mend them and try again.",
            count,
        )
        super().__init__(words.format(n=count))


def errors(flaws: Iterable[Flaw]) -> list[Flaw]:
    return [flaw for flaw in flaws if flaw.severity == "error"]


def of_exercise(error: ExerciseError, file: str, cell: int | None) -> list[Flaw]:
    """An exercise's or a course file's problems as flaws of its file."""
    return [
        Flaw(file, cell, problem.line or None, problem.field, "error", problem.code, problem.message)
        for problem in error.problems
    ]
