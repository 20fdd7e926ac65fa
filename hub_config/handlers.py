"""The Hub's pages that are ours: log in, sign up, choose and change a password, log out."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from jupyterhub.handlers.static import CacheControlStaticFilesHandler
from jupyterhub.utils import url_path_join
from tornado import web

from hub_config import auth, sessions
from hub_config.origins import same_origin
from hub_config.pages import LANGUAGE_COOKIE, STATIC, speaking
from proboost.i18n import LANGUAGES, ngettext
from proboost.i18n import gettext as _
from proboost.settings import settings

PLATFORM_COOKIE = "proboost-session"
WRONG = 403


class Page(BaseHandler):  # type: ignore[misc]  # JupyterHub ships no types
    """A page of ours: renders in the reader's language and keeps a language chosen by `?lang=`."""

    async def show(self, template: str, status: int = 200, **known: Any) -> None:
        keep_language(self)
        self.set_status(status)
        self.finish(await self.render_template(template, **known))


def keep_language(handler: Any) -> None:
    chosen = handler.get_query_argument("lang", None)
    if chosen in LANGUAGES:
        handler.set_cookie(LANGUAGE_COOKIE, chosen, path="/", expires_days=365, samesite="Lax")


class Login(LoginHandler):  # type: ignore[misc]
    async def get(self) -> None:
        keep_language(self)
        await super().get()

    async def post(self) -> None:
        with speaking(self):
            data = {key: self.get_body_argument(key, "", strip=key == "username") for key in ("username", "password")}
            user = await self.login_user(data)
            if user:
                self._jupyterhub_user = user
                self.redirect(self.get_next_url(user))
                return
            self.set_status(WRONG)
            name = self.authenticator.normalize_username(data["username"])
            waiting = self.authenticator.seconds_blocked(name)
            if waiting:
                minutes = -(-waiting // 60)
                text = ngettext(
                    "Too many wrong passwords. Try again in {n} minute.",
                    "Too many wrong passwords. Try again in {n} minutes.",
                    minutes,
                ).format(n=minutes)
            else:
                text = _("Wrong name or password.")
            self.finish(await self._render(login_error=text, username=data["username"][:64]))


class SignUp(Page):
    """Off unless the setting `sign_up` is on."""

    async def prepare(self) -> None:
        await super().prepare()
        if not settings().sign_up:
            raise web.HTTPError(404)

    async def get(self) -> None:
        await self.show("signup.html", username="", problem=None)

    async def post(self) -> None:
        name = self.authenticator.normalize_username(self.get_body_argument("username", ""))
        password = self.get_body_argument("password", "", strip=False)
        with speaking(self):
            if not re.match(auth.NAME, name):
                problem = _(auth.NAME_RULE)
            elif self.authenticator.get_user(name) is not None:
                problem = _("This name is taken. Choose another one.")
            else:
                problem = self.authenticator.problem(password, name)
        if problem:
            await self.show("signup.html", 422, username=name[:64], problem=problem)
            return
        await self.authenticator.put(name, password, active=True)
        await self.login_user({"username": name, "password": password})
        self.redirect(self.get_next_url(self.current_user))


class ByLink(Page):
    """The page behind a one-time link. Looking at it changes nothing; it is dead once the password changed."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Referrer-Policy", "no-referrer")

    async def get(self, token: str) -> None:
        name = self.authenticator.link_for(token)
        if name is None:
            await self.show("link-dead.html", 410)
        else:
            await self.show("password.html", person=name, problem=None)

    async def post(self, token: str) -> None:
        name = self.authenticator.link_for(token)
        if name is None:
            await self.show("link-dead.html", 410)
            return
        password = self.get_body_argument("password", "", strip=False)
        with speaking(self):
            problem = self.authenticator.problem(password, name)
        if problem:
            await self.show("password.html", 422, person=name, problem=problem)
            return
        await self.authenticator.put(name, password, active=None)
        self.authenticator.end_sessions(self.user_from_username(name), everything=False)
        self.clear_login_cookie()
        await self.login_user({"username": name, "password": password})
        self.redirect(settings().prefix + "/")


class ChangePassword(Page):
    """“Change my password”. Ends the other sessions of the account, not this one."""

    @web.authenticated
    async def get(self) -> None:
        await self.show("change-password.html", problem=None, changed=False)

    @web.authenticated
    async def post(self) -> None:
        user = self.current_user
        info = self.authenticator.get_user(user.name)
        old = self.get_body_argument("old", "", strip=False)
        new = self.get_body_argument("password", "", strip=False)
        right = info is not None and not self.authenticator.seconds_blocked(user.name)
        right = right and await auth.matches(old, info.password)
        with speaking(self):
            problem = self.authenticator.problem(new, user.name) if right else _("The present password is wrong.")
        if not right:
            self.authenticator.add_login_attempt(user.name)
        if problem:
            await self.show("change-password.html", 422, problem=problem, changed=False)
            return
        await self.authenticator.put(user.name, new, active=None)
        self.authenticator.end_sessions(user, everything=False)
        self.set_hub_cookie(user)
        await self.show("change-password.html", problem=None, changed=True)


class Logout(LogoutHandler):  # type: ignore[misc]
    """Ends the session at the Hub, on the platform and of the learner's server. A GET only asks."""

    def check_xsrf_cookie(self) -> None:
        if not same_origin(settings(), self.request.headers):  # the platform's own button has no token of ours
            super().check_xsrf_cookie()

    async def get(self) -> None:
        keep_language(self)
        if self.current_user is None:
            self.redirect(self.settings["login_url"])
        else:
            self.finish(await self.render_template("logout.html"))

    async def post(self) -> None:
        user = self.current_user
        if user is not None:
            stopping = asyncio.ensure_future(sessions.stop_servers(self, user))
            self._backend_logout_cleanup(user.name)
            self.authenticator.change_cookie(user)
            await asyncio.shield(stopping)
        self._forget_platform()
        self.redirect(f"{self.settings['login_url']}?out=1")

    def _forget_platform(self) -> None:
        self.clear_cookie(PLATFORM_COOKIE, path=f"{settings().prefix}/")


class Home(BaseHandler):  # type: ignore[misc]
    """JupyterHub's own home page gives way to the catalogue."""

    async def get(self) -> None:
        self.redirect(settings().prefix + "/")


class Gone(BaseHandler):  # type: ignore[misc]
    """Pages of JupyterHub that nobody here needs: tokens by hand, shares, its administration."""

    async def get(self) -> None:
        raise web.HTTPError(404)

    post = get


class Files(CacheControlStaticFilesHandler):  # type: ignore[misc]
    """Our style and scripts. Their addresses change with their content."""

    def compute_etag(self) -> str | None:
        return None

    def set_extra_headers(self, _path: str) -> None:
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.set_header("X-Content-Type-Options", "nosniff")


def handlers(_app: Any) -> list[tuple[Any, ...]]:
    """Routes below /hub; they stand before JupyterHub's own."""
    return [
        (r"/login", Login),
        (r"/logout", Logout),
        (r"/signup", SignUp),
        (r"/change-password", ChangePassword),
        (r"/proboost/password/([^/]+)", ByLink),
        (r"/proboost/static/(.*)", Files, {"path": str(STATIC)}),
        (r"/home", Home),
        (r"/token", Gone),
        (r"/accept-share", Gone),
        (r"/admin", Gone),
    ]


def login_url(base: str) -> str:
    return str(url_path_join(base, "login"))
