"""Attempts: taken, judged, settled. A row is committed before its answer leaves, and counts once."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import proboost
from proboost import clock, jobs
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.errors import BadInput, Conflict, NotFound, TooMany
from proboost.i18n import _
from proboost.models import Attempt, Enrolment, Finding, Result, Uptime, User
from proboost.models.base import Json
from proboost.progress import bounds, material, rules, variants
from proboost.progress.arrivals import arrivals
from proboost.progress.material import Place, Task
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise

ENGINE = f"proboost/{proboost.__version__}"
DETAILS = ("message_html", "seconds", "comment", "rubric", "carried")  # of a finding, beside its columns


class OtherBody(Conflict):
    """The id is taken by another attempt of this learner."""

    code = "other-body"


class InFlight(TooMany):
    """The exercise's last attempt has no finding yet; not accepted, so it may be sent again."""

    code = "in-flight"
    retry_after = 1


class NotEnrolled(NotFound):
    code = "not-enrolled"


class NoSuchAttempt(NotFound):
    code = "no-such-attempt"


@dataclass(frozen=True)
class Sent:
    """An attempt as the client sends it."""

    id: str
    ref: str
    public_hash: str
    response: Json
    surface: str = "voila"
    made_at: datetime | None = None
    variant: int | None = None  # the revision of the values that the page showed

    @property
    def digest(self) -> str:
        made_at = self.made_at and self.made_at.astimezone().timestamp()
        whole: list[Any] = [self.ref, self.public_hash, self.response, self.surface, made_at]
        whole += [] if self.variant is None else [self.variant]
        return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()


def record_attempt(session: Session, blobs: Blobs, viewer: Viewer, sent: Sent) -> Attempt:
    """The attempt's row: judged, pending with its job enqueued, or refused (closed, late, limit, withdrawn, changed).

    The same id with the same body is the present attempt, with another one OtherBody. Raises TooMany before anything is
    accepted: above 20 a minute, or while the exercise's last attempt has no finding; BadInput for an answer that no
    front end of ours sends.
    """
    bounds.storable(sent.response)
    one_at_a_time(session, viewer.user_id)
    present = find_attempt(session, viewer, sent.id)
    if present is not None:
        if present.digest != sent.digest:
            raise OtherBody(_("This answer was sent under the id of another one."))
        return present
    now = clock.now()
    bounds.not_too_many(session, viewer, now)
    place = Place.of(sent.ref)
    enrolment = enrolment_of(session, viewer.user_id, place.course)
    attempt = Attempt(
        client_id=sent.id,
        user_id=viewer.user_id,
        enrolment_id=enrolment.id,
        course_id=place.course,
        lesson=place.lesson,
        exercise=place.exercise,
        release=0,
        public_hash=sent.public_hash,
        response=sent.response,
        digest=sent.digest,
        surface=sent.surface,
        made_at=sent.made_at,
        received_at=now,
        counted_at=rules.counted_at(now, sent.made_at, outages(session, sent.made_at))[0],
        state="refused",
        factor=0.0,
    )
    task, attempt.refusal = _admitted(session, enrolment, place, sent.public_hash, attempt.counted_at)
    before = charged(session, enrolment.id, place)
    if any(row.state == "pending" for row in before):
        raise InFlight(_("The last check of this exercise is still running."))
    if task is not None and not attempt.refusal:
        attempt.release = task.release
        most = rules.limit(task.policy, task.record)
        if most is not None and len(before) >= most:
            attempt.refusal = "limit"
        else:
            _take(session, blobs, attempt, task, len(before) + 1, sent.variant)
            return attempt
    session.add(attempt)
    session.flush()
    return attempt


