"""Variants: what values are drawn from, how they come into an exercise, and that the same seed draws the same."""

from __future__ import annotations

from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel import exercises
from proboost_kernel.exercises import ExerciseError, generating, params
from proboost_kernel.exercises.params import Params, Range

SUM = """%%exercise sum
kind: number
params:
  a: {from: 2, to: 9}
  b: {from: 0.5, to: 2, step: 0.5}
  what: [apples, pears]
generator: |
  total = a + b
  worse = total + random.choice([-1, 1])
prompt: "{{a}} and {{b}} {{what}}: $x = {{ a }}$"
answer: ["{{total}}", {value: "{{worse}}", share: 0.5, feedback: "Off by one, it is {{total}}"}]
explanation: "{{a}} + {{b}} = {{total}}"
"""


def values_of(exercise: exercises.Exercise, seed: bytes) -> dict[str, str]:
    values = params.draw(exercise.params, seed)
    job = params.job(exercise.params, values, seed, exercises.used_values(exercise))
    found = params.generated(job, generating.run(job))
    assert found is not None
    return values | found


def problems(source: str) -> list[tuple[str, str]]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(source)
    return [(problem.field, problem.code) for problem in caught.value.problems]


@given(st.binary(min_size=1, max_size=32))
def test_the_same_seed_draws_the_same_values_from_where_they_may_come(seed: bytes) -> None:
    exercise = exercises.parse(SUM)
    values = values_of(exercise, seed)
    assert values == values_of(exercise, seed)
    assert 2 <= int(values["a"]) <= 9
    assert values["b"] in ("0.5", "1.0", "1.5", "2.0")
    assert values["what"] in ("apples", "pears")
    assert float(values["total"]) == int(values["a"]) + float(values["b"])
    drawn = exercises.drawn(exercise, values)
    assert drawn.common.prompt == f"{values['a']} and {values['b']} {values['what']}: $x = {values['a']}$"
    assert exercises.judge(drawn, {"number": values["total"].replace(".", ",")}).score == 1
    near = exercises.judge(drawn, {"number": values["worse"]})
    assert (near.score, near.message) == (0.5, f"Off by one, it is {values['total']}")
    assert values["total"] in exercises.explanation_html(drawn)


def test_every_value_of_a_range_is_drawn_sooner_or_later() -> None:
    source = Params((("a", Range("-1", "1")), ("b", ("x", "y"))))
    drawn = [params.draw(source, bytes([n])) for n in range(100)]
    assert {one["a"] for one in drawn} == {"-1", "0", "1"}
    assert len({(one["a"], one["b"]) for one in drawn}) == 6


def test_a_value_depends_on_no_other_one() -> None:
    one = params.draw(Params((("a", Range("1", "1000")),)), b"seed")
    two = params.draw(Params((("b", Range("1", "9")), ("a", Range("1", "1000")))), b"seed")
    assert one["a"] == two["a"]


def test_a_template_is_public_and_its_values_are_not() -> None:
    exercise = exercises.parse(SUM)
    part = exercises.public(exercise)
    assert part["variants"] is True
    assert "params" not in part
    assert "generator" not in exercises.learner_cell(exercise, "c/l#sum")
    assert exercises.parse(exercises.learner_cell(exercise, "c/l#sum")).varies
    values = {"a": "3", "b": "1.5", "what": "pears", "total": "4.5", "worse": "5.5"}
    assert exercises.public_values(exercise, values) == {"a": "3", "b": "1.5", "what": "pears"}
    shown = exercises.view(part)
    assert (shown["variants"], shown["prompt_html"]) == (True, "")
    view = exercises.view(exercises.public(exercises.drawn(exercise, values)))
    assert "3 and 1.5 pears" in view["prompt_html"]
    assert "variants" not in view


def test_exercises_without_variants_are_what_they_were() -> None:
    exercise = exercises.parse("%%exercise a\nkind: choice\nprompt: 'x^{{n}}'\noptions: [a, b]\nanswer: a\n")
    assert "variants" not in exercises.public(exercise)
    assert exercises.drawn(exercise, {}) is exercise


