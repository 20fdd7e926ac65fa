"""Regrades for the command line, on the internal socket: begin, look, apply. Each may be repeated."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.orm import Session

from proboost.errors import BadInput
from proboost.i18n import _
from proboost.models import Regrade
from proboost.progress.material import Place
from proboost.regrading import changes, service
from proboost.web.deps import Db

internal = APIRouter(prefix="/regrades", tags=["regrading"])


class NewRegrade(BaseModel):
    """`exercise`: `course/lesson#exercise` or `lesson#exercise`; without one, all whose key has changed."""

    course: str
    exercise: str | None = None


class ChangeRow(BaseModel):
    learner: str
    name: str
    lesson: str
    exercise: str
    title: str
    before: float
    after: float
    max_points: float
    state_before: str
    state_after: str


class RegradeState(BaseModel):
    """`changes` once everything is found: of an applied one what it changed, else what it would change."""

    id: str
    course: str
    exercise: str
    release: int
    state: str
    total: int
    done: int
    unfit: int
    broken: int
    changes: list[ChangeRow] | None


@internal.post("")
def start(asked: NewRegrade, db: Db) -> RegradeState:
    place = place_of(asked.course, asked.exercise) if asked.exercise else None
    with db.transaction() as session:
        return told(session, service.start(session, asked.course, place))


@internal.get("/{regrade_id}")
def look(regrade_id: str, db: Db) -> RegradeState:
    with db.read() as session:
        return told(session, service.find(session, regrade_id))


@internal.post("/{regrade_id}/apply")
def apply(regrade_id: str, db: Db) -> RegradeState:
    with db.transaction() as session:
        return told(session, service.apply(session, service.find(session, regrade_id)))


def place_of(course: str, exercise: str) -> Place:
    """Raises BadInput when that is an exercise of another course, or none."""
    place = Place.of(exercise if "/" in exercise else f"{course}/{exercise}")
    if place.course != course:
        raise BadInput(_("This exercise is of another course."), code="bad-ref")
    return place


def told(session: Session, regrade: Regrade) -> RegradeState:
    counts = service.counts(session, regrade)
    rows = None
    if regrade.state == "ready":
        rows = [ChangeRow(**change.json()) for change in changes.of(session, regrade)]
    elif regrade.changes is not None:
        rows = [ChangeRow(**row) for row in regrade.changes]
    return RegradeState(
        id=regrade.id,
        course=regrade.course_id,
        exercise=f"{regrade.lesson}#{regrade.exercise}" if regrade.exercise else "",
        release=regrade.release,
        state=regrade.state,
        total=regrade.total,
        done=counts.done,
        unfit=counts.unfit,
        broken=counts.broken,
        changes=rows,
    )
