"""Handing in: what is taken, what counts of it, how far grading is. A row is committed before its receipt leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost import clock, i18n, jobs
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.courses.opening import LessonClosed
from proboost.errors import BadInput, Conflict, NotFound, Problem, TooLarge, TooMany
from proboost.i18n import _
from proboost.models import Attempt, Draft, Enrolment, Release, Submission
from proboost.models.base import Json
from proboost.progress import bounds, material, rules, variants
from proboost.progress import service as progress
from proboost.progress.material import Lesson, Task
from proboost.progress.service import OtherBody
from proboost.submissions import cells, uploads
from proboost.submissions.settling import (
    again,
    attempts,
    carry,
    job_key,
    look,
    newest_findings,
    set_aside,
    settle,
)
from proboost_kernel import exercises

__all__ = [
    "KIND",
    "NoSuchSubmission",
    "Sent",
    "Stored",
    "TooLate",
    "Withdrawn",
    "admit",
    "again",
    "attempts",
    "look",
    "mine",
    "newest_findings",
    "of_lesson",
    "own",
    "receipt",
    "receive",
    "set_aside",
    "settle",
    "store",
]

KIND = "notebook"  # the job of a worker
A_MINUTE = 6  # submissions of one learner
LARGEST = 32 * 1024 * 1024  # bytes of a notebook, and of the files with it together
FILES = 50


class TooLate(Conflict):
    """After the last moment of the course's late rule nothing is taken."""

    code = "late"


class Withdrawn(Conflict):
    code = "withdrawn"


class NoSuchSubmission(NotFound):
    code = "no-such-submission"


@dataclass(frozen=True)
class Sent:
    """A lesson as a learner's server sends it. `release`: the one that they worked with, for the record."""

    id: str
    course: str
    lesson: str
    release: int | None = None
    notebook: Json | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    surface: str = "voila"
    made_at: datetime | None = None


@dataclass(frozen=True)
class Stored:
    """The same with everything large on disk: blobs by name."""

    sent: Sent
    notebook: str | None
    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        sent = self.sent
        made_at = sent.made_at and sent.made_at.timestamp()
        return _hash([sent.course, sent.lesson, sent.release, self.notebook, dict(self.files), sent.surface, made_at])


@dataclass(frozen=True)
class Admitted:
    """A lesson that is taken, and by which rules."""

    enrolment: Enrolment
    release: Release
    lesson: Lesson
    counted_at: datetime
    late: rules.Lateness


def admit(session: Session, viewer: Viewer, sent: Sent, now: datetime) -> Admitted | Submission:
    """Asked before a byte is stored, and again with the row: the submission of that id, where there is one. Raises
    TooMany, NotEnrolled, NoSuchLesson, Withdrawn, LessonClosed, TooLate.
    """
    mine = select(Submission).where(Submission.user_id == viewer.user_id, Submission.client_id == sent.id)
    if (present := session.scalar(mine)) is not None:
        return present
    _not_too_many(session, viewer, now)
    enrolment = progress.enrolment_of(session, viewer.user_id, sent.course)
    release = courses.current(session, sent.course)
    if release is None:
        raise Withdrawn(_("This course is not published at present. Your earlier results are kept."))
    lesson = material.lesson(release, sent.lesson)
    counted_at = rules.counted_at(now, sent.made_at, progress.outages(session, sent.made_at))[0]
    opening = courses.opening(session, enrolment, release, sent.lesson, at=counted_at)
    if not opening.open:
        raise LessonClosed(opening.why or "")
    late = rules.lateness(lesson.policy, lesson.due, counted_at)
    if late.refused:
        raise TooLate(too_late(lesson, viewer.timezone))
    return Admitted(enrolment, release, lesson, counted_at, late)


