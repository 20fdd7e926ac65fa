"""Workers on other machines: who may come for jobs, by a token each, and who no more."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from proboost import __version__, clock
from proboost.db import Database
from proboost.errors import BadInput, Conflict, NotFound, Unauthenticated
from proboost.grading import service
from proboost.i18n import _
from proboost.models import RemoteWorker

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")  # no "/": the platform's own worker is HOST/worker
SEEN = timedelta(seconds=30)  # how exactly it is known when one asked last


def add(session: Session, name: str) -> str:
    """A worker that may come from now on; its token, which is told this once. Raises BadInput, Conflict."""
    if not NAME.fullmatch(name):
        raise BadInput(_("A worker’s name has small latin letters, digits, dots and hyphens, 60 at most."))
    if session.get(RemoteWorker, name) is not None:
        raise Conflict(
            _("There is a worker “{name}” already. Remove it first, or take another name.").format(name=name)
        )
    token = secrets.token_urlsafe(32)
    session.add(RemoteWorker(name=name, token_hash=_hash(token)))
    return token


def remove(session: Session, name: str) -> int:
    """Its token is worth nothing from now on, and what it holds goes to others: how many jobs. Raises NotFound."""
    found = session.get(RemoteWorker, name)
    if found is None:
        raise NotFound(_("There is no worker “{name}”.").format(name=name))
    session.delete(found)
    return service.release(session, name, untried=True)


def everybody(session: Session) -> list[RemoteWorker]:
    return list(session.scalars(select(RemoteWorker).order_by(RemoteWorker.name)))


def admit(database: Database, token: str, version: str) -> str:
    """The name of the worker whose token this is. Raises Unauthenticated; Conflict for another version than ours."""
    with database.read() as session:
        found = session.scalar(select(RemoteWorker).where(RemoteWorker.token_hash == _hash(token)))
    if found is None:
        raise Unauthenticated(_("This token is no worker’s. Make one with: proboost worker add NAME"), code="token")
    if version != __version__:
        told = _("The worker is of version {theirs}, the platform of {ours}: install the same one.")
        raise Conflict(told.format(theirs=version or "?", ours=__version__), code="version")
    if found.seen_at is None or clock.now() - found.seen_at > SEEN:
        with database.transaction() as session:
            session.execute(update(RemoteWorker).where(RemoteWorker.name == found.name).values(seen_at=clock.now()))
    return found.name


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
