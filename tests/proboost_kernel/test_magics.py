from __future__ import annotations

import pytest

from proboost_kernel import exercises
from proboost_kernel.exercises import ExerciseError
from proboost_kernel.i18n import using
from proboost_kernel.magics import problems

BROKEN = """%%exercise bad
kind: choice
promt: What?
options: [one]
answer: <b>two</b>
"""


def found() -> dict[str, str]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(BROKEN)
    return problems(caught.value.problems)


def test_problems_are_a_list_with_lines_and_fields() -> None:
    with using("en"):
        shown = found()
    assert shown["text/plain"].startswith("This exercise cannot be shown yet:\n· line 3, promt: ")
    assert "<b>line 3, <code>promt</code></b>" in shown["text/html"]
    assert "<b>two</b>" not in shown["text/html"]


def test_problems_are_said_in_the_authors_language() -> None:
    with using("ru"):
        assert "строка 3" in found()["text/plain"]
