"""How far learners are: their courses, lessons and exercises with states and points, and what comes next."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost import clock, i18n
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.errors import NotFound
from proboost.i18n import _
from proboost.models import Attempt, Course, Draft, Enrolment, Release, Result
from proboost.models.base import Json
from proboost.progress import drafts, material, rules, variants, verdict
from proboost.progress.material import Lesson, Place, Task
from proboost.progress.service import enrolment_of, one_at_a_time

State = Literal["done", "half", "new", "locked"]


@dataclass(frozen=True)
class ExerciseProgress:
    task: Task
    state: str  # passed, partial, failed, pending, new, manual
    points: float

    def json(self) -> Json:
        return {
            "id": self.task.place.exercise,
            "ref": self.task.place.ref,
            "title": self.task.title,
            "kind": self.task.kind,
            "state": self.state,
            "points": self.points,
            "max_points": self.task.points,
        }


@dataclass(frozen=True)
class LessonProgress:
    """`why`: why it is locked. `closed`: why answers are not taken although it is open."""

    lesson: Lesson
    number: int  # from 1
    open: bool
    why: str | None
    closed: str | None
    exercises: tuple[ExerciseProgress, ...]
    state: State

    @property
    def id(self) -> str:
        return self.lesson.id

    @property
    def points(self) -> float:
        return round(sum(exercise.points for exercise in self.exercises), 4)

    @property
    def max_points(self) -> float:
        return self.lesson.max_points

    @property
    def left(self) -> int:
        """Exercises that are not solved."""
        return sum(exercise.state not in ("passed", "manual") for exercise in self.exercises)

    def json(self) -> Json:
        return {
            "id": self.lesson.id,
            "title": self.lesson.title,
            "file": self.lesson.record["file"],
            "open": self.open,
            "why": self.why,
            "opens": self.lesson.record.get("opens"),
            "due": self.lesson.record.get("due"),
            "state": self.state,
            "points": self.points,
            "max_points": self.max_points,
            # Not even the names of what a lesson asks are told before it opens.
            "exercises": [exercise.json() for exercise in self.exercises] if self.open else [],
        }


@dataclass(frozen=True)
class CourseProgress:
    course: Course
    enrolment: Enrolment
    lessons: tuple[LessonProgress, ...]
    last_at: datetime | None  # when the learner last worked in it

    @property
    def points(self) -> float:
        return round(sum(lesson.points for lesson in self.lessons), 4)

    @property
    def max_points(self) -> float:
        return sum(lesson.max_points for lesson in self.lessons)

    @property
    def next(self) -> LessonProgress | None:
        """The first open lesson that is not done; one that still takes answers before one that does not."""
        waiting = [lesson for lesson in self.lessons if lesson.open and lesson.state != "done"]
        return next((lesson for lesson in waiting if not lesson.closed), waiting[0] if waiting else None)

    @property
    def done(self) -> bool:
        return bool(self.lessons) and all(lesson.state == "done" for lesson in self.lessons)

    @property
    def due(self) -> datetime | None:
        """The next deadline that still lies ahead of work to be done."""
        now = clock.now()
        ahead = [
            lesson.lesson.due
            for lesson in self.lessons
            if lesson.open and lesson.state != "done" and lesson.lesson.due and lesson.lesson.due > now
        ]
        return min(ahead, default=None)

    def json(self) -> Json:
        return {
            "course": self.course.id,
            "title": self.course.title,
            "language": self.course.language,
            "points": self.points,
            "max_points": self.max_points,
            "next_lesson": self.next.id if self.next else None,
            "lessons": [lesson.json() for lesson in self.lessons],
        }


def all_courses(session: Session, viewer: Viewer) -> list[CourseProgress]:
    """The published courses that the viewer is enrolled in: the one worked in last comes first, then those in the
    reader's language, then by title.
    """
    rows = session.execute(
        select(Enrolment, Course)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.user_id == viewer.user_id, Enrolment.active)
        .order_by(Enrolment.created_at)
    ).all()
    newest: Mapping[str, tuple[Enrolment, Course]] = {row.Course.id: (row.Enrolment, row.Course) for row in rows}
    last = last_worked(session, [enrolment.id for enrolment, _course in newest.values()])
    found = []
    for enrolment, course in newest.values():
        release = courses.current(session, course.id)
        if release is not None:
            found.append(_course(session, viewer, enrolment, course, release, last.get(enrolment.id)))
    longest_ago = datetime.min.replace(tzinfo=clock.now().tzinfo)
    spoken = i18n.language()
    by_title = sorted(found, key=lambda one: (one.course.language[:2] != spoken, one.course.title.casefold()))
    return sorted(by_title, key=lambda one: one.last_at or longest_ago, reverse=True)


def one_course(session: Session, viewer: Viewer, course_id: str) -> CourseProgress:
    """Raises NotFound when the viewer is not in the course or nothing of it is published."""
    enrolment = enrolment_of(session, viewer.user_id, course_id)
    release = courses.current(session, course_id)
    if release is None:
        raise NotFound(_("This course is not published at present. Your earlier results are kept."), code="withdrawn")
    course = session.get_one(Course, course_id)
    return _course(session, viewer, enrolment, course, release, last_worked(session, [enrolment.id]).get(enrolment.id))


def lesson_state(session: Session, blobs: Blobs, viewer: Viewer, course_id: str, lesson_id: str) -> Json:
    """All that a lesson's page needs to come back as it was; of a lesson that is not open only why. Raises NotFound."""
    progress = one_course(session, viewer, course_id)
    release = courses.current(session, course_id)
    assert release is not None
    here = next((lesson for lesson in progress.lessons if lesson.id == lesson_id), None)
    if here is None:
        raise material.NoSuchLesson
    state: Json = {
        "course": course_id,
        "lesson": lesson_id,
        "title": here.lesson.title,
        "release": release.number,
        "closed": here.why or here.closed,
        "exercises": {},
    }
    if not here.open:
        return state
    kept = drafts.of_lesson(session, progress.enrolment.id, lesson_id)
    hints = drafts.hints_of_lesson(session, progress.enrolment.id, lesson_id)
    attempts = _last_attempts(session, progress.enrolment.id, lesson_id)
    used = _used(session, progress.enrolment.id, lesson_id)
    hosts = material.hosts(release)
    for task in here.lesson.tasks:
        name = task.place.exercise
        mine = kept.get(name, drafts.Drafts())
        attempt = attempts.get(name)
        state["exercises"][name] = {
            "draft": drafts.written(mine.newest),
            "older_draft": drafts.written(mine.older),
            "verdict": verdict.of(session, blobs, attempt, timezone=viewer.timezone) if attempt else None,
            "answer": attempt.response if attempt else None,
            "attempts_left": verdict.attempts_left(task, used.get(name, 0)),
            "hints_open": hints.get(name, 0),
            "order": order_seed(viewer, task.place),
            "variant": variants.shown(session, blobs, progress.enrolment, task, hosts) if task.varies else None,
        }
    return state


