"""The two services: the platform, which people see, and the supervisor, which they do not."""

from __future__ import annotations

from typing import Any

from proboost.settings import Settings


def configure(c: Any, conf: Settings) -> None:
    c.JupyterHub.services = [
        {
            "name": "proboost",
            "url": f"http://127.0.0.1:{conf.platform_port}",
            "api_token": conf.secret("hub_token"),
            "oauth_no_confirm": True,  # it is a part of the house, not a guest
            "oauth_redirect_uri": f"{conf.public_url}/oauth_callback",
            "oauth_client_allowed_scopes": ["read:users:name!user"],
            "timeout": 1,  # a Hub that comes back does not wait for a platform that is away
        },
        {"name": "supervisor", "api_token": conf.secret("supervisor_token"), "display": False},
    ]
    c.JupyterHub.oauth_token_expires_in = 14 * 24 * 3600
    c.JupyterHub.service_check_interval = 0  # the supervisor watches
