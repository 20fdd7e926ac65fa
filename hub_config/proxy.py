"""The proxy as the Hub knows it: the supervisor's child, told of routes over a unix socket."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from proboost.settings import Settings


def configure(c: Any, conf: Settings) -> None:
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = "http+unix://" + quote(str(conf.proxy_api_socket), safe="")
    c.ConfigurableHTTPProxy.auth_token = conf.secret("proxy_token")
    # a Hub that is started again finds routes and servers as they were
    c.JupyterHub.cleanup_proxy = False
    c.JupyterHub.cleanup_servers = False
