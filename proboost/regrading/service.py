"""Regrades decide: which attempts are found again, how far that is, and when what was found counts.

Without an exercise: every answer to a text whose key is another one now than it was found with. With one: every answer
to it that still fits, whatever text it answered. What a grader said is never found again, nor what was handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, insert, literal, or_, select
from sqlalchemy.orm import Session

from proboost import auth, clock, jobs
from proboost.auth import Viewer
from proboost.courses import service as courses
from proboost.errors import Conflict, NotFound
from proboost.i18n import _
from proboost.models import Attempt, Change, Finding, Refinding, Regrade, Release
from proboost.progress import material
from proboost.progress.material import Place, Task
from proboost.regrading import changes

KIND = "regrade"
RUNNING = ("finding", "applying")
AGAIN = (Attempt.state.in_(("judged", "error")), Attempt.submission.is_(None))  # what may be found again


class NoSuchRegrade(NotFound):
    code = "no-such-regrade"


class NotReady(Conflict):
    """Attempts are still being found."""

    code = "not-ready"


class Outdated(Conflict):
    """Another release came between: its keys judge now."""

    code = "other-release"


@dataclass(frozen=True)
class Counts:
    """Attempts of a regrade: all, those found, those whose answer no longer fits, those whose check broke."""

    total: int
    found: int
    unfit: int
    broken: int

    @property
    def done(self) -> int:
        return self.found + self.unfit + self.broken


def start(session: Session, course_id: str, place: Place | None = None, *, by: str | None = None) -> Regrade:
    """Begins to find attempts again; the present one while one of the same course and exercise still runs: its step is
    tried anew, should it have failed too often.

    Raises NoSuchCourse, NoSuchExercise.
    """
    release = courses.newest(session, course_id)
    if release is None:
        raise courses.NoSuchCourse(_("There is no published course “{id}”.").format(id=course_id[:80]))
    changed = {} if place else waiting(session, course_id)
    tasks = [material.task(release, place)] if place else [one for one in _tasks(release) if one.place in changed]
    lesson, exercise = (place.lesson, place.exercise) if place else ("", "")
    present = session.scalar(
        select(Regrade)
        .where(Regrade.course_id == course_id, Regrade.lesson == lesson, Regrade.exercise == exercise)
        .where(Regrade.state.in_(RUNNING))
        .limit(1)
    )
    if present is not None:
        jobs.again(session, _key(present))
        return present
    regrade = Regrade(course_id=course_id, lesson=lesson, exercise=exercise, release=release.number, created_by=by)
    session.add(regrade)
    session.flush()
    for task in tasks:
        chosen = select(literal(regrade.id), Attempt.id, literal("open")).where(*_again(task, named=place is not None))
        columns = ["regrade_id", "attempt_id", "state"]
        session.execute(insert(Refinding).from_select(columns, chosen.order_by(Attempt.id)))
    regrade.total = counts(session, regrade).total
    session.flush()
    go_on(session, regrade)
    return regrade


def apply(session: Session, regrade: Regrade, *, by: str | None = None) -> Regrade:
    """What was found counts from now on; applying twice is applying once. Raises NotReady, Outdated."""
    session.refresh(regrade, with_for_update=True)
    if regrade.state in ("applying", "applied"):
        jobs.again(session, _key(regrade))
        return regrade
    if regrade.state != "ready":
        raise NotReady(_("Attempts are still being found again; look at what changes first."))
    release = courses.newest(session, regrade.course_id)
    if release is None or release.number != regrade.release:
        raise Outdated(_("Another release was published since, so its keys may be others. Find the answers again."))
    regrade.changes = [change.json() for change in changes.of(session, regrade)]
    regrade.state, regrade.applied_by = "applying", by
    session.add(Change(user_id=by, what="regrade.applied", subject=regrade.course_id))
    session.flush()
    go_on(session, regrade)
    return regrade


def go_on(session: Session, regrade: Regrade) -> None:
    """Writes the next step's job, in this transaction."""
    regrade.step += 1
    jobs.enqueue(session, KIND, {"regrade": regrade.id}, key=_key(regrade))


