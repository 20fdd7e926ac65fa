"""A course's releases as its authors see them: when, by whom, with which notes, and what each changed, in words."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import auth
from proboost.auth import Viewer
from proboost.courses import service
from proboost.courses.diff import Difference, differences
from proboost.i18n import _
from proboost.models import Course, Release, User

MOST = 50  # releases that a page tells of


@dataclass(frozen=True)
class Told:
    """One release. `by`: who published it; empty when it was the operator."""

    release: Release
    by: str
    current: bool
    differences: list[Difference]


@dataclass(frozen=True)
class History:
    course: Course
    releases: list[Told]


def of(session: Session, viewer: Viewer, course_id: str) -> History:
    """Raises NoSuchCourse, to others than the course's authors and administrators too."""
    course = _theirs(session, viewer, course_id)
    rows = service.releases_of(session, course_id)
    people = dict(
        session.execute(
            select(User.id, User.display_name).where(
                User.id.in_({row.published_by for row in rows if row.published_by})
            )
        ).all()
    )
    former = [*rows[1:], None]
    told = [
        Told(
            row,
            people.get(row.published_by or "", ""),
            row.number == course.current,
            differences(before.record if before else None, row.record),
        )
        for row, before in zip(rows[:MOST], former[:MOST], strict=True)
    ]
    return History(course, told)


def withdraw(session: Session, viewer: Viewer, course_id: str, number: int) -> None:
    """Takes the release from learners, when they have it; else nothing is done."""
    course = _theirs(session, viewer, course_id)
    if course.current == number:
        service.withdraw(session, course_id, by=viewer.user_id)


def _theirs(session: Session, viewer: Viewer, course_id: str) -> Course:
    course = session.get(Course, course_id)
    writes = viewer.surface == "page" and (viewer.is_admin or course_id in auth.author_of(session, viewer))
    if course is None or not writes:
        raise service.NoSuchCourse(_("There is no such course, or you are not an author of it."))
    return course
