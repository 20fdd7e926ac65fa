"""Who is at the internal socket: the kernel tells the peer's uid, and the worker's may do no more than its jobs.

It answers in the language of who asks, as the public application does.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from proboost import i18n
from proboost.app.guard import language, refuse
from proboost.i18n import _
from proboost.settings import Settings

JOBS = "/internal/jobs/"
HEALTH = "/internal/health"


class PeerProtocol(HttpToolsProtocol):
    """Puts the peer's uid (SO_PEERCRED) into each request's state as `peer`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        peer: socket.socket = transport.get_extra_info("socket")
        _pid, uid, _gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        self.app_state = {**self.app_state, "peer": uid}


class Peers:
    """Root, the service and our own account may ask for everything; the worker for its jobs; others for nothing.

    Whoever broke out of a sandbox is the worker at most: accounts, courses and grades stay out of their reach.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        own = os.geteuid()
        self.everything = {0, own, settings.service_uid} if own in (0, settings.service_uid) else {0, own}
        self.worker = settings.worker_uid

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with i18n.using(language(Headers(scope=scope))):
            if self.allowed(scope.get("state", {}).get("peer"), scope["path"]):
                await self.app(scope, receive, send)
            else:
                await refuse(send, 403, "peer", _("This account may not ask for that here."))

    def allowed(self, uid: int | None, path: str) -> bool:
        return uid in self.everything or (uid == self.worker and (path.startswith(JOBS) or path == HEALTH))