def _key(regrade: Regrade) -> str:
    """Of its newest step's job."""
    return f"regrade:{regrade.id}:{regrade.step}"


def find(session: Session, regrade_id: str, viewer: Viewer | None = None) -> Regrade:
    """`viewer` None: the operator. To others than the course's graders and authors it is not there."""
    regrade = session.get(Regrade, regrade_id)
    if regrade is None or (viewer is not None and not may(session, viewer, regrade.course_id)):
        raise NoSuchRegrade(_("There is no such regrade."))
    return regrade


def may(session: Session, viewer: Viewer, course_id: str) -> bool:
    """Graders and authors of the course, and administrators."""
    return viewer.is_admin or bool(auth.roles_in(session, viewer, course_id) & {"grader", "author"})


def of_course(session: Session, course_id: str, *, most: int = 20) -> list[Regrade]:
    """The newest first."""
    rows = select(Regrade).where(Regrade.course_id == course_id).order_by(Regrade.created_at.desc()).limit(most)
    return list(session.scalars(rows))


def counts(session: Session, regrade: Regrade) -> Counts:
    rows = session.execute(
        select(Refinding.state, func.count()).where(Refinding.regrade_id == regrade.id).group_by(Refinding.state)
    )
    by = {state: number for state, number in rows}  # noqa: C416 -- rows are no pairs to mypy
    found = by.get("found", 0) + by.get("applied", 0)
    return Counts(sum(by.values()), found, by.get("unfit", 0), by.get("broken", 0))


def waiting(session: Session, course_id: str) -> dict[Place, int]:
    """Exercise -> how many answers to its present text were found with another key than it has now."""
    release = courses.newest(session, course_id)
    newest = (
        select(Finding.attempt_id, func.max(Finding.id).label("finding"))
        .join(Attempt, Attempt.id == Finding.attempt_id)
        .where(Attempt.course_id == course_id, Finding.state != "error")
        .group_by(Finding.attempt_id)
        .subquery()
    )
    columns = (Attempt.lesson, Attempt.exercise, Attempt.public_hash, Finding.key_hash)
    rows = session.execute(
        select(*columns, func.count())
        .outerjoin(newest, newest.c.attempt_id == Attempt.id)
        .outerjoin(Finding, Finding.id == newest.c.finding)
        .where(Attempt.course_id == course_id, *AGAIN, Finding.by_user_id.is_(None))
        .group_by(*columns)
    ).all()
    tasks = {task.place: task for task in _tasks(release)} if release else {}
    counted: dict[Place, int] = {}
    for lesson, exercise, public_hash, key_hash, count in rows:
        task = tasks.get(Place(course_id, lesson, exercise))
        if task is not None and public_hash == task.public_hash and key_hash != task.key_hash:
            counted[task.place] = counted.get(task.place, 0) + count
    return {place: counted[place] for place in tasks if place in counted}


def _tasks(release: Release) -> list[Task]:
    return [task for lesson in material.lessons(release) for task in lesson.tasks]


def _again(task: Task, *, named: bool):  # type: ignore[no-untyped-def]  # conditions of SQLAlchemy have no short name
    newest = (
        select(Finding.id)
        .where(Finding.attempt_id == Attempt.id, Finding.state != "error")
        .order_by(Finding.id.desc())
        .limit(1)
        .correlate(Attempt)
        .scalar_subquery()
    )
    key = select(Finding.key_hash).where(Finding.id == newest).correlate(Attempt).scalar_subquery()
    grader = select(Finding.by_user_id).where(Finding.id == newest).correlate(Attempt).scalar_subquery()
    place = task.place
    here = (
        Attempt.course_id == place.course,
        Attempt.lesson == place.lesson,
        Attempt.exercise == place.exercise,
        *AGAIN,
        grader.is_(None),
    )
    if named:
        return here
    return (*here, Attempt.public_hash == task.public_hash, or_(key.is_(None), key != task.key_hash))


def settled(session: Session, regrade: Regrade) -> None:
    """Says that the step's work is done: attempts are all found, or all of what was found counts."""
    if regrade.state == "finding":
        regrade.state = "ready"
    elif regrade.state == "applying":
        regrade.state, regrade.applied_at = "applied", clock.now()
    session.flush()
