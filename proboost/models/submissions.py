"""Tables: files that learners bring, lessons that they hand in, and what graders say to a whole submission."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proboost.clock import now
from proboost.models.base import Base, Json, Serial, new_id


class Upload(Base):
    """A file brought for an exercise; its bytes are a blob. `id` may be the client's."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_exercise", "enrolment_id", "lesson", "exercise"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id"))
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    lesson: Mapped[str]
    exercise: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=now)


class Submission(Base):
    """A lesson as it was handed in: never edited but for how far grading is. A later one of the lesson replaces it.

    Its answers are attempts that name it; what was found of them are their findings.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("user_id", "client_id", name="uq_submissions_user_client"),
        Index("ix_submissions_lesson", "enrolment_id", "lesson"),
        Index("ix_submissions_course", "course_id", "state"),
    )

    number: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    client_id: Mapped[str]
    digest: Mapped[str]  # of the body: the same id with another body is a conflict
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id"))
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    lesson: Mapped[str]
    release: Mapped[int]  # the current one at receipt
    surface: Mapped[str]  # "voila" or "lab"
    notebook: Mapped[str | None]  # blob; None: handed in from the lesson's page
    files: Mapped[Json] = mapped_column(default=dict)  # path -> blob
    contents: Mapped[Json]  # the list that `sha256` is of: everything that was handed in, by its hash
    sha256: Mapped[str]
    made_at: Mapped[datetime | None]  # a claim
    received_at: Mapped[datetime] = mapped_column(default=now)
    counted_at: Mapped[datetime]  # the time that lateness is decided by
    late: Mapped[bool] = mapped_column(default=False)
    factor: Mapped[float] = mapped_column(default=1.0)  # by lateness alone
    state: Mapped[str]  # grading, waits (for a grader), graded, replaced, aside (grading it broke)
    reason: Mapped[str] = mapped_column(default="")  # why it was set aside
    remarks: Mapped[list[Json]] = mapped_column(default=list)  # what grading noticed, for the grader
    document: Mapped[str | None]  # blob: all that grading found, the notebook as it ran in it


class SubmissionNote(Base):
    """What a grader says to the whole of a submission. Only ever added to; the newest is shown to the learner."""

    __tablename__ = "submission_notes"
    __table_args__ = (UniqueConstraint("user_id", "client_id", name="uq_submission_notes_user_client"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    client_id: Mapped[str]
    submission: Mapped[int] = mapped_column(ForeignKey("submissions.number"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
