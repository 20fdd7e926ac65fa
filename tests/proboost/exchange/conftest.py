"""What tests of imports look at: a made course by its cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proboost.courses import source
from proboost.courses.source import Source
from proboost.exchange.report import Made
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise


class Course:
    """A made course as learners' software reads it."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.report = made.report
        self.source: Source = source.read(made.files, name="made")
        assert self.source.flaws == ()

    @property
    def exercises(self) -> list[Exercise]:
        return [one for lesson in self.source.lessons for _cell, one in lesson.notebook.exercises]

    def __getitem__(self, title: str) -> Exercise:
        return next(one for one in self.exercises if one.title == title or one.id == title)

    def score(self, title: str, response: dict[str, Any]) -> tuple[float, str]:
        """(score, words) of an answer; options and halves may be given by their texts."""
        exercise = self[title]
        part = exercises.public(exercise)
        named = {
            one["text"]: one["item"] for name in ("options", "left", "right", "lines") for one in part.get(name, ())
        }
        told = _named(response, named)
        exercises.check_response(part, told)
        found = exercises.judge(exercise, told)
        return found.score, found.message

    def refused(self) -> dict[str, str]:
        return {one.question: one.reason for one in self.report.refused}


def _named(value: Any, named: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {named.get(key, key): _named(item, named) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, named) for item in value]
    return named.get(value, value) if isinstance(value, str) else value


@pytest.fixture(scope="session")
def opened() -> Callable[[Made], Course]:
    return Course
