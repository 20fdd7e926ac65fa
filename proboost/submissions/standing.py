"""How far grading of what was handed in is, course by course: for the operator's command line."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost.models import Outbox, Submission
from proboost.submissions import service, words

MOST = 500  # submissions set aside that are named


@dataclass(frozen=True)
class Aside:
    number: int
    reason: str


@dataclass(frozen=True)
class Standing:
    """Of one course, without what was replaced: `queued` and `running` wait for the machine, `waits` for a person."""

    course: str
    queued: int
    running: int
    waits: int
    graded: int
    aside: tuple[Aside, ...]

    @property
    def total(self) -> int:
        return self.queued + self.running + self.waits + self.graded + len(self.aside)

    @property
    def done(self) -> int:
        return self.total - self.queued - self.running


def standings(session: Session, course: str = "") -> list[Standing]:
    """Of all courses in which something was handed in, or of one."""
    here = [Submission.state != "replaced", *([Submission.course_id == course] if course else [])]
    counts: dict[str, dict[str, int]] = {}
    for name, state, count in session.execute(
        select(Submission.course_id, Submission.state, func.count())
        .where(*here)
        .group_by(Submission.course_id, Submission.state)
    ):
        counts.setdefault(name, {})[state] = count
    leased = dict(
        session.execute(
            select(Outbox.course_id, func.count())
            .where(Outbox.kind == service.KIND, Outbox.state == "leased")
            .group_by(Outbox.course_id)
        ).all()
    )
    aside: dict[str, list[Aside]] = {}
    for row in session.scalars(select(Submission).where(*here, Submission.state == "aside").limit(MOST)):
        aside.setdefault(row.course_id, []).append(Aside(row.number, words.reason(row.reason)))
    found = []
    for name, states in sorted(counts.items()):
        grading = states.get("grading", 0)
        running = min(leased.get(name, 0), grading)
        rest = (states.get("waits", 0), states.get("graded", 0), tuple(aside.get(name, ())))
        found.append(Standing(name, grading - running, running, *rest))
    return found


def again(session: Session, course: str) -> int:
    """Has everything that was set aside in a course graded once more; how many that are."""
    rows = session.scalars(select(Submission).where(Submission.course_id == course, Submission.state == "aside")).all()
    for row in rows:
        service.again(session, row)
    return len(rows)
