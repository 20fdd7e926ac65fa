"""A 0600 unix socket for the author's own terminal: it reads sources and proposes candidates, and nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_runtime_dir
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket

from proboost_kernel.i18n import _
from proboost_lab.platform import Away, Platform, segment

SOCKET = "proboost.sock"
MAX_SOURCE = 200 << 20  # bytes of a course's zip
PARAMETER = r"(?:course=[a-z0-9-]{1,64}|base=\d{1,9}|release=\d{1,9})"
ALLOWED_QUERY = re.compile(rf"{PARAMETER}(?:&{PARAMETER})*\Z")


class Forward(web.RequestHandler):
    """One call handed on to the platform as it is, answer and status included."""

    def initialize(self, platform: Platform) -> None:
        self.platform = platform

    async def forward(self, method: str, path: str, body: bytes | None = None) -> None:
        query = self.request.query
        if query and not ALLOWED_QUERY.match(query):
            raise web.HTTPError(400)
        try:
            reply = await self.platform.ask(
                method, path, body, timeout=180, query=query, language=self.request.headers.get("Accept-Language", "")
            )
        except Away:
            self.set_status(503)
            self.finish(
                {"code": "platform-away", "message": _("The platform does not answer now. Try again in a minute.")}
            )
            return
        self.set_status(reply.status)
        for name in ("Content-Type", "Content-Disposition", "X-ProBoost-Release"):
            if name in reply.headers:
                self.set_header(name, reply.headers[name])
        self.finish(reply.body)


class Sources(Forward):
    async def get(self) -> None:
        await self.forward("GET", "sources")


class Source(Forward):
    async def get(self, course: str) -> None:
        await self.forward("GET", f"sources/{segment(course)}")


class Results(Forward):
    async def get(self, course: str) -> None:
        await self.forward("GET", f"sources/{segment(course)}/results")


class Candidates(Forward):
    async def post(self) -> None:
        await self.forward("POST", "candidates", self.request.body)


def application(platform: Platform) -> web.Application:
    room = {"platform": platform}
    return web.Application(
        [
            (r"/(?:api/)?sources", Sources, room),
            (r"/(?:api/)?sources/([a-z0-9][a-z0-9-]{0,63})", Source, room),
            (r"/(?:api/)?sources/([a-z0-9][a-z0-9-]{0,63})/results", Results, room),
            (r"/(?:api/)?candidates", Candidates, room),
        ],
        log_function=lambda _handler: None,
    )


async def start(app: Any, platform: Platform) -> None:
    """Listen at $JUPYTER_RUNTIME_DIR/proboost.sock and tell terminals about it."""
    path = Path(jupyter_runtime_dir()) / SOCKET
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = HTTPServer(application(platform), max_buffer_size=MAX_SOURCE, max_body_size=MAX_SOURCE)
    before = os.umask(0o177)
    try:
        server.add_socket(bind_unix_socket(str(path), mode=0o600))
    finally:
        os.umask(before)
    os.environ["PROBOOST_SERVER_SOCKET"] = str(path)
    app.log.info("proboost: the author's terminal is served at %s", path)
