"""What progress needs to know of a course: its exercises as the current release has them, and their keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from proboost.blobs import Blobs
from proboost.courses import policy, service
from proboost.courses.policy import Policy
from proboost.errors import BadInput, NotFound
from proboost.i18n import _
from proboost.models import Attempt, Release
from proboost.models.base import Json
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise

REF = re.compile(
    r"(?P<course>[a-z0-9-]{1,64})/(?P<lesson>[a-z0-9-]{1,64})(?:@\d+)?#(?P<exercise>[A-Za-z0-9._-]{1,128})\Z"
)


class NoSuchLesson(NotFound):
    code = "no-such-lesson"

    def __init__(self) -> None:
        super().__init__(_("There is no such lesson in this course now. It may have been renamed or taken out."))


class NoSuchExercise(NotFound):
    code = "no-such-exercise"

    def __init__(self) -> None:
        super().__init__(_("There is no such exercise in this lesson now. It may have been renamed or taken out."))


@dataclass(frozen=True)
class Place:
    """Where an exercise is, whatever the release."""

    course: str
    lesson: str
    exercise: str

    @classmethod
    def of(cls, ref: str) -> Place:
        """From `course/lesson#exercise`, with or without a release. Raises BadInput."""
        match = REF.match(ref)
        if not match:
            raise BadInput(_("This does not name an exercise of a course."), code="bad-ref")
        return cls(match["course"], match["lesson"], match["exercise"])

    @classmethod
    def at(cls, attempt: Attempt) -> Place:
        return cls(attempt.course_id, attempt.lesson, attempt.exercise)

    @property
    def ref(self) -> str:
        return f"{self.course}/{self.lesson}#{self.exercise}"


@dataclass(frozen=True)
class Task:
    """One exercise of a release, without its key."""

    place: Place
    release: int
    policy: Policy
    due: datetime | None
    record: Json  # its entry in release.json

    @property
    def kind(self) -> str:
        return str(self.record["kind"])

    @property
    def title(self) -> str:
        return str(self.record["title"] or self.record["id"])

    @property
    def points(self) -> float:
        return float(self.record["points"])

    @property
    def public_hash(self) -> str:
        return str(self.record["public_hash"])

    @property
    def key_hash(self) -> str:
        return str(self.record["key_hash"])

    @property
    def hints(self) -> int:
        return int(self.record["hints"])

    @property
    def varies(self) -> bool:
        """Whether each learner has values of their own."""
        return bool(self.record.get("variants"))

    @property
    def was(self) -> Place | None:
        """Where it was before its author moved or renamed it; results stay there."""
        lesson, _sharp, exercise = str(self.record.get("was") or "").partition("#")
        return Place(self.place.course, lesson or self.place.lesson, exercise) if exercise else None


@dataclass(frozen=True)
class Lesson:
    """One lesson of a release, as release.json has it."""

    course: str
    release: int
    policy: Policy
    record: Json

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def title(self) -> str:
        return str(self.record["title"])

    @property
    def weight(self) -> float:
        return float(self.record.get("weight", 1))

    @cached_property
    def opens(self) -> datetime | None:
        return _moment(self.record.get("opens"))

    @cached_property
    def due(self) -> datetime | None:
        return _moment(self.record.get("due"))

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(
            Task(Place(self.course, self.id, entry["id"]), self.release, self.policy, self.due, entry)
            for entry in self.record["exercises"]
        )

    @property
    def max_points(self) -> float:
        return sum(task.points for task in self.tasks)


def hosts(release: Release) -> tuple[str, ...]:
    """Other hosts whose media the course may show."""
    return tuple(release.record.get("embed_hosts") or ())


def lessons(release: Release) -> Iterator[Lesson]:
    """In the order of the course."""
    rules = policy.from_record(release.record.get("policy") or {})
    for entry in release.record["lessons"]:
        yield Lesson(release.course_id, release.number, rules, entry)


def lesson(release: Release, lesson_id: str) -> Lesson:
    for found in lessons(release):
        if found.id == lesson_id:
            return found
    raise NoSuchLesson


def task(release: Release, place: Place) -> Task:
    for found in lesson(release, place.lesson).tasks:
        if found.place.exercise == place.exercise:
            return found
    raise NoSuchExercise


def find_task(session: Session, place: Place) -> Task | None:
    """The exercise as the newest release has it, be it withdrawn; None when it is gone."""
    release = service.newest(session, place.course)
    try:
        return task(release, place) if release else None
    except NotFound:
        return None


def exercise(session: Session, blobs: Blobs, asked: Task) -> Exercise:
    """With its key: for judging, and for words that are shown after it."""
    return service.exercise_key(
        session, blobs, asked.place.course, asked.release, asked.place.lesson, asked.place.exercise
    )


def exercise_of(session: Session, blobs: Blobs, asked: Task, attempt: Attempt) -> Exercise | None:
    """The exercise with its key as this attempt's learner had it; None when their values do not fit it any more."""
    key = exercise(session, blobs, asked)
    try:
        return exercises.drawn(key, attempt.variant)
    except exercises.ExerciseError:
        return None


def grade_job(asked: Task, key: Exercise, attempt: Attempt) -> Json:
    """What a worker needs to find out about a program; it has no database to ask."""
    job: Json = key.spec.job(attempt.response["code"])
    return {"attempt": attempt.id, "key_hash": asked.key_hash, **job}


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
