"""Courses decide: what is published, what a release holds, who may have it, and which key judges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from proboost import clock
from proboost.blobs import Blobs
from proboost.courses import policy as policies
from proboost.courses import release as releases
from proboost.courses.carry import carry
from proboost.courses.opening import LessonClosed, Opening, opening, openings
from proboost.courses.policy import Policy
from proboost.errors import Conflict, NotFound
from proboost.i18n import _
from proboost.models import Change, Course, Enrolment, Release, Result
from proboost.models.base import Json
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise

__all__ = [
    "LessonClosed",
    "Opening",
    "OtherRelease",
    "Policy",
    "Stored",
    "current",
    "exercise_key",
    "newest",
    "opening",
    "openings",
    "policy_of",
    "publish",
    "release_of",
    "releases_of",
    "store",
    "withdraw",
]


class OtherRelease(Conflict):
    """Another release came between: what is to be published was made from an older one."""

    code = "other-release"


class NoSuchCourse(NotFound):
    code = "no-such-course"


class NoSuchKey(NotFound):
    code = "no-such-key"


@dataclass(frozen=True)
class Stored:
    """A built release whose bytes are all on disk: path -> blob, three times."""

    record: Json
    source: Mapping[str, str]
    learner: Mapping[str, str]
    key: Mapping[str, str]


def store(blobs: Blobs, built: releases.Release) -> Stored:
    """Before the transaction that publishes it: a row never names bytes that are not there."""

    def put(bundle: Mapping[str, bytes]) -> dict[str, str]:
        return {path: blobs.put(content) for path, content in bundle.items()}

    return Stored(built.record, put(built.source), put(built.learner), put(built.key))


def publish(
    session: Session, stored: Stored, *, base: int | None = None, by: str | None = None, notes: str = ""
) -> Release:
    """The release that learners have from now on; the present one when nothing has changed.

    `base` is the number of the release that the source was made from (0: none). Raises OtherRelease when the course is
    at another one. Without `base` it is the operator who publishes: a source that was released before changes nothing.
    """
    course_id = stored.record["course"]
    course = _held(session, course_id, stored.record["title"])
    now = current(session, course_id)
    last = session.scalar(select(func.max(Release.number)).where(Release.course_id == course_id)) or 0
    if base is not None and base != (now.number if now else last):
        raise _between(last, base)
    if now is not None and (now.source == stored.source or (base is None and _released_before(session, stored))):
        return now
    release = Release(
        course_id=course_id,
        number=last + 1,
        title=stored.record["title"],
        notes=notes,
        record={**stored.record, "number": last + 1, "notes": notes},
        source=dict(stored.source),
        learner=dict(stored.learner),
        key=dict(stored.key),
        published_by=by,
    )
    course.title = release.title
    course.description = stored.record["description"]
    course.language = stored.record["language"]
    course.authors = list(stored.record["authors"])
    before = newest(session, course_id)
    carry(session, course_id, before.record if before else None, release.record)
    course.current = release.number
    session.add(release)
    session.add(Change(user_id=by, what="release.published", subject=f"{course_id}@{release.number}"))
    session.flush()
    return release


def _held(session: Session, course_id: str, title: str) -> Course:
    """The course's row, made where it is missing; who publishes it at the same time waits for us."""
    if session.get(Course, course_id) is None:
        try:
            with session.begin_nested():
                session.add(Course(id=course_id, title=title, current=None))
        except IntegrityError:  # somebody was faster
            session.expire_all()
    return session.get_one(Course, course_id, with_for_update=True, populate_existing=True)


def _between(last: int, base: int) -> OtherRelease:
    if not last:
        message = _("This course was never published here, so your copy cannot be of its release {base}.")
        return OtherRelease(message.format(base=base))
    if not base:
        message = _("This course has release {last} already. Pull it, bring your changes into it, then publish.")
        return OtherRelease(message.format(last=last))
    message = _("Your copy is of release {base}, but release {last} is there now. Pull it, then publish again.")
    return OtherRelease(message.format(base=base, last=last))


def _released_before(session: Session, stored: Stored) -> bool:
    sources = session.scalars(select(Release.source).where(Release.course_id == stored.record["course"]))
    return any(source == stored.source for source in sources)


def withdraw(session: Session, course_id: str, *, by: str | None = None) -> Release:
    """Takes the current release from learners; what they have done stays. Publishing again makes the next one."""
    release = current(session, course_id)
    if release is None:
        raise NoSuchCourse(_("There is no published course “{id}”.").format(id=course_id))
    release.withdrawn_at = clock.now()
    course = session.get_one(Course, course_id)
    course.current = None
    session.add(Change(user_id=by, what="release.withdrawn", subject=f"{course_id}@{release.number}"))
    session.flush()
    return release


def current(session: Session, course_id: str) -> Release | None:
    """The release that learners have; None when nothing is published."""
    return session.scalar(
        select(Release)
        .join(Course, Course.id == Release.course_id)
        .where(Course.id == course_id, Release.number == Course.current)
    )


def newest(session: Session, course_id: str) -> Release | None:
    """The last release, be it withdrawn."""
    return session.scalar(
        select(Release).where(Release.course_id == course_id).order_by(Release.number.desc()).limit(1)
    )


def release_of(session: Session, course_id: str, number: int) -> Release | None:
    return session.scalar(select(Release).where(Release.course_id == course_id, Release.number == number))


def releases_of(session: Session, course_id: str) -> list[Release]:
    """All of them, the newest first."""
    return list(session.scalars(select(Release).where(Release.course_id == course_id).order_by(Release.number.desc())))


def present(session: Session, course_id: str) -> Release:
    """The release that learners have. Raises NoSuchCourse."""
    release = current(session, course_id)
    if release is None:
        raise NoSuchCourse(_("There is no published course “{id}”.").format(id=course_id))
    return release


def policy_of(release: Release) -> Policy:
    return policies.from_record(release.record.get("policy") or {})


def exercise_key(session: Session, blobs: Blobs, course_id: str, number: int, lesson: str, exercise: str) -> Exercise:
    """An exercise of a release with its key: what judges. Raises NoSuchKey."""
    keys = session.scalar(select(Release.key).where(Release.course_id == course_id, Release.number == number))
    blob = keys.get(f"{lesson}.json") if keys else None
    found = _keys(blobs.folder, blob).get(exercise) if blob else None
    if found is None:
        raise NoSuchKey(_("There is no such exercise in this lesson now. It may have been renamed or taken out."))
    return found


@lru_cache(maxsize=256)
def _keys(folder: Path, blob: str) -> Mapping[str, Exercise]:
    """A lesson's keys; a blob never changes, so they are read once."""
    written = json.loads(Blobs(folder).get(blob))
    return {name: exercises.from_key(key) for name, key in written["exercises"].items()}


def with_results(session: Session, course_id: str) -> dict[tuple[str, str], int]:
    """(lesson, exercise) -> how many learners have results in it."""
    rows = session.execute(
        select(Result.lesson, Result.exercise, func.count())
        .join(Enrolment, Enrolment.id == Result.enrolment_id)
        .where(Enrolment.course_id == course_id, Enrolment.role == "learner", Result.attempts > 0)
        .group_by(Result.lesson, Result.exercise)
    )
    return {(lesson, exercise): count for lesson, exercise, count in rows}
