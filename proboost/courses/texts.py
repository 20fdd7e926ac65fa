"""What learners read and run of a course: every text and program of its source, with its place."""

from __future__ import annotations

from collections.abc import Iterator

from proboost.courses.notebook import Cell
from proboost.courses.source import Lesson, Source
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise


def programs(lesson: Lesson) -> Iterator[tuple[int, str, str]]:
    """(cell, field, Python) of everything that runs in a lesson."""
    for cell in lesson.notebook.cells:
        if cell.native is not None and cell.kind == "code":
            yield cell.number, "", cell.native.source
        elif cell.kind == "code" and cell.exercise is None and not cell.broken:
            yield cell.number, "", cell.source
        elif cell.exercise is not None and cell.exercise.kind == "code":
            spec = cell.exercise.spec
            for field in ("setup", "starter", "solution"):
                yield cell.number, field, getattr(spec, field)
            for position, test in enumerate(spec.tests):
                yield cell.number, f"tests[{position}].code", test.code


def public_texts(source: Source) -> Iterator[tuple[Lesson, Cell, str, str]]:
    """(lesson, cell, field, Markdown) of everything that learners read."""
    for lesson in source.lessons:
        for cell in lesson.notebook.cells:
            if cell.kind == "markdown":
                yield lesson, cell, "", cell.source
            if cell.exercise is not None:
                for field, text in exercise_texts(cell.exercise):
                    yield lesson, cell, field, text


def exercise_texts(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """(field, Markdown) of what an exercise shows, its verdict included."""
    part = exercises.key(exercise)
    yield "prompt", part["prompt"]
    yield "explanation", part.get("explanation", "")
    for position, hint in enumerate(part["hints"]):
        yield f"hints[{position}]", hint
    for position, option in enumerate(part.get("options", ())):
        yield f"options[{position}]", option["text"]
    if exercise.kind == "blanks":
        yield "text", part["text"]
    if exercise.kind == "order" and part["language"] == "prose":
        for line in part["lines"]:
            yield "lines", line["text"]
    for side in ("left", "right"):
        for half in part.get(side, ()):
            yield "pairs", half["text"]
    for position, criterion in enumerate(part.get("rubric", ())):
        yield f"rubric[{position}].description", criterion["description"]
    for option, said in part.get("feedback", {}).items():
        yield f"feedback.{option}", said
    for position, test in enumerate(part.get("tests", ())):
        yield f"tests[{position}].feedback", test.get("feedback", "")
