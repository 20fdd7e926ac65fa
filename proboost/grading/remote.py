"""Workers on other machines: who may come for jobs, by a token each, and who no more."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import clock
from proboost.errors import BadInput, Conflict, NotFound
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


def of_token(session: Session, token: str) -> RemoteWorker | None:
    """Whose token it is; nobody's when it is unknown."""
    return session.scalar(select(RemoteWorker).where(RemoteWorker.token_hash == _hash(token)))


def is_stale(worker: RemoteWorker) -> bool:
    """Whether it is worth writing down that this one was here."""
    return worker.seen_at is None or clock.now() - worker.seen_at > SEEN


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
