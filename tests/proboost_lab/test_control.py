"""The author's terminal: sources and candidates through the server's socket, and nothing else."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator

import httpx
import pytest
from labs import Double, Lab, until


@pytest.fixture
def author(make_lab: Callable[..., Lab]) -> Iterator[httpx.Client]:
    lab = make_lab(PROBOOST_STAFF="1")
    path = lab.runtime / "proboost.sock"
    until(path.exists)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://server") as client:
        yield client


def test_sources_are_pulled_and_candidates_proposed(author: httpx.Client, platform: Double) -> None:
    pulled = author.get("/sources/demo")
    assert (pulled.content, pulled.headers["content-type"]) == (b"PK-a-zip", "application/zip")
    answer = author.post("/candidates", content=b"PK" * 1000, params={"course": "demo", "base": "2"})
    assert answer.json() == {"id": 3, "url": "http://localhost/candidates/3"}
    assert platform.rows("select path, body from said where method = 'POST'") == [("candidates", "2000 bytes")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("GET", "/progress"),
        ("POST", "/attempts"),
        ("GET", "/sources/../me"),
        ("GET", "/sources/demo%2f..%2f..%2fme"),
        ("POST", "/sources/demo"),
        ("PUT", "/me"),
    ],
)
def test_nothing_else_goes_through(author: httpx.Client, platform: Double, method: str, path: str) -> None:
    before = len(platform.rows("select 1 from said"))
    assert author.request(method, path).status_code in {404, 405}
    assert len(platform.rows("select 1 from said")) == before


def test_the_query_is_checked_too(author: httpx.Client) -> None:
    assert author.post("/candidates?course=demo&admin=1", content=b"x").status_code == 400


def test_a_platform_that_is_away_is_told(author: httpx.Client, platform: Double) -> None:
    platform.kill()
    answer = author.get("/sources/demo")
    assert answer.status_code == 503
    assert answer.json()["code"] == "platform-away"
