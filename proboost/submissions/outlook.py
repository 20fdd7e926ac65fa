"""What is said before a lesson is handed in: what is missing, what lateness costs, and what was handed in before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from proboost import clock, i18n
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.i18n import _
from proboost.models import Submission
from proboost.models.base import Json
from proboost.progress import material, rules
from proboost.progress import service as progress
from proboost.progress.material import Lesson, Task
from proboost.submissions import service
from proboost_kernel import exercises


@dataclass(frozen=True)
class Part:
    """An exercise of the lesson. `answered` None: only the notebook tells. `by_submission`: it counts by handing in."""

    task: Task
    answered: bool | None

    def json(self) -> Json:
        return {
            "id": self.task.place.exercise,
            "title": self.task.title,
            "kind": self.task.kind,
            "points": self.task.points,
            "required": bool(self.task.record.get("required", True)),
            "by_submission": exercises.by_submission(self.task.kind),
            "answered": self.answered,
        }


@dataclass(frozen=True)
class Outlook:
    """`closed`: why nothing is taken now. `rule`: what lateness costs, a sentence; `factor` what it leaves just now."""

    lesson: Lesson
    parts: tuple[Part, ...]
    closed: str | None
    rule: str | None
    late: bool
    factor: float
    last: Submission | None

    def json(self) -> Json:
        return {
            "course": self.lesson.course,
            "lesson": self.lesson.id,
            "title": self.lesson.title,
            "release": self.lesson.release,
            "due": self.lesson.due,
            "closed": self.closed,
            "rule": self.rule,
            "late": self.late,
            "factor": self.factor,
            "exercises": [part.json() for part in self.parts],
            "last": service.receipt(self.last) if self.last else None,
        }


def of(session: Session, blobs: Blobs, viewer: Viewer, course: str, lesson_id: str) -> Outlook:
    """Raises NotEnrolled, NoSuchCourse, NoSuchLesson, LessonClosed."""
    enrolment = progress.enrolment_of(session, viewer.user_id, course)
    release = courses.present(session, course)
    lesson = material.lesson(release, lesson_id)
    opening = courses.opening(session, enrolment, release, lesson_id)
    if not opening.open:
        raise courses.LessonClosed(opening.why or "")
    shown = service.given(session, enrolment.id, lesson_id, drafts=True)
    checked = service.given(session, enrolment.id, lesson_id, drafts=False)

    def answered(task: Task) -> bool | None:
        if task.kind == "cell":
            return None
        if exercises.by_submission(task.kind):
            return service.sound(session, blobs, viewer, task, shown.get(task.place.exercise)) is not None
        return task.place.exercise in checked

    now = clock.now()
    late = rules.lateness(lesson.policy, lesson.due, now)
    before = service.of_lesson(session, enrolment.id, lesson_id)
    return Outlook(
        lesson,
        tuple(Part(task, answered(task)) for task in lesson.tasks),
        service.too_late(lesson, viewer.timezone) if late.refused else None,
        rule(lesson, now, viewer.timezone),
        late.days > 0,
        late.factor,
        before[0] if before else None,
    )


def rule(lesson: Lesson, now: datetime, timezone: str) -> str | None:
    """When the lesson is due and what lateness costs; None when it has no due time."""
    if lesson.due is None:
        return None
    late = lesson.policy.late
    due = i18n.datetime_text(lesson.due, timezone)
    if late is None:
        return _("Due {due}. Nothing is taken after that.").format(due=due)
    end = rules.closes(lesson.policy, lesson.due)
    percent = i18n.number(round(late.per_day * 100, 2))
    if now > lesson.due:
        left = i18n.number(round(rules.lateness(lesson.policy, lesson.due, now).factor * 100, 2))
        said = _("It was due {due}. Handed in now, {left}% of the points count.").format(due=due, left=left)
    elif late.per_day:
        said = _("Due {due}. After that each day begun costs {percent}% of the points.")
        said = said.format(due=due, percent=percent)
    else:
        said = _("Due {due}.").format(due=due)
    if end is None:
        return said
    return f"{said} " + _("Nothing is taken after {end}.").format(end=i18n.datetime_text(end, timezone))
