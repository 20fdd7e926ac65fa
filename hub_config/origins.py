"""Origins: Hub and platform share one, every learner's server has its own; where cookies go and what pages may load."""

from __future__ import annotations

import os
import socket
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.utils import subdomain_hook_idna
from tornado.httpserver import HTTPServer

from proboost.settings import Settings

KEEP_SESSIONS_DAYS = 14


def place(name: str, domain: str, kind: str) -> str:
    """The host of a user's server or of a service: services stay on the Hub's own host."""
    if kind == "service":
        return domain
    host: str = subdomain_hook_idna(name, domain, kind)
    return host


def policy(conf: Settings) -> str:
    """The Content-Security-Policy of the Hub's pages: own files only, nothing inline.

    A log-in form ends, redirect by redirect, on the learner's own origin, and `form-action` judges every step.
    """
    servers = "" if conf.accept_single_origin else f" {conf.user_origin('*')}"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            f"form-action 'self'{servers}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def take_socket(descriptor: int) -> None:
    """The Hub listens on a socket that the supervisor holds: what is asked while it restarts waits."""
    handed = socket.socket(fileno=descriptor)
    handed.setblocking(False)

    def listen(self: HTTPServer, _port: int, address: str | None = None, **_more: Any) -> None:  # noqa: ARG001
        self.add_sockets([handed])

    HTTPServer.listen = listen  # type: ignore[method-assign,assignment]  # JupyterHub has no setting for it


def configure(c: Any, conf: Settings) -> None:
    handed = os.environ.pop("PROBOOST_HUB_FD", "")
    if handed:
        take_socket(int(handed))
    c.JupyterHub.bind_url = f"http://{conf.bind}:{conf.port}/"
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{conf.hub_port}"
    if conf.accept_single_origin:
        c.JupyterHub.public_url = conf.origin + "/"
    else:
        c.JupyterHub.subdomain_host = conf.origin
        c.JupyterHub.subdomain_hook = place
    c.JupyterHub.db_url = f"sqlite:///{conf.hub_dir / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(conf.hub_dir / "cookie_secret")
    c.JupyterHub.cookie_max_age_days = KEEP_SESSIONS_DAYS
    # `__Host-` cookies cannot be planted by a sibling origin, but browsers want https for them
    c.JupyterHub.cookie_host_prefix_enabled = conf.scheme == "https"
    c.JupyterHub.trusted_downstream_ips = ["127.0.0.1"]
    c.JupyterHub.tornado_settings = {
        "cookie_options": {"samesite": "Lax"},
        "headers": {
            "Content-Security-Policy": policy(conf),
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
        "slow_spawn_timeout": 3,  # then the page with the progress bar is shown
        "slow_stop_timeout": 10,
    }
    # a learner whose server is away is not asked whether to start it
    c.JupyterHub.implicit_spawn_seconds = 0.01
    c.JupyterHub.concurrent_spawn_limit = 50  # a class that opens its lesson at once; whoever is above waits a moment
    c.JupyterHub.default_url = f"{conf.prefix}/"
    c.JupyterHub.redirect_to_server = False


def same_origin(conf: Settings, headers: Any) -> bool:
    """Does the browser say that a page of this very origin makes the request? Scripts elsewhere cannot claim so."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return bool(site == "same-origin")
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin)[:2] == urlsplit(conf.origin)[:2]
