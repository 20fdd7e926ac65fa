"""The administrator's pages: lists make all or none, the Hub away changes nothing, links are shown once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from fakes import Platform
from sqlalchemy import select

from proboost.auth.hub import Hub
from proboost.models import Change, Course
from proboost.people import service
from proboost.people.service import Person


@pytest.fixture
def platform(sqlite_platform: Platform) -> Platform:
    with sqlite_platform.database.transaction() as session:
        session.add(Course(id="python-start", title="Python <b>с нуля</b>"))
        session.flush()
        people = [Person("root", "Root", admin=True), Person("lea", "Lea <script>alert(1)</script>", "lea@example.org")]
        service.create(session, sqlite_platform.settings, None, people)
    return sqlite_platform


@pytest.fixture
def root(platform: Platform) -> httpx.Client:
    return platform.client("root")


@contextmanager
def hub_away(monkeypatch: pytest.MonkeyPatch, platform: Platform) -> Iterator[None]:
    """The Hub's port answers nothing: the platform's client is pointed at a port where nobody listens."""
    send = Hub._send

    async def away(self: Hub, method: str, path: str, **more: object) -> httpx.Response:
        if path.startswith("/proboost/"):
            self._client.base_url = "http://127.0.0.1:1"
        try:
            return await send(self, method, path, **more)  # type: ignore[arg-type]
        finally:
            self._client.base_url = self.settings.hub_api_url

    with monkeypatch.context() as patch:
        patch.setattr(Hub, "_send", away)
        yield


def names(platform: Platform) -> set[str]:
    with platform.database.read() as session:
        return service.names_in_use(session)


def key_in(page: httpx.Response) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def test_only_administrators_see_them(platform: Platform) -> None:
    lea = platform.client("lea")
    for path in ("/admin/people", "/admin/accounts/new", "/admin/people/lea"):
        answer = lea.get(path)
        assert answer.status_code == 403
        assert "lea@example.org" not in answer.text
    assert platform.client("root", server=True).get("/admin/people").status_code == 403


def test_no_name_is_markup(root: httpx.Client) -> None:
    for path in ("/admin/people", "/admin/people/lea", "/admin/accounts/new"):
        answer = root.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<b>с нуля" not in answer.text


def test_a_list_is_previewed_then_made_then_given_links(platform: Platform, root: httpx.Client) -> None:
    form = {"text": "anna;Анна;anna@example.org;ru\n;Пётр Жуков", "course": "python-start", "role": "learner"}
    preview = root.post("/admin/accounts/preview", files={}, data=form)
    assert preview.status_code == 200
    assert "petr-zhukov" in preview.text
    assert names(platform) == {"root", "lea"}
    for _ in range(2):  # sent twice, made once
        made = root.post("/admin/accounts/create", data=form | {"key": key_in(preview)}, follow_redirects=True)
        assert "2 accounts created" in made.text
    assert names(platform) == {"root", "lea", "anna", "petr-zhukov"}
    asked = [(method, path.rsplit("/", 1)[1], json.loads(body)) for method, path, body in platform.hub.asked]
    assert [(*ask[:2], ask[2]["active"]) for ask in asked] == [("PUT", "anna", True), ("PUT", "petr-zhukov", True)]
    passwords = {ask[2]["password"] for ask in asked}
    assert len(passwords) == 2, "nobody who signed up under that name before comes in"
    assert all(len(password) > 40 for password in passwords)
    links = root.post("/admin/accounts/links", data={"key": key_in(preview)})
    assert "/hub/proboost/password/petr-zhukov" in links.text
    assert links.headers["cache-control"] == "no-store"


def test_a_file_in_windows_1251(root: httpx.Client) -> None:
    file = {"file": ("list.csv", "Логин;ФИО\nanna;Анна Ёлкина\n".encode("windows-1251"), "text/csv")}
    assert "Анна Ёлкина" in root.post("/admin/accounts/preview", data={"text": ""}, files=file).text


def test_a_wrong_line_makes_nothing(platform: Platform, root: httpx.Client) -> None:
    text = "anna;Anna\nlea;Again\n"
    preview = root.post("/admin/accounts/preview", data={"text": text})
    assert "in use" in preview.text
    assert 'name="key"' not in preview.text
    refused = root.post("/admin/accounts/create", data={"text": text, "key": "k"})
    assert "in use" in refused.text
    assert names(platform) == {"root", "lea"}
    assert platform.hub.asked == []


def test_the_hub_away_makes_nothing_and_the_same_button_does_it_later(
    platform: Platform, root: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"text": "anna;Anna", "key": "k"}
    with hub_away(monkeypatch, platform):
        answer = root.post("/admin/accounts/create", data=form)
        assert "does not answer" in answer.text
        assert names(platform) == {"root", "lea"}
    assert (
        "1 account created"
        in root.post("/admin/accounts/create", data=form | {"key": key_in(answer)}, follow_redirects=True).text
    )
    assert "anna" in names(platform)


def test_disabling_asks_the_hub_first(platform: Platform, root: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    lea = platform.client("lea")
    with hub_away(monkeypatch, platform):
        assert "does not answer" in root.post("/admin/people/lea/active", data={"active": "false"}).text
        assert lea.get("/settings").status_code == 200
    done = root.post("/admin/people/lea/active", data={"active": "false"}, follow_redirects=True)
    assert "logged out" in done.text
    assert platform.hub.asked[-1][::2] == ("PUT", '{"active":false}')
    assert lea.get("/settings").status_code == 403
    root.post("/admin/people/lea/active", data={"active": "true"})
    assert lea.get("/settings").status_code == 200
    assert root.post("/admin/people/root/active", data={"active": "false"}).status_code == 409


def test_a_link_is_shown_once_and_not_written_down(platform: Platform, root: httpx.Client) -> None:
    answer = root.post("/admin/people/lea/link")
    assert "/hub/proboost/password/lea" in answer.text
    assert "/hub/proboost/password/lea" not in root.get("/admin/people/lea").text
    with platform.database.read() as session:
        change = session.scalars(select(Change).where(Change.what == "user.link")).one()
        assert (change.subject, change.details) == ("lea", {})


def test_roles_and_details(platform: Platform, root: httpx.Client) -> None:
    root.post("/admin/people/lea/role", data={"course": "python-start", "role": "grader"})
    root.post("/admin/people/lea/roles", data={"support": "true"})
    root.post("/admin/people/lea/details", data={"display_name": "Лея", "email": "l@example.org"})
    page = root.get("/admin/people?q=лея&role=grader").text
    assert "python-start: grader" in page
    assert "specialist" in page
    assert root.post("/admin/people/lea/role", data={"course": "algebra", "role": "grader"}).status_code == 404


def test_settings_and_language(platform: Platform) -> None:
    lea = platform.client("lea")
    assert "Settings" in lea.get("/settings").text
    saved = lea.post("/settings", data={"language": "ru", "timezone": "Europe/Moscow"}, follow_redirects=True)
    assert 'lang="ru"' in saved.text
    assert "<option selected>Europe/Moscow" in saved.text
    back = lea.post(
        "/language", data={"language": "en"}, headers={"Referer": platform.settings.public_url + "/settings?x=1"}
    )
    assert back.headers["location"] == "/services/proboost/settings?x=1"
    assert "proboost-lang=en" in back.headers["set-cookie"]


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example/services/proboost/", "/hub/logout", "\\\\evil"]
)
def test_language_sends_nobody_elsewhere(platform: Platform, after: str) -> None:
    answer = platform.client("lea").post("/language", data={"language": "en", "next": after})
    assert answer.headers["location"] == "/services/proboost/"


def test_another_site_can_send_no_form(platform: Platform, root: httpx.Client) -> None:
    for site in ("cross-site", "same-site"):
        answer = root.post("/admin/people/lea/roles", data={"admin": "true"}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
