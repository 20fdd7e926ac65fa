"""The Hub as the platform uses it: whose token is this, log-ins by OAuth, servers to be started, accounts."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx

from proboost.errors import Problem, Unauthenticated, Unavailable
from proboost.i18n import _
from proboost.settings import Settings

CLIENT_ID = "service-proboost"
ACCESS = "access:services"
FRESH = 10.0  # seconds that the Hub's word on a token holds
STALE = 300.0  # and for how long it does while the Hub is away
MOST = 20_000  # tokens remembered
TOKEN = re.compile(r"[!-~]{1,512}\Z")  # anything else is no token of a Hub, and could not even be asked about


@dataclass(frozen=True)
class Identity:
    """What the Hub says of a token: whose it is, and whether it belongs to a server rather than to a page."""

    name: str
    of_server: bool


class Hub:
    """One client for the whole process. Methods raise Unavailable when the Hub does not answer."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client = httpx.AsyncClient(base_url=settings.hub_api_url, timeout=10.0)
        self._known: dict[str, tuple[float, Identity]] = {}
        self._asked: dict[str, asyncio.Task[Identity]] = {}  # what the Hub is asked just now
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._client.aclose()

    async def identify(self, token: str) -> Identity:
        """Whose token it is. Raises Unauthenticated when it is nobody's or not for us."""
        if not TOKEN.match(token):
            raise Unauthenticated(_("Your session has ended. Log in again."))
        known = self._known.get(token)
        if known and time.monotonic() - known[0] < FRESH:
            return known[1]
        asked = self._asked.get(token)
        if asked is None:  # a page asks for several things at once: its token is asked about once
            asked = self._asked[token] = asyncio.create_task(self._identity(token))
            asked.add_done_callback(lambda task: self._answered(token, task))
        return await asyncio.shield(asked)

    def _answered(self, token: str, task: asyncio.Task[Identity]) -> None:
        if self._asked.get(token) is task:
            del self._asked[token]
        if not task.cancelled():
            task.exception()  # whoever asked may have gone

    async def _identity(self, token: str) -> Identity:
        known, now = self._known.get(token), time.monotonic()
        try:
            answer = await self._client.get("/user", headers={"Authorization": f"token {token}"})
        except httpx.TransportError:
            answer = None
        if answer is None or answer.status_code >= 500:
            if known and now - known[0] < STALE:
                return known[1]
            raise away()
        identity = _identity(answer)
        if identity is None:
            self._known.pop(token, None)
            raise Unauthenticated(_("Your session has ended. Log in again."))
        if self._asked.get(token) is asyncio.current_task():  # not forgotten meanwhile
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[token] = (now, identity)
        return identity

    def forget(self, token: str) -> None:
        """The next request with this token asks the Hub again."""
        self._known.pop(token, None)
        self._asked.pop(token, None)

    async def token_for_code(self, code: str, verifier: str) -> str:
        """The page session's token for an OAuth code. Raises Unauthenticated when the code is not good."""
        form = {
            "client_id": CLIENT_ID,
            "client_secret": self.settings.secret("hub_token"),
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.settings.public_url + "/oauth_callback",
        }
        answer = await self._send("POST", "/oauth2/token", data=form)
        token = answer.json().get("access_token") if answer.status_code == 200 else None
        if not token:
            raise Unauthenticated(_("The log-in did not work out. Try again."))
        return str(token)

    def start_server_soon(self, name: str) -> None:
        """Has the learner's server started ahead; nobody waits, and a failure only means that it starts later."""
        task = asyncio.create_task(self._start(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, name: str) -> None:
        try:
            await self._send("POST", f"/users/{name}/server", ours=True)
        except Problem:
            return

    async def put_account(self, name: str, *, password: str | None = None, active: bool | None = None) -> None:
        """Makes, enables or disables a log-in; repeating it does no harm."""
        body: dict[str, Any] = {"password": password, "active": active}
        given = {key: value for key, value in body.items() if value is not None}
        _accepted(await self._send("PUT", f"/proboost/accounts/{name}", json=given, ours=True))

    async def password_link(self, name: str) -> str:
        """A one-time link with which that person sets a password."""
        answer = await self._send("POST", f"/proboost/accounts/{name}/link", json={}, ours=True)
        _accepted(answer)
        return str(answer.json()["url"])

    async def _send(self, method: str, path: str, *, ours: bool = False, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"token {self.settings.secret('hub_token')}"} if ours else {}
        try:
            answer = await self._client.request(method, path, headers=headers, **more)
        except httpx.TransportError:
            raise away() from None
        if answer.status_code >= 500:
            raise away()
        return answer


def away() -> Unavailable:
    return Unavailable(_("The log-in service does not answer just now. Nothing was changed; try again in a minute."))


def _accepted(answer: httpx.Response) -> None:
    if answer.status_code >= 400:
        try:
            message = str(answer.json().get("message", ""))
        except ValueError:
            message = ""
        raise Problem(message or _("The log-in service refused this."), code="hub-refused")


def _identity(answer: httpx.Response) -> Identity | None:
    if answer.status_code != 200:
        return None
    model = answer.json()
    scopes = [str(scope) for scope in model.get("scopes", ())]
    if model.get("kind") != "user" or not any(scope.split("!")[0] == ACCESS for scope in scopes):
        return None
    # Only servers report activity; a page's token never may.
    return Identity(str(model["name"]), any(scope.startswith("users:activity") for scope in scopes))
