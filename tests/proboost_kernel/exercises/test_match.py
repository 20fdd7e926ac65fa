"""Halves that belong together: shares, near misses, distractors, and what the halves do not tell."""

from __future__ import annotations

import re
from typing import Any

import pytest

from proboost_kernel import exercises
from proboost_kernel.exercises import BadResponse, ExerciseError

HEAD = "%%exercise a\nkind: match\n"
TYPES = """pairs:
  list: ["[1, 2]", {text: "[]", share: 0.5, feedback: Empty}]
  dict: "{}"
  int: "1"
  also int: "1"
distractors: [{text: "()", feedback: A *tuple*}, "3.0"]
"""


def judged(source: str, pairs: dict[str, str]) -> exercises.Judgement:
    exercise = exercises.parse(HEAD + source)
    left, right = ({half.text: half.item for half in half} for half in (exercise.spec.left, exercise.spec.right))
    response = {"pairs": {left[one]: right[other] for one, other in pairs.items()}}
    exercises.check_response(exercises.public(exercise), response)
    return exercises.judge(exercise, response)


def codes(source: str) -> set[str]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(HEAD + source)
    return {problem.code for problem in caught.value.problems}


RIGHT = {"list": "[1, 2]", "dict": "{}", "int": "1", "also int": "1"}


def test_the_score_is_the_share_of_right_pairs() -> None:
    assert judged(TYPES, RIGHT).score == 1
    assert judged(TYPES, {**RIGHT, "dict": "3.0"}).score == 0.75
    assert judged(TYPES, {"int": "1"}).score == 0.25
    assert judged(TYPES, {"int": "1"}).message == "1 of 4 pairs is right."


def test_near_misses_and_distractors_say_why() -> None:
    near = judged(TYPES, {**RIGHT, "list": "[]"})
    assert (near.score, near.message) == (pytest.approx(3.5 / 4), "Empty")
    both = judged(TYPES, {**RIGHT, "list": "[]", "dict": "()"})
    assert "<em>tuple</em>" in both.feedback
    assert "Empty" in both.feedback


def test_a_right_half_may_belong_to_several_and_is_shown_once() -> None:
    part = exercises.public(exercises.parse(HEAD + TYPES))
    assert [half["text"] for half in part["right"]].count("1") == 1


def test_what_belongs_together_is_not_public() -> None:
    one = exercises.parse(HEAD + "pairs: {a: x, b: y}\ndistractors: [z]\n")
    other = exercises.parse(HEAD + "pairs: {b: x, a: [z, {text: y, share: 0.5}]}\nfeedback: {x: no}\n")
    assert exercises.learner_cell(one, "c/l#a") == exercises.learner_cell(other, "c/l#a")


def test_halves_may_be_listed_with_ids() -> None:
    source = "left: [{id: one, text: 1}, two]\nright: [{id: u, text: один}, два, три]\npairs: {one: u, two: два}\n"
    exercise = exercises.parse(HEAD + source)
    assert {half.item for half in exercise.spec.left} >= {"one"}
    assert exercises.judge(exercise, {"pairs": {"one": "u"}}).score == 0.5
    assert codes(source.replace("two: два", "'1': u")) == {"no-answer"}


def test_what_authors_are_told() -> None:
    assert codes("distractors: [a]\n") == {"missing"}
    assert codes("pairs: [a, b]\n") >= {"type"}
    assert codes("pairs: {a: b}\n") == {"too-few"}
    assert codes("pairs: {a: b, c: ''}\n") == {"empty"}
    assert codes("pairs: {a: b, 'a<!-- again -->': c}\n") == {"duplicate"}
    assert codes("pairs: {a: b, c: {text: d, share: 0.5}}\n") == {"no-answer"}
    assert codes("pairs: {a: b, c: d}\ndistractors: [[x]]\n") == {"type"}
    assert codes("pairs: {a: b, c: d}\nfeedback: {e: no}\n") == {"no-option"}


@pytest.mark.parametrize(
    "pairs", [{}, [], {"nobody": "x"}, {"one": "nothing"}, {"one": ["u"]}, {"u": "one"}, {"one": None}]
)
def test_other_answers_are_refused(pairs: Any) -> None:
    source = "left: [{id: one, text: 1}, two]\nright: [{id: u, text: один}, два]\npairs: {one: u, two: два}\n"
    with pytest.raises(BadResponse):
        exercises.check_response(exercises.public(exercises.parse(HEAD + source)), {"pairs": pairs})


def test_graders_read_the_pairs() -> None:
    source = "left: [{id: one, text: 1}, two]\nright: [{id: u, text: один}, два]\npairs: {one: u, two: два}\n"
    exercise = exercises.parse(HEAD + source)
    said = exercises.answer_html(exercise, {"pairs": {"one": "u"}}) or ""
    assert "<li>1 → один</li>" in said
    assert "<li>two → —</li>" in said


def test_graders_read_the_pairs_with_the_learners_own_values() -> None:
    template = exercises.parse(HEAD + "params:\n  a: [две, три]\npairs: {'{{a}} `x`': one, two: '*{{a}}*'}\n")
    exercise = exercises.drawn(template, {"a": "три"})
    left, right = ({half.text: half.item for half in halves} for halves in (exercise.spec.left, exercise.spec.right))
    said = exercises.answer_html(exercise, {"pairs": {left["три `x`"]: right["*три*"], left["two"]: right["one"]}})
    assert said is not None
    assert set(re.findall("<li>.*?</li>", said)) == {
        "<li>три <code>x</code> → <em>три</em></li>",
        "<li>two → one</li>",
    }
