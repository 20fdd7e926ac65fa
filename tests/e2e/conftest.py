"""What end-to-end tests share: a whole running platform, a real browser, and people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from running import Running
from visitors import Person


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
