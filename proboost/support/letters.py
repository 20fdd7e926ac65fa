"""The letters of a request: what goes to the learner and to the support mailbox, in one thread each."""

from __future__ import annotations

import hmac
from hashlib import sha256

from sqlalchemy.orm import Session

from proboost import clock
from proboost.i18n import using
from proboost.mail.address import domain
from proboost.mail.letter import Letter, one_line, render
from proboost.mail.relay import post
from proboost.models import Ticket, TicketMessage, User
from proboost.settings import Settings
from proboost.support.words import KINDS, word


def url(settings: Settings, ticket: Ticket) -> str:
    """The learner's page of the request."""
    return f"{settings.public_url}/tickets/{ticket.number}"


def desk_url(settings: Settings, ticket: Ticket) -> str:
    """The specialist's page of the request."""
    return f"{settings.public_url}/support/{ticket.number}"


def message_id(settings: Settings, ticket: Ticket, part: str) -> str:
    """A Message-ID that only we can make, so that a reply to it is known to belong to this request."""
    said = f"t{ticket.number}.{part}"
    mark = hmac.new(settings.secret("hmac_key").encode(), said.encode(), sha256).hexdigest()[:24]
    return f"<{said}.{mark}@{domain(settings.mail_from)}>"


def received(session: Session, settings: Settings, ticket: Ticket, user: User) -> None:
    """The acknowledgement to the learner, who may have no address, and the notice to the support mailbox."""
    if user.email:
        subject, text = render(
            "acknowledgement",
            ticket.language,
            number=ticket.number,
            name=user.shown_name,
            url=url(settings, ticket),
            text=ticket.text,
            phone=settings.support_phone,
        )
        _post(session, settings, ticket, user, "ack", subject, text)
    _notice(session, settings, ticket, user, ticket.text, "notice", first=True)


def written_again(session: Session, settings: Settings, ticket: Ticket, user: User, message: TicketMessage) -> None:
    _notice(session, settings, ticket, user, message.text, f"n{message.id}", first=False)


def answered(
    session: Session, settings: Settings, ticket: Ticket, user: User, message: TicketMessage, specialist: str
) -> None:
    if user.email:
        subject, text = render(
            "answer",
            ticket.language,
            number=ticket.number,
            text=message.text,
            specialist=specialist,
            question=ticket.text,
            url=url(settings, ticket),
        )
        _post(session, settings, ticket, user, f"m{message.id}", subject, text, automatic=False)


def closed(session: Session, settings: Settings, ticket: Ticket, user: User) -> None:
    if user.email:
        subject, text = render(
            "closed",
            ticket.language,
            number=ticket.number,
            name=user.shown_name,
            resolution=ticket.resolution,
            url=url(settings, ticket),
        )
        _post(session, settings, ticket, user, f"c{int(clock.now().timestamp())}", subject, text)


def _post(
    session: Session,
    settings: Settings,
    ticket: Ticket,
    user: User,
    part: str,
    subject: str,
    text: str,
    *,
    automatic: bool = True,
) -> None:
    letter = Letter(
        to=user.email,
        to_name=user.shown_name,
        subject=subject,
        text=text,
        message_id=message_id(settings, ticket, part),
        at=clock.now().isoformat(timespec="seconds"),
        thread=() if part == "ack" else (message_id(settings, ticket, "ack"),),
        automatic=automatic,
        language=ticket.language,
        links=settings.public_url,
    )
    post(session, letter, key=f"ticket:{ticket.number}:{part}")


def _notice(
    session: Session, settings: Settings, ticket: Ticket, user: User, text: str, part: str, *, first: bool
) -> None:
    if not settings.support_email:
        return
    with using(ticket.language):
        kind = word(KINDS, ticket.kind)
    subject, body = render(
        "notice",
        ticket.language,
        first=first,
        number=ticket.number,
        kind=kind,
        beginning=one_line(ticket.text, 60),
        name=user.shown_name,
        login=user.name,
        text=text,
        url=desk_url(settings, ticket),
    )
    letter = Letter(
        to=settings.support_email,
        to_name="",
        subject=subject,
        text=body,
        message_id=message_id(settings, ticket, part),
        at=clock.now().isoformat(timespec="seconds"),
        thread=() if first else (message_id(settings, ticket, "notice"),),
        language=ticket.language,
        links=settings.public_url,
    )
    post(session, letter, key=f"ticket:{ticket.number}:{part}")
