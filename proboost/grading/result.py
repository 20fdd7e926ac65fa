"""What grading a handed-in notebook finds: points of its native cells, remarks for the grader, the notebook as it ran.

It is made by `notebooks.grade(source, submitted, *, engine, files, language) -> NotebookResult`: `source` is the
author's notebook (solutions and hidden tests in it), `submitted` the learner's (JSON read already, or the file's bytes
as they came, however broken), `files` path -> bytes of what lies beside the notebook (the course's files; the learner's
own). It never raises for what learners hand in: that is `error`. It raises rooms.SandboxBroken when the sandbox broke,
and native.BadNative or reference troubles never, either: then `error` says that the exercise is broken.

A worker gets the same as a job of kind `notebook`: {"source": notebook, "submitted": the file's text, "files":
{path: base64}, "language"}, and brings `NotebookResult.json()`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Remark:
    """For the grader, never for points: a test cell that was deleted, points that were changed, …"""

    code: str
    message: str
    grade_id: str = ""


@dataclass(frozen=True)
class CellResult:
    """One native cell that counts.

    `score` is None while a grader has to look at it. `manual`: it is graded by hand at all (then `score` is None, or 0
    when nothing was answered). Of tests: `passed`; `message` and `case` {"call", "got", "wanted"} for the learner, of
    the visible part only: `hidden` says that the hidden part is what did not pass. `isolated` False: provisional, since
    these tests run beside the learner's program only.
    """

    score: float | None
    max: float
    manual: bool = False
    passed: bool | None = None
    message: str = ""
    hidden: bool = False
    case: Mapping[str, str] | None = None
    isolated: bool = True

    @property
    def state(self) -> str:
        """As a verdict's: passed, partial, failed or manual."""
        if self.score is None:
            return "manual"
        if self.score >= self.max and self.passed is not False:
            return "passed"
        return "partial" if self.score > 0 else "failed"


@dataclass(frozen=True)
class Failure:
    """Why a notebook could not be graded at all; `code` for programs, `message` for people."""

    code: str
    message: str


@dataclass(frozen=True)
class NotebookResult:
    """`cells` by grade_id in the author's order. `document` is the notebook as it was run, in nbformat 4, with the
    learner's outputs as they came: show them through `feedback` only. `tier`, `engine`, `seconds` are as on findings.
    """

    cells: Mapping[str, CellResult] = field(default_factory=dict)
    error: Failure | None = None
    remarks: tuple[Remark, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    tier: str = ""
    engine: str = ""
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """What is found so far; cells that wait for a grader count nothing yet."""
        return round(math.fsum(cell.score for cell in self.cells.values() if cell.score is not None), 6)

    @property
    def max(self) -> float:
        return round(math.fsum(cell.max for cell in self.cells.values()), 6)

    @property
    def needs_manual(self) -> bool:
        return any(cell.score is None for cell in self.cells.values())

    @property
    def isolated(self) -> bool:
        return all(cell.isolated for cell in self.cells.values())

    def json(self) -> Json:
        """Everything, as `from_json` reads it back."""
        return asdict(self)

    def row(self, file: str) -> Json:
        """A row of `proboost grade --json` (docs: formats)."""
        return {
            "file": file,
            "score": self.score,
            "max": self.max,
            "needs_manual": self.needs_manual,
            "error": None if self.error is None else asdict(self.error),
            "remarks": [asdict(remark) for remark in self.remarks],
            "cells": {
                name: {"score": cell.score, "max": cell.max, "manual": cell.manual} for name, cell in self.cells.items()
            },
        }


def from_json(written: Mapping[str, Any]) -> NotebookResult:
    """What `NotebookResult.json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    error = written["error"]
    return NotebookResult(
        cells={str(name): CellResult(**cell) for name, cell in written["cells"].items()},
        error=None if error is None else Failure(**error),
        remarks=tuple(Remark(**remark) for remark in written["remarks"]),
        document=dict(written["document"]),
        tier=str(written["tier"]),
        engine=str(written["engine"]),
        seconds=float(written["seconds"]),
    )
