"""Who I am, and what the house asks about people over its socket."""

from __future__ import annotations

import httpx
import pytest
from fakes import Platform

from proboost.models import Course
from proboost.people import service


@pytest.fixture
def platform(sqlite_platform: Platform) -> Platform:
    with sqlite_platform.database.transaction() as session:
        session.add(Course(id="python-start", title="Python"))
    return sqlite_platform


def users(platform: Platform, *bodies: dict[str, object]) -> httpx.Response:
    return platform.internal().post("/internal/users", json=list(bodies))


def test_demo_accounts_are_made_and_made_again(platform: Platform) -> None:
    anna = {"name": "anna", "display_name": "Анна", "language": "ru", "roles": {"python-start": "author"}}
    first = users(platform, anna, {"name": "sam", "support": True})
    again = users(platform, anna, {"name": "sam", "support": True})
    assert first.status_code == 200
    assert first.json() == again.json()


def test_a_wrong_account_makes_none(platform: Platform) -> None:
    answer = users(platform, {"name": "anna"}, {"name": "lea", "roles": {"algebra": "learner"}})
    assert answer.status_code == 404
    assert "algebra" in answer.json()["message"]
    with platform.database.read() as session:
        assert service.names_in_use(session) == set()


def test_a_spawn_learns_what_it_needs_and_makes_who_is_new(platform: Platform) -> None:
    users(platform, {"name": "anna", "language": "ru", "roles": {"python-start": "author"}})
    internal = platform.internal()
    anna = internal.post("/internal/users/anna/spawn").json()
    assert anna == {"uid": platform.settings.uid_min, "language": "ru", "staff": True, "active": True}
    new = internal.post("/internal/users/new-one/spawn").json()
    assert new == {"uid": platform.settings.uid_min + 1, "language": "", "staff": False, "active": True}
    assert internal.post("/internal/users/Bad_Name/spawn").status_code == 422


def test_me(platform: Platform) -> None:
    users(platform, {"name": "anna", "display_name": "Анна П.", "language": "ru", "roles": {"python-start": "author"}})
    page, server = platform.client("anna"), platform.client("anna", server=True)
    for client in (page, server):
        me = client.get("/api/me").json()
        assert (me["name"], me["display_name"], me["language"], me["staff"]) == ("anna", "Анна П.", "ru", True)
        assert me["author_of"] == ["python-start"]
        assert me["support"] == {"phone": "8 800 777 54 91", "email": "support@okocrm.com"}
        assert me["urls"]["tickets"].endswith("/services/proboost/tickets")
    assert server.put("/api/me", json={"language": "en"}).json()["language"] == "en"
    assert page.get("/api/me").json()["language"] == "en"
    assert server.put("/api/me", json={"language": "xx"}).status_code == 422


def test_without_a_chosen_language_the_browser_s_holds(platform: Platform) -> None:
    users(platform, {"name": "anna"})
    assert platform.client("anna", language="ru-RU,ru;q=0.9").get("/api/me").json()["language"] == "ru"


def test_the_internal_routes_are_not_public(platform: Platform) -> None:
    users(platform, {"name": "root", "admin": True})
    client = platform.client("root")
    assert client.post("/internal/users", json=[]).status_code in (404, 405)
    assert client.post("/api/users", json=[]).status_code in (404, 405)