def test_items_keep_their_names_whatever_is_drawn() -> None:
    exercise = exercises.parse(
        "%%exercise a\nkind: choice\nparams: {a: {from: 1, to: 5}}\ngenerator: b = a * 2\n"
        "options: ['{{a}}', '{{b}}', none]\nanswer: '{{b}}'\nfeedback: {'{{a}}': Twice}\n"
    )
    template = exercises.public(exercise)["options"]
    for values in ({"a": "1", "b": "2"}, {"a": "3", "b": "6"}):
        drawn = exercises.drawn(exercise, values)
        shown = exercises.public(drawn)["options"]
        assert [option["item"] for option in shown] == [option["item"] for option in template]
        right = next(option["item"] for option in shown if option["text"] == values["b"])
        wrong = next(option["item"] for option in shown if option["text"] == values["a"])
        assert exercises.judge(drawn, {"choice": right}).score == 1
        assert exercises.judge(drawn, {"choice": wrong}).message == "Twice"


def test_what_comes_out_as_no_exercise_is_an_error() -> None:
    exercise = exercises.parse(
        "%%exercise a\nkind: choice\nparams: {a: ['1', '2'], b: ['1', '2']}\n"
        "options: ['{{a}}', '{{b}}']\nanswer: '{{a}}'\n"
    )
    with pytest.raises(ExerciseError):
        exercises.drawn(exercise, {"a": "1", "b": "1"})
    with pytest.raises(ExerciseError):
        exercises.drawn(exercise, {"a": "1"})
    number = exercises.parse("%%exercise a\nkind: number\nparams: {a: [one, '2']}\nanswer: '{{a}}'\n")
    with pytest.raises(ExerciseError):
        exercises.drawn(number, {"a": "one"})


def test_blanks_and_values_are_told_apart() -> None:
    exercise = exercises.parse(
        "%%exercise a\nkind: blanks\nparams: {n: {from: 2, to: 2}}\n"
        "text: 'range({{n}}) ends with {{last}}'\nanswers: {last: {value: '{{n}}'}}\n"
    )
    drawn = exercises.drawn(exercise, {"n": "2"})
    assert exercises.public(drawn)["text"] == "range(2) ends with {{last}}"
    assert exercises.judge(drawn, {"blanks": {"last": "2"}}).score == 1


def test_programs_have_variants_and_keep_braces_of_their_own() -> None:
    exercise = exercises.parse(
        "%%exercise a\nkind: code\nparams: {n: {from: 3, to: 3}}\nprompt: 'Times {{n}}'\n"
        "starter: \"f'{{x}} {{n}}'\"\nsolution: 'f = lambda x: x * {{n}}'\n"
        "tests: [{name: t, code: 'assert f(2) == 2 * {{n}}'}]\n"
    )
    spec = exercises.drawn(exercise, {"n": "3"}).spec
    assert (spec.starter, spec.solution, spec.tests[0].code) == (
        "f'{{x}} 3'",
        "f = lambda x: x * 3",
        "assert f(2) == 2 * 3",
    )


