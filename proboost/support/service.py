"""Requests and their threads: opened by anybody, answered by specialists; letters go into the same commit."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, selectinload

from proboost import clock
from proboost.auth import Viewer, require_support
from proboost.errors import BadInput, Conflict, NotFound, TooMany
from proboost.i18n import _, language
from proboost.mail.letter import whole
from proboost.models import Outbox, Ticket, TicketMessage, User
from proboost.models.support import KINDS
from proboost.people.service import contains
from proboost.settings import Settings
from proboost.support import letters
from proboost.support.words import RESOLUTIONS, STATES

LONGEST = 10_000  # characters of one message
LARGEST = 32 * 1024  # bytes of what is attached, as JSON
AN_HOUR = timedelta(hours=1)
MOST_TICKETS = 20  # an hour and person
MOST_MESSAGES = 60
PAGE = 50


class NoSuchTicket(NotFound):
    code = "no-such-ticket"


class OtherBody(Conflict):
    code = "other-body"


class Empty(BadInput):
    code = "empty"


class TooLong(BadInput):
    code = "too-long"


def open_ticket(
    session: Session,
    viewer: Viewer,
    settings: Settings,
    *,
    client_id: str,
    kind: str,
    text: str,
    attached: dict[str, Any],
) -> Ticket:
    """A new request, with its number; the same `client_id` again is the same request, with another body OtherBody."""
    if kind not in KINDS:
        raise BadInput(_("Choose what kind of request it is."))
    text, attached = _text(text), _clean(attached)
    body = json.dumps([kind, text, attached], ensure_ascii=False, sort_keys=True).encode()
    if len(body) > LARGEST + 4 * LONGEST or len(json.dumps(attached, ensure_ascii=False).encode()) > LARGEST:
        raise TooLong(_("What is attached is too large. Send it without the error's text."))
    digest = hashlib.sha256(body).hexdigest()
    user = _lock(session, viewer)
    present = session.scalar(select(Ticket).where(Ticket.user_id == user.id, Ticket.client_id == client_id))
    if present is not None:
        if present.digest != digest:
            raise OtherBody(_("This request was sent before with other words. Reload the page and write a new one."))
        return present
    recent = select(func.count()).where(Ticket.user_id == user.id, Ticket.created_at > clock.now() - AN_HOUR)
    if (session.scalar(recent) or 0) >= MOST_TICKETS:
        raise TooMany(_("You have sent many requests in the last hour. Add to one of them, or call us."))
    ticket = Ticket(
        client_id=client_id,
        digest=digest,
        user_id=user.id,
        kind=kind,
        text=text,
        attached=attached,
        language=viewer.language or language(),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(ticket)
    session.flush()
    letters.received(session, settings, ticket, user)
    return ticket


def write(
    session: Session, viewer: Viewer, settings: Settings, *, number: int, client_id: str, text: str
) -> TicketMessage:
    """The learner's own word in the thread; an answered or closed request is open again."""
    ticket = mine(session, viewer, number, lock=True)
    message, is_new = _add(session, viewer, ticket, client_id=client_id, text=text)
    if is_new:
        ticket.state, ticket.resolution = "open", ""
        letters.written_again(session, settings, ticket, session.get_one(User, viewer.user_id), message)
    return message


def answer(
    session: Session,
    viewer: Viewer,
    settings: Settings,
    *,
    number: int,
    client_id: str,
    text: str,
    internal: bool = False,
    phone: bool = False,
) -> TicketMessage:
    """A specialist's word: an answer (mailed to the learner), an internal note, or what was said on the phone."""
    require_support(viewer)
    ticket = any_ticket(session, viewer, number, lock=True)
    via = "phone" if phone else "page"
    message, is_new = _add(
        session, viewer, ticket, client_id=client_id, text=text, by_support=True, internal=internal, via=via
    )
    if is_new and not internal and not phone:
        ticket.state, ticket.resolution = "answered", ""
        learner = session.get_one(User, ticket.user_id)
        letters.answered(session, settings, ticket, learner, message, viewer.display_name)
    return message


