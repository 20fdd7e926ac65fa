"""Tables: requests for help and what was said in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from proboost.clock import now
from proboost.models.base import Base, Json, Serial

KINDS = ("setup", "problem", "consultation", "proposal")


class Ticket(Base):
    """A request. Its number is what people say on the phone."""

    __tablename__ = "tickets"
    __table_args__ = (UniqueConstraint("user_id", "client_id", name="uq_tickets_user_client"),)

    number: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    client_id: Mapped[str]
    digest: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str]  # one of KINDS
    text: Mapped[str]
    attached: Mapped[Json] = mapped_column(default=dict)  # only what the learner was shown and agreed to
    language: Mapped[str] = mapped_column(default="en")
    state: Mapped[str] = mapped_column(default="open", index=True)  # open, answered, closed
    resolution: Mapped[str] = mapped_column(default="")  # update, work, advice
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    messages: Mapped[list[TicketMessage]] = relationship(order_by="TicketMessage.id")


class TicketMessage(Base):
    """One message of the thread; an internal note is never shown to the learner."""

    __tablename__ = "ticket_messages"
    __table_args__ = (UniqueConstraint("user_id", "client_id", name="uq_ticket_messages_user_client"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number"), index=True)
    client_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    by_support: Mapped[bool] = mapped_column(default=False)
    via: Mapped[str] = mapped_column(default="page")  # page, mail, phone
    internal: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
