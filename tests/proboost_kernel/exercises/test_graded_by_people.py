"""Essays and uploads: their rubric is public, their notes are not, and no program judges them."""

from __future__ import annotations

from typing import Any

import pytest

from proboost_kernel import exercises
from proboost_kernel.exercises import BadResponse, ExerciseError, NeedsGrader

ESSAY = """%%exercise a
kind: essay
points: 5
prompt: Tell.
rubric:
  - {criterion: Idea, points: 3, description: "Is *clear*<!-- be kind -->"}
  - {criterion: Style, points: 2}
notes: Expect three reasons.
"""
UPLOAD = "%%exercise a\nkind: upload\naccept: [.PDF, docx, image/*]\nmax_size: 5 MB\n"


def codes(source: str) -> set[str]:
    with pytest.raises(ExerciseError) as caught:
        exercises.parse(source)
    return {problem.code for problem in caught.value.problems}


def test_the_rubric_is_public_and_the_notes_are_not() -> None:
    exercise = exercises.parse(ESSAY)
    part = exercises.public(exercise)
    assert part["rubric"] == [
        {"criterion": "Idea", "points": 3, "description": "Is *clear*"},
        {"criterion": "Style", "points": 2, "description": ""},
    ]
    assert "three reasons" not in exercises.learner_cell(exercise, "c/l#a")
    assert exercises.from_key(exercises.key(exercise)).spec.notes == "Expect three reasons."
    assert exercises.view(part)["rubric"][0]["html"] == "<p>Is <em>clear</em></p>"


def test_no_program_judges_them() -> None:
    for source, response in ((ESSAY, {"text": "x"}), (UPLOAD, {"file": "0123456789"})):
        exercise = exercises.parse(source)
        exercises.check_response(exercises.public(exercise), response)
        assert exercises.by_submission(exercise.kind)
        with pytest.raises(NeedsGrader):
            exercises.judge(exercise, response)
    assert not exercises.by_submission("choice")


def test_what_may_be_uploaded_is_said_in_several_ways() -> None:
    assert exercises.parse(UPLOAD).spec.accept == (".pdf", ".docx", "image/*")
    assert exercises.parse(UPLOAD).spec.max_size == 5_000_000
    assert exercises.parse(UPLOAD.replace("[.PDF, docx, image/*]", "'.pdf, .pdf, zip'")).spec.accept == (".pdf", ".zip")
    for written, size in (("10", 10), ("1 KiB", 1024), ("1.5 MiB", 3 << 19), ("2 МБ", 2_000_000)):
        assert exercises.parse(UPLOAD.replace("5 MB", written)).spec.max_size == size
    plain = exercises.parse("%%exercise a\nkind: upload\n")
    assert (plain.spec.accept, plain.spec.max_size) == ((), 10 << 20)


def test_what_authors_are_told() -> None:
    assert codes(ESSAY.replace("points: 5", "points: 4")) == {"points"}
    assert codes(ESSAY.replace("Style", "Idea")) == {"duplicate"}
    assert codes(ESSAY.replace("criterion: Style, ", "")) == {"missing", "empty"}
    assert codes(UPLOAD.replace("docx", "a/b")) == {"type"}
    assert codes(UPLOAD.replace("5 MB", "5 GB")) == {"size"}
    assert codes(UPLOAD.replace("5 MB", "900 MiB")) == {"size"}
    assert exercises.parse(ESSAY.replace("points: 3, ", "").replace("points: 2", "points: 0")).points == 5


@pytest.mark.parametrize(
    ("source", "response"),
    [
        (ESSAY, {}),
        (ESSAY, {"text": "  \n"}),
        (ESSAY, {"text": 3}),
        (ESSAY, {"text": "x", "more": "y"}),
        (UPLOAD, {"text": "x"}),
        (UPLOAD, {"file": "../../etc"}),
        (UPLOAD, {"file": 7}),
        (UPLOAD, {"file": "0123456789", "size": 5_000_001}),
        (UPLOAD, {"file": "0123456789", "name": ["a"]}),
    ],
)
def test_other_answers_are_refused(source: str, response: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        exercises.check_response(exercises.public(exercises.parse(source)), response)


def test_graders_read_what_was_written_and_nothing_in_it_is_markup() -> None:
    said = exercises.answer_html(exercises.parse(ESSAY), {"text": "One\nmore <script>\n\n*two*"})
    assert said == "<p>One<br>more &lt;script&gt;</p><p>*two*</p>"


def test_a_file_is_no_text_to_read_but_one_to_fetch() -> None:
    assert exercises.answer_html(exercises.parse(UPLOAD), {"file": "0123456789", "name": "a.pdf"}) is None