def set_state(
    session: Session, viewer: Viewer, settings: Settings, *, number: int, state: str, resolution: str = ""
) -> None:
    """Opens, sets to answered, or closes with how it was resolved; the learner is told of a closing once."""
    require_support(viewer)
    if state not in STATES:
        raise BadInput(_("A request is open, answered or closed."))
    if state == "closed" and resolution not in RESOLUTIONS:
        raise BadInput(_("Say how it was resolved: by an update, by one-off work or by advice."))
    ticket = any_ticket(session, viewer, number, lock=True)
    wanted = (state, resolution if state == "closed" else "")
    if (ticket.state, ticket.resolution) == wanted:
        return
    tell = state == "closed" and ticket.state != "closed"
    ticket.state, ticket.resolution = wanted
    ticket.updated_at = clock.now()
    if tell:
        letters.closed(session, settings, ticket, session.get_one(User, ticket.user_id))


def _text(text: str) -> str:
    text = whole(text).strip()
    if not text:
        raise Empty(_("Write a few words: what you did, what you expected and what happened."))
    if len(text) > LONGEST:
        raise TooLong(_("The text is longer than {n} characters. Shorten it or send it in parts.").format(n=LONGEST))
    return text


def _clean(value: Any) -> Any:
    """JSON that any database can keep."""
    if isinstance(value, dict):
        return {whole(key): _clean(item) for key, item in value.items()}
    return whole(value) if isinstance(value, str) else value


def _lock(session: Session, viewer: Viewer) -> User:
    """The viewer's row, locked: of two equal requests the second finds what the first made."""
    return session.scalars(select(User).where(User.id == viewer.user_id).with_for_update()).one()


def _add(
    session: Session,
    viewer: Viewer,
    ticket: Ticket,
    *,
    client_id: str,
    text: str,
    by_support: bool = False,
    internal: bool = False,
    via: str = "page",
) -> tuple[TicketMessage, bool]:
    """The message and whether it is new. OtherBody when the id was used for other words."""
    text = _text(text)
    _lock(session, viewer)
    mine_ = (TicketMessage.user_id == viewer.user_id,)
    present = session.scalar(select(TicketMessage).where(*mine_, TicketMessage.client_id == client_id))
    if present is not None:
        if (present.ticket, present.text, present.internal, present.via) != (ticket.number, text, internal, via):
            raise OtherBody(_("This message was sent before with other words. Reload the page and write a new one."))
        return present, False
    recent = select(func.count()).where(*mine_, TicketMessage.at > clock.now() - AN_HOUR)
    if not by_support and (session.scalar(recent) or 0) >= MOST_MESSAGES:
        raise TooMany(_("You have written many messages in the last hour. Wait for an answer, or call us."))
    message = TicketMessage(
        ticket=ticket.number,
        client_id=client_id,
        user_id=viewer.user_id,
        by_support=by_support,
        internal=internal,
        via=via,
        text=text,
        at=clock.now(),
    )
    session.add(message)
    ticket.updated_at = clock.now()
    session.flush()
    return message, True


def mine(session: Session, viewer: Viewer, number: int, *, lock: bool = False) -> Ticket:
    """The viewer's own request; somebody else's does not exist. `lock`: until the transaction ends."""
    ticket = session.get(Ticket, number, with_for_update=lock or None)
    if ticket is None or ticket.user_id != viewer.user_id:
        raise NoSuchTicket(_("You have no request with the number {number}.").format(number=number))
    return ticket


def all_mine(session: Session, viewer: Viewer, limit: int = 100) -> list[Ticket]:
    """The viewer's requests with their threads, the last touched first."""
    return list(
        session.scalars(
            select(Ticket)
            .where(Ticket.user_id == viewer.user_id)
            .options(selectinload(Ticket.messages))
            .order_by(Ticket.updated_at.desc(), Ticket.number.desc())
            .limit(limit)
        )
    )


