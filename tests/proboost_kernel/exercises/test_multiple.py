"""Several of several: all or part, shares, words on what is ticked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel import exercises
from proboost_kernel.exercises import BadResponse, ExerciseError, Judgement
from proboost_kernel.exercises.options import item_name

OPTIONS = ("a", "b", "c", "d", "e")
PARTIAL = "options: [a, b, c, d, e]\nscoring: partial\nanswers: [a, b, {text: c, share: 0.5, feedback: Well, maybe}]\n"
PARTIAL = PARTIAL.replace("Well, maybe", "Nearly")


def judged(source: str, *ticked: str) -> Judgement:
    exercise = exercises.parse(f"%%exercise a\nkind: multiple\n{source}")
    response = {"choices": [item_name(text) for text in ticked]}
    exercises.check_response(exercises.public(exercise), response)
    return exercises.judge(exercise, response)


def test_all_means_just_the_right_ones() -> None:
    source = "options: [a, b, c]\nanswers: [a, '#3']\n"
    assert judged(source, "c", "a").score == 1
    assert [judged(source, *ticked).score for ticked in (("a",), ("a", "b"), ("a", "b", "c"))] == [0, 0, 0]


def test_partial_is_right_minus_wrong_over_what_is_right() -> None:
    source = "options: [a, b, c, d]\nscoring: partial\nanswers: [a, b]\n"
    ticks = [("a",), ("a", "b"), ("a", "c"), ("a", "b", "c"), ("c", "d"), ("a", "b", "c", "d")]
    assert [judged(source, *ticked).score for ticked in ticks] == [0.5, 1, 0, 0.5, 0, 0]


def test_shares_weigh_right_options_and_a_share_of_nothing_is_a_wrong_one() -> None:
    assert judged(PARTIAL, "a", "b").score == 0.8
    assert judged(PARTIAL, "c") == Judgement(0.2, "Nearly", "<p>Nearly</p>")
    assert judged(PARTIAL, "a", "b", "c").score == 1
    nothing = "options: [a, b]\nanswers: [a, {text: b, share: 0, feedback: No}]\nfeedback: {a: Yes}\n"
    assert judged(nothing, "a").score == 1
    both = judged(nothing, "a", "b")
    assert both.score == 0
    assert set(both.message.split()) == {"Yes", "No"}


@given(st.sets(st.sampled_from(OPTIONS), min_size=1), st.sampled_from(OPTIONS))
def test_a_right_tick_never_costs_and_a_wrong_one_never_pays(ticked: set[str], one: str) -> None:
    before, after = judged(PARTIAL, *ticked).score, judged(PARTIAL, *(ticked | {one})).score
    assert after >= before if one in "abc" else after <= before


def test_what_authors_are_told_and_what_no_front_end_sends() -> None:
    def codes(source: str) -> list[str]:
        with pytest.raises(ExerciseError) as caught:
            exercises.parse(f"%%exercise a\nkind: multiple\n{source}")
        return [problem.code for problem in caught.value.problems]

    assert codes("options: [a, b]\n") == ["missing"]
    assert codes("options: [a, b]\nanswers: [a, a]\n") == ["duplicate"]
    assert codes("options: [a, b]\nanswers: [c]\n") == ["no-option"]
    assert codes("options: [a, b]\nanswers: [{text: a, share: 0}]\n") == ["no-answer"]
    assert codes("options: [a, b]\nanswers: [a]\nscoring: some\n") == ["unknown-value"]
    part = exercises.public(exercises.parse("%%exercise a\nkind: multiple\noptions: [a, b]\nanswers: [a]\n"))
    for choices in ([], ["x"], [item_name("a")] * 2, item_name("a"), [1]):
        with pytest.raises(BadResponse):
            exercises.check_response(part, {"choices": choices})
