"""Tables: attempts, what was found of them, results, drafts, opened hints, and when the platform was up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proboost.clock import now
from proboost.models.base import Anything, Base, Json, Serial, new_id


class Attempt(Base):
    """An answer handed to Check. `client_id` is the client's, unique per user; time is when it was received."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("user_id", "client_id", name="uq_attempts_user_client"),
        Index("ix_attempts_exercise", "enrolment_id", "lesson", "exercise"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    client_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id"))
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    lesson: Mapped[str]
    exercise: Mapped[str]
    release: Mapped[int]
    public_hash: Mapped[str]
    response: Mapped[Json]
    variant: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # the learner's own values, name -> text
    digest: Mapped[str]  # of the body: the same id with another body is a conflict
    surface: Mapped[str]  # "voila" or "lab"
    submission: Mapped[int | None] = mapped_column(ForeignKey("submissions.number"), index=True)  # handed in with it
    made_at: Mapped[datetime | None]  # a claim
    received_at: Mapped[datetime] = mapped_column(default=now)
    counted_at: Mapped[datetime]  # the time that lateness is decided by: receipt, or the claim within an outage of ours
    state: Mapped[str]  # pending, manual (a grader is to look at it), judged, refused, error
    number: Mapped[int | None]  # which attempt it is, from 1; None when it is not charged
    factor: Mapped[float] = mapped_column(default=1.0)  # penalty and lateness together
    late: Mapped[bool] = mapped_column(default=False)
    refusal: Mapped[str] = mapped_column(default="")  # a code: closed, late, limit, withdrawn, changed


class Finding(Base):
    """What was found of an attempt. Only ever added to; the newest counts."""

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    key_hash: Mapped[str]
    engine: Mapped[str]  # what found it, with its version
    tier: Mapped[str]  # of the sandbox; empty where none was needed
    state: Mapped[str]  # passed, partial, failed, error
    score: Mapped[float]
    tests: Mapped[list[Json]] = mapped_column(default=list)
    message: Mapped[str] = mapped_column(default="")
    detail: Mapped[Json] = mapped_column(default=dict)
    isolated: Mapped[bool] = mapped_column(default=True)
    by_user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))  # the grader who says so; None: the engine
    found_at: Mapped[datetime] = mapped_column(default=now)


class Result(Base):
    """What an exercise is worth to a learner now, by the course's policy; follows from attempts and findings."""

    __tablename__ = "results"

    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    lesson: Mapped[str] = mapped_column(primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]  # passed, partial, failed, pending, manual, error
    score: Mapped[float] = mapped_column(default=0.0)
    points: Mapped[float] = mapped_column(default=0.0)
    max_points: Mapped[float] = mapped_column(default=0.0)
    attempts: Mapped[int] = mapped_column(default=0)  # charged ones
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"))  # the one that counts
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Draft(Base):
    """What a learner has typed. Revisions are only added; the newest is shown, another tab's older one offered."""

    __tablename__ = "drafts"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "lesson", "exercise", "revision", name="uq_drafts_exercise_revision"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id"))
    lesson: Mapped[str]
    exercise: Mapped[str]
    revision: Mapped[int]
    base: Mapped[int]  # the revision that the writer had seen
    response: Mapped[Json]
    saved_at: Mapped[datetime] = mapped_column(default=now)


class Variant(Base):
    """A learner's own values of an exercise, drawn when it was first seen. `fingerprint` is of what they were drawn
    from, `draw` counts from 0 until something usable came out, and `revision` every set of values that was shown.
    """

    __tablename__ = "variants"

    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    lesson: Mapped[str] = mapped_column(primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    draw: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str]  # pending (a generator is run), generated, failed, ready, broken
    drawn: Mapped[Json] = mapped_column(default=dict)  # name -> text; private but for those that the exercise shows
    reason: Mapped[str] = mapped_column(default="")  # why its generator failed; for authors
    drawn_at: Mapped[datetime] = mapped_column(default=now)


class HintOpening(Base):
    """How many of an exercise's hints a learner has opened."""

    __tablename__ = "hint_openings"

    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    lesson: Mapped[str] = mapped_column(primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    opened: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Uptime(Base):
    """The platform's own journal: between one row's `seen_at` and the next row's `started_at` it was away."""

    __tablename__ = "uptimes"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    started_at: Mapped[datetime] = mapped_column(default=now, index=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    details: Mapped[Json | None] = mapped_column(Anything)
