"""What graders see: the list of what was handed in in a course, and one submission with its answers and its log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost import auth
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.errors import NotFound
from proboost.i18n import _
from proboost.models import Attempt, Course, Finding, Release, Submission, SubmissionNote, Upload, User
from proboost.models.base import Json
from proboost.progress import material
from proboost.progress.material import Lesson, Task
from proboost.submissions import service as submissions
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise

PAGE = 50
SHOWN = ("waiting", "all", "aside")


@dataclass(frozen=True)
class Handed:
    """A line of the list. `waits`: answers that a grader has to look at."""

    submission: Submission
    user: User
    title: str
    waits: int
    points: float
    max_points: float


@dataclass(frozen=True)
class Queue:
    """What was handed in in a course. `counts`: state -> how many, of those that were not replaced."""

    course: Course
    rows: tuple[Handed, ...]
    lessons: tuple[Lesson, ...]
    counts: Mapping[str, int]
    page: int
    pages: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Those whose grading by the machine has ended."""
        return self.total - self.counts.get("grading", 0)


@dataclass(frozen=True)
class Item:
    """One exercise of a submission. `attempt` None: it was not answered. `log`: every finding, the newest first."""

    task: Task
    key: Exercise | None
    attempt: Attempt | None
    log: tuple[Finding, ...]
    upload: Upload | None

    @property
    def finding(self) -> Finding | None:
        """The one that counts."""
        return next((one for one in self.log if one.state != "error"), self.log[0] if self.log else None)

    @property
    def by_hand(self) -> bool:
        """Whether a person gives its points, as far as the machine says."""
        return self.attempt is not None and (self.attempt.state in ("manual", "error") or self.found_by_person)

    @property
    def found_by_person(self) -> bool:
        return self.finding is not None and self.finding.by_user_id is not None

    @property
    def waits(self) -> bool:
        if self.attempt is None:
            return False
        provisional = self.finding is not None and not self.finding.isolated and self.attempt.state == "judged"
        return self.attempt.state in ("manual", "error") or provisional

    @property
    def points(self) -> float | None:
        """Before lateness; None until something was found."""
        found = self.finding
        return None if found is None or found.state == "error" else round(found.score * self.task.points, 4)

    @property
    def rubric(self) -> list[Json]:
        """[{"criterion", "points", "html"}]"""
        if self.key is None:
            return []
        return list(exercises.view(exercises.public(self.key), template=True).get("rubric") or ())

    @property
    def notes(self) -> str:
        """What the author says to graders alone: notes, or the author's own cell."""
        if self.key is None:
            return ""
        return str(getattr(self.key.spec, "notes", "") or getattr(self.key.spec, "author", ""))


@dataclass(frozen=True)
class Sheet:
    """One submission as its grader sees it. `others`: numbers of the lesson's list before and after it."""

    submission: Submission
    user: User
    course: Course
    lesson: Lesson
    items: tuple[Item, ...]
    notes: tuple[tuple[SubmissionNote, User], ...]
    names: Mapping[str, str]  # user id -> name, of who is in the log
    following: int | None
    newer: int | None  # the submission that has replaced this one

    @property
    def points(self) -> float:
        return round(sum(item.points or 0.0 for item in self.items), 4)

    @property
    def max_points(self) -> float:
        return sum(item.task.points for item in self.items)


