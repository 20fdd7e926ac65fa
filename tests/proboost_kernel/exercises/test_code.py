"""Programs: what is read strictly and what authors are told."""

from __future__ import annotations

import pytest

from proboost_kernel import exercises
from proboost_kernel.exercises import ExerciseError

HEAD = "%%exercise a\nkind: code\n"
TEST = "tests: [{name: p, code: assert 1}]\n"


def codes(source: str) -> set[tuple[str, str]]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(HEAD + source)
    return {(problem.field, problem.code) for problem in caught.value.problems}


def test_what_authors_are_told() -> None:
    assert codes("starter: x\n") == {("tests", "missing")}
    assert codes("solution: 'x ='\n" + TEST) == {("solution", "python")}
    assert codes("setup: 'x ='\n" + TEST) == {("setup", "python")}
    assert codes("tests: [{name: p, code: 'x ='}]\n") == {("tests[0].code", "python")}
    assert codes("tests: [{name: p}]\n") == {("tests[0].code", "missing")}
    assert codes("tests: [{code: assert 1}, {code: assert 1}]\n") == {
        ("tests[0].name", "missing"),
        ("tests[1].name", "missing"),
    }
    assert codes("tests: [{name: p, code: a}, {name: p, code: b}]\n") == {("tests[1]", "duplicate")}
    assert codes("tests: [{name: p, code: a, points: 0}]\n") == {("tests", "no-points")}
    assert codes("tests: [{name: p, code: a, trust: all}]\n") == {("tests[0].trust", "unknown-value")}
    assert codes("timeout: 1000\n" + TEST) == {("timeout", "number")}
    assert codes("memory: 1\n" + TEST) == {("memory", "number")}


def test_a_starter_may_be_unfinished() -> None:
    exercise = exercises.parse(HEAD + "starter: |\n  print(\n" + TEST)
    assert exercises.public(exercise)["starter"] == "print(\n"


def test_a_program_with_odd_escapes_is_its_authors_matter() -> None:
    exercises.parse(HEAD + "solution: |\n  import re\n  re.compile('\\d')\n" + TEST)


def test_a_response_is_the_text_of_a_program() -> None:
    part = exercises.public(exercises.parse(HEAD + TEST))
    exercises.check_response(part, {"code": "x = 1"})
    for wrong in (
        {"code": 1},
        {"code": "x", "more": 1},
        {},
        {"choice": "x"},
        {"code": "x" * 70_000},
        {"code": "\ud800"},
    ):
        with pytest.raises(exercises.BadResponse):
            exercises.check_response(part, wrong)
