"""The pictures of the README: what a learner sees, in both languages. `make pictures` takes them into docs/images."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from exercise import check, exercise, verdict, write
from playwright.sync_api import expect
from visitors import Person

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NEARLY = {
    "ru": ("lea", "python-start", "first-program", "parcel", "def price(weight):\n    return 300\n"),
    "en": (
        "leo",
        "data-analysis",
        "meet-the-table",
        "sunny",
        'def good_days(df, warm):\n    return df[(df["temperature"] > warm) & (df["rain_mm"] == 0)]\n',
    ),
}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_pictures(person: Callable[..., Person], language: str) -> None:
    name, course, lesson, exercise_id, program = NEARLY[language]
    somebody = person(name, language=language, viewport={"width": 1280, "height": 860})
    page = somebody.lesson(course, lesson)
    box = exercise(page, exercise_id)
    write(box, program)
    check(box)
    verdict(box, "partial")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("nav.rail a[aria-current=page] .num")).not_to_have_text(re.compile(r"^0/"))
    box.evaluate("box => scrollTo(0, box.getBoundingClientRect().top + scrollY - 90)")
    page.mouse.move(0, 0)
    somebody.shot(f"readme-lesson-{language}", whole=False)
    page.goto(somebody.school.platform_url + "/")
    expect(page.locator("h1")).to_be_visible()
    somebody.shot(f"readme-catalogue-{language}", whole=False)
