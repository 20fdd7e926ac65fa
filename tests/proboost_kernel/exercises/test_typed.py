"""Numbers, words and blanks: what is right, what near misses are worth, and what authors are told."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel import exercises
from proboost_kernel.exercises import BadResponse, ExerciseError, Judgement, numeric, wording

DIGITS = st.text("0123456789", min_size=1, max_size=20)


def judged(source: str, response: dict[str, object]) -> Judgement:
    exercise = exercises.parse(f"%%exercise a\n{source}")
    exercises.check_response(exercises.public(exercise), response)
    return exercises.judge(exercise, response)


def number(source: str, typed: str) -> Judgement:
    return judged(f"kind: number\n{source}", {"number": typed})


def text(source: str, typed: str) -> float:
    return judged(f"kind: text\n{source}", {"text": typed}).score


def blanks(source: str, **typed: str) -> Judgement:
    return judged(f"kind: blanks\n{source}", {"blanks": typed})


def codes(source: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(f"%%exercise a\n{source}")
    return [(problem.line, problem.field, problem.code) for problem in caught.value.problems]


# -- numbers
@pytest.mark.parametrize("typed", ["3.14", "3,14", " +3,140 ", "314e-2", "0,0314E2", "3,14 кг", "3.14кг"])
def test_a_number_is_read_as_people_write_it(typed: str) -> None:
    assert number("answer: 3,14\nunit: кг\n", typed).score == 1


def test_minus_and_groups_of_three() -> None:
    assert number("answer: -1000.5\n", "\N{MINUS SIGN}1\N{NO-BREAK SPACE}000,5").score == 1
    assert numeric.number("1 2") is None
    assert numeric.number("1 0000") is None


@pytest.mark.parametrize("typed", ["", "три", "1/2", "1,000.5", "inf", "nan", "1_0", "0x10", "1e9999", "9" * 41, "١"])
def test_what_is_no_number_is_not_judged(typed: str) -> None:
    with pytest.raises(BadResponse):
        number("answer: 1\n", typed)


def test_tolerance_is_absolute_or_percent_and_exact_at_its_edge() -> None:
    assert number("answer: 0.3\ntolerance: 0.1\n", "0,2").score == 1
    assert number("answer: 0.3\ntolerance: 0,1\n", "0.4").score == 1
    assert number("answer: 0.3\ntolerance: 0.1\n", "0.40000000000000000000000000001").score == 0
    assert number("answer: -200\ntolerance: 2%\n", "-204").score == 1
    assert number("answer: -200\ntolerance: 2%\n", "-204.0001").score == 0
    assert number("answer: 0\ntolerance: 50%\n", "0,0000001").score == 0


def test_near_misses_earn_their_share_and_the_best_counts() -> None:
    source = """answer:
  - {value: 3.14, tolerance: 10%, share: 0.5, feedback: Round *less*}
  - 3.14
  - {value: -3.14, share: 0, feedback: Mind the sign}
"""
    near = number(source, "3.3")
    assert (near.score, near.message) == (0.5, "Round less")
    assert "<em>less</em>" in near.feedback
    assert number(source, "3.14") == Judgement(1.0)
    assert number(source, "-3,14") == Judgement(0.0, "Mind the sign", "<p>Mind the sign</p>")


@given(DIGITS, DIGITS, st.integers(-30, 30))
def test_nearer_is_never_worse(wanted: str, tolerance: str, steps: int) -> None:
    limit, middle = Decimal(tolerance), Decimal(wanted)
    given = middle + limit * steps / 10
    assert numeric.near(given, middle, tolerance) is (abs(steps) <= 10 or not limit)
    assert not numeric.near(given, middle, tolerance) or numeric.near(middle + (given - middle) / 2, middle, tolerance)


@given(st.text(max_size=90))
def test_reading_a_number_is_total_and_finite(typed: str) -> None:
    found = numeric.number(typed)
    assert found is None or found.is_finite()


def test_what_authors_of_numbers_are_told() -> None:
    assert codes("kind: number\n") == [(2, "answer", "missing")]
    assert codes("kind: number\nanswer: много\n") == [(3, "answer", "number")]
    assert codes("kind: number\nanswer: 1\ntolerance: -1\n") == [(4, "tolerance", "tolerance")]
    assert codes("kind: number\nanswer:\n  - value: 1\n    tolerance: 2 percent\n") == [
        (5, "answer[0].tolerance", "tolerance")
    ]
    assert codes("kind: number\nanswer: [{value: 1, share: 0.5}]\n") == [(3, "answer", "no-answer")]


# -- words
@pytest.mark.parametrize("typed", ["Ёлка в лесу", "  елка   в\tлесу ", "ЁЛКА В ЛЕСУ", "е\u0308лка в лесу"])
def test_words_are_compared_without_their_accidents(typed: str) -> None:
    assert text("answers: ёлка в лесу\n", typed) == 1


def test_case_and_yo_matter_where_the_author_says_so() -> None:
    assert text("answers: Ёлка\ncase: yes\n", "ёлка") == 0
    assert text("answers: Ёлка\ncase: yes\n", "Елка") == 1
    assert text("answers: Ёлка\nstrict: yes\n", "елка") == 0
    assert text("answers: Ёлка\nstrict: yes\n", "е\u0308лка") == 1


def test_a_pattern_matches_the_whole_answer() -> None:
    assert text("answers: /пар[иы]ж+/\n", " ПАРЫЖЖ ") == 1
    assert text("answers: /париж/\n", "в париж") == 0
    assert text("answers: /Ёж/\ncase: yes\n", "Еж") == 1
    assert text("answers: /Ёж/\ncase: yes\nstrict: yes\n", "Еж") == 0
    assert text("answers: [x, {text: /y+/, share: 0.5}]\n", "yyy") == 0.5
    assert text(r"answers: '/\/etc\/hosts/'", "/etc/hosts") == 1


def test_a_pattern_cannot_take_long() -> None:
    """RE2 is linear; backtracking would not end within our lives."""
    assert text("answers: /(a|aa)+$/\n", "a" * 1900 + "b") == 0


@given(st.text(max_size=30), st.booleans(), st.booleans())
def test_folding_twice_is_folding_once_and_no_text_is_unlike_itself(typed: str, case: bool, strict: bool) -> None:
    once = wording.folded(typed, case=case, strict=strict)
    assert wording.folded(once, case=case, strict=strict) == once
    if not wording.is_pattern(typed):
        assert wording.matches(typed, f" {typed}\n", case=case, strict=strict)


def test_without_re2_patterns_say_so_and_the_rest_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    wording._compiled.cache_clear()  # what was compiled before would still work
    exercise = exercises.parse("%%exercise a\nkind: text\nanswers: [x, /y+/]\n")
    with pytest.raises(wording.NoPatterns, match="google-re2"):
        exercises.judge(exercise, {"text": "y"})
    assert text("answers: x\n", "x") == 1


def test_what_authors_of_words_are_told() -> None:
    assert codes("kind: text\nanswers: ['']\n") == [(3, "answers[0]", "empty")]
    assert codes("kind: text\nanswers: /(?=a)/\n") == [(3, "answers", "pattern")]
    assert codes("kind: text\nanswers: {text: a, tolerance: 1}\n") == [(3, "answers.tolerance", "tolerance")]
    assert codes("kind: text\nanswer: a\n") == [(2, "answers", "missing"), (3, "answer", "unknown")]


# -- blanks
TWO = """text: "`for` {{what}} in {{where}}:"
answers:
  what: [x, {text: y, share: 0.5, feedback: Call it *x*}]
  where: {value: 3.5, tolerance: 0.1}
