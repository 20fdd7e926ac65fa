"""What a lesson's page says while its programs run, ask, last and are lost, and what stands in for a page that is not
there: accessible and whole in every look, in both languages.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from labs import LESSON, Lab, teaching
from lesson_stage import LOOKS
from playwright.sync_api import Browser, Page
from visitors import axe, shot

pytestmark = pytest.mark.e2e
PHONE_AT_NIGHT = {**LOOKS["phone"], "color_scheme": "dark"}
SEEN: dict[str, tuple[str, dict[str, Any]]] = {
    "wide": ("en", LOOKS["light"]),
    "night": ("ru", LOOKS["dark"]),
    "phone": ("ru", LOOKS["phone"]),
    "phone-night": ("en", PHONE_AT_NIGHT),
}
LASTS = {"pid": "import os\nprint('pid', os.getpid())", "endless": "while True:\n    pass"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    prose, code = LESSON["cells"][0], LESSON["cells"][3]
    lasts = [{**LESSON["cells"][1], "id": id_, "source": source, "metadata": {}} for id_, source in LASTS.items()]
    lessons = {"01-welcome.ipynb": [prose, code], "02-lasts.ipynb": [prose, *lasts, code], "03-later.ipynb": [prose]}
    with teaching(lessons) as lab:
        yield lab


def looked_at(page: Page, name: str) -> None:
    """A picture of it; nothing that axe minds, nothing that sticks out."""
    shot(page, name, whole=False)
    assert axe(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.parametrize("look", SEEN)
def test_what_the_page_says_of_its_programs_is_accessible(browser: Browser, lab: Lab, look: str) -> None:
    language, how = SEEN[look]
    lab.platform.mode(closed=["later"], language=language)
    context = browser.new_context(**how)
    page = context.new_page()
    page.goto(lab.url + "api/status?token=browser-token")
    page.goto(f"{lab.url}proboost/lesson/demo/welcome", wait_until="commit")
    page.wait_for_selector(f"html[lang={language}] #ex-sum-even .cm-content")

    page.click("#ex-sum-even .cm-content")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("print('Before it')\nname = input('Name? ')")
    page.click("#ex-sum-even .pb-run")
    page.wait_for_selector("#ex-sum-even .pb-ask input")
    page.locator("#ex-sum-even .pb-output").scroll_into_view_if_needed()
    looked_at(page, f"asks-{look}")

    page.goto(f"{lab.url}proboost/lesson/demo/lasts", wait_until="commit")
    page.wait_for_selector(".pb-slow button", timeout=60_000)
    number = re.search(r"pid (\d+)", page.inner_text("#slot-pid"))
    assert number is not None
    page.locator(".pb-slow").scroll_into_view_if_needed()
    looked_at(page, f"slow-{look}")
    os.kill(int(number[1]), signal.SIGKILL)
    page.wait_for_selector(".pb-lost button", timeout=30_000)
    looked_at(page, f"lost-{look}")

    for name, path in (("nowhere", "proboost/nothing"), ("closed", "proboost/lesson/demo/later")):
        page.goto(lab.url + path, wait_until="load")
        page.wait_for_selector(f"html[lang={language}] main h1")
        looked_at(page, f"{name}-{look}")
    context.close()
