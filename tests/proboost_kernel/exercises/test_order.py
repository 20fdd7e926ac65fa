"""Lines to be put in order: what is right, what a right beginning is worth, and what the lines do not tell."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel import exercises
from proboost_kernel.exercises import BadResponse, ExerciseError

HEAD = "%%exercise a\nkind: order\n"
PROGRAM = """indent: yes
lines: |
  def total(xs):
      s = 0
      for x in xs:
          s += x
      return s
distractors:
  - {text: s = x, feedback: This *forgets* the sum.}
  - return s
"""


def respond(exercise: exercises.Exercise, lines: list[tuple[str, int]]) -> dict[str, Any]:
    items = {line.text: line.item for line in exercise.spec.lines}
    return {"lines": [{"item": items[text], "indent": level} for text, level in lines]}


def judged(source: str, lines: list[tuple[str, int]]) -> exercises.Judgement:
    exercise = exercises.parse(HEAD + source)
    response = respond(exercise, lines)
    exercises.check_response(exercises.public(exercise), response)
    return exercises.judge(exercise, response)


def codes(source: str) -> set[str]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(HEAD + source)
    return {problem.code for problem in caught.value.problems}


RIGHT = [("def total(xs):", 0), ("s = 0", 1), ("for x in xs:", 1), ("s += x", 2), ("return s", 1)]


def test_order_and_indentation_must_both_be_right() -> None:
    assert judged(PROGRAM, RIGHT).score == 1
    assert judged(PROGRAM, [*RIGHT[:4], ("return s", 2)]).score == 0
    assert judged(PROGRAM, RIGHT[1:]).score == 0


def test_a_line_that_misleads_says_why() -> None:
    said = judged(PROGRAM, [*RIGHT[:3], ("s = x", 2), RIGHT[4]])
    assert (said.score, said.message) == (0, "This forgets the sum.")
    assert "<em>forgets</em>" in said.feedback


def test_a_right_beginning_is_worth_its_part_where_the_author_says_so() -> None:
    source = PROGRAM + "scoring: partial\n"
    assert judged(source, RIGHT[:2]).score == pytest.approx(2 / 5)
    assert judged(source, [*RIGHT, ("return s", 1)]).score == pytest.approx(5 / 6)
    assert judged(source, RIGHT[1:]).score == 0
    assert judged(source, RIGHT[:2]).message == "The first 2 lines are right."
    assert judged(source, RIGHT).score == 1


def test_equal_lines_may_be_swapped_and_are_used_as_often_as_written() -> None:
    source = "lines: [again, once, again]\n"
    exercise = exercises.parse(HEAD + source)
    assert judged(source, [("again", 0), ("once", 0), ("again", 0)]).score == 1
    with pytest.raises(BadResponse):
        exercises.check_response(exercises.public(exercise), respond(exercise, [("once", 0), ("once", 0)]))
    named = exercises.parse(HEAD + "lines: [{id: a, text: again}, once, {id: b, text: again}]\n")
    assert [line.item for line in named.spec.lines].count("a") == 2


def test_other_orders_count_by_their_share() -> None:
    source = "lines: [one, two, three]\nalso:\n- {lines: [two, one, three], share: 0.5, feedback: Nearly}\n"
    near = judged(source, [("two", 0), ("one", 0), ("three", 0)])
    assert (near.score, near.message) == (0.5, "Nearly")
    assert judged(source, [("one", 0), ("two", 0), ("three", 0)]).score == 1


def test_neither_the_order_nor_what_misleads_is_public() -> None:
    one = exercises.parse(HEAD + "lines: [a, b, c]\ndistractors: [d]\n")
    other = exercises.parse(HEAD + "lines: [d, c, a]\ndistractors: [{text: b, feedback: no}]\nscoring: partial\n")
    assert exercises.learner_cell(one, "c/l#a") == exercises.learner_cell(other, "c/l#a")
    flat = exercises.parse(HEAD + "indent: yes\nlines: |\n  if x:\n      y\n")
    deep = exercises.parse(HEAD + "indent: yes\nlines: |\n  if x:\n  y\n")
    assert exercises.learner_cell(flat, "c/l#a") == exercises.learner_cell(deep, "c/l#a")


def test_a_program_without_indentation_to_find_keeps_its_own() -> None:
    exercise = exercises.parse(HEAD + "language: python\nlines: |\n  if x:\n      y < 1 <!-- -->\n")
    assert {line["text"] for line in exercises.public(exercise)["lines"]} == {"if x:", "    y < 1 <!-- -->"}
    assert all(
        line["html"].startswith('<code class="highlight">')
        for line in exercises.view(exercises.public(exercise))["lines"]
    )
    assert judged("language: python\nlines: |\n  if x:\n      y\n", [("if x:", 0), ("    y", 0)]).score == 1


def test_lines_that_differ_in_their_own_indentation_are_two() -> None:
    exercise = exercises.parse(HEAD + "language: python\nlines: |\n  if x:\n      y\n  y\n")
    assert len({line.item for line in exercise.spec.lines}) == 3


def test_a_step_is_the_smallest_indentation_there_is() -> None:
    exercise = exercises.parse(HEAD + "indent: yes\nlines: |\n  a:\n    b:\n      c\n")
    assert [level for _item, level in exercise.spec.answers[0].lines] == [0, 1, 2]
    assert "indentation" in codes("indent: yes\nlines: |\n  a:\n    b:\n         c\n")


def test_lines_of_prose_are_markdown_without_comments() -> None:
    exercise = exercises.parse(HEAD + "lines: ['*Wake* up<!-- first -->', Go out]\n")
    part = exercises.public(exercise)
    assert {line["text"] for line in part["lines"]} == {"*Wake* up", "Go out"}
    assert "<em>Wake</em> up" in [line["html"] for line in exercises.view(part)["lines"]]


def test_what_authors_are_told() -> None:
    assert codes("indent: yes\n") == {"missing"}
    assert codes("lines: [a]\n") == {"too-few"}
    assert codes("lines: {a: b}\n") >= {"type"}
    assert codes("lines: [a, '']\n") == {"empty"}
    assert codes("lines: [a, {id: 'b c', text: b}]\n") == {"id"}
    assert codes("lines: [{id: x, text: a}, {id: x, text: b}]\n") == {"duplicate"}
    assert codes("lines: [a, b]\nlanguage: pyton\n") == {"unknown-value"}
    assert codes("lines: [a, b]\nalso: [{lines: [a, c]}]\n") == {"no-line"}
    assert codes("lines: [a, b]\nalso: [{lines: [a, a, b]}]\n") == {"too-often"}
    assert codes("lines: [a, b]\nalso: [{share: 0.5}]\n") == {"missing"}
    assert codes(f"lines: {[str(n) for n in range(61)]}\n") == {"too-many"}


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"lines": []},
        {"lines": ["a"]},
        {"lines": [{"item": "nobody", "indent": 0}]},
        {"lines": [{"item": "x", "indent": True}]},
        {"lines": [{"item": "x", "indent": 1}]},
        {"lines": [{"item": "x", "indent": 0, "more": 1}]},
        {"lines": [{"item": "x", "indent": 0}], "more": 1},
    ],
)
def test_other_answers_are_refused(response: dict[str, Any]) -> None:
    exercise = exercises.parse(HEAD + "lines: [{id: x, text: a}, {id: y, text: b}]\n")
    with pytest.raises(BadResponse):
        exercises.check_response(exercises.public(exercise), response)


@given(st.permutations(range(5)), st.integers(1, 5))
def test_partial_is_the_length_of_the_right_beginning(order: list[int], kept: int) -> None:
    names = ["a", "b", "c", "d", "e"]
    score = judged(f"lines: {names}\nscoring: partial\n", [(names[n], 0) for n in order[:kept]]).score
    prefix = next((at for at, n in enumerate(order[:kept]) if n != at), kept)
    assert score == pytest.approx(prefix / 5)
    assert (score == 1) == (order[:kept] == list(range(5)))


def test_graders_read_the_lines_as_they_were_put() -> None:
    exercise = exercises.parse(HEAD + PROGRAM)
    shown = exercises.answer_html(exercise, respond(exercise, RIGHT[:2])) or ""
    assert re.sub(r"<[^>]*>", "", shown).rstrip() == "def total(xs):\n    s = 0"
    steps = exercises.parse(HEAD + "lines: ['*Wake* up', Go out]\n")
    said = exercises.answer_html(steps, respond(steps, [("Go out", 0), ("*Wake* up", 0)]))
    assert said == "<ol><li>Go out</li><li><em>Wake</em> up</li></ol>"


def test_graders_read_the_lines_with_the_learners_own_values() -> None:
    source = "params:\n  n: {from: 2, to: 9}\nindent: true\nlines: |\n  for i in range({{n}}):\n      print(i)\n"
    exercise = exercises.drawn(exercises.parse(HEAD + source), {"n": "7"})
    items = {line.text: line.item for line in exercise.spec.lines}
    lines = [{"item": items["print(i)"], "indent": 1}, {"item": items["for i in range(7):"], "indent": 0}]
    shown = exercises.answer_html(exercise, {"lines": lines}) or ""
    assert re.sub(r"<[^>]*>", "", shown).rstrip() == "    print(i)\nfor i in range(7):"