def test_what_authors_are_told() -> None:
    head = "%%exercise a\nkind: number\nanswer: 1\n"
    assert problems(head + "params: {}\n") == [("params", "empty")]
    assert problems(head + "params: {a: 5}\n") == [("params.a", "type")]
    assert problems(head + "params: {a: []}\n") == [("params.a", "choices")]
    assert problems(head + "params: {class: [a]}\n") == [("params.class", "name")]
    assert problems(head + "params: {_a: [a]}\n") == [("params._a", "name")]
    assert problems(head + "params: {a: {from: 1}}\n") == [("params.a.to", "missing")]
    assert problems(head + "params: {a: {from: 2, to: 1}}\n") == [("params.a.to", "range")]
    assert problems(head + "params: {a: {from: 1, to: 2, step: 0}}\n") == [("params.a.step", "number")]
    assert problems(head + "params: {a: {from: 1, to: 2, by: 1}}\n") == [("params.a.by", "unknown")]
    assert problems(head + "generator: 'a ='\n") == [("generator", "python")]
    assert problems(head + "params: {apples: [a]}\nprompt: '{{aples}}'\n") == [("prompt", "no-value")]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("x = 7 // 2", "3"),
        ("x = 0.1 + 0.2", "0.30000000000000004"),
        ("x = 'слово'", "слово"),
        ("from fractions import Fraction\nx = Fraction(1, 3)", "1/3"),
        ("import numpy\nx = numpy.float64(1.5)", "1.5"),
        ("for x in range(3): pass\nprint('quiet')", "2"),
    ],
)
def test_what_a_generator_may_give(code: str, wanted: str) -> None:
    assert generating.run({"generator": code, "values": {}, "seed": "s", "names": ["x"]}) == {"x": wanted}


@pytest.mark.parametrize("code", ["x = [1]", "x = float('nan')", "x = None", "x = print"])
def test_what_it_may_not(code: str) -> None:
    with pytest.raises(generating.NotAValue):
        generating.run({"generator": code, "values": {}, "seed": "s", "names": ["x"]})


@given(
    st.none()
    | st.lists(st.integers())
    | st.dictionaries(st.sampled_from(["x", "y"]), st.text() | st.integers() | st.none())
)
def test_what_a_sandbox_brings_is_believed_only_in_shape(told: Any) -> None:
    found = params.generated({"names": ["x"]}, told)
    assert found is None or (set(found) == {"x"} and isinstance(found["x"], str))


def test_the_example_of_the_documentation_is_one() -> None:
    written = (Path(__file__).parents[3] / "docs/explanation/formats.md").read_text("utf-8")
    exercise = exercises.parse("%%exercise circle" + written.split("%%exercise circle")[1].split("```")[0])
    values = values_of(exercise, b"seed")
    drawn = exercises.drawn(exercise, values)
    assert exercises.judge(drawn, {"number": values["volume"]}).score == 1
    assert exercises.public_values(exercise, values).keys() == {"r", "h", "what"}


def test_a_template_can_be_read_by_those_whose_values_it_does_not_have() -> None:
    shown = exercises.view(exercises.public(exercises.parse(SUM)), template=True)
    assert "⟨a⟩ and ⟨b⟩ ⟨what⟩" in shown["prompt_html"]
    assert "variants" not in shown
    blanks = exercises.parse(
        "%%exercise a\nkind: blanks\nparams: {n: [x]}\nprompt: '{{n}}'\ntext: '{{n}} {{b}}'\nanswers: {b: c}\n"
    )
    shown = exercises.view(exercises.public(blanks), template=True)
    assert shown["prompt_html"] == "<p>⟨n⟩</p>"
    assert [blank["name"] for blank in shown["blanks"]] == ["n", "b"]


WRITTEN = st.sampled_from(["0", "-3", "1e29", "-1e29", "0.1", "1e-29", "1e19", "1e-19", "12345678901.5", "7"])


@given(WRITTEN, WRITTEN, WRITTEN, st.binary(min_size=1, max_size=8))
def test_a_range_of_any_numbers_is_read_or_refused_and_draws_exactly(
    low: str, high: str, step: str, seed: bytes
) -> None:
    source = f"%%exercise a\nkind: number\nanswer: 1\nparams: {{a: {{from: {low}, to: {high}, step: {step}}}}}\n"
    try:
        found = exercises.parse(source)
    except ExerciseError:
        return
    value = params.draw(found.params, seed)["a"]
    with localcontext(prec=200):
        offset = Decimal(value) - Decimal(low)
        assert 0 <= offset <= Decimal(high) - Decimal(low)
        assert offset % Decimal(step) == 0
    assert params.keep(found.params, {"a": value}, {"a": "other"}) == {"a": value}
