"""The log of who changed what about accounts and roles: only ever added to."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost.auth import Viewer
from proboost.models import Change, User


def record(session: Session, viewer: Viewer | None, what: str, subject: str, **details: object) -> None:
    """Adds to the log. `viewer` None: the command line, or the platform itself. Details hold no secret."""
    session.add(Change(user_id=viewer.user_id if viewer else None, what=what, subject=subject, details=dict(details)))


def about(session: Session, subject: str, limit: int = 50) -> list[tuple[Change, str]]:
    """The newest changes of an account, each with the name of who made it; empty for the platform itself."""
    rows = session.execute(
        select(Change, User)
        .outerjoin(User, User.id == Change.user_id)
        .where(Change.subject == subject, Change.what.startswith("user."))
        .order_by(Change.at.desc(), Change.id)
        .limit(limit)
    )
    return [(change, user.shown_name if user else "") for change, user in rows]
