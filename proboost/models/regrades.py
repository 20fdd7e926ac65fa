"""Tables: regrades, and what was found anew of each attempt before anybody said that it shall count."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proboost.clock import now
from proboost.models.base import Anything, Base, Json, Serial, new_id


class Regrade(Base):
    """Attempts of a course found once more with the keys of one release. It changes no result until it is applied."""

    __tablename__ = "regrades"
    __table_args__ = (Index("ix_regrades_course", "course_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    lesson: Mapped[str] = mapped_column(default="")  # of one exercise; empty: every exercise whose key has changed
    exercise: Mapped[str] = mapped_column(default="")
    release: Mapped[int]  # whose keys judge
    state: Mapped[str] = mapped_column(default="finding")  # finding, ready, applying, applied
    total: Mapped[int] = mapped_column(default=0)  # attempts to be found again
    step: Mapped[int] = mapped_column(default=0)  # jobs so far
    changes: Mapped[list[Json] | None] = mapped_column(Anything)  # as they were confirmed
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    applied_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    applied_at: Mapped[datetime | None]


class Refinding(Base):
    """One attempt of a regrade. Once applied, what was found is appended to the attempt's findings."""

    __tablename__ = "refindings"
    __table_args__ = (
        UniqueConstraint("regrade_id", "attempt_id", name="uq_refindings_regrade_attempt"),
        Index("ix_refindings_state", "regrade_id", "state"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    regrade_id: Mapped[str] = mapped_column(ForeignKey("regrades.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    state: Mapped[str] = mapped_column(default="open")  # open, asked, found, unfit, broken, applied
    score: Mapped[float | None]
    finding: Mapped[Json | None] = mapped_column(Anything)  # what a worker or we found, as findings have it
    found_at: Mapped[datetime | None]
