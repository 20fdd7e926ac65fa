"""A course's policy: which attempt counts, how many there are, what lateness costs, and what passes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W|(?:(?P<days>\d{1,4})D)?(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,4})M)?)?)\Z"
)


@dataclass(frozen=True)
class Late:
    """After `due` each day begun costs `per_day` of the points, until `until` later nothing is taken any more."""

    per_day: float = 0.0
    until: timedelta | None = None  # None: without end


@dataclass(frozen=True)
class Policy:
    """`attempts` None: without limit; `penalty` None: the usual one of the kind; `late` None: nothing after `due`."""

    take: Literal["best", "last"] = "best"
    attempts: int | None = None
    penalty: tuple[float, ...] | None = None
    late: Late | None = None
    passing: float = 0.6  # share of the points

    def record(self) -> dict[str, Any]:
        """As release.json has it."""
        late = self.late and {
            "per_day": self.late.per_day,
            "until": None if self.late.until is None else int(self.late.until.total_seconds()),
        }
        return {
            "take": self.take,
            "attempts": self.attempts,
            "penalty": None if self.penalty is None else list(self.penalty),
            "late": late,
            "pass": self.passing,
        }


def from_record(record: Mapping[str, Any]) -> Policy:
    """The policy of a release.json."""
    late = record.get("late")
    return Policy(
        take=record.get("take", "best"),
        attempts=record.get("attempts"),
        penalty=None if record.get("penalty") is None else tuple(record["penalty"]),
        late=late and Late(late["per_day"], None if late["until"] is None else timedelta(seconds=late["until"])),
        passing=record.get("pass", 0.6),
    )


def duration(text: str) -> timedelta | None:
    """ISO 8601 of weeks, or days, hours and minutes (P7D, P1DT12H, P2W); None for anything else."""
    match = DURATION.match(text.strip())
    if not match or not any(match.groups()):
        return None
    return timedelta(**{name: int(value) for name, value in match.groupdict().items() if value})
