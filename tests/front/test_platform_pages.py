"""The platform's pages in a real browser, without a Hub: clean for axe, whole on a telephone, no CSP violated."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fakes import Platform
from playwright.sync_api import Browser, Page
from regrades import Regrading, mended
from visitors import SHOTS, axe

from proboost.web.deps import COOKIE

OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def school(sqlite_platform: Platform) -> Regrading:
    return mended(sqlite_platform)


@pytest.fixture
def visit(browser: Browser, sqlite_platform: Platform) -> Iterator[object]:
    """`visit(name, path, language, phone=…)` is a page of that person's; what its CSP refuses fails the test."""
    refused: list[str] = []
    contexts = []

    def go(name: str, path: str, language: str, *, phone: bool = False) -> Page:
        sqlite_platform.client(name).put("/api/me", json={"language": language}).raise_for_status()
        context = browser.new_context(
            viewport={"width": 360, "height": 740} if phone else {"width": 1280, "height": 800},
            color_scheme="dark" if phone else "light",
        )
        contexts.append(context)
        context.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
        address = sqlite_platform.settings.platform_url
        context.add_cookies([{"name": COOKIE, "value": sqlite_platform.hub.token(name), "url": address}])
        page = context.new_page()
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        assert page.evaluate("document.documentElement.lang") == language
        return page

    yield go
    for context in contexts:
        context.close()
    assert refused == []


def looked_at(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert axe(page) == [], name
    assert page.evaluate(OVER) == 0, name


def test_pages_of_releases_regrades_and_receipts(school: Regrading, sqlite_platform: Platform, visit: object) -> None:
    assert callable(visit)
    gerda = sqlite_platform.client("gerda")
    place = re.sub(r"^.*(?=/regrades/)", "", gerda.post("/regrades/python").headers["Location"])
    end = time.monotonic() + 30
    while "Change these points" not in (text := gerda.get(place).text):
        assert time.monotonic() < end, text
    letter = {"id": str(uuid4()), "course": "python", "lesson": "start", "release": 2, "notebook": None, "files": {}}
    letter |= {"surface": "voila", "made_at": "2030-01-01T00:00:00Z"}
    receipt = sqlite_platform.client("anna", server=True).post("/api/submissions", json=letter)
    assert receipt.status_code < 300, receipt.text
    number = receipt.json()["number"]
    for language, phone in (("en", False), ("ru", True)):
        kind = f"phone-dark-{language}" if phone else language
        for who, path, name in (
            ("arthur", "/releases/python", "releases"),
            ("arthur", "/candidates", "candidates-none"),
            ("gerda", "/regrades/python", "regrades"),
            ("gerda", place, "regrade"),
            ("gerda", f"/grading/python/{number}", "grading-sheet-of-checks"),
            ("anna", "/submissions", "receipts"),
            ("anna", f"/submissions/{number}", "receipt"),
            ("gerda", "/submissions", "receipts-none"),
        ):
            looked_at(visit(who, path, language, phone=phone), f"{name}-{kind}")
    page = visit("anna", "/submissions", "ru", phone=True)
    state = page.locator("tbody td .chip").last.bounding_box()
    assert state is not None
    assert state["x"] + state["width"] <= 360  # how it stands with one's work is read without scrolling aside
