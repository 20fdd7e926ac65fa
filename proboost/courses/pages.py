"""The page on which an author sees what a proposed release changes, and confirms or refuses it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from proboost.courses import candidates
from proboost.web import page
from proboost.web.deps import Conf, Db, PageViewer, Store

router = APIRouter(include_in_schema=False)


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
def confirm(db: Db, blobs: Store, conf: Conf, viewer: PageViewer, candidate_id: str) -> Response:
    with db.read() as session:
        stored = candidates.built(blobs, candidates.find(session, viewer, candidate_id))
    with db.transaction() as session:
        candidates.confirm(session, viewer, candidate_id, stored)
    return RedirectResponse(f"{conf.prefix}/candidates/{candidate_id}", status_code=303)


@router.post("/candidates/{candidate_id}/refuse")
def refuse(db: Db, conf: Conf, viewer: PageViewer, candidate_id: str) -> Response:
    with db.transaction() as session:
        candidates.refuse(session, viewer, candidate_id)
    return RedirectResponse(f"{conf.prefix}/candidates/{candidate_id}", status_code=303)
