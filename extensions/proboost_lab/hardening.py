"""Keeps this server's tokens from the learner's own kernels: out of environment, files and other processes' sight."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from typing import Any

SECRET = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "JUPYTERHUB_CLIENT_ID", "JUPYTER_TOKEN", "CONFIGPROXY_AUTH_TOKEN")
PR_SET_DUMPABLE = 4


def take_token(app: Any) -> str:
    """The server's Hub token, read before `seal` removes it; empty where there is no Hub."""
    return next((auth.api_token for auth in _hub_auths(app) if auth.api_token), "") or os.environ.get(SECRET[0], "")


def seal(app: Any) -> None:
    """No kernel, terminal or file shows a token from now on. Call once, before any kernel."""
    for auth in _hub_auths(app):  # these read the environment when first asked: ask now
        _ = (auth.api_token, auth.oauth_client_id, auth.access_scopes, auth.oauth_scopes)
    _ = app.identity_provider.token
    for name in SECRET:
        os.environ.pop(name, None)
    for write in ("write_server_info_file", "write_browser_open_files"):  # jpserver-PID.json holds the token as text
        setattr(app, write, lambda: None)
    make_undumpable()


def make_undumpable() -> None:
    """/proc/PID/{environ,mem,maps,fd} of this process belong to root from now on, whatever the uid; exec undoes it."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")


def _hub_auths(app: Any) -> Iterator[Any]:
    """Two objects that speak with the Hub: of the identity provider and of the single-user app; none without a Hub."""
    for owner in (app.identity_provider, getattr(app, "starter_app", None)):
        auth = getattr(owner, "hub_auth", None)
        if auth is not None:
            yield auth
