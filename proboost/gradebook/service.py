"""What a course's learners have earned: by lesson and exercise, in total, and how each grade was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import auth
from proboost.auth import Viewer
from proboost.courses import service as courses
from proboost.errors import NotFound
from proboost.i18n import _
from proboost.models import Attempt, Course, Enrolment, Finding, Release, Result, User
from proboost.progress import material, overview, rules
from proboost.progress.material import Lesson, Task

MOST = 200  # attempts of one exercise that a page shows


class NoSuchCourse(NotFound):
    code = "no-such-course"


class NoSuchLearner(NotFound):
    code = "no-such-learner"


@dataclass(frozen=True)
class Mark:
    """What one exercise is worth to a learner. `waits`: a finding is due, or waits for a grader's word."""

    task: Task
    state: str  # passed, partial, failed, pending, error, new
    points: float
    attempts: int = 0
    attempt_id: int | None = None
    waits: bool = False


@dataclass(frozen=True)
class Cell:
    """One lesson of one learner."""

    lesson: Lesson
    marks: tuple[Mark, ...]

    @property
    def points(self) -> float:
        return round(sum(mark.points for mark in self.marks), 4)

    @property
    def max_points(self) -> float:
        return self.lesson.max_points

    @property
    def share(self) -> float:
        return self.points / self.max_points if self.max_points else 0.0

    @property
    def begun(self) -> bool:
        return any(mark.state != "new" for mark in self.marks)

    @property
    def waits(self) -> bool:
        return any(mark.waits for mark in self.marks)


@dataclass(frozen=True)
class Row:
    """One learner. `last_at`: when they last worked in the course."""

    enrolment: Enrolment
    user: User
    cells: tuple[Cell, ...]
    last_at: datetime | None

    @cached_property
    def points(self) -> float:
        return round(sum(cell.points for cell in self.cells), 4)

    @cached_property
    def max_points(self) -> float:
        return sum(cell.max_points for cell in self.cells)

    @property
    def share(self) -> float:
        """Of the course's points. Lessons' weights are for programs that read the JSON export."""
        return self.points / self.max_points if self.max_points else 0.0

    @property
    def waits(self) -> bool:
        return any(cell.waits for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """The gradebook of a course as its newest release has it. `passing`: the share that passes."""

    course: Course
    release: Release
    lessons: tuple[Lesson, ...]
    rows: tuple[Row, ...]
    passing: float

    @property
    def max_points(self) -> float:
        return sum(lesson.max_points for lesson in self.lessons)


@dataclass(frozen=True)
class Try:
    """One attempt with everything that was found of it, the newest first."""

    attempt: Attempt
    findings: tuple[Finding, ...]
    counts: bool

    @property
    def finding(self) -> Finding | None:
        """The one that counts."""
        return next((one for one in self.findings if one.state != "error"), self.findings[0] if self.findings else None)

    @property
    def share(self) -> float | None:
        found = self.finding
        return None if found is None or found.state == "error" else round(found.score * self.attempt.factor, 6)


@dataclass(frozen=True)
class Story:
    """How one mark came about."""

    mark: Mark
    tries: tuple[Try, ...]
    take: str
    limit: int | None


def table(session: Session, viewer: Viewer | None, course_id: str) -> Table:
    """Every active learner, by name. `viewer` None: the operator at the command line. Raises NotFound, Forbidden."""
    course, release = _course(session, viewer, course_id)
    lessons = tuple(material.lessons(release))
    people = session.execute(
        select(Enrolment, User)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.course_id == course_id, Enrolment.role == "learner", Enrolment.active)
    ).all()
    marks = _results(session, select(Enrolment.id).where(Enrolment.course_id == course_id))
    last = overview.last_worked(session, [enrolment.id for enrolment, _user in people])
    rows = [
        Row(enrolment, user, _cells(lessons, marks.get(enrolment.id, {})), last.get(enrolment.id))
        for enrolment, user in people
    ]
    rows.sort(key=lambda row: (row.user.shown_name.casefold(), row.user.name))
    return Table(course, release, lessons, tuple(rows), courses.policy_of(release).passing)


