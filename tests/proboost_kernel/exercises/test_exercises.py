"""What the whole package promises, over generated exercises of every kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
import written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proboost_kernel import exercises
from proboost_kernel.exercises import BadResponse, ExerciseError, NeedsGrader, NeedsSandbox

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
ANY = written.of_any_kind()


def read(fields: dict[str, Any]) -> exercises.Exercise:
    return exercises.parse(written.cell(fields))


@given(ANY)
def test_a_key_reads_back_equal(fields: dict[str, Any]) -> None:
    exercise = read(fields)
    kept = json.loads(json.dumps(exercises.key(exercise)))
    assert exercises.from_key(kept) == exercise


@given(ANY)
def test_a_learners_cell_reads_back_as_the_same_public_part(fields: dict[str, Any]) -> None:
    exercise = read(fields)
    part = exercises.public(exercise)
    copy = exercises.parse(exercises.learner_cell(exercise, "c/l#e1"))
    assert copy.is_public
    assert copy.ref == "c/l#e1"
    assert exercises.public(copy) == part
    assert copy.hash == exercises.public_hash(part)
    assert copy == exercises.stamped(exercise, "c/l#e1")
    json.dumps(exercises.view(part))


@given(written.of_any_kind(written.SECRET))
def test_no_private_value_is_in_the_public_part_in_any_encoding(fields: dict[str, Any]) -> None:
    exercise = read(fields)
    part = exercises.public(exercise)
    seen = "\n".join(
        [exercises.learner_cell(exercise, "c/l#e1"), json.dumps(part), json.dumps(exercises.view(part))]
    ).encode()
    assert not [place for place in written.hiding_places(written.SECRET) if place in seen]


@given(st.data())
def test_two_that_differ_in_private_fields_only_have_the_same_public_part(data: st.DataObject) -> None:
    fields = data.draw(ANY)
    other = written.otherwise(fields, data)
    first, second = read(fields), read(other)
    assert exercises.learner_cell(first, "c/l#e1") == exercises.learner_cell(second, "c/l#e1")
    assert exercises.public_hash(exercises.public(first)) == exercises.public_hash(exercises.public(second))


def test_every_kind_has_a_sample() -> None:
    """So that the tests here, and those of releases, hold for all of them; a native cell is no %%exercise."""
    assert set(written.SAMPLES) == set(exercises.written_kinds()) == set(exercises.kinds()) - {"cell"}


@given(st.data())
def test_every_answer_has_a_score_and_words_and_always_the_same(data: st.DataObject) -> None:
    fields = data.draw(written.of_any_kind() | written.of_any_kind(written.SECRET))
    exercise = exercises.drawn(read(fields), {"a": "1", "b": "x", "c": "1x"})
    response = data.draw(written.SAMPLES[exercise.kind].responses(exercises.public(exercise)))
    exercises.check_response(exercises.public(exercise), response)
    exercises.check_response(exercises.public(read(fields)), response)
    try:
        judged = exercises.judge(exercise, response)
    except (NeedsSandbox, NeedsGrader):
        return
    assert 0 <= judged.score <= 1
    assert isinstance(judged.message, str)
    assert isinstance(judged.feedback, str)
    assert exercises.judge(exercises.from_key(exercises.key(exercise)), response) == judged


@given(
    ANY,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_a_response_of_any_shape_is_checked_and_never_breaks(fields: dict[str, Any], response: Any) -> None:
    with pytest.raises(BadResponse):
        exercises.check_response(exercises.public(read(fields)), response)


@pytest.mark.parametrize(
    ("source", "yes"),
    [
        ("%%exercise a\nkind: code", True),
        ("\n\n%%exercise", True),
        ("%%exercises a", False),
        ("x = '%%exercise a'", False),
        ("%%exercise-x", False),
    ],
)
def test_an_exercise_is_told_by_its_first_line(source: str, yes: bool) -> None:
    assert exercises.is_exercise(source) is yes


def problems(source: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(source)
    assert all(problem.message for problem in caught.value.problems)
    return [(problem.line, problem.field, problem.code) for problem in caught.value.problems]


def test_every_problem_is_told_with_its_line_and_field() -> None:
    source = "%%exercise \nkind: choice\npoint: 2\nattempts: many\noptions: [a, b]\nanswer: c\n"
    assert problems(source) == [
        (1, "id", "id"),
        (3, "point", "unknown"),
        (4, "attempts", "number"),
        (6, "answer", "no-option"),
    ]


def test_the_nearest_known_name_is_offered() -> None:
    with pytest.raises(ExerciseError, match="points"):
        exercises.parse("%%exercise a\nkind: choice\npoint: 2\noptions: [a, b]\nanswer: a\n")
    with pytest.raises(ExerciseError, match="choice"):
        exercises.parse("%%exercise a\nkind: choise\n")
    with pytest.raises(ExerciseError) as found:
        exercises.parse("%%exercise a\nkind: sell\n")
    assert "upload" in found.value.problems[0].message
    assert "cell" not in found.value.problems[0].message.replace("sell", "")


def test_lines_are_counted_from_the_cells_first() -> None:
    assert problems("\n\n%%exercise a\nkind: code\ntests: 3\n") == [(5, "tests", "type")]


def test_hidden_tests_cost_no_line_to_learners_and_keep_their_weights() -> None:
    exercise = exercises.parse(
        "%%exercise a\nkind: code\ntests:\n- {name: p, code: assert 1}\n"
        "- {name: q, hidden: true, points: 2, code: assert 2}\n"
    )
    assert exercises.public(exercise)["tests"] == [
        {"name": "p", "code": "assert 1", "hidden": False, "points": 1},
        {"name": "q", "hidden": True, "points": 2},
    ]


def test_attempts_cost_by_exercise_then_course_then_kind() -> None:
    choice = exercises.public(exercises.parse("%%exercise a\nkind: choice\noptions: [a, b]\nanswer: a\n"))
    own = exercises.public(
        exercises.parse("%%exercise a\nkind: choice\npenalty: [1, 0.9]\noptions: [a, b]\nanswer: a\n")
    )
    assert [exercises.penalty_factor(choice, nth) for nth in (1, 2, 3, 4, 9)] == [1, 0.5, 0.25, 0, 0]
    assert [exercises.penalty_factor(choice, nth, (1, 0.7)) for nth in (1, 2, 3)] == [1, 0.7, 0.7]
    assert [exercises.penalty_factor(own, nth, (1, 0.7)) for nth in (1, 2, 3)] == [1, 0.9, 0.9]


def test_a_learners_copy_cannot_judge_and_code_is_never_judged_here() -> None:
    choice = exercises.parse("%%exercise a\nkind: choice\noptions: [a, b]\nanswer: a\n")
    with pytest.raises(ValueError, match="no key"):
        exercises.judge(exercises.stamped(choice, "c/l#a"), {"choice": "x"})
    code = exercises.parse("%%exercise a\nkind: code\ntests: [{name: p, code: assert 1}]\n")
    with pytest.raises(NeedsSandbox):
        exercises.judge(code, {"code": ""})


def test_a_kind_is_registered_once() -> None:
    with pytest.raises(ValueError, match="choice"):
        exercises.register(exercises.kinds()["choice"])


@given(st.data())
def test_what_a_grader_reads_of_an_answer_is_safe_html(data: st.DataObject) -> None:
    exercise = exercises.drawn(read(data.draw(written.of_any_kind())), {"a": "1", "b": "x", "c": "1x"})
    response = data.draw(written.SAMPLES[exercise.kind].responses(exercises.public(exercise)))
    shown = exercises.answer_html(exercise, response)
    assert shown is None or "<script" not in shown
    assert exercises.answer_html(exercise, {"other": 1}) is None


def test_what_was_typed_is_no_markup() -> None:
    exercise = exercises.parse("%%exercise a\nkind: text\nanswers: x\n")
    assert exercises.answer_html(exercise, {"text": "<b>*x*"}) == "&lt;b&gt;*x*"
    blanks = exercises.parse("%%exercise a\nkind: blanks\ntext: '{{one}}'\nanswers: {one: x}\n")
    assert exercises.answer_html(blanks, {"blanks": {"one": "<i>"}}) == "<ul><li>one: &lt;i&gt;</li></ul>"
