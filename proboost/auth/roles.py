"""Roles: learner, grader, author per course; support and admin for the whole installation."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost.auth.viewer import Viewer
from proboost.errors import Forbidden
from proboost.i18n import _
from proboost.models import Enrolment


class NotYourRole(Forbidden):
    code = "role"


def roles_in(session: Session, viewer: Viewer, course_id: str) -> set[str]:
    """The viewer's roles in a course; a server's token is a learner's whatever its owner is."""
    roles = set(
        session.scalars(
            select(Enrolment.role).where(
                Enrolment.user_id == viewer.user_id, Enrolment.course_id == course_id, Enrolment.active
            )
        )
    )
    if viewer.surface == "server":
        return {"learner"} if roles else set()
    return roles


def require(session: Session, viewer: Viewer, role: str, course_id: str) -> None:
    """Raises NotYourRole unless the viewer has `role` in the course. Administrators have them all; graders and authors
    may do what learners may.
    """
    roles = roles_in(session, viewer, course_id)
    if viewer.is_admin or role in roles or (role == "learner" and roles):
        return
    raise NotYourRole(_("You do not have the role that this needs. Ask the people who run this course."))


def require_admin(viewer: Viewer) -> None:
    if not viewer.is_admin:
        raise NotYourRole(_("Only administrators may do this."))


def require_support(viewer: Viewer) -> None:
    if not (viewer.is_support or viewer.is_admin):
        raise NotYourRole(_("Only support specialists may do this."))


def author_of(session: Session, viewer: Viewer) -> list[str]:
    """The courses whose sources the viewer may read and propose candidates for; holds through a server's token too."""
    return list(
        session.scalars(
            select(Enrolment.course_id)
            .where(Enrolment.user_id == viewer.user_id, Enrolment.role == "author", Enrolment.active)
            .order_by(Enrolment.course_id)
        )
    )
