"""Pages on which graders and authors find a course's answers again, see whose points would change, and apply it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from proboost.auth import Viewer
from proboost.courses import service as courses
from proboost.i18n import _
from proboost.models import Regrade, Release
from proboost.progress import material
from proboost.regrading import changes, service
from proboost.regrading.changes import Change
from proboost.regrading.routes import place_of
from proboost.web import page
from proboost.web.deps import Db, PageViewer
from proboost.web.page import back

router = APIRouter(include_in_schema=False)
MOST = 500  # learners that a page names


@router.get("/regrades/{course}")
def of_course(request: Request, db: Db, viewer: PageViewer, course: str) -> Response:
    """What waits to be found again, and the regrades so far."""
    with db.read() as session:
        release = _release(session, viewer, course)
        tasks = {task.place: task for lesson in material.lessons(release) for task in lesson.tasks}
        waiting = [(tasks[place], count) for place, count in service.waiting(session, course).items()]
        return page(
            request,
            "regrading/course.html",
            viewer,
            release=release,
            waiting=waiting,
            tasks=list(tasks.values()),
            regrades=service.of_course(session, course),
            state_word=state_word,
        )


@router.post("/regrades/{course}")
def start(db: Db, viewer: PageViewer, course: str, exercise: Annotated[str, Form()] = "") -> Response:
    with db.transaction() as session:
        _release(session, viewer, course)
        place = place_of(course, exercise) if exercise else None
        regrade = service.start(session, course, place, by=viewer.user_id)
        return back(f"/regrades/{course}/{regrade.id}")


@router.get("/regrades/{course}/{regrade_id}")
def one(request: Request, db: Db, viewer: PageViewer, course: str, regrade_id: str) -> Response:
    """How far it is; then whose points change."""
    with db.read() as session:
        release = _release(session, viewer, course)
        regrade = _of(session, viewer, course, regrade_id)
        rows: list[Change] = []
        if regrade.state == "ready":
            rows = changes.of(session, regrade)
        elif regrade.changes is not None:
            rows = [Change(**row) for row in regrade.changes]
        return page(
            request,
            "regrading/regrade.html",
            viewer,
            release=release,
            regrade=regrade,
            counts=service.counts(session, regrade),
            rows=rows[:MOST],
            count=len(rows),
            up=sum(row.by > 0 for row in rows),
            down=sum(row.by < 0 for row in rows),
            outdated=release.number != regrade.release,
            running=regrade.state in service.RUNNING,
            state_word=state_word,
        )


@router.post("/regrades/{course}/{regrade_id}/apply")
def apply(db: Db, viewer: PageViewer, course: str, regrade_id: str) -> Response:
    with db.transaction() as session:
        service.apply(session, _of(session, viewer, course, regrade_id), by=viewer.user_id)
    return back(f"/regrades/{course}/{regrade_id}")


def state_word(state: str) -> str:
    return {
        "finding": _("answers are being found again"),
        "ready": _("waits for your word"),
        "applying": _("is being applied"),
        "applied": _("applied"),
    }.get(state, state)


def _release(session: Session, viewer: Viewer, course: str) -> Release:
    """The newest release. Raises NoSuchRegrade: what one may not see is not there."""
    release = courses.newest(session, course)
    if release is None or not service.may(session, viewer, course):
        raise service.NoSuchRegrade(_("There is no such course, or you do not grade in it."))
    return release


def _of(session: Session, viewer: Viewer, course: str, regrade_id: str) -> Regrade:
    regrade = service.find(session, regrade_id, viewer)
    if regrade.course_id != course:
        raise service.NoSuchRegrade(_("There is no such regrade."))
    return regrade