def learner(session: Session, viewer: Viewer, course_id: str, name: str) -> tuple[Table, Row]:
    """One learner's row, and the table's head for it."""
    course, release = _course(session, viewer, course_id)
    found = session.execute(
        select(Enrolment, User)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.course_id == course_id, User.name == name, Enrolment.role == "learner", Enrolment.active)
        .order_by(Enrolment.created_at.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NoSuchLearner(_("There is no such learner in this course."))
    enrolment, user = found
    lessons = tuple(material.lessons(release))
    marks = _results(session, select(Enrolment.id).where(Enrolment.id == enrolment.id)).get(enrolment.id, {})
    last = overview.last_worked(session, [enrolment.id]).get(enrolment.id)
    row = Row(enrolment, user, _cells(lessons, marks), last)
    return Table(course, release, lessons, (row,), courses.policy_of(release).passing), row


def stories(session: Session, row: Row, lesson_id: str) -> list[Story]:
    """How the marks of one lesson were found, exercise by exercise; the newest attempts come first."""
    cell = next((cell for cell in row.cells if cell.lesson.id == lesson_id), None)
    if cell is None:
        raise material.NoSuchLesson
    attempts = session.scalars(
        select(Attempt)
        .where(Attempt.enrolment_id == row.enrolment.id, Attempt.lesson == lesson_id)
        .order_by(Attempt.id.desc())
    ).all()
    findings: dict[int, list[Finding]] = {}
    for found in session.scalars(
        select(Finding).where(Finding.attempt_id.in_([one.id for one in attempts])).order_by(Finding.id.desc())
    ):
        findings.setdefault(found.attempt_id, []).append(found)
    return [
        Story(
            mark,
            tuple(
                Try(one, tuple(findings.get(one.id, ())), one.id == mark.attempt_id)
                for one in attempts
                if one.exercise == mark.task.place.exercise
            )[:MOST],
            mark.task.policy.take,
            rules.limit(mark.task.policy, mark.task.record),
        )
        for mark in cell.marks
    ]


def _course(session: Session, viewer: Viewer | None, course_id: str) -> tuple[Course, Release]:
    course = session.get(Course, course_id)
    if viewer is not None and not (course and "author" in auth.roles_in(session, viewer, course_id)):
        auth.require(session, viewer, "grader", course_id)
    release = courses.newest(session, course_id) if course else None
    if course is None or release is None:
        raise NoSuchCourse(_("There is no course “{id}” here.").format(id=course_id))
    return course, release


def _results(session: Session, enrolments: object) -> Mapping[str, Mapping[tuple[str, str], tuple[Result, bool]]]:
    """enrolment -> (lesson, exercise) -> its result, and whether that is provisional."""
    rows = session.scalars(select(Result).where(Result.enrolment_id.in_(enrolments))).all()  # type: ignore[arg-type]
    counting = select(Result.attempt_id).where(Result.enrolment_id.in_(enrolments))  # type: ignore[arg-type]
    isolated = dict(
        session.execute(
            select(Finding.attempt_id, Finding.isolated)
            .where(Finding.attempt_id.in_(counting), Finding.state != "error")
            .order_by(Finding.id)
        ).all()
    )
    found: dict[str, dict[tuple[str, str], tuple[Result, bool]]] = {}
    for row in rows:
        provisional = row.attempt_id is not None and not isolated.get(row.attempt_id, True)
        found.setdefault(row.enrolment_id, {})[row.lesson, row.exercise] = row, provisional
    return found


def _cells(lessons: Iterable[Lesson], results: Mapping[tuple[str, str], tuple[Result, bool]]) -> tuple[Cell, ...]:
    return tuple(Cell(lesson, tuple(_mark(task, results) for task in lesson.tasks)) for lesson in lessons)


def _mark(task: Task, results: Mapping[tuple[str, str], tuple[Result, bool]]) -> Mark:
    for place in (task.place, task.was):
        found = results.get((place.lesson, place.exercise)) if place else None
        if found is not None:
            result, provisional = found
            waits = provisional or result.state in ("pending", "manual", "error")
            return Mark(task, result.state, result.points, result.attempts, result.attempt_id, waits)
    return Mark(task, "new", 0.0)
