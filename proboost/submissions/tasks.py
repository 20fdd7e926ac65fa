"""The job of a submission: what a worker needs to grade its notebook, and what becomes of what it found."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from proboost import i18n
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.models import Release, Submission, User
from proboost.models.base import Json
from proboost.progress import material

LARGEST = 48 * 1024 * 1024  # bytes of the files that go to a worker with a notebook


def wanted(session: Session, job: Json) -> bool:
    """Whether the submission is still to be graded: a later one may have taken its place."""
    row = session.get(Submission, job["submission"])
    return row is not None and row.notebook is not None and row.state != "replaced"


def payload(session: Session, blobs: Blobs, job: Json) -> Json:
    """Everything that the worker, which has no database, needs. The newest release of the lesson grades."""
    row = session.get_one(Submission, job["submission"])
    assert row.notebook is not None
    release, file = _authors(session, row)
    user = session.get_one(User, row.user_id)
    return {
        "submission": row.number,
        "source": json.loads(blobs.get(release.source[file])),
        "submitted": blobs.get(row.notebook).decode("utf-8"),
        "files": _files(
            blobs, {str(one["path"]): release.learner[str(one["path"])] for one in release.record["files"]}
        ),
        "brought": _files(blobs, row.files),
        "language": i18n.known(user.language) if user.language else "en",
    }


def _authors(session: Session, row: Submission) -> tuple[Release, str]:
    """The release that grades, and the lesson's file in it: the newest that has the lesson, else the one at receipt."""
    for release in (courses.newest(session, row.course_id), courses.release_of(session, row.course_id, row.release)):
        for lesson in material.lessons(release) if release else ():
            if lesson.id == row.lesson:
                assert release is not None
                return release, str(lesson.record["file"])
    raise material.NoSuchLesson


def _files(blobs: Blobs, names: Mapping[str, str]) -> dict[str, str]:
    """path -> base64, of path -> blob."""
    found: dict[str, str] = {}
    left = LARGEST
    for path, blob in names.items():
        content = blobs.get(blob)
        left -= len(content)
        if left < 0:
            raise ValueError(f"the files beside the notebook are larger than {LARGEST} bytes together")
        found[path] = base64.b64encode(content).decode("ascii")
    return found


def finding(cell: Mapping[str, Any], grade_id: str, *, engine: str, tier: str) -> Json:
    """A cell's result, as the engine gives it, as a finding: its score is a share of the cell's points."""
    score, most = cell["score"], float(cell["max"])
    if score is None:
        return {"state": "manual"}
    share = min(1.0, max(0.0, float(score) / most)) if most else float(cell.get("passed") is not False)
    passed = cell.get("passed")
    tests = []
    if passed is not None:
        test: Json = {"name": grade_id, "passed": bool(passed), "hidden": bool(cell.get("hidden"))}
        test["message"] = str(cell.get("message") or "")
        if isinstance(cell.get("case"), Mapping):
            test["case"] = dict(cell["case"])
        tests = [test]
    return {
        "state": "passed" if share >= 1 else "partial" if share > 0 else "failed",
        "score": share,
        "tests": tests,
        "message": "" if tests else str(cell.get("message") or ""),
        "isolated": bool(cell.get("isolated", True)),
        "engine": engine,
        "tier": tier,
    }
