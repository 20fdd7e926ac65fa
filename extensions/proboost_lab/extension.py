"""Puts the rooms of a learner's server together, and takes them apart when it stops."""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.utils import url_path_join

import proboost_kernel
from proboost_kernel.i18n import known, language, set_language
from proboost_lab import control, handlers, kernels, lab_locale, pages, refusals, submitting, voila_pages
from proboost_lab.events import Events, Pages
from proboost_lab.hardening import seal, take_token
from proboost_lab.patience import be_patient
from proboost_lab.platform import Away, Platform
from proboost_lab.puller import Puller
from proboost_lab.relay import Relay
from proboost_lab.spool import Spool

HERE = Path(__file__).parent
STATIC = (HERE / "static", Path(proboost_kernel.__file__).parent / "widgets" / "static")
DRAIN = 4.0  # seconds that a stopping server waits for its spool
TICKETS = 20.0  # seconds between two looks for answers to requests, while a page is open


@dataclass
class Room:
    """What the handlers share; `settings["proboost"]` of the web application."""

    platform: Platform
    spool: Spool
    pages: Pages
    relay: Relay
    puller: Puller
    base_url: str
    public_url: str
    version: str  # of the front ends
    page_config: dict[str, Any]  # what JupyterLab's page tells its scripts

    def asset(self, name: str) -> str:
        """The address of a front end; the same in pages and kernels, to the letter."""
        return f"{self.base_url}proboost/static/{name}?v={self.version}"

    def speak(self, name: str) -> None:
        """The language of this server's pages and of kernels started from now on."""
        set_language(name)
        os.environ["PROBOOST_LANG"] = known(name)
        self.page_config["proboostLanguage"] = known(name)
        lab_locale.speak(known(name))


def load(app: Any) -> None:
    """Called while the server loads its extensions, before any kernel can start."""
    token = take_token(app)
    seal(app)
    hub_auth = getattr(app.identity_provider, "hub_auth", None)
    if hub_auth is not None:
        be_patient(hub_auth, app.log)
    home = Path.home()
    web_app = app.web_app
    base_url = str(web_app.settings["base_url"])
    platform = Platform(os.environ.get("PROBOOST_PLATFORM_URL", ""), token)
    spool = Spool(home / ".proboost" / "spool.sqlite")
    listeners = Pages()
    relay = Relay(platform, spool, listeners.tell, app.log)
    puller = Puller(platform, home, spool, app.log, opened=lambda: _opened(app), tell=listeners.tell)
    public_url = os.environ.get("PROBOOST_PUBLIC_URL", "").rstrip("/")
    page_config = web_app.settings.setdefault("page_config_data", {})
    page_config |= {"buildAvailable": False, "buildCheck": False}  # nothing is built here: Lab need not look for Node
    room = Room(platform, spool, listeners, relay, puller, base_url, public_url, version(), page_config)
    room.speak(language())
    web_app.settings["proboost"] = room
    os.environ["PROBOOST_ESM"] = room.asset("exercise.js")  # kernels inherit it
    own = url_path_join(base_url, "proboost")
    web_app.add_handlers(
        ".*$",
        [
            *((f"{own}/{pattern}", handler) for pattern, handler in (*handlers.routes(), *submitting.routes())),
            (f"{own}/events", Events),
            (f"{own}/static/(.*)", handlers.Front, {"path": [str(folder) for folder in STATIC]}),
            *((f"{own}/{pattern}", handler) for pattern, handler in pages.routes()),
        ],
    )
    voila_pages.load(app)
    refusals.load(web_app, room)
    app.io_loop.add_callback(_start, app, room)
    _drain_before_exit(app, room)


def version() -> str:
    """Changes when any front end does."""
    found = hashlib.sha256()
    for folder in STATIC:
        for path in sorted(folder.glob("*.*")):
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:10]


async def _start(app: Any, room: Room) -> None:
    kernels.prepare(app)
    room.relay.start()
    room.relay.keep(room.puller.pull_all())
    room.relay.keep(_look_for_tickets(room))
    if os.environ.get("PROBOOST_STAFF") == "1":
        await control.start(app, room.platform)


async def _opened(app: Any) -> set[str]:
    """Notebooks that have a kernel: somebody works in them, or did a moment ago."""
    return {str(session.get("path", "")) for session in await ensure_async(app.session_manager.list_sessions())}


async def _look_for_tickets(room: Room) -> None:
    """A page that is open hears of an answer to its owner's request."""
    seen: Any = None
    while True:
        await asyncio.sleep(TICKETS)
        if not len(room.pages):
            continue
        try:
            reply = await room.platform.ask("GET", "tickets")
        except Away:
            continue
        if reply.ok and reply.body != seen:
            if seen is not None:
                room.pages.tell({"type": "ticket"})
            seen = reply.body


def _drain_before_exit(app: Any, room: Room) -> None:
    """SIGTERM: the spool is delivered first, for at most DRAIN seconds; what is left stays on the disk."""
    cleanup = app.cleanup_extensions  # ServerApp awaits it before kernels are shut down

    async def drained() -> None:
        left = await room.relay.drain(DRAIN)
        if left:
            app.log.warning("proboost: %s writes stay in the spool until the next start", left)
        await room.relay.stop()
        room.platform.close()
        await asyncio.to_thread(room.spool.close)
        await cleanup()

    app.cleanup_extensions = drained
