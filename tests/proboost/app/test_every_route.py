"""Every route of the public application asks who is there, and pages ask for more than a server's token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

import httpx
import pytest
from fakes import Platform
from fastapi import APIRouter
from fastapi.routing import APIRoute

from proboost.app.factory import SLICES
from proboost.models import User

STAFF = ("/admin/", "/support", "/gradebook/", "/grading/", "/candidates/")


@pytest.fixture
def routes() -> list[tuple[str, str]]:
    """(method, path below the prefix) with something in the place of each parameter."""
    return sorted(_routes())


def _routes() -> Iterator[tuple[str, str]]:
    for name in SLICES:
        for module, prefix in (("routes", "/api"), ("pages", "")):
            with suppress(ModuleNotFoundError):
                router = getattr(import_module(f"proboost.{name}.{module}"), "router", APIRouter())
                for route in router.routes:
                    assert isinstance(route, APIRoute)
                    path = re.sub(
                        r"\{(\w+)(?::\w+)?\}", lambda given: "7" if given[1] == "number" else "some", route.path
                    )
                    yield from ((method, prefix + path) for method in route.methods)


def ask(client: httpx.Client, method: str, path: str) -> int:
    return client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"}).status_code


def test_who_is_not_logged_in_gets_nothing(sqlite_platform: Platform, routes: list[tuple[str, str]]) -> None:
    assert len(routes) > 40
    with httpx.Client(base_url=sqlite_platform.settings.platform_url, timeout=60) as nobody:
        said = {(method, path): ask(nobody, method, path) for method, path in routes}
    assert set(said.values()) == {401}, {route: status for route, status in said.items() if status != 401}


def test_a_servers_token_opens_no_page(sqlite_platform: Platform, routes: list[tuple[str, str]]) -> None:
    with sqlite_platform.database.transaction() as session:
        session.add(User(name="root", uid=200_000, is_admin=True, is_support=True))
    server = sqlite_platform.client("root", server=True)
    pages = [route for route in routes if not route[1].startswith("/api/")]
    said = {(method, path): ask(server, method, path) for method, path in pages}
    assert set(said.values()) == {403}, {route: status for route, status in said.items() if status != 403}


def test_a_learner_gets_nothing_of_the_staffs(sqlite_platform: Platform, routes: list[tuple[str, str]]) -> None:
    with sqlite_platform.database.transaction() as session:
        session.add(User(name="lea", uid=200_000))
    lea = sqlite_platform.client("lea")
    said = {route: ask(lea, *route) for route in routes if route[1].startswith(STAFF)}
    assert set(said.values()) <= {403, 404, 422}, said  # 422: a form without its fields is not even looked at
    assert {said[route] for route in said if route[0] == "GET" and not route[1].endswith("/made")} <= {403, 404}
