"""The door of the public application: where a request may come from, how large it may be, what language it speaks."""

from __future__ import annotations

import json
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proboost import i18n
from proboost.i18n import _
from proboost.settings import PREFIX, WORKERS, Settings
from proboost.web.deps import LANGUAGE_COOKIE, header_token

SMALL = 512 * 1024  # bytes of an ordinary request
LARGE = 64 * 1024 * 1024  # of one that brings a course or a file
LARGE_PATHS = ("/api/candidates", "/api/uploads", "/api/submissions", WORKERS)
SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Sets security headers, refuses what other origins send in a reader's name, bounds bodies, sets the language."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["nonce"] = secrets.token_urlsafe(18)
        limit = LARGE if scope["path"].removeprefix(PREFIX).startswith(LARGE_PATHS) and is_known(headers) else SMALL
        with i18n.using(language(headers)):
            if self.is_foreign(scope, headers):
                message = _("This request came from another site, so it was not carried out. Open the page itself.")
                await refuse(send, 403, "foreign", message)
            elif int(headers.get("content-length") or 0) > limit:
                await refuse(send, 413, "too-large", _("This is too large to be taken."))
            else:
                await self.app(scope, bounded(receive, limit), self.adorned(scope, send))

    def is_foreign(self, scope: Scope, headers: Headers) -> bool:
        """Whether a page of another origin (a learner's server is one) asks with our reader's cookie."""
        if header_token(headers):
            return False  # then it is this, not the cookie, that says who asks
        site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
        if scope["method"] in SAFE:
            return site in ("same-site", "cross-site") and mode != "navigate"
        if site:
            return site != "same-origin"
        return headers.get("origin") != self.settings.origin

    def adorned(self, scope: Scope, send: Send) -> Send:
        static = scope["path"].startswith(PREFIX + "/static/")

        async def adorned_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault(  # what people brought goes out under a narrower one of its own
                    "Content-Security-Policy",
                    "default-src 'self'; "
                    f"script-src 'self' 'nonce-{scope['nonce']}'; "
                    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
                )
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                kept = static and (b"v=" in scope["query_string"] or "/fonts/" in scope["path"])
                headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-store"
            await send(message)

        return adorned_send


def is_known(headers: Headers) -> bool:
    """Whether somebody says who they are; whether it is true is found later."""
    return bool(header_token(headers)) or "cookie" in headers


def bounded(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def bounded_receive() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, _("This is too large to be taken."))
        return message

    return bounded_receive


async def refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"code": code, "message": message}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def language(headers: Headers) -> str:
    """Before we know who asks: what they chose in this browser, else what the browser says."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(LANGUAGE_COOKIE)
    except CookieError:
        cookie = None
    if cookie is not None and cookie.value in i18n.LANGUAGES:
        return cookie.value
    return i18n.accepted(headers.get("accept-language", ""))
