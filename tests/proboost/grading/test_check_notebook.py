"""Authors are told what is wrong with an assignment when it runs; our own has nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from course_folders import NOTEBOOKS

from proboost.grading.check import checking
from proboost.grading.check_notebook import check_notebook
from proboost.grading.engine import Engine

Json = dict[str, Any]
DOUBLE = "### BEGIN SOLUTION\ndef double(x):\n    return 2 * x\n### END SOLUTION"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with checking() as engine:
        yield engine


def cell(grade_id: str, text: str, *, points: float | None = None, solution: bool = False) -> Json:
    meta = {"schema_version": 3, "grade_id": grade_id, "solution": solution, "grade": points is not None}
    meta |= {"locked": not solution, "task": False} | ({} if points is None else {"points": points})
    return {"cell_type": "code", "metadata": {"nbgrader": meta}, "source": text, "outputs": [], "execution_count": None}


def notebook(solution: str, *tests: str) -> Json:
    rows = [cell("double", solution, solution=True)]
    rows += [cell(f"tests-{number}", text, points=1) for number, text in enumerate(tests)]
    return {"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


@pytest.mark.parametrize(
    ("found", "solution", "tests"),
    [
        ([], DOUBLE, ["assert double(2) == 4"]),
        ([(1, "error", "solution-fails")], DOUBLE, ["assert double(2) == 5", "assert double(0) == 0"]),
        ([(1, "error", "solution-fails")], DOUBLE.replace("return 2 * x", "1 / 0"), ["assert double(2) == 4"]),
        ([(2, "warning", "starter-passes")], DOUBLE, ["assert double(2) == 4", "assert 1 + 1 == 2"]),
        ([(1, "error", "starter-passes")], DOUBLE, ["assert 1 + 1 == 2"]),
        ([(1, "warning", "not-isolatable")], DOUBLE, ["assert double.__globals__ is globals()"]),
        ([], DOUBLE, []),
    ],
)  # fmt: skip
def test_what_authors_are_told(
    engine: Engine, found: list[tuple[int, str, str]], solution: str, tests: list[str]
) -> None:
    remarks = check_notebook(notebook(solution, *tests), engine)
    assert [(index, remark.severity, remark.code) for index, remark in remarks] == found
    assert all(remark.message for _index, remark in remarks)


@pytest.mark.slow
def test_our_assignment_has_nothing(engine: Engine) -> None:
    """The other course's is tried by `course check --run`, whose test has it."""
    path = NOTEBOOKS / "data-analysis" / "07-assignment-bicycles.ipynb"
    files = {f"data/{file.name}": file.read_bytes() for file in (path.parent / "data").iterdir()}
    assert check_notebook(json.loads(path.read_text("utf-8")), engine, files=files) == []
