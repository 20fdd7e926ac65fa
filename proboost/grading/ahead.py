"""Programs whose reference a worker may run before the first learner checks: all of what is published now."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.courses.release import sha256
from proboost.models import Course
from proboost.models.base import Json
from proboost_kernel import exercises


def programs(session: Session, blobs: Blobs, known: str) -> Json:
    """{"digest", "programs"}: jobs without an answer, none when the worker knows this digest already."""
    rows = session.execute(
        select(Course.id, Course.current).where(Course.current.is_not(None)).order_by(Course.id)
    ).all()
    digest = sha256(json.dumps([list(row) for row in rows]).encode())[:16]
    if digest == known:
        return {"digest": digest, "programs": []}
    found: list[Json] = []
    for course, current in rows:
        number = int(current or 0)
        release = courses.release_of(session, course, number)
        for lesson in release.record["lessons"] if release is not None else ():
            for exercise in lesson["exercises"]:
                if exercises.needs_sandbox(exercise["kind"]):
                    key = courses.exercise_key(session, blobs, course, number, lesson["id"], exercise["id"])
                    if not key.params:  # those with values of each learner's own are other programs for each
                        found.append(key.spec.job(""))
    return {"digest": digest, "programs": found}
