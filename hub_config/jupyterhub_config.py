"""The Hub's configuration: a table of contents. Each line is a module of this package; nothing is decided here."""

from __future__ import annotations

from typing import Any

from hub_config import auth, origins, pages, proxy, roles, services, spawner
from proboost.settings import settings

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 -- JupyterHub puts it there
conf = settings()

origins.configure(c, conf)  # who is served where, and which cookies go there
proxy.configure(c, conf)  # the proxy is the supervisor's child; the Hub only speaks to it
auth.configure(c, conf)  # log-in, accounts, one-time links, log-out
roles.configure(c, conf)  # what people, their servers and our services may do
services.configure(c, conf)  # the platform and the supervisor
spawner.configure(c, conf)  # learners' servers come from the launcher and outlive the Hub
pages.configure(c, conf)  # ProBoost's look and words on the Hub's pages
