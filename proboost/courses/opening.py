"""When a lesson is open to a learner: its date, and what they have done in the lesson before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import clock
from proboost.errors import Conflict
from proboost.i18n import _, datetime_text
from proboost.models import Enrolment, Release, Result, User

STAFF = ("author", "grader")
Json = Mapping[str, Any]


class LessonClosed(Conflict):
    """The lesson is not open to this learner: it is not delivered, and attempts on it are refused."""

    status, code = 403, "closed"


@dataclass(frozen=True)
class Opening:
    """`why`: a sentence for the learner when it is not open."""

    open: bool
    why: str | None = None
    opens: datetime | None = None
    due: datetime | None = None


def openings(
    session: Session, enrolment: Enrolment, release: Release, *, at: datetime | None = None
) -> dict[str, Opening]:
    """Every lesson of the release, in order. Authors and graders of the course have them all."""
    now = at or clock.now()
    states = results(session, enrolment)
    zone = session.scalar(select(User.timezone).where(User.id == enrolment.user_id)) or ""
    found: dict[str, Opening] = {}
    before: Json | None = None
    for lesson in release.record["lessons"]:
        opens, due = moment(lesson["opens"]), moment(lesson["due"])
        why = None
        if enrolment.role not in STAFF:
            if opens is not None and now < opens:
                why = _("It opens on {date}.").format(date=datetime_text(opens, zone))
            elif before is not None and not done(before, lesson["after"], states):
                why = _reason(lesson["after"], before["title"])
        found[lesson["id"]] = Opening(why is None, why, opens, due)
        before = lesson
    return found


def opening(
    session: Session, enrolment: Enrolment, release: Release, lesson: str, *, at: datetime | None = None
) -> Opening:
    """The same of one lesson; a lesson that the release has not is closed."""
    closed = Opening(False, _("This lesson is not in the course any more."))
    return openings(session, enrolment, release, at=at).get(lesson, closed)


def results(session: Session, enrolment: Enrolment) -> dict[tuple[str, str], str]:
    """(lesson, exercise) -> state, of what the learner has attempted."""
    rows = session.execute(
        select(Result.lesson, Result.exercise, Result.state, Result.attempts).where(Result.enrolment_id == enrolment.id)
    )
    return {(row.lesson, row.exercise): row.state for row in rows if row.attempts or row.state != "error"}


def done(lesson: Json, after: str, states: Mapping[tuple[str, str], str]) -> bool:
    """Whether enough of `lesson` is done for the next one, whose rule is `after`; pure."""
    enough: dict[str, Callable[[str | None], bool]] = {
        "previous": lambda state: state is not None,
        "required": lambda state: state in ("passed", "manual"),
    }
    if after not in enough:
        return True
    required = (exercise for exercise in lesson["exercises"] if exercise["required"])
    return all(enough[after](_state(lesson["id"], exercise, states)) for exercise in required)


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _state(lesson: str, exercise: Json, states: Mapping[tuple[str, str], str]) -> str | None:
    """What came of an exercise, also under the name that it had before."""
    found = states.get((lesson, exercise["id"]))
    old = exercise.get("was")
    if found is None and old:
        place, _hash, name = old.partition("#")
        found = states.get((place, name))
    return found


def _reason(after: str, title: str) -> str:
    if after == "required":
        return _("It opens when the exercises of “{lesson}” are passed.").format(lesson=title)
    return _("It opens when you have tried every exercise of “{lesson}”.").format(lesson=title)
