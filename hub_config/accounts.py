"""The Hub's API for the platform's admin page and the command line: accounts, switched off and on, one-time links."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope
from tornado import web

from hub_config import sessions
from hub_config.auth import NAME, NAME_RULE
from hub_config.pages import speaking
from proboost.i18n import gettext as _
from proboost.settings import settings


class _Api(APIHandler):  # type: ignore[misc]  # JupyterHub ships no types
    def refuse(self, status: int, code: str, message: str) -> None:
        self.set_status(status)
        self.finish(json.dumps({"code": code, "message": message}, ensure_ascii=False))


class Account(_Api):
    """`PUT {"password"?, "active"?}`: makes the login or changes it. Can be repeated."""

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def put(self, name: str) -> None:
        with speaking(self):
            if not re.match(NAME, name):
                self.refuse(
                    422,
                    "bad-name",
                    _(NAME_RULE),
                )
                return
            body = self.get_json_body()
            wanted = {} if body is None else body
            password = wanted.get("password") if isinstance(wanted, dict) else 0
            active = wanted.get("active") if isinstance(wanted, dict) else None
            if not isinstance(password, str | None) or not isinstance(active, bool | None):
                self.refuse(422, "bad-input", _("The password is a text, and an account is on or off."))
                return
            if password is not None:
                problem = self.authenticator.problem(password, name)
                if problem:
                    self.refuse(422, "bad-password", problem)
                    return
            made = await self.authenticator.put(name, password, active)
            user = self.user_from_username(name)
            if active is False:
                self.authenticator.end_sessions(user, everything=True)
                await sessions.stop_servers(self, user)
            elif password is not None and not made:
                self.authenticator.end_sessions(user, everything=False)
            self.set_status(201 if made else 200)
            self.finish(json.dumps({"name": name, "active": self.authenticator.active(name), "made": made}))

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def get(self, name: str) -> None:
        if self.authenticator.get_user(name) is None:
            raise web.HTTPError(404)
        self.finish(json.dumps({"name": name, "active": self.authenticator.active(name)}))


class Link(_Api):
    """`POST`: a one-time link with which the person sets their password."""

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def post(self, name: str) -> None:
        token = self.authenticator.link(name)
        if token is None:
            raise web.HTTPError(404)
        self.finish(json.dumps({"url": f"{settings().origin}/hub/proboost/password/{token}"}))


class Sessions(_Api):
    """`DELETE`: ends every session of the person, and their server."""

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def delete(self, name: str) -> None:
        user = self.find_user(name)
        if user is None:
            raise web.HTTPError(404)
        self.authenticator.end_sessions(user, everything=False)
        await asyncio.shield(sessions.stop_servers(self, user))
        self.set_status(204)
        self.finish()


_NAME = r"([^/]+)"
handlers: list[tuple[Any, ...]] = [
    (rf"/api/proboost/accounts/{_NAME}", Account),
    (rf"/api/proboost/accounts/{_NAME}/link", Link),
    (rf"/api/proboost/accounts/{_NAME}/sessions", Sessions),
]
