"""The Hub as the platform sees it, for tests of slices; the whole real one is in tests/running.py."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from proboost.app import create_app, create_internal
from proboost.app.__main__ import _bound_tcp, _bound_unix
from proboost.app.peers import PeerProtocol
from proboost.db import Database
from proboost.settings import Settings
from proboost.web.deps import COOKIE

PAGE_SCOPES = ("access:services!service=proboost", "read:users:name!user")


class FakeHub:
    """Answers what the platform asks a Hub: whose is a token; makes accounts and links; remembers what was asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tokens: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", settings.hub_port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def token(self, name: str, *, server: bool = False) -> str:
        """A token of that person: a page session's, or their own server's."""
        token = f"{'server' if server else 'page'}-{name}"
        scopes = [*PAGE_SCOPES, *(("users:activity!user",) if server else ())]
        self.tokens[token] = {"kind": "user", "name": name, "scopes": scopes}
        return token

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                token = self.headers.get("Authorization", "").removeprefix("token ")
                model = hub.tokens.get(token)
                self.reply(200 if model else 403, model or {"message": "no"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                hub.asked.append((self.command, self.path, body))
                if self.path.endswith("/link"):
                    name = self.path.split("/")[-2]
                    self.reply(200, {"url": f"{hub.settings.origin}/hub/proboost/password/{name}"})
                else:
                    self.reply(200, {})

            do_PUT = do_POST  # noqa: N815 -- http.server calls it so

            def reply(self, status: int, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class _Server(uvicorn.Server):
    """A server in a thread; `up` says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()


class Platform:
    """Both applications in this process, on the settings' port and socket."""

    def __init__(self, settings: Settings, database: Database, hub: FakeHub) -> None:
        self.settings, self.database, self.hub = settings, database, hub
        self._threads: list[threading.Thread] = []
        self._servers: list[_Server] = []
        self._clients: list[httpx.Client] = []

    def __enter__(self) -> Self:
        public, internal = _bound_tcp(self.settings.platform_port), _bound_unix(self.settings.internal_socket)
        for app, listening, http in (
            (create_app(self.settings, self.database), public, "auto"),
            (create_internal(self.settings, self.database), internal, PeerProtocol),
        ):
            config = uvicorn.Config(app, http=http, log_config=None, access_log=False, timeout_graceful_shutdown=2)
            server = _Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            thread.start()
            assert server.up.wait(20), "the platform did not start"
            self._servers.append(server)
            self._threads.append(thread)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()
        for server in self._servers:
            server.should_exit = True
        for thread in self._threads:
            thread.join(20)

    def client(self, name: str, *, server: bool = False, language: str = "en") -> httpx.Client:
        """A client at the public application; paths are below the prefix ("/api/me", "/gradebook/…")."""
        headers = {"Accept-Language": language}
        cookies = {}
        token = self.hub.token(name, server=server)
        if server:
            headers["Authorization"] = f"token {token}"
        else:
            cookies[COOKIE] = token
            headers |= {"Sec-Fetch-Site": "same-origin", "Accept": "text/html,application/json"}
        client = httpx.Client(base_url=self.settings.platform_url, headers=headers, cookies=cookies, timeout=30)
        self._clients.append(client)
        return client

    def internal(self) -> httpx.Client:
        """A client at the internal application; paths begin with /internal."""
        transport = httpx.HTTPTransport(uds=str(self.settings.internal_socket))
        client = httpx.Client(transport=transport, base_url="http://platform", timeout=30)
        self._clients.append(client)
        return client