"""


def test_each_blank_has_its_share() -> None:
    assert blanks(TWO, what="x", where="3,45") == Judgement(1.0)
    half = blanks(TWO, what="y", where="3,4")
    assert (half.score, half.message) == (0.75, "Call it x")
    assert "<em>x</em>" in half.feedback
    assert blanks(TWO, what="x").score == 0.5
    assert blanks(TWO, what="x", where="nothing").message == "1 of 2 blanks is right."


@given(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(["x", "y", "z", "3.5"]) for name in ("what", "where")})
)
def test_filling_a_blank_right_is_never_worse(typed: dict[str, str]) -> None:
    exercise = exercises.parse(f"%%exercise a\nkind: blanks\n{TWO}")
    before = exercises.judge(exercise, {"blanks": typed}).score
    for name, right in (("what", "x"), ("where", "3.5")):
        assert exercises.judge(exercise, {"blanks": {**typed, name: right}}).score >= before


@pytest.mark.parametrize("mark", ["{{a}}", "`x = {{ a }}`", "```python\nx = '{{a}}'\n```", "| x |\n|---|\n| {{a}} |"])
def test_every_blank_is_found_again_in_what_is_shown(mark: str) -> None:
    exercise = exercises.parse("%%exercise a\n" + written_blanks(mark))
    shown = exercises.view(exercises.public(exercise))
    assert [blank["name"] for blank in shown["blanks"]] == ["a"]
    assert shown["text_html"].count(shown["blanks"][0]["word"]) == 1


def written_blanks(mark: str) -> str:
    lines = "".join(f"  {line}\n" for line in mark.split("\n"))
    return f"kind: blanks\ntext: |\n{lines}answers: {{a: [b]}}\n"


def test_what_authors_of_blanks_are_told() -> None:
    assert codes("kind: blanks\ntext: nothing\nanswers: {}\n") == [(3, "text", "no-blank")]
    assert codes("kind: blanks\ntext: '{{a}} {{b}}'\nanswers: {a: x, c: y}\n") == [
        (4, "answers.c", "no-blank"),
        (4, "answers.b", "missing"),
    ]
    assert codes("kind: blanks\ntext: '{{a}} {{a}}'\nanswers: {a: x}\n") == [(3, "text", "duplicate")]
    assert codes("kind: blanks\ntext: '$x^{{a}}$'\nanswers: {a: x}\n") == [(3, "text", "in-formula")]
    assert codes("kind: blanks\ntext: '<!-- {{a}} -->{{b}}'\nanswers: {a: x, b: y}\n") == [(4, "answers.a", "no-blank")]


def test_answers_that_no_front_end_sends_are_refused() -> None:
    part = exercises.public(exercises.parse(f"%%exercise a\nkind: blanks\n{TWO}"))
    for response in (
        {},
        {"blanks": {}},
        {"blanks": {"what": " "}},
        {"blanks": {"other": "x"}},
        {"blanks": {"what": 1}},
    ):
        with pytest.raises(BadResponse):
            exercises.check_response(part, response)