def store(blobs: Blobs, sent: Sent) -> Stored:
    """Before the transaction that records it: a row never names bytes that are not there. Raises TooLarge, BadInput."""
    notebook = None
    if sent.notebook is not None:
        try:
            text = json.dumps(sent.notebook, ensure_ascii=False, indent=1, allow_nan=False)
            notebook = text.encode("utf-8")
        except (ValueError, RecursionError):
            raise BadInput(_("The notebook is not valid JSON."), code="bad-notebook") from None
    if len(notebook or b"") > LARGEST or sum(map(len, sent.files.values())) > LARGEST:
        limit = LARGEST // 2**20
        message = _("The lesson is larger than {n} MiB. Clear the outputs of its cells, save it, and hand it in again.")
        raise TooLarge(message.format(n=limit))
    if len(sent.files) > FILES:
        raise BadInput(_("At most {n} files go with a lesson.").format(n=FILES), code="files")
    return Stored(
        sent,
        None if notebook is None else blobs.put(notebook),
        {path: blobs.put(content) for path, content in sorted(sent.files.items())},
    )


def receive(session: Session, blobs: Blobs, viewer: Viewer, stored: Stored) -> Submission:
    """The submission's row, with its answers and the job that grades its notebook. It replaces those before.

    The same id with the same body is the present submission, with another one OtherBody. Raises what `admit` does;
    nothing is kept then.
    """
    sent = stored.sent
    progress.one_at_a_time(session, viewer.user_id)
    now = clock.now()
    admitted = admit(session, viewer, sent, now)
    if isinstance(admitted, Submission):
        if admitted.digest != stored.digest:
            raise OtherBody(_("This lesson was handed in under the id of another one."))
        return admitted
    enrolment, release, lesson, late = admitted.enrolment, admitted.release, admitted.lesson, admitted.late
    row = Submission(
        client_id=sent.id,
        digest=stored.digest,
        user_id=viewer.user_id,
        enrolment_id=enrolment.id,
        course_id=sent.course,
        lesson=sent.lesson,
        release=release.number,
        surface=sent.surface,
        notebook=stored.notebook,
        files=dict(stored.files),
        contents={},
        sha256="",
        made_at=sent.made_at,
        received_at=now,
        counted_at=admitted.counted_at,
        late=late.days > 0,
        factor=late.factor,
        state="grading",
    )
    for older in of_lesson(session, enrolment.id, sent.lesson):
        older.state = "replaced"
    session.add(row)
    session.flush()
    answers = _answers(session, blobs, viewer, row, lesson, sent.notebook)
    row.contents = {
        "course": sent.course,
        "lesson": sent.lesson,
        "release": sent.release or release.number,
        "notebook": stored.notebook,
        "files": dict(stored.files),
        "answers": answers,
    }
    row.sha256 = _hash(row.contents)
    if any(one.state == "pending" for one in attempts(session, row.number)):
        jobs.enqueue(
            session,
            KIND,
            {"submission": row.number},
            key=job_key(row.number),
            course=row.course_id,
            learner=row.user_id,
        )
    look(session, row)
    return row


def _answers(
    session: Session, blobs: Blobs, viewer: Viewer, row: Submission, lesson: Lesson, notebook: Json | None
) -> Json:
    """exercise -> hash of the answer that goes with the submission; those that count by it become attempts of it."""
    shown = given(session, row.enrolment_id, row.lesson, drafts=True)
    checked = given(session, row.enrolment_id, row.lesson, drafts=False)
    written = cells.learners(notebook) if notebook is not None else {}
    hashes: Json = {}
    for task in lesson.tasks:
        name = task.place.exercise
        if task.kind == "cell":
            response = None if notebook is None else written.get(name, {})
        elif exercises.by_submission(task.kind):
            response = sound(session, blobs, viewer, task, shown.get(name))
        else:
            response = checked.get(name)
        if response is None:
            continue
        hashes[name] = _hash(response)
        if exercises.by_submission(task.kind):
            _hand_in(session, blobs, row, task, response)
    return hashes


def _hand_in(session: Session, blobs: Blobs, row: Submission, task: Task, response: Json) -> None:
    """One answer of the submission, as an attempt that waits for the worker or a grader."""
    before = progress.charged(session, row.enrolment_id, task.place)
    attempt = Attempt(
        client_id=f"{row.client_id}#{task.place.exercise}",
        user_id=row.user_id,
        enrolment_id=row.enrolment_id,
        course_id=row.course_id,
        lesson=row.lesson,
        exercise=task.place.exercise,
        release=row.release,
        public_hash=task.public_hash,
        response=response,
        digest=_hash(response),
        surface=row.surface,
        submission=row.number,
        made_at=row.made_at,
        received_at=row.received_at,
        counted_at=row.counted_at,
        state="pending" if task.kind == "cell" else "manual",
        number=len(before) + 1,
        late=row.late,
        factor=row.factor,
    )
    if task.kind != "cell":
        variants.for_attempt(session, blobs, task, attempt, None)  # the learner's own values go with the answer
    session.add(attempt)
    session.flush()
    progress.recompute(session, attempt)
    if attempt.state == "manual":
        carry(session, attempt)


