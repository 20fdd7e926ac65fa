"""Tables: the outbox, where what is to happen outside is written by who decides it; whose turn it is; who may help."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from proboost.clock import now
from proboost.models.base import Base, Json, Serial


class Outbox(Base):
    """One effect: a finding to be found, a mail to be sent. `key` makes it one, however often it is asked for."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_open", "kind", "state", "next_at"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    course_id: Mapped[str] = mapped_column(default="")  # courses take turns,
    learner: Mapped[str] = mapped_column(default="")  # and so do the learners of a course
    payload: Mapped[Json]
    state: Mapped[str] = mapped_column(default="open")  # open, leased, done, aside
    worker: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=now)  # not before; of a leased one: when its lease ends
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]


class Turn(Base):
    """When a course (`learner` empty), or a learner in it, last had a job claimed: who waited longest is next."""

    __tablename__ = "turns"

    course_id: Mapped[str] = mapped_column(primary_key=True)
    learner: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class RemoteWorker(Base):
    """A worker on another machine. Of its token only the SHA-256 is kept."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime | None]