def see_variants(session: Session, blobs: Blobs, secret: str, viewer: Viewer, course_id: str, lesson_id: str) -> bool:
    """Draws the values of the lesson's exercises that the viewer sees for the first time, or anew where their author
    changed them; whether some are still being made. Nothing is drawn of a lesson that is not open.
    """
    one_at_a_time(session, viewer.user_id)
    enrolment = enrolment_of(session, viewer.user_id, course_id)
    release = courses.current(session, course_id)
    if release is None or not courses.opening(session, enrolment, release, lesson_id, at=clock.now()).open:
        return False
    tasks = [task for task in material.lesson(release, lesson_id).tasks if task.varies]
    rows = [variants.see(session, blobs, secret, enrolment, task) for task in tasks]
    return any(row.state not in ("ready", "broken") for row in rows)


def order_seed(viewer: Viewer, place: Place) -> str:
    """The same for a learner and an exercise at every reload; no secret."""
    return hashlib.sha256(f"{viewer.user_id} {place.ref}".encode()).hexdigest()[:16]


def _course(
    session: Session, viewer: Viewer, enrolment: Enrolment, course: Course, release: Release, last: datetime | None
) -> CourseProgress:
    results = {
        (row.lesson, row.exercise): row
        for row in session.scalars(select(Result).where(Result.enrolment_id == enrolment.id))
    }
    openings = courses.openings(session, enrolment, release)
    lessons: list[LessonProgress] = []
    for number, lesson in enumerate(material.lessons(release), 1):
        opening = openings[lesson.id]
        done = tuple(_exercise(task, results) for task in lesson.tasks)
        state = _state(opening.open, done)
        lessons.append(
            LessonProgress(lesson, number, opening.open, opening.why, _closed(lesson, viewer.timezone), done, state)
        )
    return CourseProgress(course, enrolment, _read_through(lessons), last)


