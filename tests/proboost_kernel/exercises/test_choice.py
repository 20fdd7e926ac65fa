"""One of several: who is right, what near misses are worth, and what authors are told."""

from __future__ import annotations

import pytest

from proboost_kernel import exercises
from proboost_kernel.exercises import ExerciseError
from proboost_kernel.exercises.options import item_name

HEAD = "%%exercise a\nkind: choice\n"


def judged(source: str, chosen: str) -> exercises.Judgement:
    exercise = exercises.parse(HEAD + source)
    response = {"choice": chosen}
    exercises.check_response(exercises.public(exercise), response)
    return exercises.judge(exercise, response)


def codes(source: str) -> set[str]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(HEAD + source)
    return {problem.code for problem in caught.value.problems}


def test_text_and_number_name_the_same_option() -> None:
    for answer in ("два", '"#2"', "{text: два}"):
        source = f"options: [один, два, три]\nanswer: {answer}\n"
        assert judged(source, item_name("два")).score == 1
        assert judged(source, item_name("один")).score == 0


def test_near_misses_earn_a_share_and_say_why() -> None:
    source = """options: [one, two, three]
answer:
  - two
  - text: three
    share: 0.5
    feedback: One *too many*
feedback: {one: Too few}
"""
    near = judged(source, item_name("three"))
    assert (near.score, near.message) == (0.5, "One too many")
    assert "<em>too many</em>" in near.feedback
    assert judged(source, item_name("one")).message == "Too few"


def test_the_order_of_options_does_not_tell_the_answer() -> None:
    one = exercises.parse(HEAD + "options: [a, b, c]\nanswer: a\n")
    other = exercises.parse(HEAD + "options: [c, b, a]\nanswer: a\n")
    assert exercises.learner_cell(one, "c/l#a") == exercises.learner_cell(other, "c/l#a")


def test_an_author_who_does_not_shuffle_keeps_the_order() -> None:
    exercise = exercises.parse(HEAD + "shuffle: no\noptions: ['1', '2', '3', '4', '5']\nanswer: '2'\n")
    part = exercises.public(exercises.parse(exercises.learner_cell(exercise, "c/l#a")))
    assert [option["text"] for option in part["options"]] == ["1", "2", "3", "4", "5"]


def test_what_options_look_like_is_not_guessed() -> None:
    part = exercises.public(exercises.parse(HEAD + "options: [yes, no, 010, 3.10, null]\nanswer: yes\n"))
    assert {option["text"] for option in part["options"]} == {"yes", "no", "010", "3.10", "null"}


def test_comments_in_options_name_nothing() -> None:
    plain = exercises.parse(HEAD + "options: [a, b]\nanswer: a\n")
    noted = exercises.parse(HEAD + "options: ['a<!-- right -->', b]\nanswer: 'a<!-- right -->'\n")
    assert exercises.public(plain) == exercises.public(noted)


def test_what_authors_are_told() -> None:
    assert codes("options: [a, b]\n") == {"missing"}
    assert codes("options: [a]\nanswer: a\n") == {"too-few"}
    assert codes("options: [a, a]\nanswer: a\n") == {"duplicate"}
    assert codes("options: [a, b]\nanswer: [a, {text: a, share: 0.5}]\n") == {"duplicate"}
    assert codes("options: [{id: b, text: a}, b]\nanswer: b\n") == {"duplicate"}
    assert codes("options: [{id: 'b c', text: a}, b]\nanswer: b\n") == {"id"}
    assert codes("options: [a, '']\nanswer: a\n") == {"empty"}
    assert codes("options: [a, b]\nanswer: '#3'\n") == {"no-option"}
    assert codes("options: [a, b]\nanswer: [{text: a, share: 0.5}]\n") == {"no-answer"}
    assert codes("options: [a, b]\nanswer: {text: a, share: 2}\n") >= {"number"}
    assert codes("options: {a: b}\nanswer: a\n") >= {"type"}
