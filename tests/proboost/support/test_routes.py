"""The API that panels, dialogs and learners' servers use, and the pages; every text is data, never markup."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest
from fakes import Platform

from proboost.people import service as people
from proboost.people.service import Person

MARKUP = "<img src=x onerror=alert(1)> {{ 7*7 }} & <b>b</b>"


@pytest.fixture
def platform(sqlite_platform: Platform) -> Platform:
    with sqlite_platform.database.transaction() as session:
        persons = [Person("lea", MARKUP, "lea@example.org", "en"), Person("max"), Person("sam", "Sam", support=True)]
        people.create(session, sqlite_platform.settings, None, persons)
    return sqlite_platform


@pytest.fixture
def lea(platform: Platform) -> httpx.Client:
    return platform.client("lea", server=True)


@pytest.fixture
def sam(platform: Platform) -> httpx.Client:
    return platform.client("sam")


def body(**change: object) -> dict[str, object]:
    attached = {
        "course": "python-start",
        "lesson": "loops",
        "exercise": "sum-even",
        "error": MARKUP,
        "versions": {"python": "3.11"},
    }
    return {"id": str(uuid4()), "kind": "problem", "text": f"Help me {MARKUP}", "attached": attached} | change


def form_id(page: httpx.Response) -> str:
    found = re.search(r'name="id" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def test_a_request_from_a_server_and_its_answer(platform: Platform, lea: httpx.Client, sam: httpx.Client) -> None:
    asked = body()
    receipt = lea.post("/api/tickets", json=asked).json()
    assert receipt["number"] == 1
    assert receipt["state"] == "open"
    assert receipt["url"] == f"{platform.settings.public_url}/tickets/1"
    assert lea.post("/api/tickets", json=asked).json() == receipt
    desk = sam.get("/support/1")
    answer = {"id": form_id(desk), "seen": "0", "text": "Try <this>", "how": "answer"}
    for _ in range(2):
        assert sam.post("/support/1/messages", data=answer).headers["location"].endswith("done=answered")
    note = {"id": str(uuid4()), "seen": "1", "text": "secret note", "how": "note"}
    assert sam.post("/support/1/messages", data=note).status_code == 303
    (ticket,) = lea.get("/api/tickets").json()["tickets"]
    assert ticket["state"] == "answered"
    assert [(m["from"], m["name"], m["text"]) for m in ticket["messages"]] == [("support", "Sam", "Try <this>")]
    again = lea.post("/api/tickets/1/messages", json={"id": str(uuid4()), "text": "Still no"}).json()
    assert (again["state"], [m["from"] for m in again["messages"]]) == ("open", ["support", "you"])
    page = platform.client("lea").get("/tickets/1").text
    assert "secret note" not in page
    assert "Try &lt;this&gt;" in page


def test_the_same_id_with_other_words(lea: httpx.Client) -> None:
    asked = body()
    lea.post("/api/tickets", json=asked)
    other = lea.post("/api/tickets", json=asked | {"text": "Other"})
    assert (other.status_code, other.json()["code"]) == (409, "other-body")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "spell"},
        {"text": ""},
        {"text": "x" * 20_000},
        {"id": "no"},
        {"attached": {"password": "x"}},
        {"attached": {"error": "x" * 9000}},
        {"attached": {"versions": {str(n): "1" for n in range(21)}}},
    ],
)
def test_what_is_refused(lea: httpx.Client, change: dict[str, object]) -> None:
    answer = lea.post("/api/tickets", json=body(**change))
    assert answer.status_code == 422
    assert answer.json()["message"]


def test_strange_characters_are_taken(lea: httpx.Client) -> None:
    raw = (
        b'{"id":"%s","kind":"problem","text":"a\\u0000b \\ud83d\\ude00","attached":{"error":"\\u0000x"}}'
        % str(uuid4()).encode()
    )
    assert lea.post("/api/tickets", content=raw, headers={"Content-Type": "application/json"}).status_code == 200


def test_pages_show_texts_as_text(platform: Platform, lea: httpx.Client, sam: httpx.Client) -> None:
    lea.post("/api/tickets", json=body())
    own = platform.client("lea")
    pages = [sam.get("/support"), sam.get("/support/1"), own.get("/tickets"), own.get("/tickets/1")]
    for page in pages:
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "&lt;img src=x" in page.text
        assert "{{ 7*7 }}" in page.text
    assert "3.11" in pages[1].text


def test_a_request_from_the_page(platform: Platform) -> None:
    lea = platform.client("lea")
    assert "8 800 777 54 91" in lea.get("/tickets").text
    form = lea.get("/tickets/new")
    assert "support@okocrm.com" in form.text
    data = {"id": form_id(form), "kind": "consultation", "text": "How?"}
    sent = [lea.post("/tickets/new", data=data, follow_redirects=True) for _ in range(2)]
    assert all("Its number is 1;" in page.text for page in sent)
    wrong = lea.post("/tickets/new", data=data | {"id": str(uuid4()), "text": " ", "kind": "setup"})
    assert wrong.status_code == 422
    assert 'value="setup" required checked' in wrong.text
    more = {"id": form_id(sent[0]), "text": "And another thing"}
    assert "And another thing" in lea.post("/tickets/1/messages", data=more, follow_redirects=True).text


def test_nobody_else_s(platform: Platform, lea: httpx.Client) -> None:
    lea.post("/api/tickets", json=body())
    other = platform.client("max")
    assert other.get("/tickets/1").status_code == 404
    assert other.post("/api/tickets/1/messages", json={"id": str(uuid4()), "text": "x"}).status_code == 404
    assert other.get("/api/tickets").json() == {"tickets": []}
    for path in ("/support", "/support/1"):
        assert other.get(path).status_code == 403
    assert other.post("/support/1/messages", data={"id": str(uuid4()), "text": "x"}).status_code == 403
    assert other.post("/support/1/state", data={"state": "closed", "resolution": "work"}).status_code == 403
    assert platform.client("sam", server=True).get("/support/1").status_code == 403


def test_a_specialist_is_told_of_news_and_keeps_their_text(lea: httpx.Client, sam: httpx.Client) -> None:
    lea.post("/api/tickets", json=body())
    form = form_id(sam.get("/support/1"))
    lea.post("/api/tickets/1/messages", json={"id": str(uuid4()), "text": "Solved already"})
    page = sam.post("/support/1/messages", data={"id": form, "seen": "0", "text": "My long answer", "how": "answer"})
    assert page.status_code == 409
    assert "My long answer" in page.text
    assert "Solved already" in page.text
    data = {"id": form_id(page), "seen": "1", "text": "My long answer", "how": "answer"}
    assert sam.post("/support/1/messages", data=data).status_code == 303


def test_closing_and_the_queue(lea: httpx.Client, sam: httpx.Client) -> None:
    lea.post("/api/tickets", json=body())
    assert sam.post("/support/1/state", data={"state": "closed"}).status_code == 422
    closed = sam.post("/support/1/state", data={"state": "closed", "resolution": "work"}, follow_redirects=True)
    assert "by one-off work" in closed.text
    assert "No requests here" in sam.get("/support?state=open").text
    assert "/support/1" in sam.get("/support?state=closed&kind=problem&q=help").text
