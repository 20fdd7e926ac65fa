"""The rules of points, pure: lateness, outages, the factor of an attempt, and which attempt counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from proboost.courses.policy import Policy
from proboost_kernel import exercises

DAY = timedelta(days=1)
CLAIM = timedelta(days=1)  # an answer made in an outage must reach us within this time after its end
SKEW = timedelta(seconds=5)  # of the learner's clock, within which a claim may lie beside the journal


@dataclass(frozen=True)
class Lateness:
    """`factor` of an answer by its time alone; `days` begun after the due time; `refused`: too late to count at all."""

    factor: float = 1.0
    days: int = 0
    refused: bool = False


@dataclass(frozen=True)
class Charged:
    """An attempt that counts against the limit: its finding's score (None while it is pending), and its factor."""

    id: int
    score: float | None
    factor: float
    manual: bool = False  # a grader is to look at it


@dataclass(frozen=True)
class Outcome:
    """What an exercise is worth: `share` of its points after all factors, and the attempt that counts."""

    state: str  # passed, partial, failed, pending, manual, error
    score: float
    share: float
    attempt_id: int | None


def lateness(policy: Policy, due: datetime | None, at: datetime) -> Lateness:
    """By the course's late rule: `per_day` off for each day begun, refused after `until`; else after `due`."""
    if due is None or at <= due:
        return Lateness()
    days = math.ceil((at - due) / DAY)
    late = policy.late
    if late is None or (late.until is not None and at > due + late.until):
        return Lateness(0.0, days, refused=True)
    return Lateness(max(0.0, round(1 - late.per_day * days, 6)), days)


def closes(policy: Policy, due: datetime | None) -> datetime | None:
    """When answers stop counting; None: never."""
    if due is None or policy.late is None:
        return due
    return None if policy.late.until is None else due + policy.late.until


def counted_at(
    received: datetime, claimed: datetime | None, outages: Iterable[tuple[datetime, datetime]]
) -> tuple[datetime, bool]:
    """The time that lateness is decided by: receipt, or the claim when our own journal shows that we were away then and
    the answer came within a day of our return. The flag says that the claim was taken.
    """
    if claimed is None or claimed >= received:
        return received, False
    for start, end in outages:
        if start - SKEW <= claimed <= end + SKEW and received <= end + CLAIM:
            return claimed, True
    return received, False


def penalty(policy: Policy, part: Mapping[str, Any], nth: int) -> float:
    """The factor of the n-th charged attempt (from 1): the exercise's `penalty`, else the course's, else the kind's."""
    if not part.get("penalty") and policy.penalty:
        return float(policy.penalty[min(max(nth, 1), len(policy.penalty)) - 1])
    return exercises.penalty_factor(part, nth)


def limit(policy: Policy, part: Mapping[str, Any]) -> int | None:
    """How many attempts the exercise grants; None: as many as one likes, as of what counts when it is handed in."""
    if exercises.by_submission(str(part.get("kind", "code"))):
        return None
    own = part.get("attempts")
    return int(own) if own is not None else policy.attempts


def state_of(score: float) -> str:
    return "passed" if score >= 1 else "partial" if score > 0 else "failed"


def outcome(take: str, charged: Sequence[Charged], *, errors: bool = False) -> Outcome:
    """The one attempt that counts, of `charged` in their order: the best after its factor (the earliest of equals), or
    the last one that was found. Without any: manual when a grader is to look at one, pending when one is, else an error
    when there was one.
    """
    found = [attempt for attempt in charged if attempt.score is not None]
    if not found and any(attempt.manual for attempt in charged):
        return Outcome("manual", 0.0, 0.0, charged[-1].id)
    if not found:
        return Outcome("pending" if charged or not errors else "error", 0.0, 0.0, None)
    # max() keeps the first of equals.
    best = max(found, key=lambda attempt: (round((attempt.score or 0.0) * attempt.factor, 6), attempt.score or 0.0))
    chosen = found[-1] if take == "last" else best
    score = chosen.score or 0.0
    solved = score if take == "last" else max(attempt.score or 0.0 for attempt in found)
    return Outcome(state_of(solved), score, round(score * chosen.factor, 6), chosen.id)
