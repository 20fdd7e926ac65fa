"""The API of support: my requests and what was answered. Specialists work on our pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from proboost.models import Ticket
from proboost.settings import Settings
from proboost.support import service
from proboost.support.letters import url
from proboost.web.deps import Conf, CurrentViewer, Db

router = APIRouter(tags=["support"])

Number = Annotated[int, Path(ge=1, le=2**53)]
Words = Annotated[str, Field(max_length=service.LONGEST + 1000)]
Kind = Literal["setup", "problem", "consultation", "proposal"]
State = Literal["open", "answered", "closed"]
Short = Annotated[str, Field(max_length=300)]


class Attached(BaseModel):
    """What the learner was shown and agreed to send; nothing else is taken."""

    model_config = ConfigDict(extra="forbid")

    course: Short | None = None
    lesson: Short | None = None
    exercise: Short | None = None
    error: Annotated[str, Field(max_length=8000)] | None = None
    versions: Annotated[dict[Short, Short], Field(max_length=20)] | None = None


class NewTicket(BaseModel):
    id: UUID
    kind: Kind
    text: Words
    attached: Attached = Attached()


class NewMessage(BaseModel):
    id: UUID
    text: Words


class Receipt(BaseModel):
    number: int
    state: State
    created_at: datetime
    url: str


class Message(BaseModel):
    """`from`: you, or support; of support also who it is."""

    sender: Literal["you", "support"] = Field(alias="from")
    name: str
    text: str
    at: datetime


class Request(BaseModel):
    number: int
    kind: Kind
    text: str
    state: State
    created_at: datetime
    url: str
    messages: list[Message]


class Requests(BaseModel):
    tickets: list[Request]


@router.post("/tickets")
def open_ticket(db: Db, viewer: CurrentViewer, conf: Conf, body: NewTicket) -> Receipt:
    """A request for help. The same id again gives the same request."""
    attached = body.attached.model_dump(exclude_none=True)
    with db.transaction() as session:
        ticket = service.open_ticket(
            session, viewer, conf, client_id=str(body.id), kind=body.kind, text=body.text, attached=attached
        )
        return Receipt(number=ticket.number, state=ticket.state, created_at=ticket.created_at, url=url(conf, ticket))  # type: ignore[arg-type]  # the column holds the states that Receipt names


@router.get("/tickets")
def tickets(db: Db, viewer: CurrentViewer, conf: Conf) -> Requests:
    """My requests with their answers, the last touched first."""
    with db.read() as session:
        return Requests(tickets=[_request(session, conf, ticket) for ticket in service.all_mine(session, viewer)])


@router.post("/tickets/{number}/messages")
def write(db: Db, viewer: CurrentViewer, conf: Conf, number: Number, body: NewMessage) -> Request:
    """Adds to my request; gives it as it is now."""
    with db.transaction() as session:
        service.write(session, viewer, conf, number=number, client_id=str(body.id), text=body.text)
        return _request(session, conf, service.mine(session, viewer, number))


def _request(session: Session, conf: Settings, ticket: Ticket) -> Request:
    said = service.thread(session, ticket)
    messages = [
        Message.model_validate(
            {"from": "support" if m.by_support else "you", "name": m.name, "text": m.text, "at": m.at}
        )
        for m in said
    ]
    return Request(
        number=ticket.number,
        kind=ticket.kind,  # type: ignore[arg-type]  # the columns hold what the models name
        text=ticket.text,
        state=ticket.state,  # type: ignore[arg-type]
        created_at=ticket.created_at,
        url=url(conf, ticket),
        messages=messages,
    )