def mine(session: Session, viewer: Viewer, *, course: str = "", lesson: str = "") -> list[Submission]:
    """The viewer's own submissions, the newest first."""
    query = select(Submission).where(Submission.user_id == viewer.user_id).order_by(Submission.number.desc())
    if course:
        query = query.where(Submission.course_id == course)
    if lesson:
        query = query.where(Submission.lesson == lesson)
    return list(session.scalars(query.limit(500)))


def own(session: Session, viewer: Viewer, number: int) -> Submission:
    """One of the viewer's own. Raises NoSuchSubmission."""
    row = session.get(Submission, number) if 0 < number < 2**62 else None
    if row is None or row.user_id != viewer.user_id:
        raise NoSuchSubmission(_("There is no such submission of yours."))
    return row


def of_lesson(session: Session, enrolment_id: str, lesson: str) -> list[Submission]:
    """The newest first."""
    return list(
        session.scalars(
            select(Submission)
            .where(Submission.enrolment_id == enrolment_id, Submission.lesson == lesson)
            .order_by(Submission.number.desc())
        )
    )


def receipt(row: Submission) -> Json:
    """What the learner keeps."""
    return {
        "number": row.number,
        "course": row.course_id,
        "lesson": row.lesson,
        "sha256": row.sha256,
        "received_at": row.received_at,
        "late": row.late,
        "state": row.state,
    }


def beside(path: str) -> str:
    """The path of a file that lies beside the notebook. Raises ValueError when it leads elsewhere."""
    parts = path.split("/")
    if not path or "\\" in path or any(part in ("", ".", "..") for part in parts) or not path.isprintable():
        raise ValueError("not a path beside the notebook")
    return path


def too_late(lesson: Lesson, timezone: str) -> str:
    end = rules.closes(lesson.policy, lesson.due)
    if end is None:
        return _("This lesson is not taken any more.")
    return _("This lesson was taken until {time}.").format(time=i18n.datetime_text(end, timezone))


def given(session: Session, enrolment_id: str, lesson: str, *, drafts: bool) -> dict[str, Json]:
    """exercise -> the newest answer; with `drafts` the one that the learner's page shows, typed or checked."""
    answers = select(Attempt.exercise, Attempt.response, Attempt.received_at.label("at"))
    query = answers.where(Attempt.enrolment_id == enrolment_id, Attempt.lesson == lesson).order_by(Attempt.id)
    rows = list(session.execute(query))
    if drafts:
        typed = select(Draft.exercise, Draft.response, Draft.saved_at.label("at"))
        rows += session.execute(
            typed.where(Draft.enrolment_id == enrolment_id, Draft.lesson == lesson).order_by(Draft.revision)
        )
        rows.sort(key=lambda row: row.at)  # stable: of one moment the draft is the newer
    return {row.exercise: row.response for row in rows}


def sound(session: Session, blobs: Blobs, viewer: Viewer, task: Task, response: Json | None) -> Json | None:
    """The answer, unless it is none (an empty text, a file that is not theirs)."""
    if response is None:
        return None
    try:
        bounds.storable(response)
        exercises.check_response(exercises.public(material.exercise(session, blobs, task)), response)
        if task.kind == "upload":
            uploads.own(session, viewer, task.place, str(response["file"]))
    except (exercises.BadResponse, Problem):
        return None
    return response


def _not_too_many(session: Session, viewer: Viewer, now: datetime) -> None:
    lately = session.scalar(
        select(func.count())
        .select_from(Submission)
        .where(Submission.user_id == viewer.user_id, Submission.received_at > now - timedelta(minutes=1))
    )
    if (lately or 0) >= A_MINUTE:
        raise TooMany(_("You have handed in several times within a minute. Wait a little, then hand in again."))


def _hash(value: Any) -> str:
    written = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("ascii")).hexdigest()