def queue(
    session: Session, viewer: Viewer, course_id: str, *, show: str = "waiting", lesson: str = "", page: int = 1
) -> Queue:
    """The oldest first. Raises NotYourRole, NotFound."""
    course, release = of_staff(session, viewer, course_id)
    here = [Submission.course_id == course_id, Submission.state != "replaced"]
    states = {"waiting": ("waits", "aside"), "aside": ("aside",)}.get(show)
    if states:
        here.append(Submission.state.in_(states))
    if lesson:
        here.append(Submission.lesson == lesson)
    total = session.scalar(select(func.count()).select_from(Submission).where(*here)) or 0
    pages = max(1, math.ceil(total / PAGE))
    page = min(max(page, 1), pages)
    rows = session.execute(
        select(Submission, User)
        .join(User, User.id == Submission.user_id)
        .where(*here)
        .order_by(Submission.number)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    lessons = {one.id: one for one in material.lessons(release)}
    found = [_handed(session, row.Submission, row.User, lessons.get(row.Submission.lesson)) for row in rows]
    return Queue(course, tuple(found), tuple(lessons.values()), counts(session, viewer, course_id), page, pages)


def counts(session: Session, viewer: Viewer, course_id: str) -> dict[str, int]:
    """State -> how many submissions of the course are in it, of those that were not replaced."""
    of_staff(session, viewer, course_id)
    rows = session.execute(
        select(Submission.state, func.count())
        .where(Submission.course_id == course_id, Submission.state != "replaced")
        .group_by(Submission.state)
    )
    return dict(rows.all())


def _handed(session: Session, row: Submission, user: User, lesson: Lesson | None) -> Handed:
    attempts = submissions.attempts(session, row.number)
    found = submissions.newest_findings(session, [one.id for one in attempts])
    worth = {task.place.exercise: task.points for task in lesson.tasks} if lesson else {}

    def provisional(one: Attempt) -> bool:
        return one.state == "judged" and one.id in found and not found[one.id].isolated

    points = sum(found[one.id].score * worth.get(one.exercise, 0.0) for one in attempts if one.id in found)
    waits = sum(one.state in ("manual", "error") or provisional(one) for one in attempts)
    most = sum(task.points for task in lesson.tasks if exercises.by_submission(task.kind)) if lesson else 0.0
    return Handed(row, user, lesson.title if lesson else row.lesson, waits, round(points, 4), most)


def sheet(session: Session, blobs: Blobs, viewer: Viewer, course_id: str, number: int) -> Sheet:
    """Raises NotYourRole, NoSuchSubmission."""
    course, release = of_staff(session, viewer, course_id)
    row = submission_of(session, course_id, number)
    lesson = _lesson(session, release, row)
    attempts = {one.exercise: one for one in submissions.attempts(session, number)}
    log: dict[int, list[Finding]] = {}
    rows = select(Finding).where(Finding.attempt_id.in_([one.id for one in attempts.values()]))
    for one in session.scalars(rows.order_by(Finding.id.desc())):
        log.setdefault(one.attempt_id, []).append(one)
    items = []
    for task in lesson.tasks:
        if exercises.by_submission(task.kind):
            attempt = attempts.get(task.place.exercise)
            upload = (
                session.get(Upload, str(attempt.response.get("file"))) if attempt and task.kind == "upload" else None
            )
            found = tuple(log.get(attempt.id, ())) if attempt else ()
            items.append(Item(task, _key(session, blobs, task), attempt, found, upload))
    notes = session.execute(
        select(SubmissionNote, User)
        .join(User, User.id == SubmissionNote.user_id)
        .where(SubmissionNote.submission == number)
        .order_by(SubmissionNote.id.desc())
    ).all()
    graders = {one.by_user_id for found in log.values() for one in found if one.by_user_id}
    people = session.scalars(select(User).where(User.id.in_(graders)))
    following = session.scalar(
        select(func.min(Submission.number)).where(
            Submission.course_id == course_id,
            Submission.number > number,
            Submission.state.in_(("waits", "aside")),
        )
    )
    newer = session.scalar(
        select(func.max(Submission.number)).where(
            Submission.enrolment_id == row.enrolment_id, Submission.lesson == row.lesson, Submission.number > number
        )
    )
    return Sheet(
        row,
        session.get_one(User, row.user_id),
        course,
        lesson,
        tuple(items),
        tuple((one.SubmissionNote, one.User) for one in notes),
        {one.id: one.shown_name for one in people},
        following,
        newer,
    )


def of_staff(session: Session, viewer: Viewer, course_id: str) -> tuple[Course, Release]:
    """The course and its newest release, for its graders and authors. Raises NotYourRole, NotFound."""
    course = session.get(Course, course_id)
    if not (course and "author" in auth.roles_in(session, viewer, course_id)):
        auth.require(session, viewer, "grader", course_id)
    release = courses.newest(session, course_id) if course else None
    if course is None or release is None:
        raise NotFound(_("There is no course “{id}” here.").format(id=course_id[:80]), code="no-such-course")
    return course, release


def submission_of(session: Session, course_id: str, number: int) -> Submission:
    row = session.get(Submission, number) if 0 < number < 2**62 else None
    if row is None or row.course_id != course_id:
        raise submissions.NoSuchSubmission(_("There is no such submission in this course."))
    return row


def _lesson(session: Session, release: Release, row: Submission) -> Lesson:
    """As the newest release has it, else as it was when it was handed in."""
    try:
        return material.lesson(release, row.lesson)
    except material.NoSuchLesson:
        before = courses.release_of(session, row.course_id, row.release)
        assert before is not None
        return material.lesson(before, row.lesson)


def _key(session: Session, blobs: Blobs, task: Task) -> Exercise | None:
    try:
        return material.exercise(session, blobs, task)
    except NotFound:
        return None
