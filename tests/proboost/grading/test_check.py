"""Authors are told what is wrong with an exercise when it runs."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

import pytest

from proboost.grading import check_source, checking
from proboost.grading.engine import Engine
from proboost_kernel import exercises


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with checking() as engine:
        yield engine


def exercise(test: str, solution: str, starter: str = "...", more: str = "") -> exercises.Exercise:
    fields = {"starter": starter, "solution": solution}
    blocks = "".join(f"{name}: |\n{indent(text, '  ')}\n" for name, text in fields.items() if text)
    return exercises.parse(
        f"%%exercise one\nkind: code\n{blocks}tests:\n  - name: first\n    code: |\n{indent(test, '      ')}\n{more}"
    )


DOUBLE = "def double(x): return 2 * x"
MAKE = "class P:\n  def __eq__(s, o): return True\ndef make(): return P()"


@pytest.mark.parametrize(
    ("found", "test", "solution", "starter", "more"),
    [
        ([], "assert double(2) == 4", DOUBLE, "def double(x): ...", ""),
        ([("solution-fails", "tests[0].code")], "assert double(2) == 5", DOUBLE, "...", ""),
        ([("solution-fails", "solution")], "assert double(2) == 4", "1 / 0", "...", ""),
        ([("starter-passes", "starter")], "assert double(2) == 4", DOUBLE, DOUBLE, ""),
        ([("not-isolatable", "tests[0].code")], "assert type(make()) is P", MAKE, "...", ""),
        ([], "assert type(make()) is P", MAKE, "...", "    trust: in-process\n"),
        ([("weak", "tests[0].code")], "assert make() == make()", MAKE, "...", ""),
        ([("no-solution", "solution")], "assert double(2) == 4", "", "...", ""),
    ],
)  # fmt: skip
def test_what_authors_are_told(
    engine: Engine, found: list[tuple[str, str]], test: str, solution: str, starter: str, more: str
) -> None:
    remarks = check_source(exercise(test, solution, starter, more), engine)
    assert [(remark.code, remark.field) for remark in remarks] == found
    assert all(remark.message for remark in remarks)


def test_the_reason_is_said(engine: Engine) -> None:
    (remark,) = check_source(exercise("assert double(2) == 4", "def double(x): return x / 0"), engine)
    assert "ZeroDivisionError: division by zero" in remark.message
    assert "line 1" in remark.message


def test_other_kinds_run_nothing() -> None:
    assert check_source(exercises.parse("%%exercise q\nkind: choice\noptions: [a, b]\nanswer: a\n")) == []
