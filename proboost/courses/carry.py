"""What learners have done follows an exercise that a new release renamed, moved, or gave other points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from proboost.models import Attempt, Draft, Enrolment, HintOpening, Result, Upload, Variant

Json = Mapping[str, Any]
Place = tuple[str, str]  # lesson, exercise
Work = type[Attempt] | type[Draft] | type[HintOpening] | type[Result] | type[Upload] | type[Variant]
WORK: tuple[Work, ...] = (Attempt, Draft, HintOpening, Result, Upload, Variant)


def carry(session: Session, course_id: str, before: Json | None, after: Json) -> None:
    """In the transaction that publishes `after`: work moves with `was`, and points keep their share of the new ones."""
    if before is None:
        return
    for old, new in moves(before, after):
        _move(session, course_id, old, new)
    _rescale(session, course_id, after)


def moves(before: Json, after: Json) -> Iterator[tuple[Place, Place]]:
    """(from, to) of exercises that say what they were, where that was there before and is there no more."""
    old, new = set(_places(before)), set(_places(after))
    for lesson in after["lessons"]:
        for exercise in lesson["exercises"]:
            place, mark, name = (exercise.get("was") or "").partition("#")
            there = (lesson["id"], exercise["id"])
            if mark and (place, name) in old - new and there not in old:
                yield (place, name), there


def _places(record: Json) -> Iterator[Place]:
    return ((lesson["id"], exercise["id"]) for lesson in record["lessons"] for exercise in lesson["exercises"])


def _move(session: Session, course_id: str, old: Place, new: Place) -> None:
    enrolments = select(Enrolment.id).where(Enrolment.course_id == course_id)
    for table in WORK:
        other = aliased(table)
        taken = exists().where(
            other.enrolment_id == table.enrolment_id, other.lesson == new[0], other.exercise == new[1]
        )
        session.execute(
            update(table)
            .where(table.enrolment_id.in_(enrolments), table.lesson == old[0], table.exercise == old[1], ~taken)
            .values(lesson=new[0], exercise=new[1])
            .execution_options(synchronize_session=False)
        )
    session.expire_all()


def _rescale(session: Session, course_id: str, after: Json) -> None:
    points = {
        (lesson["id"], exercise["id"]): float(exercise["points"])
        for lesson in after["lessons"]
        for exercise in lesson["exercises"]
    }
    rows = session.scalars(
        select(Result).join(Enrolment, Enrolment.id == Result.enrolment_id).where(Enrolment.course_id == course_id)
    )
    for result in rows:
        most = points.get((result.lesson, result.exercise), result.max_points)
        if most != result.max_points:
            share = result.points / result.max_points if result.max_points else result.score
            result.points, result.max_points = round(share * most, 4), most
    session.flush()