def _take(session: Session, blobs: Blobs, attempt: Attempt, task: Task, number: int, revision: int | None) -> None:
    """Charges the attempt and has it judged: now, or by a worker."""
    key = variants.for_attempt(session, blobs, task, attempt, revision)
    if key is None:
        attempt.refusal = "changed"  # never seen as it is now
        session.add(attempt)
        session.flush()
        return
    try:
        exercises.check_response(exercises.public(key), attempt.response)
    except exercises.BadResponse as error:
        raise BadInput(str(error), code="bad-response") from None
    late = rules.lateness(task.policy, task.due, attempt.counted_at)
    if exercises.by_submission(task.kind):  # kept, and charged once the lesson is handed in with it
        attempt.late, attempt.factor, attempt.state = late.days > 0, late.factor, "manual"
        session.add(attempt)
        session.flush()
        recompute(session, attempt)
        return
    attempt.number, attempt.late, attempt.state = number, late.days > 0, "pending"
    attempt.factor = round(rules.penalty(task.policy, task.record, number) * late.factor, 6)
    session.add(attempt)
    session.flush()
    if exercises.needs_sandbox(task.kind):
        payload = material.grade_job(task, key, attempt)
        key_ = f"grade:{attempt.id}"
        jobs.enqueue(session, "grade", payload, key=key_, course=attempt.course_id, learner=attempt.user_id)
        recompute(session, attempt)
    else:
        settle(session, attempt, judged(task, key, attempt.response))


def settle(session: Session, attempt: Attempt, finding: Mapping[str, Any]) -> Finding:
    """Appends what was found and brings the exercise's result up to date; may be repeated, the newest finding counts.

    An error is ours: it charges no attempt and takes back nothing found before. Wakes who waits, once committed.
    """
    one_at_a_time(session, attempt.user_id)
    state = str(finding.get("state", "error"))
    score = 0.0 if state == "error" else min(1.0, max(0.0, float(finding.get("score") or 0.0)))
    row = Finding(
        attempt_id=attempt.id,
        key_hash=str(finding.get("key_hash", "")),
        engine=str(finding.get("engine", "")),
        tier=str(finding.get("tier", "")),
        state="error" if state == "error" else rules.state_of(score),
        score=score,
        tests=[dict(test) for test in finding.get("tests", ())],
        message=str(finding.get("message") or ""),
        detail={name: finding[name] for name in DETAILS if finding.get(name)},
        isolated=bool(finding.get("isolated", True)),
        by_user_id=finding.get("by"),
        found_at=clock.now(),
    )
    session.add(row)
    if state != "error":
        if attempt.number is None:  # an error before: charged only now that something was found
            attempt.number = len(charged(session, attempt.enrolment_id, Place.at(attempt))) + 1
        attempt.state = "judged"
    elif attempt.state == "pending":
        attempt.state, attempt.number = "error", None
    session.flush()
    recompute(session, attempt)
    arrivals.announce(session, (attempt.user_id, attempt.client_id))
    return row


def recompute(session: Session, attempt: Attempt) -> None:
    """Writes the Result of this attempt's exercise anew, from its attempts and findings. What is gone from the course
    keeps the points that it was worth.
    """
    place = Place.at(attempt)
    task = material.find_task(session, place)
    rows = charged(session, attempt.enrolment_id, place)
    if rows and rows[-1].submission is not None:
        rows = rows[-1:]  # the lesson's last submission replaces those before
    scores = scores_of(session, [row.id for row in rows])
    here = _of(attempt.enrolment_id, place)
    errors = session.scalar(select(func.count()).select_from(Attempt).where(*here, Attempt.state == "error"))
    found = rules.outcome(
        task.policy.take if task else "best",
        [rules.Charged(row.id, scores.get(row.id), row.factor, row.state == "manual") for row in rows],
        errors=bool(errors),
    )
    if not rows and task is not None and exercises.by_submission(task.kind) and not errors:
        found = rules.Outcome("new", 0.0, 0.0, None)  # answered, but not handed in
    result = session.get(Result, (attempt.enrolment_id, place.lesson, place.exercise))
    if result is None:
        result = Result(enrolment_id=attempt.enrolment_id, lesson=place.lesson, exercise=place.exercise, max_points=0.0)
    if task is not None:
        result.max_points = task.points
    result.state, result.score, result.attempt_id = found.state, found.score, found.attempt_id
    result.points = round(found.share * result.max_points, 4)
    result.attempts, result.updated_at = len(rows), clock.now()
    session.add(result)
    session.flush()


