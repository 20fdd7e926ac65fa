"""What routes ask for: the database, the settings, the blobs, the Hub, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request

from proboost import i18n
from proboost.auth.hub import Hub
from proboost.auth.viewer import Viewer
from proboost.blobs import Blobs
from proboost.db import Database
from proboost.errors import Forbidden, Unauthenticated
from proboost.i18n import _
from proboost.models import User
from proboost.settings import Settings

COOKIE = "proboost-session"
LANGUAGE_COOKIE = "proboost-lang"  # the language chosen in this browser; the Hub's pages read it too


# Coroutines, though none waits: what is none is called in another thread, and a request needs several of these.
async def database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


async def conf(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


async def blobs(request: Request) -> Blobs:
    found: Blobs = request.app.state.blobs
    return found


async def hub(request: Request) -> Hub:
    found: Hub = request.app.state.hub
    return found


Db = Annotated[Database, Depends(database)]
Conf = Annotated[Settings, Depends(conf)]
Store = Annotated[Blobs, Depends(blobs)]
TheHub = Annotated[Hub, Depends(hub)]


def header_token(headers: Headers) -> str:
    """The token that no browser adds by itself; empty when there is none."""
    kind, _space, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("token", "bearer") else ""


async def viewer(request: Request, db: Db, hub: TheHub) -> Viewer:
    """Who asks: by a server's token, with a learner's rights, or by the page's cookie, with all of their roles."""
    token = header_token(request.headers)
    surface = "server" if token else "page"
    token = token or request.cookies.get(COOKIE, "")
    if not token:
        raise Unauthenticated(_("Log in first."))
    identity = await hub.identify(token)
    if surface == "page" and identity.of_server:
        raise Unauthenticated(_("Log in first."))

    def load() -> User | None:
        with db.read() as session:
            return session.scalar(select(User).where(User.name == identity.name))

    user = await run_in_threadpool(load)
    if user is None or not user.active:
        raise Forbidden(_("This account is not in use here. Ask your administrator."), code="inactive")
    found = Viewer.of(user, "server" if surface == "server" else "page")
    if found.language:
        i18n.speak(found.language)
    request.state.viewer = found
    return found


async def page_viewer(found: Annotated[Viewer, Depends(viewer)]) -> Viewer:
    """Somebody at one of our own pages; a server's token is not enough."""
    if found.surface != "page":
        raise Forbidden(_("This is done on the platform's own pages."))
    return found


CurrentViewer = Annotated[Viewer, Depends(viewer)]
PageViewer = Annotated[Viewer, Depends(page_viewer)]
