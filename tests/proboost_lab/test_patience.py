from __future__ import annotations

import logging
from typing import Any

import pytest
from tornado import web

from proboost_lab.patience import be_patient


class Auth:
    """What HubOAuth does, with a Hub that the test moves."""

    def __init__(self) -> None:
        self.answer: Any = {"name": "lea"}

    async def _check_hub_authorization(
        self, url: str, api_token: str, cache_key: str | None = None, use_cache: bool = True
    ) -> Any:
        if isinstance(self.answer, int):
            raise web.HTTPError(self.answer)
        return self.answer


@pytest.fixture
def auth() -> Auth:
    auth = Auth()
    be_patient(auth, logging.getLogger("test"))
    return auth


async def ask(auth: Auth, token: str = "t") -> Any:
    return await auth._check_hub_authorization("http://hub", token, cache_key=token)


async def test_the_hubs_last_word_counts_while_it_restarts(auth: Auth) -> None:
    await ask(auth)
    auth.answer = 500
    assert await ask(auth) == {"name": "lea"}
    with pytest.raises(web.HTTPError):
        await ask(auth, "of somebody else")


async def test_a_session_that_the_hub_ended_stays_ended(auth: Auth) -> None:
    await ask(auth)
    auth.answer = None
    assert await ask(auth) is None
    auth.answer = 500
    with pytest.raises(web.HTTPError):
        await ask(auth)
