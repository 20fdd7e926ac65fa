"""Who may log in: names and passwords of NativeAuthenticator's table, with our rules; its own pages are not served."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import bcrypt
import nativeauthenticator
from jupyterhub import orm
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.orm import UserInfo
from traitlets import Unicode

from hub_config import passwords
from proboost.i18n import lazy
from proboost.settings import Settings

# NAME becomes a host name (NAME.localhost), a folder and a socket, so it is as strict as all three.
NAME = r"(?=.{1,31}\Z)[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z"
NAME_RULE = lazy("A login name has small Latin letters, digits and single hyphens, at most 31, a letter first.")
FAILURES = 10
BLOCKED_SECONDS = 300
MOST_NAMES_WATCHED = 5000


class Accounts(NativeAuthenticator):  # type: ignore[misc]  # ships no types
    """Logins. An account that is switched off has no session, no token and no server."""

    login_attempts: dict[str, dict[str, Any]]
    link_key = Unicode(help="key of the one-time links").tag(config=True)

    @cached_property
    def common(self) -> frozenset[str]:
        """Passwords that everybody tries first."""
        file = Path(nativeauthenticator.__file__).parent / "common-credentials.txt"
        return frozenset(file.read_text("utf-8").split())

    @cached_property
    def _nobody(self) -> bytes:
        return bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt())

    async def authenticate(self, _handler: Any, data: dict[str, str]) -> str | None:
        """The name when the password is right and the account is on. Takes as long for names that do not exist."""
        name, password = self.normalize_username(data.get("username", "")), data.get("password", "")
        info = self.get_user(name)
        if self.seconds_blocked(name) > 0:
            return None
        right = await matches(password, info.password if info else self._nobody)
        if info is not None and right and info.is_authorized:
            self.successful_login(name)
            return str(name)
        if not (right and info is not None):
            self._count_failure(name)
        return None

    def _count_failure(self, name: str) -> None:
        if len(self.login_attempts) > MOST_NAMES_WATCHED:
            self.login_attempts = {
                known: attempt
                for known, attempt in self.login_attempts.items()
                if not self.can_try_to_login_again(known)
            }
        if self.login_attempts.get(name) and self.can_try_to_login_again(name):
            self.login_attempts.pop(name)
        self.add_login_attempt(name)

    def seconds_blocked(self, name: str) -> int:
        """How long this name must wait after too many wrong passwords; 0 when it need not."""
        if not self.is_blocked(name):
            return 0
        last: datetime = self.login_attempts[name]["time"]  # naive local time, as Native keeps it
        since = (datetime.now() - last).total_seconds()
        return max(0, math.ceil(float(self.seconds_before_next_try) - since))

    async def refresh_user(self, user: Any, _handler: Any = None) -> bool:
        """False once the account is switched off: the next request asks for a login, and no server starts."""
        return self.active(user.name)

    def active(self, name: str) -> bool:
        info = self.get_user(name)
        return info is not None and bool(info.is_authorized)

    def problem(self, password: str, name: str) -> str | None:
        """Why this password will not do, in a sentence, or None."""
        return passwords.problem(password, name, self.common)

    async def put(self, name: str, password: str | None, active: bool | None) -> bool:
        """Makes or changes an account; a new one without a password has a random one (make a link). Was it made?"""
        info = self.get_user(name)
        made = info is None
        if info is None:
            info = UserInfo(username=name, password=await hashed(password or secrets.token_urlsafe(32)))
            info.is_authorized = active is not False
            self.db.add(info)
        else:
            if password is not None:
                info.password = await hashed(password)
            if active is not None:
                info.is_authorized = active
        self.db.commit()
        if password is not None:
            self.successful_login(name)
        return made

    def link(self, name: str) -> str | None:
        """A fresh one-time token to set the password of `name`."""
        info = self.get_user(name)
        return passwords.make_link(name, info.password, self.link_key, time.time()) if info else None

    def link_for(self, token: str) -> str | None:
        """Whose password this token may still set; None when it is spent, out of time, forged or the account is off."""
        name = passwords.name_in(token)
        info = self.get_user(name) if name else None
        if name is None or info is None or not info.is_authorized:
            return None
        return name if passwords.holds(token, info.password, self.link_key, time.time()) else None

    def end_sessions(self, user: Any, *, everything: bool) -> None:
        """Ends the browser sessions of `user`; with `everything` also the tokens of their servers."""
        self.change_cookie(user)
        tokens = self.db.query(orm.APIToken).filter_by(user_id=user.id)
        for token in tokens if everything else tokens.filter(orm.APIToken.session_id.isnot(None)):
            self.db.delete(token)
        self.db.query(orm.OAuthCode).filter_by(user_id=user.id).delete()
        self.db.commit()

    def change_cookie(self, user: Any) -> None:
        """Log-in cookies of `user` that somebody kept are worth nothing; what is open on other devices goes on."""
        user.orm_user.cookie_id = orm.new_token()
        self.db.commit()

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        """Our pages and API, in the place of Native's and of the Hub's pages that nobody here needs."""
        from hub_config import accounts, handlers

        return [*accounts.handlers, *handlers.handlers(app)]


async def hashed(password: str) -> bytes:
    """bcrypt takes a quarter of a second; the Hub serves others meanwhile."""
    return await asyncio.to_thread(lambda: bcrypt.hashpw(password.encode(), bcrypt.gensalt()))


async def matches(password: str, stored: bytes) -> bool:
    if len(password.encode()) > 72:  # bcrypt refuses more, and no such password was ever set
        password = ""
    return await asyncio.to_thread(bcrypt.checkpw, password.encode(), stored)


def configure(c: Any, conf: Settings) -> None:
    c.JupyterHub.authenticator_class = Accounts
    c.Authenticator.allow_all = True  # whoever has an account that is on; see `authenticate`
    c.Authenticator.username_pattern = NAME
    c.Authenticator.refresh_pre_spawn = True
    c.Authenticator.auth_refresh_age = 60
    c.Authenticator.auth_refresh_strict = True
    c.Accounts.link_key = conf.secret("hmac_key")
    c.Accounts.enable_signup = conf.sign_up
    c.Accounts.open_signup = conf.sign_up
    c.Accounts.minimum_password_length = passwords.MINIMUM
    c.Accounts.check_common_password = True
    c.Accounts.allowed_failed_logins = FAILURES
    c.Accounts.seconds_before_next_try = BLOCKED_SECONDS
