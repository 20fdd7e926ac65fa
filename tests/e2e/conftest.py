"""What end-to-end tests share: a whole running platform, a real browser, and people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from running import Running
from visitors import Person

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium; a module's own, since Playwright keeps an event loop that other tests must not find running."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield started
        started.close()


@pytest.fixture
def school(platform: Running) -> Running:
    """The demo that the whole session shares."""
    return platform


@pytest.fixture
def person(school: Running, browser: Browser) -> Iterator[Callable[..., Person]]:
    """`person("lea", language="ru")`: a logged-in person with a browser context of their own."""
    contexts = []

    def make(name: str, *, language: str = "ru", log_in: bool = True, **more: object) -> Person:
        settings = {
            "locale": {"ru": "ru-RU", "en": "en-GB"}[language],
            "viewport": {"width": 1280, "height": 900},
            **more,
        }
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        context.set_default_navigation_timeout(90_000)
        contexts.append(context)
        somebody = Person(school, context, name, language)
        return somebody.log_in() if log_in else somebody

    yield make
    for context in contexts:
        context.close()
