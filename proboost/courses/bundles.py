"""What learners' servers pull: the lessons that are open to them, and the course's files, of the current release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses.opening import LessonClosed, openings
from proboost.courses.service import present
from proboost.errors import NotFound
from proboost.i18n import _
from proboost.models import Course, Enrolment, Release

Json = dict[str, Any]


class NotEnrolled(NotFound):
    """To somebody who is not in it, a course is not there."""

    code = "not-enrolled"


class NoSuchFile(NotFound):
    code = "no-such-file"


def mine(session: Session, viewer: Viewer) -> list[Json]:
    """The published courses that the viewer is in."""
    rows = session.scalars(
        select(Course)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(Enrolment.user_id == viewer.user_id, Enrolment.active, Course.current.is_not(None))
        .distinct()
        .order_by(Course.id)
    )
    return [
        {"course": course.id, "title": course.title, "language": course.language, "release": course.current}
        for course in rows
    ]


def bundle(session: Session, viewer: Viewer, course_id: str) -> Json:
    """All lessons, with the hashes of those that are open to the viewer now, and the course's files."""
    release, enrolment = _theirs(session, viewer, course_id)
    found = openings(session, enrolment, release)
    lessons = [
        {
            "id": lesson["id"],
            "title": lesson["title"],
            "file": lesson["file"],
            "sha256": lesson["sha256"] if found[lesson["id"]].open else None,
            "open": found[lesson["id"]].open,
            "why": found[lesson["id"]].why,
            "opens": lesson["opens"],
            "due": lesson["due"],
        }
        for lesson in release.record["lessons"]
    ]
    return {
        "course": course_id,
        "title": release.title,
        "language": release.record["language"],
        "release": release.number,
        "lessons": lessons,
        "files": release.record["files"],
    }


def lesson(session: Session, blobs: Blobs, viewer: Viewer, course_id: str, lesson_id: str) -> bytes:
    """The learners' notebook. Raises LessonClosed when it is not open to the viewer."""
    release, enrolment = _theirs(session, viewer, course_id)
    entry = _entry(release, lesson_id)
    found = openings(session, enrolment, release)[lesson_id]
    if not found.open:
        raise LessonClosed(found.why or "")
    return blobs.get(release.learner[entry["file"]])


def file(session: Session, blobs: Blobs, viewer: Viewer, course_id: str, path: str) -> bytes:
    """One of the files that are handed out beside the lessons."""
    release, _enrolment = _theirs(session, viewer, course_id)
    if not any(entry["path"] == path for entry in release.record["files"]):
        raise NoSuchFile(_("There is no file “{path}” in this course.").format(path=path[:200]))
    return blobs.get(release.learner[path])


def _theirs(session: Session, viewer: Viewer, course_id: str) -> tuple[Release, Enrolment]:
    """The current release and the viewer's enrolment: the one with most rights, then the newest."""
    rows = session.scalars(
        select(Enrolment)
        .where(Enrolment.user_id == viewer.user_id, Enrolment.course_id == course_id, Enrolment.active)
        .order_by(Enrolment.created_at.desc())
    ).all()
    if not rows:
        raise NotEnrolled(_("You are not enrolled in this course. Ask its author or support."))
    ranks = {"author": 0, "grader": 1}
    return present(session, course_id), min(rows, key=lambda row: ranks.get(row.role, 2))


def _entry(release: Release, lesson_id: str) -> Mapping[str, Any]:
    for entry in release.record["lessons"]:
        if entry["id"] == lesson_id:
            found: Mapping[str, Any] = entry
            return found
    raise NoSuchFile(_("This lesson is not in the course any more."))
