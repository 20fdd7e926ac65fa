"""Tables: who people are and what they may do in a course."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from proboost.clock import now
from proboost.models.base import Base, Json, new_id

ROLES = ("learner", "grader", "author")


class User(Base):
    """A person. `name` is the Hub's, `uid` the machine's; neither is ever used again for somebody else."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    uid: Mapped[int] = mapped_column(unique=True)
    display_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")  # "ru", "en"; empty: the browser's
    timezone: Mapped[str] = mapped_column(default="")  # IANA name; empty: UTC
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_support: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    enrolments: Mapped[list[Enrolment]] = relationship(back_populates="user")

    @property
    def shown_name(self) -> str:
        return self.display_name or self.name


class Enrolment(Base):
    """A user in a course and cohort, with a role. Work points here, so that a course taken again starts anew."""

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("user_id", "course_id", "cohort", name="uq_enrolments_user_course_cohort"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), index=True)
    cohort: Mapped[str] = mapped_column(default="default")
    role: Mapped[str] = mapped_column(default="learner")  # one of ROLES
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship(back_populates="enrolments")


class Change(Base):
    """Who changed what: accounts, roles, releases. Only ever added to."""

    __tablename__ = "changes"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))  # None: the command line or the platform itself
    what: Mapped[str]  # "user.disabled", "release.published", …
    subject: Mapped[str]  # a user's name, a course with its release, …
    details: Mapped[Json] = mapped_column(default=dict)
