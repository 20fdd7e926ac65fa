"""The way to the platform: HTTP with the server's own token; tells "away" from "no"."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders

Json = dict[str, Any]
AWAY = frozenset({502, 503, 504})
MAX_BODY = 200 << 20  # bytes: a course's largest data file


class Away(ConnectionError):
    """The platform did not answer; ask again later."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: HTTPHeaders

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Json:
        """The body as an object; {} when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def segment(*parts: str) -> str:
    """A path of these parts, each escaped: no part can lead elsewhere."""
    return "/".join(quote(part, safe="") for part in parts)


class Platform:
    """`up` is what the last call showed; `changed` is told when that turns. Holds the token and never shows it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._http = AsyncHTTPClient(force_instance=True, max_clients=40, max_body_size=MAX_BODY)
        self.up = True
        self.changed: list[Callable[[bool], None]] = []

    @property
    def known(self) -> bool:
        return bool(self.url)

    async def ask(
        self,
        method: str,
        path: str,
        body: Json | bytes | None = None,
        *,
        timeout: float = 10.0,
        query: str = "",
        language: str = "",
    ) -> Reply:
        """One call of the API. Raises Away when nobody answers in `timeout` seconds or only a proxy does."""
        if not self.known:
            raise Away("no platform is set")
        headers = {"Authorization": f"token {self._token}", "Accept": "application/json"}
        if language:
            headers["Accept-Language"] = language
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
        elif body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body, ensure_ascii=False).encode()
        elif method in {"POST", "PUT"}:
            body = b""
        request = HTTPRequest(
            f"{self.url}/api/{path}" + (f"?{query}" if query else ""),
            method=method,
            headers=headers,
            body=body,
            connect_timeout=min(timeout, 3.0),
            request_timeout=timeout,
            follow_redirects=False,
        )
        try:
            response = await self._http.fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            self._seen(False)
            raise Away(type(error).__name__) from error
        if response.code in AWAY or response.code == 599:
            self._seen(False)
            raise Away(f"status {response.code}")
        self._seen(True)
        return Reply(response.code, response.body, response.headers)

    def _seen(self, up: bool) -> None:
        if up != self.up:
            self.up = up
            for tell in self.changed:
                tell(up)

    def close(self) -> None:
        self._http.close()
