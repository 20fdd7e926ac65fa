"""Drafts and opened hints: what a learner left on the page, there again after a reload and in the other surface."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from proboost import clock
from proboost.auth import Viewer
from proboost.courses import service as courses
from proboost.models import Draft, Enrolment, HintOpening
from proboost.models.base import Json
from proboost.progress import material
from proboost.progress.bounds import storable
from proboost.progress.material import Place
from proboost.progress.service import enrolment_of, one_at_a_time

KEPT = 50  # drafts of one exercise that no later one of their own page has replaced


@dataclass(frozen=True)
class Drafts:
    """The newest, and the newest of another page that says something else."""

    newest: Draft | None = None
    older: Draft | None = None


def save(session: Session, viewer: Viewer, place: Place, response: Json, *, base: int) -> Drafts:
    """Keeps what was typed. `base` is the revision that the page had: the new draft replaces that one; one that another
    page saved meanwhile stays beside it. The same text again is the present revision. A draft never counts, so it is
    taken at any time, after the lesson is due too. Raises LessonClosed while the lesson is not open to the viewer.
    """
    storable(response)
    one_at_a_time(session, viewer.user_id)
    enrolment = enrolment_of(session, viewer.user_id, place.course)
    _known(session, enrolment, place)
    kept = _all(session, enrolment.id, place)
    newest = kept[0] if kept else None
    if newest is not None and newest.response == response:
        return _shown(kept)
    row = Draft(
        enrolment_id=enrolment.id,
        lesson=place.lesson,
        exercise=place.exercise,
        revision=newest.revision + 1 if newest else 1,
        base=base,
        response=response,
        saved_at=clock.now(),
    )
    session.add(row)
    gone = [draft for draft in kept if draft.revision == base] + kept[KEPT:]
    if gone:
        session.execute(delete(Draft).where(Draft.id.in_([draft.id for draft in gone])))
    session.flush()
    return _shown([row, *(draft for draft in kept if draft not in gone)])


def of_lesson(session: Session, enrolment_id: str, lesson: str) -> dict[str, Drafts]:
    """exercise -> its drafts."""
    rows = session.scalars(
        select(Draft)
        .where(Draft.enrolment_id == enrolment_id, Draft.lesson == lesson)
        .order_by(Draft.exercise, Draft.revision.desc())
    )
    grouped: dict[str, list[Draft]] = {}
    for row in rows:
        grouped.setdefault(row.exercise, []).append(row)
    return {exercise: _shown(kept) for exercise, kept in grouped.items()}


def open_hints(session: Session, viewer: Viewer, place: Place, opened: int) -> int:
    """How many hints are open now: they do not close again, and there are only as many as the exercise has.

    Raises LessonClosed.
    """
    one_at_a_time(session, viewer.user_id)
    enrolment = enrolment_of(session, viewer.user_id, place.course)
    most = _known(session, enrolment, place).hints
    key = (enrolment.id, place.lesson, place.exercise)
    row = session.get(HintOpening, key)
    if row is None:
        row = HintOpening(enrolment_id=enrolment.id, lesson=place.lesson, exercise=place.exercise, opened=0)
        session.add(row)
    if min(opened, most) > row.opened:
        row.opened, row.updated_at = min(opened, most), clock.now()
    session.flush()
    return row.opened


def hints_of_lesson(session: Session, enrolment_id: str, lesson: str) -> dict[str, int]:
    """exercise -> how many of its hints are open."""
    rows = session.execute(
        select(HintOpening.exercise, HintOpening.opened).where(
            HintOpening.enrolment_id == enrolment_id, HintOpening.lesson == lesson
        )
    )
    return dict(rows.all())


def written(draft: Draft | None) -> Json | None:
    """As the API says it."""
    if draft is None:
        return None
    return {"response": draft.response, "revision": draft.revision, "saved_at": draft.saved_at.isoformat()}


def _known(session: Session, enrolment: Enrolment, place: Place) -> material.Task:
    """The exercise. Of a course that is withdrawn too: what its learners have open they may still type in."""
    task = material.find_task(session, place)
    if task is None:
        raise material.NoSuchExercise
    release = courses.current(session, place.course)
    if release is not None:
        opening = courses.opening(session, enrolment, release, place.lesson)
        if not opening.open:
            raise courses.LessonClosed(opening.why or "")
    return task


def _all(session: Session, enrolment_id: str, place: Place) -> list[Draft]:
    return list(
        session.scalars(
            select(Draft)
            .where(Draft.enrolment_id == enrolment_id, Draft.lesson == place.lesson, Draft.exercise == place.exercise)
            .order_by(Draft.revision.desc())
        )
    )


def _shown(kept: list[Draft]) -> Drafts:
    newest = kept[0]
    return Drafts(newest, next((draft for draft in kept[1:] if draft.response != newest.response), None))
