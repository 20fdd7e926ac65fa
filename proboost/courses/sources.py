"""Sources for their authors: which courses they may pull, and the current release's folder as a zip."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import auth
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import archive, service
from proboost.courses.release import digest
from proboost.errors import Forbidden
from proboost.i18n import _
from proboost.models import Course, Release

Json = dict[str, Any]


def listed(session: Session, courses: list[str] | None) -> list[Json]:
    """Courses with their current releases; all of them for the operator (None)."""
    wanted = select(Course).order_by(Course.id)
    if courses is not None:
        wanted = wanted.where(Course.id.in_(courses))
    found = []
    for course in session.scalars(wanted):
        release = service.newest(session, course.id)
        found.append(
            {
                "course": course.id,
                "title": course.title,
                "language": course.language,
                "release": course.current,
                "newest": release.number if release else None,
                "published_at": release.published_at.isoformat() if release else None,
                "digest": digest(release.source) if release else None,
                "lessons": len(release.record["lessons"]) if release else 0,
            }
        )
    return found


def of_author(session: Session, viewer: Viewer) -> list[Json]:
    """The courses whose source the viewer may pull, also through their server's token."""
    return listed(session, auth.author_of(session, viewer))


def pulled(
    session: Session, blobs: Blobs, course_id: str, viewer: Viewer | None, number: int | None = None
) -> tuple[Release, bytes]:
    """The release that learners have (or had last), or the one of this `number`, and its source as a zip.

    `viewer` None: the operator.
    """
    if viewer is not None and course_id not in auth.author_of(session, viewer):
        raise Forbidden(_("Only the authors of this course may do this."), code="role")
    if number is not None:
        release = service.release_of(session, course_id, number)
    else:
        release = service.current(session, course_id) or service.newest(session, course_id)
    if release is None:
        raise service.NoSuchCourse(_("There is no published course “{id}”.").format(id=course_id[:80]))
    return release, archive.pack({path: blobs.get(blob) for path, blob in release.source.items()})


def history(session: Session, course_id: str) -> list[Json]:
    """The releases of a course, the newest first. Raises NoSuchCourse."""
    course = session.get(Course, course_id)
    if course is None:
        raise service.NoSuchCourse(_("There is no published course “{id}”.").format(id=course_id[:80]))
    return [
        {
            "release": release.number,
            "title": release.title,
            "notes": release.notes,
            "published_at": release.published_at.isoformat(),
            "withdrawn_at": release.withdrawn_at.isoformat() if release.withdrawn_at else None,
            "current": release.number == course.current,
        }
        for release in service.releases_of(session, course_id)
    ]


def results(session: Session, course_id: str, viewer: Viewer | None) -> list[Json]:
    """How many learners have results in which exercise: what a change of it touches. `viewer` None: the operator."""
    if viewer is not None and course_id not in auth.author_of(session, viewer):
        raise Forbidden(_("Only the authors of this course may do this."), code="role")
    return [
        {"lesson": lesson, "exercise": exercise, "learners": count}
        for (lesson, exercise), count in sorted(service.with_results(session, course_id).items())
    ]
