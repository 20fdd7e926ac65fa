"""The door: what other origins may not do with our readers' cookies, how large a request is, what headers say."""

from __future__ import annotations

import httpx
import pytest
from fakes import Platform
from sqlalchemy.exc import OperationalError

from proboost.models import User
from proboost.settings import PREFIX

LEARNERS_ORIGIN = "http://lea.localhost:8000"


@pytest.fixture
def lea(sqlite_platform: Platform) -> httpx.Client:
    with sqlite_platform.database.transaction() as session:
        session.add(User(name="lea", uid=200_000, display_name="Леа"))
    return sqlite_platform.client("lea")


@pytest.mark.parametrize("site", ["same-site", "cross-site", "none"])
def test_a_post_that_another_origins_page_sends_is_refused(lea: httpx.Client, site: str) -> None:
    answer = lea.put("/api/me", json={"language": "ru"}, headers={"Sec-Fetch-Site": site, "Origin": LEARNERS_ORIGIN})
    assert answer.status_code == 403
    assert answer.json()["code"] == "foreign"
    assert lea.get("/api/me").json()["language"] != "ru"


def test_without_fetch_metadata_the_origin_decides(lea: httpx.Client, sqlite_platform: Platform) -> None:
    del lea.headers["Sec-Fetch-Site"]
    for origin in (LEARNERS_ORIGIN, "null", ""):
        assert lea.put("/api/me", json={"language": "ru"}, headers={"Origin": origin}).status_code == 403
    ours = {"Origin": sqlite_platform.settings.origin}
    assert lea.put("/api/me", json={"language": "ru"}, headers=ours).status_code == 200


def test_a_header_that_names_nobody_does_not_open_the_door_for_the_cookie(lea: httpx.Client) -> None:
    for header in ("Basic bGVhOng=", "Token", "x"):
        headers = {"Sec-Fetch-Site": "same-site", "Origin": LEARNERS_ORIGIN, "Authorization": header}
        assert lea.put("/api/me", json={"language": "ru"}, headers=headers).json()["code"] == "foreign"


def test_another_origins_script_may_not_even_read(lea: httpx.Client) -> None:
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}
    assert lea.get("/api/me", headers=headers).status_code == 403
    followed = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}
    assert lea.get("/", headers=followed).status_code == 200, "a link from a lesson leads here"


def test_a_servers_token_is_a_learners_and_no_cookie(sqlite_platform: Platform, lea: httpx.Client) -> None:
    server = sqlite_platform.client("lea", server=True)
    assert server.get("/api/me").status_code == 200
    token = sqlite_platform.hub.token("lea", server=True)
    stolen = httpx.Client(base_url=sqlite_platform.settings.platform_url, cookies={"proboost-session": token})
    with stolen:
        assert stolen.get("/api/me").status_code == 401


def test_an_unknown_token_is_nobody(sqlite_platform: Platform) -> None:
    for token in (b"x", "é".encode(), b"x y", b"x" * 600):
        headers = [(b"Authorization", b"token " + token)]
        with httpx.Client(base_url=sqlite_platform.settings.platform_url, headers=headers) as client:
            assert client.get("/api/me").status_code == 401


def test_a_page_without_a_session_leads_to_the_log_in_and_back(sqlite_platform: Platform) -> None:
    with httpx.Client(base_url=sqlite_platform.settings.platform_url, headers={"Accept": "text/html"}) as client:
        answer = client.get("/tickets")
        assert answer.status_code == 302
        assert answer.headers["location"] == f"{PREFIX}/login?next={PREFIX}/tickets"


def test_the_way_back_may_be_written_in_any_alphabet(sqlite_platform: Platform) -> None:
    with httpx.Client(base_url=sqlite_platform.settings.platform_url, headers={"Accept": "text/html"}) as client:
        asked = client.get("/gradebook/курс?q=Ёж&x=1|2")
        answer = client.get(asked.headers["location"].removeprefix(PREFIX))
    assert answer.status_code == 302
    assert "/hub/api/oauth2/authorize" in answer.headers["location"]
    kept = answer.headers["set-cookie"].partition(";")[0]
    assert "/gradebook/%D0%BA%D1%83%D1%80%D1%81?q=%D0%81%D0%B6&x=1" in kept


@pytest.mark.parametrize(
    "after",
    ["https://evil.example/", "//evil.example", "/hub/logout", f"{PREFIX}/\\evil", f"{PREFIX}/?q={'x' * 2000}"],
)
def test_the_log_in_leads_to_our_pages_only(after: str) -> None:
    from proboost.app.login import ours

    assert ours(after) == PREFIX + "/"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(lea: httpx.Client) -> None:
    answer = lea.post("/api/attempts", content=b"x" * (600 * 1024), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_body_without_a_length_is_bounded_too(lea: httpx.Client) -> None:
    def endless() -> object:
        for _ in range(700):
            yield b"x" * 1024

    answer = lea.post("/api/attempts", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_every_answer_says_what_its_page_may_do(lea: httpx.Client) -> None:
    for path in ("/", "/api/me", "/no-such-page", "/static/platform.css"):
        headers = lea.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_what_is_not_there_is_said_in_the_readers_language(sqlite_platform: Platform, lea: httpx.Client) -> None:
    page = lea.get("/no-such-page", headers={"Accept-Language": "ru", "Accept": "text/html"})
    assert page.status_code == 404
    assert 'lang="ru"' in page.text
    program = lea.get("/api/no-such-call")
    assert program.json()["code"] == "not-found"


def test_a_database_that_is_away_is_no_fault_of_what_was_sent(
    sqlite_platform: Platform, lea: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lea.get("/api/progress").status_code == 200

    def full(*_: object) -> None:
        raise OperationalError("select 1", None, Exception("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_platform.database, "read", full)
        patch.setattr(sqlite_platform.database, "transaction", full)
        answer = lea.put("/api/me", json={"language": "ru"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database-away")  # a learner's server tries again
    assert lea.put("/api/me", json={"language": "ru"}).status_code == 200


def test_templates_hold_no_inline_style_or_handler() -> None:
    from proboost.web.page import HERE

    for template in (HERE / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert "style=" not in text, template
        assert "onclick=" not in text, template
