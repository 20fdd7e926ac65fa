"""Pages on which authors see what a proposed release changes and confirm or refuse it, and a course's releases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from proboost.courses import candidates, history
from proboost.web import page
from proboost.web.deps import Conf, Db, PageViewer, Store

router = APIRouter(include_in_schema=False)
NOTES = 4000  # characters


@router.get("/candidates")
def waiting(request: Request, db: Db, viewer: PageViewer) -> Response:
    with db.read() as session:
        found = candidates.waiting(session, viewer)
        return page(request, "courses/candidates.html", viewer, candidates=found)


@router.get("/candidates/{candidate_id}")
def candidate(request: Request, db: Db, blobs: Store, viewer: PageViewer, candidate_id: str) -> Response:
    with db.read() as session:
        shown = candidates.show(session, blobs, viewer, candidate_id)
        return page(request, "courses/candidate.html", viewer, shown=shown, candidate=shown.candidate)


@router.post("/candidates/{candidate_id}/confirm")
def confirm(
    db: Db, blobs: Store, conf: Conf, viewer: PageViewer, candidate_id: str, notes: Annotated[str, Form()] = ""
) -> Response:
    with db.read() as session:
        stored = candidates.built(blobs, candidates.find(session, viewer, candidate_id))
    with db.transaction() as session:
        candidates.confirm(session, viewer, candidate_id, stored, notes.strip()[:NOTES])
    return RedirectResponse(f"{conf.prefix}/candidates/{candidate_id}", status_code=303)


@router.post("/candidates/{candidate_id}/refuse")
def refuse(db: Db, conf: Conf, viewer: PageViewer, candidate_id: str) -> Response:
    with db.transaction() as session:
        candidates.refuse(session, viewer, candidate_id)
    return RedirectResponse(f"{conf.prefix}/candidates/{candidate_id}", status_code=303)


@router.get("/releases/{course}")
def releases(request: Request, db: Db, viewer: PageViewer, course: str) -> Response:
    """Every release with its notes and what it changed, the newest first."""
    with db.read() as session:
        return page(request, "courses/releases.html", viewer, history=history.of(session, viewer, course))


@router.post("/releases/{course}/withdraw")
def withdraw(db: Db, conf: Conf, viewer: PageViewer, course: str, release: Annotated[int, Form()]) -> Response:
    """Takes that release from learners; asked twice it is taken once."""
    with db.transaction() as session:
        history.withdraw(session, viewer, course, release)
    return RedirectResponse(f"{conf.prefix}/releases/{course}", status_code=303)
