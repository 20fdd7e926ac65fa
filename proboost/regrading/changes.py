"""Whose points a regrade changes, and by how much: what the course's policy makes of what was found anew."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from proboost.courses import service as courses
from proboost.models import Attempt, Enrolment, Finding, Refinding, Regrade, Result, User
from proboost.progress import material, rules
from proboost.progress.material import Place

CHUNK = 200  # places of one query

Where = tuple[str, str, str]  # enrolment, lesson, exercise


@dataclass(frozen=True)
class Change:
    """One learner in one exercise."""

    learner: str
    name: str  # as people are shown
    lesson: str
    exercise: str
    title: str
    before: float
    after: float
    max_points: float
    state_before: str
    state_after: str

    @property
    def by(self) -> float:
        return round(self.after - self.before, 4)

    def json(self) -> dict[str, Any]:
        return asdict(self)


def of(session: Session, regrade: Regrade) -> list[Change]:
    """Learners whose points or state would be others, in the order of the course, then by name. Changes nothing."""
    release = courses.release_of(session, regrade.course_id, regrade.release)
    lessons = list(material.lessons(release)) if release else []
    tasks = {task.place: (number, task) for number, task in enumerate(t for one in lessons for t in one.tasks)}
    found = []
    places = _touched(session, regrade)
    for start in range(0, len(places), CHUNK):
        for where, outcome, result, user in _outcomes(session, regrade, places[start : start + CHUNK]):
            _enrolment, lesson, exercise = where
            known = tasks.get(Place(regrade.course_id, lesson, exercise))
            if known is None:
                continue
            number, task = known
            before, state = (result.points, result.state) if result else (0.0, "new")
            after = round(outcome.share * task.points, 4)
            if (before, state) != (after, outcome.state):
                change = Change(
                    user.name,
                    user.shown_name,
                    lesson,
                    exercise,
                    task.title,
                    before,
                    after,
                    task.points,
                    state,
                    outcome.state,
                )
                found.append((number, user.shown_name.casefold(), user.name, change))
    return [change for *_order, change in sorted(found, key=lambda one: one[:3])]


def _touched(session: Session, regrade: Regrade) -> list[Where]:
    """Where something was found anew."""
    rows = session.execute(
        select(Attempt.enrolment_id, Attempt.lesson, Attempt.exercise)
        .join(Refinding, Refinding.attempt_id == Attempt.id)
        .where(Refinding.regrade_id == regrade.id, Refinding.state == "found")
        .distinct()
        .order_by(Attempt.lesson, Attempt.exercise, Attempt.enrolment_id)
    )
    return [(enrolment, lesson, exercise) for enrolment, lesson, exercise in rows]


def _outcomes(
    session: Session, regrade: Regrade, places: list[Where]
) -> list[tuple[Where, rules.Outcome, Result | None, User]]:
    here = tuple_(Attempt.enrolment_id, Attempt.lesson, Attempt.exercise).in_(places)
    attempts = session.scalars(select(Attempt).where(here).order_by(Attempt.id)).all()
    ids = [attempt.id for attempt in attempts]
    scores: dict[int, float] = {}
    by_grader: dict[int, bool] = {}  # whether the newest word is a grader's, who may have spoken meanwhile
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        for attempt_id, score, by in session.execute(
            select(Finding.attempt_id, Finding.score, Finding.by_user_id)
            .where(Finding.attempt_id.in_(some), Finding.state != "error")
            .order_by(Finding.id)
        ):
            scores[attempt_id], by_grader[attempt_id] = score, by is not None
        anew = session.execute(
            select(Refinding.attempt_id, Refinding.score).where(
                Refinding.regrade_id == regrade.id, Refinding.state == "found", Refinding.attempt_id.in_(some)
            )
        )
        scores |= {attempt: score or 0.0 for attempt, score in anew if not by_grader.get(attempt)}
    kept = tuple_(Result.enrolment_id, Result.lesson, Result.exercise).in_(places)
    results = {(row.enrolment_id, row.lesson, row.exercise): row for row in session.scalars(select(Result).where(kept))}
    users = dict(
        session.execute(
            select(Enrolment.id, User)
            .join(User, User.id == Enrolment.user_id)
            .where(Enrolment.id.in_({place[0] for place in places}))
        ).all()
    )
    grouped: dict[Where, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        grouped[attempt.enrolment_id, attempt.lesson, attempt.exercise].append(attempt)
    release = courses.newest(session, regrade.course_id)
    take = courses.policy_of(release).take if release else "best"
    found = []
    for where, rows in grouped.items():
        charged = [
            rules.Charged(row.id, scores.get(row.id), row.factor)
            for row in rows
            if row.number is not None or (row.state == "error" and row.id in scores)
        ]
        errors = any(row.state == "error" and row.id not in scores for row in rows)
        found.append((where, rules.outcome(take, charged, errors=errors), results.get(where), users[where[0]]))
    return found
