"""Who is logged in, asked of the Hub often (so that log-out ends a session) yet patiently (the Hub may restart)."""

from __future__ import annotations

import time
from logging import Logger
from typing import Any

from tornado import web

FRESH = 15  # seconds: as long a session may outlive its log-out
STALE = 600  # seconds for which the Hub's last word counts while the Hub itself does not answer


def be_patient(auth: Any, log: Logger) -> None:
    """Let `auth` (HubOAuth) fall back on the Hub's last word about a token while the Hub is away.

    A word that the Hub takes back (404, 403: an unknown token) is never used again.
    """
    known: dict[str, tuple[float, Any]] = {}
    ask = auth._check_hub_authorization  # noqa: SLF001  # HubAuth has no public place for this

    async def check(url: str, api_token: str, cache_key: str | None = None, use_cache: bool = True) -> Any:
        key = str(cache_key or api_token)
        try:
            user = await ask(url, api_token, cache_key=cache_key, use_cache=use_cache)
        except web.HTTPError as error:
            at, last = known.get(key, (0.0, None))
            if error.status_code not in {500, 502, 503} or last is None or time.monotonic() - at > STALE:
                raise
            log.warning("proboost: the Hub does not answer; its last word on this session counts")
            return last
        if user is None:
            known.pop(key, None)
        else:
            known[key] = (time.monotonic(), user)
            if len(known) > 200:
                known.pop(next(iter(known)))
        return user

    auth._check_hub_authorization = check  # noqa: SLF001