def _exercise(task: Task, results: Mapping[tuple[str, str], Result]) -> ExerciseProgress:
    result = results.get((task.place.lesson, task.place.exercise))
    if result is None and task.was is not None:
        result = results.get((task.was.lesson, task.was.exercise))
    if result is None or result.state == "error":  # an error of ours leaves the exercise as it was
        return ExerciseProgress(task, "new", 0.0)
    return ExerciseProgress(task, result.state, result.points)


def _state(open_: bool, done: tuple[ExerciseProgress, ...]) -> State:
    if not open_:
        return "locked"
    if done and all(exercise.state in ("passed", "manual") for exercise in done):
        return "done"
    return "half" if any(exercise.state != "new" for exercise in done) else "new"


def _read_through(lessons: list[LessonProgress]) -> tuple[LessonProgress, ...]:
    """A lesson without exercises is done once a later one was begun: nothing else tells that it was read."""
    begun = max((lesson.number for lesson in lessons if lesson.state in ("half", "done")), default=0)
    return tuple(
        LessonProgress(lesson.lesson, lesson.number, lesson.open, lesson.why, lesson.closed, lesson.exercises, "done")
        if lesson.open and not lesson.exercises and lesson.number < begun
        else lesson
        for lesson in lessons
    )


def _closed(lesson: Lesson, timezone: str) -> str | None:
    end = rules.closes(lesson.policy, lesson.due)
    if end is None or clock.now() <= end:
        return None
    return _("Answers to this lesson were taken until {time}.").format(time=i18n.datetime_text(end, timezone))


def last_worked(session: Session, enrolments: list[str]) -> dict[str, datetime]:
    """enrolment -> when its learner last checked or typed something."""
    last: dict[str, datetime] = {}
    for column, when in ((Attempt.enrolment_id, Attempt.received_at), (Draft.enrolment_id, Draft.saved_at)):
        for enrolment, at in session.execute(
            select(column, func.max(when)).where(column.in_(enrolments)).group_by(column)
        ):
            last[enrolment] = max(at, last.get(enrolment, at))
    return last


def _last_attempts(session: Session, enrolment_id: str, lesson: str) -> dict[str, Attempt]:
    """exercise -> its newest attempt."""
    newest = (
        select(func.max(Attempt.id))
        .where(Attempt.enrolment_id == enrolment_id, Attempt.lesson == lesson)
        .group_by(Attempt.exercise)
    )
    return {row.exercise: row for row in session.scalars(select(Attempt).where(Attempt.id.in_(newest)))}


def _used(session: Session, enrolment_id: str, lesson: str) -> dict[str, int]:
    rows = session.execute(
        select(Attempt.exercise, func.count())
        .where(Attempt.enrolment_id == enrolment_id, Attempt.lesson == lesson, Attempt.number.is_not(None))
        .group_by(Attempt.exercise)
    )
    return dict(rows.all())
