"""The Hub's pages in a real browser: log-in, one-time link, log-out; what axe and the browser's policy say of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from running import PASSWORD, Running
from visitors import Person, axe, shot

pytestmark = pytest.mark.e2e

PHONE = {"viewport": {"width": 375, "height": 720}, "is_mobile": True, "has_touch": True}
LOOKS = [("ru", {}), ("en", {"color_scheme": "dark"}), ("ru", PHONE)]


@pytest.mark.parametrize(("language", "look"), LOOKS, ids=["light", "dark", "phone"])
def test_pages_before_the_log_in(
    school: Running, person: Callable[..., Person], language: str, look: dict[str, object]
) -> None:
    with school.hub() as hub:
        link = hub.post("/hub/api/proboost/accounts/leo/link", json={}).raise_for_status().json()["url"]
    somebody = person("leo", language=language, log_in=False, **look)
    page = somebody.page
    for url in (f"{school.origin}/", f"{school.origin}/hub/nowhere", link, link[:-4] + "AAAA"):
        page.goto(url)
        assert axe(page) == [], url
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, url
    assert somebody.violations == []
    assert somebody.foreign == []
    assert somebody.errors == []


def test_the_password_can_be_looked_at(school: Running, person: Callable[..., Person]) -> None:
    page = person("leo", language="en", log_in=False).page
    page.goto(f"{school.origin}/")
    page.get_by_label("Password", exact=True).fill("wrong-wrong")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Hide")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Login name").fill("leo")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("Wrong name or password.")
    expect(page.locator("#password")).to_be_focused()
    assert axe(page) == []


def test_log_in_and_out_in_the_readers_language(school: Running, person: Callable[..., Person]) -> None:
    leo = person("leo", language="ru", log_in=False)
    page = leo.page
    page.goto(f"{school.origin}/")
    expect(page.get_by_role("heading", name="Вход в ProBoost")).to_be_visible()
    shot(page, "login")
    page.get_by_role("link", name="In English").click()
    expect(page.get_by_role("heading", name="Log in to ProBoost")).to_be_visible()
    page.get_by_label("Login name").fill("leo")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/services/proboost/")
    page.goto(f"{school.origin}/hub/logout")
    assert axe(page) == []
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(re.compile(r"/hub/login"))
    page.goto(f"{school.platform_url}/")
    page.wait_for_url(re.compile(r"/hub/login"))
    assert leo.violations == []


def test_pages_stand_without_the_platforms_style(school: Running, person: Callable[..., Person]) -> None:
    page = person("leo", language="en", log_in=False).page
    page.route("**/services/proboost/**", lambda route: route.abort())
    page.goto(f"{school.origin}/hub/login")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).paddingTop") == "32px"
    assert page.evaluate("getComputedStyle(document.querySelector('.btn-main')).backgroundColor") == "rgb(47, 84, 208)"
    assert axe(page) == []
