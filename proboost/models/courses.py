"""Tables: courses, their releases, and candidates that wait for an author's word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proboost.clock import now
from proboost.models.base import Base, Json, Serial, new_id


class Course(Base):
    """A course; its texts are those of the current release."""

    __tablename__ = "courses"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    authors: Mapped[list[str]] = mapped_column(default=list)
    current: Mapped[int | None]  # the number of the release that learners have; None: nothing is published
    created_at: Mapped[datetime] = mapped_column(default=now)


class Release(Base):
    """A published release: never edited. `record` is release.json; the bundles are blobs named by their SHA-256."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("course_id", "number", name="uq_releases_course_number"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    number: Mapped[int]
    title: Mapped[str]
    notes: Mapped[str] = mapped_column(default="")
    record: Mapped[Json]
    source: Mapped[Json]  # path -> blob
    learner: Mapped[Json]  # path -> blob
    key: Mapped[Json]  # path -> blob
    published_at: Mapped[datetime] = mapped_column(default=now)
    published_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]


class Candidate(Base):
    """A source folder proposed from an author's server. A release once the author confirms it on our page."""

    __tablename__ = "candidates"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    course_id: Mapped[str]  # a new course has no row yet
    base: Mapped[int | None]  # the release it was made from; None: a new course
    source: Mapped[Json]  # path -> blob
    digest: Mapped[str] = mapped_column(index=True)  # of the source: the same folder proposed twice is one candidate
    state: Mapped[str] = mapped_column(default="proposed")  # proposed, confirmed, refused
    proposed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    release: Mapped[int | None]
