"""What a learner reads of a submission: exercise by exercise, test by test, with the grader's words; nothing hidden."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.errors import NotFound
from proboost.models import Attempt, Course, Finding, Result, Submission, SubmissionNote, User
from proboost.models.base import Json
from proboost.progress import material, verdict
from proboost.progress.material import Lesson, Task
from proboost.submissions import service
from proboost_kernel import exercises


@dataclass(frozen=True)
class Told:
    """One exercise. `verdict` as formats.md has it, None when it was not answered; `points` after lateness."""

    task: Task
    verdict: Json | None
    comment: str
    rubric: tuple[tuple[str, float, float], ...]  # criterion, points given, points possible
    points: float
    handed_in: bool  # it counts by this submission; else by its own attempts

    @property
    def state(self) -> str:
        return str(self.verdict["state"]) if self.verdict else "new"


@dataclass(frozen=True)
class Feedback:
    submission: Submission
    course: Course
    lesson: Lesson
    user: User
    items: tuple[Told, ...]
    note: SubmissionNote | None
    newer: int | None

    @property
    def points(self) -> float:
        return round(sum(item.points for item in self.items), 4)

    @property
    def max_points(self) -> float:
        return sum(item.task.points for item in self.items)


def of(session: Session, blobs: Blobs, viewer: Viewer, number: int) -> Feedback:
    """The viewer's own. Raises NoSuchSubmission."""
    row = service.own(session, viewer, number)
    lesson = _lesson(session, row)
    mine = {one.exercise: one for one in service.attempts(session, number)}
    found = service.newest_findings(session, [one.id for one in mine.values()])
    note = session.scalar(
        select(SubmissionNote).where(SubmissionNote.submission == number).order_by(SubmissionNote.id.desc()).limit(1)
    )
    rows = service.of_lesson(session, row.enrolment_id, row.lesson)
    items = []
    for task in lesson.tasks:
        handed_in = exercises.by_submission(task.kind)
        attempt = mine.get(task.place.exercise) if handed_in else _counting(session, row, task)
        finding = found.get(attempt.id) if attempt else None
        items.append(_told(session, blobs, task, attempt, finding, viewer, handed_in=handed_in))
    newer = rows[0].number if rows and rows[0].number > number else None
    course, user = session.get_one(Course, row.course_id), session.get_one(User, row.user_id)
    return Feedback(row, course, lesson, user, tuple(items), note, newer)


def _told(
    session: Session,
    blobs: Blobs,
    task: Task,
    attempt: Attempt | None,
    finding: Finding | None,
    viewer: Viewer,
    *,
    handed_in: bool,
) -> Told:
    if attempt is None:
        return Told(task, None, "", (), 0.0, handed_in)
    said = verdict.of(session, blobs, attempt, timezone=viewer.timezone)
    comment = str(finding.detail.get("comment") or "") if finding else ""
    if comment:  # shown by itself
        said["message"] = str(said["message"]).removeprefix(comment).lstrip("\n")
    given = (finding.detail.get("rubric") or {}) if finding else {}
    worth = _rubric(session, blobs, task) if given else {}
    rubric = tuple((name, float(given[name]), most) for name, most in worth.items() if name in given)
    return Told(task, said, comment, rubric, float(said["points"]), handed_in)


def _rubric(session: Session, blobs: Blobs, task: Task) -> dict[str, float]:
    try:
        part = exercises.public(material.exercise(session, blobs, task))
    except NotFound:
        return {}
    return {str(one["criterion"]): float(one["points"]) for one in part.get("rubric") or ()}


def _counting(session: Session, row: Submission, task: Task) -> Attempt | None:
    """Of an exercise that counts by Check: the attempt that counts, else the newest."""
    result = session.get(Result, (row.enrolment_id, row.lesson, task.place.exercise))
    if result is not None and result.attempt_id is not None:
        return session.get(Attempt, result.attempt_id)
    return session.scalar(
        select(Attempt)
        .where(
            Attempt.enrolment_id == row.enrolment_id,
            Attempt.lesson == row.lesson,
            Attempt.exercise == task.place.exercise,
        )
        .order_by(Attempt.id.desc())
        .limit(1)
    )


def _lesson(session: Session, row: Submission) -> Lesson:
    """As the newest release has it, else as it was when it was handed in."""
    for release in (courses.newest(session, row.course_id), courses.release_of(session, row.course_id, row.release)):
        for lesson in material.lessons(release) if release else ():
            if lesson.id == row.lesson:
                return lesson
    raise material.NoSuchLesson