def any_ticket(session: Session, viewer: Viewer, number: int, *, lock: bool = False) -> Ticket:
    """Any request, for specialists; `lock`: until the transaction ends."""
    require_support(viewer)
    ticket = session.get(Ticket, number, with_for_update=lock or None)
    if ticket is None:
        raise NoSuchTicket(_("There is no request with the number {number}.").format(number=number))
    return ticket


@dataclass(frozen=True)
class Shown:
    """One message as it is shown: who said it, and whether they speak for support."""

    id: int
    name: str
    by_support: bool
    internal: bool
    via: str
    text: str
    at: Any


def thread(session: Session, ticket: Ticket, *, internal: bool = False) -> list[Shown]:
    """The messages after the first, the oldest first; internal notes only when asked for."""
    query = (
        select(TicketMessage, User)
        .join(User, User.id == TicketMessage.user_id)
        .where(TicketMessage.ticket == ticket.number)
        .order_by(TicketMessage.id)
    )
    if not internal:
        query = query.where(~TicketMessage.internal)
    return [
        Shown(m.id, user.shown_name, m.by_support, m.internal, m.via, m.text, m.at)
        for m, user in session.execute(query)
    ]


@dataclass(frozen=True)
class Queue:
    """One page of the specialists' queue, each request with its author, and how many wait in each state."""

    rows: list[tuple[Ticket, User]]
    counts: dict[str, int]
    total: int
    page: int
    pages: int


def queue(
    session: Session, viewer: Viewer, *, kind: str = "", state: str = "", search: str = "", page: int = 1
) -> Queue:
    """Open requests first, the longest waiting at the top; then the others, the last touched first."""
    require_support(viewer)
    base = select(Ticket, User).join(User, User.id == Ticket.user_id)
    if kind in KINDS:
        base = base.where(Ticket.kind == kind)
    number = re.fullmatch(r"\s*[#№]?\s*(\d{1,15})\s*", search)
    if number:
        base = base.where(Ticket.number == int(number[1]))
    else:
        for word in search.split()[:6]:
            said = select(TicketMessage.ticket).where(contains(TicketMessage.text, word))
            fields = (Ticket.text, User.name, User.display_name, User.email)
            base = base.where(or_(*(contains(field, word) for field in fields), Ticket.number.in_(said)))
    states = base.with_only_columns(Ticket.state, func.count()).group_by(Ticket.state)
    counts = dict.fromkeys(STATES, 0) | dict(session.execute(states).all())
    if state in STATES:
        base = base.where(Ticket.state == state)
    total = counts[state] if state in STATES else sum(counts.values())
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    first = case((Ticket.state == "open", 0), (Ticket.state == "answered", 1), else_=2)
    waiting = case((Ticket.state == "open", Ticket.updated_at), else_=None)
    rows = session.execute(
        base.order_by(first, waiting, Ticket.updated_at.desc(), Ticket.number).limit(PAGE).offset((page - 1) * PAGE)
    )
    return Queue([(ticket, user) for ticket, user in rows], counts, total, page, pages)


def written_since(session: Session, viewer: Viewer, *, number: int, seen: int, client_id: str) -> bool:
    """Whether somebody else wrote into the request after the message `seen`, and this is not a message sent again."""
    require_support(viewer)
    rows = session.execute(
        select(TicketMessage.user_id, TicketMessage.client_id).where(
            TicketMessage.ticket == number, TicketMessage.id > seen
        )
    ).all()
    again = any(row == (viewer.user_id, client_id) for row in rows)
    return not again and any(row[0] != viewer.user_id for row in rows)


def not_mailed(session: Session, viewer: Viewer, ticket: Ticket) -> list[str]:
    """Why letters to this request's learner were given up, in the mail servers' own words."""
    require_support(viewer)
    rows = session.scalars(
        select(Outbox).where(Outbox.key.startswith(f"ticket:{ticket.number}:"), Outbox.state == "aside")
    )
    learners = session.get_one(User, ticket.user_id).email
    return [row.error for row in rows if row.payload.get("to") == learners]
