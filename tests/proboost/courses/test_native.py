"""nbgrader's cells: which they are in every version of the metadata, what learners get of them, what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost.courses import marks, native
from proboost.courses.native import BadNative

SECRET = "s3cret"


def cell(source: str, kind: str = "code", **meta: Any) -> dict[str, Any]:
    written: dict[str, Any] = {"cell_type": kind, "metadata": {"nbgrader": meta} if meta else {}, "source": source}
    if kind == "code":
        written.update(outputs=[{"output_type": "stream", "name": "stdout", "text": SECRET}], execution_count=3)
    return written


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": list(cells)}


def solution(source: str, **more: Any) -> dict[str, Any]:
    return cell(source, grade_id="f", solution=True, grade=False, locked=False, schema_version=3, **more)


def graded(source: str, points: Any = 2, **more: Any) -> dict[str, Any]:
    return cell(source, grade_id="t", solution=False, grade=True, locked=True, points=points, schema_version=3, **more)


@pytest.mark.parametrize(
    ("meta", "role", "points"),
    [
        ({"grade": True, "solution": False, "points": "2.5"}, "tests", 2.5),  # version 0
        ({"grade": True, "points": ""}, "tests", 0.0),
        ({"solution": True, "points": 4}, "solution", 0.0),
        ({"schema_version": 1, "grade": True, "solution": True, "points": 3}, "manual", 3.0),
        ({"schema_version": 2, "locked": True, "grade": False, "solution": False}, "readonly", 0.0),
        ({"schema_version": 3, "task": True, "points": 4, "locked": True}, "task", 4.0),
        ({"schema_version": 3, "grade": True, "points": -1}, "tests", 0.0),
        ({"schema_version": 3, "grade": True, "points": float("nan")}, "tests", 0.0),
    ],
)
def test_roles_and_points_in_every_version(meta: dict[str, Any], role: str, points: float) -> None:
    (found,) = native.cells(notebook(cell("x", "markdown" if role == "task" else "code", grade_id="a", **meta)))
    assert (found.role, found.points, found.grade_id) == (role, points, "a")
    assert found.graded == (role in ("tests", "manual", "task"))


def test_cells_that_say_nothing_are_not_native() -> None:
    flags = {"grade": False, "solution": False, "locked": False, "grade_id": "a", "schema_version": 3}
    assert not native.has_native(notebook(cell("x = 1"), cell("x", **flags)))


def test_learners_get_stubs_and_nothing_hidden() -> None:
    hidden = f"assert f(1)\n### BEGIN HIDDEN TESTS\nassert f(2) == '{SECRET}'\n### END HIDDEN TESTS\nassert f(3)"
    scheme = f"Explain.\n=== BEGIN MARK SCHEME ===\n{SECRET} ![](attachment:key.png)\n=== END MARK SCHEME ===\n"
    task = {
        **cell(scheme, "markdown", grade_id="task", task=True, points=4, checksum=SECRET),
        "attachments": {"key.png": {"image/png": SECRET}},
    }
    whole = notebook(
        solution(f"def f(n):\n    ### BEGIN SOLUTION\n    return '{SECRET}'\n    ### END SOLUTION", checksum=SECRET),
        graded(hidden),
        cell(f"{SECRET}", grade_id="m", grade=True, solution=True, points=1),
        cell(f"{SECRET}", "markdown", grade_id="n", grade=True, solution=True, points=1),
        task,
        cell("print(1)"),
    )
    made = native.learner_notebook(whole)
    assert SECRET not in str(made)
    sources = [one["source"] for one in made["cells"]]
    assert sources[0] == "def f(n):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert sources[1] == "assert f(1)\nassert f(3)"
    assert sources[2] == "# YOUR CODE HERE\nraise NotImplementedError()"
    assert sources[3:5] == ["YOUR ANSWER HERE", "Explain.\n"]
    assert [one.role for one in native.cells(made)] == ["solution", "tests", "manual", "manual", "task"]
    assert native.problems(made) == []
    assert SECRET in str(whole), "the author's notebook is not touched"


def test_a_stub_in_the_kernels_language() -> None:
    made = native.learner_notebook(notebook(solution("f <- 1"), kernelspec={"language": "R", "name": "ir"}))
    assert made["cells"][0]["source"] == "# YOUR CODE HERE\nfail()"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (cell(f"### BEGIN SOLUTION\n{SECRET}\n### END SOLUTION"), "misplaced-mark"),
        (solution(f"### BEGIN SOLUTION\n{SECRET}"), "unbalanced-mark"),
        (solution(f"### BEGIN SOLUTION\n### BEGIN SOLUTION\n{SECRET}\n### END SOLUTION"), "unbalanced-mark"),
        (solution(f"### BEGIN HIDDEN TESTS\n{SECRET}\n### END HIDDEN TESTS"), "misplaced-mark"),
        (graded(f"### BEGIN MARK SCHEME\n{SECRET}\n### END MARK SCHEME"), "misplaced-mark"),
        (graded(f"### HASHED AUTOTEST f('{SECRET}')"), "autotest"),
    ],
)
def test_marks_that_would_not_be_obeyed_keep_the_notebook_here(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(BadNative) as told:
        native.learner_notebook(notebook(wrong))
    assert told.value.problems[0].code == code


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ([solution("a"), solution("b")], "duplicate-id"),
        ([cell("a", grade=True, points=1)], "no-id"),
        ([cell("a", grade=True, points=1, grade_id="a b")], "id"),
        ([graded("a", points="many")], "points"),
        ([graded("a", points=float("inf"))], "points"),
        ([{**graded("a"), "cell_type": "markdown"}], "tests-type"),
        ([{**solution("a"), "cell_type": "markdown"}], "solution-type"),
        ([cell("a", grade_id="t", task=True, points=1)], "task-type"),
        ([cell("a", grade_id="t", grade=True, points=1, schema_version=4)], "schema"),
        ([cell("a", grade_id="t", grade="yes", points=1)], "damaged"),
    ],
)
def test_what_is_wrong_is_told(wrong: list[dict[str, Any]], code: str) -> None:
    assert code in [problem.code for problem in native.problems(notebook(*wrong))]


LINES = st.lists(st.sampled_from(["a = 1", "    b", "", "### BEGIN SOLUTION", "### END SOLUTION"]), max_size=12)


@settings(max_examples=60)
@given(LINES)
def test_what_stands_between_marks_never_leaves(lines: list[str]) -> None:
    inside, text = False, []
    for line in lines:
        inside = "BEGIN" in line or (inside and "END" not in line)
        text.append(f"    {SECRET}" if inside and "BEGIN" not in line else line)
    try:
        left = marks.cut("\n".join(text), "SOLUTION", "stub").left
    except marks.Unbalanced:
        return
    assert SECRET not in left
    assert "SOLUTION" not in left


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["cells", "metadata", "nbgrader", "source", "cell_type", "grade_id", "grade", "points"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_rubbish_is_read_without_complaint(rubbish: Any) -> None:
    whole = rubbish if isinstance(rubbish, dict) else {"cells": rubbish}
    assert isinstance(native.cells(whole), list)
    native.problems(whole)
