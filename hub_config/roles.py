"""What may be done at the Hub, and by whom. Nobody is its administrator: rights over courses are the platform's."""

from __future__ import annotations

from typing import Any

from proboost.settings import Settings

# A learner's browser session: start, stop and open one's own server, be known to the platform. No making of tokens.
USER = [
    "read:users!user",
    "users:activity!user",
    "servers!user",
    "access:servers!user",
    "access:services!service=proboost",
]

# A learner's server, whoever the learner is (third law): report activity, let its owner in, ask the platform as them.
SERVER = ["users:activity!user", "access:servers!server", "access:services!service=proboost", "read:users:name!user"]

# The platform: accounts (our own API beside the Hub's) and starting servers ahead.
PLATFORM = ["admin:users", "list:users", "read:users", "read:tokens", "servers", "read:hub"]

# The supervisor: tells the Hub that the proxy came back. (Idle servers end by themselves, once their spool is empty.)
SUPERVISOR = ["proxy"]


def configure(c: Any, _conf: Settings) -> None:
    c.JupyterHub.load_roles = [
        {"name": "user", "description": "A person at the Hub", "scopes": USER},
        {"name": "proboost-platform", "services": ["proboost"], "scopes": PLATFORM},
        {"name": "proboost-supervisor", "services": ["supervisor"], "scopes": SUPERVISOR},
    ]
    c.Spawner.server_token_scopes = SERVER
