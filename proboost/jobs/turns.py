"""Whose turn it is: courses one after the other, and in a course its learners, whoever has waited longest since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from proboost.models import Outbox, Turn

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Waiting:
    """Jobs of one learner in one course that are due; `oldest` is the first of them."""

    course: str
    learner: str
    oldest: int


def due(now: datetime) -> ColumnElement[bool]:
    """Of an outbox row: it may be claimed. A lease that ran out is as good as none."""
    return and_(Outbox.state.in_(("open", "leased")), Outbox.next_at <= now)


def in_turn(session: Session, kind: str, now: datetime) -> list[Waiting]:
    """Who waits, the next one first: the course of which the fewest are being done, then the one that was served
    longest ago; the same among its learners. Learners with a job under way wait for its end.
    """
    waiting = [
        Waiting(*row)
        for row in session.execute(
            select(Outbox.course_id, Outbox.learner, func.min(Outbox.id))
            .where(Outbox.kind == kind, due(now))
            .group_by(Outbox.course_id, Outbox.learner)
        )
    ]
    if len(waiting) < 2 and not (waiting and waiting[0].learner):
        return waiting
    busy = _under_way(session, kind, now)
    courses: dict[str, int] = {}
    for (course, _learner), count in busy.items():
        courses[course] = courses.get(course, 0) + count
    free = [one for one in waiting if not (one.learner and busy.get((one.course, one.learner)))]
    last = _last(session, free)

    def key(one: Waiting) -> tuple[int, datetime, datetime, int]:
        return (
            courses.get(one.course, 0),
            last.get((one.course, ""), NEVER),
            last.get((one.course, one.learner), NEVER),
            one.oldest,
        )

    return sorted(free, key=key)


def first(session: Session, kind: str, waiting: Waiting, now: datetime) -> Outbox | None:
    """The oldest of these jobs that nobody else is claiming just now, locked."""
    return session.scalar(
        select(Outbox)
        .where(Outbox.kind == kind, Outbox.course_id == waiting.course, Outbox.learner == waiting.learner, due(now))
        .order_by(Outbox.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def took(session: Session, one: Waiting, now: datetime) -> None:
    """Their turn was now. The course's row is written first, so that two claims never wait for each other."""
    if not one.course:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for learner in dict.fromkeys(("", one.learner)):
        row = insert(Turn).values(course_id=one.course, learner=learner, at=now)
        session.execute(row.on_conflict_do_update(index_elements=[Turn.course_id, Turn.learner], set_={"at": now}))


def _under_way(session: Session, kind: str, now: datetime) -> dict[tuple[str, str], int]:
    rows = session.execute(
        select(Outbox.course_id, Outbox.learner, func.count())
        .where(Outbox.kind == kind, Outbox.state == "leased", Outbox.next_at > now)
        .group_by(Outbox.course_id, Outbox.learner)
    )
    return {(course, learner): count for course, learner, count in rows}


def _last(session: Session, waiting: list[Waiting]) -> dict[tuple[str, str], datetime]:
    """When each course and learner was served last; those that never were are not in it."""
    courses = sorted({one.course for one in waiting})
    found: dict[tuple[str, str], datetime] = {}
    for start in range(0, len(courses), 200):
        rows = session.execute(
            select(Turn.course_id, Turn.learner, Turn.at).where(Turn.course_id.in_(courses[start : start + 200]))
        )
        found |= {(course, learner): at for course, learner, at in rows}
    return found