def find_attempt(session: Session, viewer: Viewer, client_id: str) -> Attempt | None:
    """The viewer's own attempt of that id."""
    return session.scalar(select(Attempt).where(Attempt.user_id == viewer.user_id, Attempt.client_id == client_id))


class Try(NamedTuple):
    """What the rules need of an attempt that is charged; somebody may have hundreds, so nothing else is read."""

    id: int
    state: str
    factor: float
    submission: int | None


def charged(session: Session, enrolment_id: str, place: Place) -> list[Try]:
    """The attempts of an exercise that count against its limit, in their order."""
    rows = session.execute(
        select(Attempt.id, Attempt.state, Attempt.factor, Attempt.submission)
        .where(*_of(enrolment_id, place), Attempt.number.is_not(None))
        .order_by(Attempt.id)
    )
    return [Try(*row) for row in rows]


def scores_of(session: Session, attempt_ids: list[int]) -> dict[int, float]:
    """attempt -> score of its newest finding that is not an error."""
    rows = session.execute(
        select(Finding.attempt_id, Finding.score)
        .where(Finding.attempt_id.in_(attempt_ids), Finding.state != "error")
        .order_by(Finding.id)
    )
    return dict(rows.all())


def enrolment_of(session: Session, user_id: str, course: str) -> Enrolment:
    """The enrolment that work in this course goes to: the newest active one."""
    found = session.scalar(
        select(Enrolment)
        .where(Enrolment.user_id == user_id, Enrolment.course_id == course, Enrolment.active)
        .order_by(Enrolment.created_at.desc(), Enrolment.id)
        .limit(1)
    )
    if found is None:
        raise NotEnrolled(_("You are not enrolled in this course. Ask its author or support."))
    return found


def outages(session: Session, claimed: datetime | None) -> list[tuple[datetime, datetime]]:
    """When we were away around a claimed time, by our own journal."""
    if claimed is None:
        return []
    near = timedelta(days=8)
    rows = session.execute(
        select(Uptime.started_at, Uptime.seen_at)
        .where(Uptime.seen_at > claimed - near, Uptime.started_at < claimed + near)
        .order_by(Uptime.started_at)
    ).all()
    return [(before.seen_at, after.started_at) for before, after in itertools.pairwise(rows)]


def one_at_a_time(session: Session, user_id: str) -> None:
    """Holds other writers of this learner's progress back until the transaction ends, as SQLite's write lock does."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def _admitted(
    session: Session, enrolment: Enrolment, place: Place, public_hash: str, at: datetime
) -> tuple[Task | None, str]:
    """The exercise, and why an answer to it is refused; an empty reason when it is not."""
    release = courses.current(session, place.course)
    if release is None:
        return None, "withdrawn"
    task = material.task(release, place)
    if not courses.opening(session, enrolment, release, place.lesson, at=at).open:
        return task, "closed"
    if rules.lateness(task.policy, task.due, at).refused:
        return task, "late"
    return task, "" if task.public_hash == public_hash else "changed"


def judged(task: Task, key: Exercise, response: Json) -> Json:
    """The finding of an answer that needs no sandbox."""
    judgement = exercises.judge(key, response)
    return {
        "state": rules.state_of(judgement.score),
        "score": judgement.score,
        "message": judgement.message,
        "message_html": judgement.feedback,
        "key_hash": task.key_hash,
        "engine": ENGINE,
    }


def _of(enrolment_id: str, place: Place) -> tuple[Any, ...]:
    return (
        Attempt.enrolment_id == enrolment_id,
        Attempt.lesson == place.lesson,
        Attempt.exercise == place.exercise,
    )
