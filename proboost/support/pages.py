"""Pages of support: my requests for everybody; the queue and each request's desk for specialists."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response

from proboost.auth import Viewer, require_support
from proboost.db import Database
from proboost.errors import BadInput
from proboost.i18n import _
from proboost.models import User
from proboost.support import service, words
from proboost.web import addresses, back, page
from proboost.web.deps import Conf, Db, PageViewer

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=1, le=2**53)]
Word = Annotated[str, Form(max_length=254)]
Text = Annotated[str, Form(max_length=4 * service.LONGEST)]
Id = Annotated[UUID, Form(alias="id")]


def _vocabulary() -> dict[str, Any]:
    """What templates call kinds, states and resolutions."""
    return {
        "kinds": words.KINDS,
        "states": words.STATES,
        "resolutions": words.RESOLUTIONS,
        "kind_word": partial(words.word, words.KINDS),
        "kind_about": partial(words.word, words.ABOUT),
        "state_word": partial(words.word, words.STATES),
        "resolution_word": partial(words.word, words.RESOLUTIONS),
    }


# ---- everybody's own requests ----


@router.get("/tickets")
def mine(request: Request, db: Db, viewer: PageViewer) -> Response:
    with db.read() as session:
        tickets = service.all_mine(session, viewer)
    return page(request, "support/mine.html", viewer, here="tickets", tickets=tickets, **_vocabulary())


@router.get("/tickets/new")
def new(request: Request, viewer: PageViewer) -> Response:
    return _new(request, viewer, uuid4(), "", "")


def _new(
    request: Request, viewer: Viewer, client_id: UUID, kind: str, text: str, problem: str = "", status: int = 200
) -> Response:
    context: dict[str, Any] = {"id": client_id, "kind": kind, "text": text, "problem": problem} | _vocabulary()
    return page(request, "support/new.html", viewer, status=status, here="tickets", longest=service.LONGEST, **context)


@router.post("/tickets/new")
def open_ticket(
    request: Request, db: Db, viewer: PageViewer, conf: Conf, client_id: Id, kind: Word = "", text: Text = ""
) -> Response:
    try:
        with db.transaction() as session:
            ticket = service.open_ticket(
                session, viewer, conf, client_id=str(client_id), kind=kind, text=text, attached={}
            )
    except BadInput as problem:
        return _new(request, viewer, client_id, kind, text, problem.message, problem.status)
    return back(f"/tickets/{ticket.number}", done="sent")


@router.get("/tickets/{number}")
def one(request: Request, db: Db, viewer: PageViewer, number: Number, done: str = "") -> Response:
    return _one(request, db, viewer, number, uuid4(), done=done)


def _one(
    request: Request,
    db: Database,
    viewer: Viewer,
    number: int,
    client_id: UUID,
    *,
    text: str = "",
    problem: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    with db.read() as session:
        ticket = service.mine(session, viewer, number)
        messages = service.thread(session, ticket)
    context: dict[str, Any] = {"ticket": ticket, "messages": messages, "id": client_id, "text": text} | _vocabulary()
    return page(
        request, "support/ticket.html", viewer, status=status, here="tickets", problem=problem, done=done, **context
    )


@router.post("/tickets/{number}/messages")
def write(
    request: Request, db: Db, viewer: PageViewer, conf: Conf, number: Number, client_id: Id, text: Text = ""
) -> Response:
    try:
        with db.transaction() as session:
            service.write(session, viewer, conf, number=number, client_id=str(client_id), text=text)
    except BadInput as problem:
        return _one(request, db, viewer, number, client_id, text=text, problem=problem.message, status=problem.status)
    return back(f"/tickets/{number}", done="written")


# ---- the specialists' desk ----


@router.get("/support")
def queue(
    request: Request,
    db: Db,
    viewer: PageViewer,
    q: Annotated[str, Query(max_length=200)] = "",
    kind: str = "",
    state: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    with db.read() as session:
        found = service.queue(session, viewer, kind=kind, state=state, search=q, page=number)
    context: dict[str, Any] = {"found": found, "q": q, "kind": kind, "state": state}
    context["address"] = addresses(q=q, kind=kind, state=state)
    return page(request, "support/queue.html", viewer, here="support", **context | _vocabulary())


@router.get("/support/{number}")
def desk(request: Request, db: Db, viewer: PageViewer, number: Number, done: str = "") -> Response:
    return _desk(request, db, viewer, number, uuid4(), done=done)


def _desk(
    request: Request,
    db: Database,
    viewer: Viewer,
    number: int,
    client_id: UUID,
    *,
    text: str = "",
    problem: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    with db.read() as session:
        ticket = service.any_ticket(session, viewer, number)
        messages = service.thread(session, ticket, internal=True)
        learner = session.get_one(User, ticket.user_id)
        not_mailed = service.not_mailed(session, viewer, ticket)
    last = messages[-1].id if messages else 0
    context: dict[str, Any] = {
        "ticket": ticket,
        "messages": messages,
        "learner": learner,
        "not_mailed": not_mailed,
        "last": last,
        "id": client_id,
        "text": text,
        "problem": problem,
        "done": done,
    }
    return page(request, "support/desk.html", viewer, status=status, here="support", **context | _vocabulary())


@router.post("/support/{number}/messages")
def answer(
    request: Request,
    db: Db,
    viewer: PageViewer,
    conf: Conf,
    number: Number,
    client_id: Id,
    text: Text = "",
    how: Word = "answer",
    seen: Annotated[int, Form()] = 0,
) -> Response:
    """An answer, a note or a call; when somebody wrote meanwhile, the text is shown again with what they wrote."""
    require_support(viewer)
    try:
        with db.transaction() as session:
            service.any_ticket(session, viewer, number, lock=True)  # nobody writes between the look and the answer
            news = service.written_since(session, viewer, number=number, seen=seen, client_id=str(client_id))
            if not news:
                service.answer(
                    session,
                    viewer,
                    conf,
                    number=number,
                    client_id=str(client_id),
                    text=text,
                    internal=how == "note",
                    phone=how == "call",
                )
    except BadInput as problem_:
        return _desk(
            request, db, viewer, number, client_id, text=text, problem=problem_.message, status=problem_.status
        )
    if news:
        problem = _("There is a new message in this request. Read it; your text is kept below and was not sent yet.")
        return _desk(request, db, viewer, number, client_id, text=text, problem=problem, status=409)
    return back(f"/support/{number}", done={"note": "noted", "call": "logged"}.get(how, "answered"))


@router.post("/support/{number}/state")
def set_state(
    request: Request,
    db: Db,
    viewer: PageViewer,
    conf: Conf,
    number: Number,
    state: Word,
    resolution: Word = "",
) -> Response:
    try:
        with db.transaction() as session:
            service.set_state(session, viewer, conf, number=number, state=state, resolution=resolution)
    except BadInput as problem:
        return _desk(request, db, viewer, number, uuid4(), problem=problem.message, status=problem.status)
    return back(f"/support/{number}", done="state")
