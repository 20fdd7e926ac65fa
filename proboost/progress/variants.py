"""Variants: a learner's own values of an exercise, drawn when it is first seen and kept; a worker runs generators."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from proboost import clock, jobs
from proboost.blobs import Blobs
from proboost.models import Attempt, Enrolment, Variant
from proboost.models.base import Json
from proboost.progress import material
from proboost.progress.arrivals import Key, arrivals
from proboost.progress.material import Place, Task
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise, ExerciseError, params

log = logging.getLogger(__name__)

KIND = "draw"
DRAWS = 10  # of one learner and exercise, until it is the author's matter


def seed(secret: str, enrolment_id: str, place: Place, draw: int = 0) -> bytes:
    """What a learner's values follow from: nobody who does not know the platform's secret can draw them."""
    said = f"variant\0{enrolment_id}\0{place.ref}\0{draw}"
    return hmac.digest(secret.encode(), said.encode(), "sha256")


def see(session: Session, blobs: Blobs, secret: str, enrolment: Enrolment, task: Task) -> Variant:
    """The learner's variant, drawn now when there is none, or when what it was drawn from was changed: a value that may
    still be drawn stays then. `state` is ready, pending (a worker runs the generator), or broken (the author's fault).
    """
    key = material.exercise(session, blobs, task)
    row = session.get(Variant, (enrolment.id, task.place.lesson, task.place.exercise))
    if row is None:
        row = Variant(
            enrolment_id=enrolment.id,
            lesson=task.place.lesson,
            exercise=task.place.exercise,
            revision=0,
            state="failed",
        )
        session.add(row)
        _draw(session, secret, enrolment, task, key, row, 0, {})
    elif row.fingerprint != key.params.fingerprint or (row.state == "ready" and not _fits(key, row.drawn)):
        _draw(session, secret, enrolment, task, key, row, 0, row.drawn)
    elif row.state == "generated":
        _settle(session, secret, enrolment, task, key, row)
    elif row.state == "failed":
        _next(session, secret, enrolment, task, key, row)
    session.flush()
    return row


def shown(session: Session, blobs: Blobs, enrolment: Enrolment, task: Task, hosts: tuple[str, ...]) -> Json:
    """What the learner's page gets of it: its state and, when it is ready, the values that the exercise shows anyway
    and the exercise with them, to be shown as it is.
    """
    row = session.get(Variant, (enrolment.id, task.place.lesson, task.place.exercise))
    if row is None:
        return {"state": "pending", "revision": 0, "values": {}, "spec": None}
    said: Json = {"state": row.state, "revision": row.revision, "values": {}, "spec": None}
    if row.state not in ("ready", "broken"):
        return {**said, "state": "pending"}
    key = material.exercise(session, blobs, task)
    if row.state == "ready" and row.fingerprint == key.params.fingerprint and _fits(key, row.drawn):
        view = exercises.view(exercises.public(exercises.drawn(key, row.drawn)), hosts=hosts)
        said |= {"values": exercises.public_values(key, row.drawn), "spec": {**view, "id": key.id}}
    elif row.state == "ready":  # another release came since
        said["state"] = "pending"
    return said


def for_attempt(session: Session, blobs: Blobs, task: Task, attempt: Attempt, revision: int | None) -> Exercise | None:
    """The exercise with its key, and with the learner's values, which the attempt keeps from here on. None when the
    learner has not seen it as it is now; `revision` is the one that their page showed, where it told.
    """
    key = material.exercise(session, blobs, task)
    if not key.params:
        return key
    row = session.get(Variant, (attempt.enrolment_id, task.place.lesson, task.place.exercise))
    if row is None or row.state != "ready" or row.fingerprint != key.params.fingerprint:
        return None
    if revision is not None and revision != row.revision:
        return None
    try:
        drawn = exercises.drawn(key, row.drawn)
    except ExerciseError:
        return None
    attempt.variant = dict(row.drawn)
    return drawn


def found(session: Session, payload: Json, told: Mapping[str, Any]) -> bool:
    """What a worker brings of a generator; whether it was still wanted. Wakes who waits, once committed."""
    row = session.get(Variant, tuple(payload["variant"]))
    if row is None or row.state != "pending" or [row.fingerprint, row.draw] != payload["drawing"]:
        return False
    values = params.generated(payload, told.get("values"))
    if values is None:
        row.state, row.reason = "failed", str(told.get("failed") or "")[:500]
    else:
        row.state, row.drawn = "generated", {**row.drawn, **values}
    session.flush()
    enrolment = session.get_one(Enrolment, row.enrolment_id)
    arrivals.announce(session, bell(enrolment.user_id, enrolment.course_id, row.lesson))
    return True


def bell(user_id: str, course: str, lesson: str) -> Key:
    """What somebody who waits for a lesson's values listens to."""
    return user_id, f"variants {course}/{lesson}"


def _draw(
    session: Session,
    secret: str,
    enrolment: Enrolment,
    task: Task,
    key: Exercise,
    row: Variant,
    draw: int,
    before: Mapping[str, str],
) -> None:
    here = seed(secret, enrolment.id, task.place, draw)
    row.fingerprint, row.draw, row.reason, row.drawn_at = key.params.fingerprint, draw, "", clock.now()
    row.drawn = params.keep(key.params, before, params.draw(key.params, here))
    job = params.job(key.params, row.drawn, here, exercises.used_values(key))
    if not job["names"]:
        _settle(session, secret, enrolment, task, key, row)
        return
    row.state = "pending"
    payload = {
        **job,
        "variant": [row.enrolment_id, row.lesson, row.exercise],
        "drawing": [row.fingerprint, row.draw],
    }
    name = f"draw:{enrolment.id}:{task.place.ref}:{draw}:{row.drawn_at.isoformat()}"
    jobs.enqueue(session, KIND, payload, key=name, course=enrolment.course_id, learner=enrolment.user_id)


def _settle(session: Session, secret: str, enrolment: Enrolment, task: Task, key: Exercise, row: Variant) -> None:
    """The values are all there: good when an exercise comes out, else they are drawn once more."""
    try:
        exercises.drawn(key, row.drawn)
    except ExerciseError as error:
        row.state, row.reason = "failed", str(error)[:500]
        _next(session, secret, enrolment, task, key, row)
    else:
        row.state, row.revision = "ready", row.revision + 1


def _next(session: Session, secret: str, enrolment: Enrolment, task: Task, key: Exercise, row: Variant) -> None:
    if row.draw + 1 < DRAWS:
        _draw(session, secret, enrolment, task, key, row, row.draw + 1, {})
        return
    row.state = "broken"
    log.error("%s: no variant comes out: %s", task.place.ref, row.reason)


def _fits(key: Exercise, values: Mapping[str, str]) -> bool:
    try:
        exercises.drawn(key, values)
    except ExerciseError:
        return False
    return True
