"""A learner's way: log-in, catalogue, the lesson as a page and in JupyterLab, verdicts, hints, drafts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from exercise import HINT, RUN, check, choose, exercise, saved, verdict, write
from playwright.sync_api import Locator, Page, expect
from visitors import Person, axe

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WRONG_PARCEL = "def price(weight):\n    return 300\n"
RIGHT_PARCEL = "def price(weight):\n    return 300 + 50 * weight\n"


def clean(somebody: Person) -> None:
    """Nothing was asked of another host, nothing was against the page's policy, nothing was thrown."""
    assert somebody.foreign == []
    assert somebody.violations == []
    assert somebody.errors == []


def test_from_the_log_in_to_a_verdict_and_back_again(person: Callable[..., Person]) -> None:
    lea = person("lea")
    page = lea.page
    expect(page.get_by_role("heading", name="Мои курсы")).to_be_visible()
    expect(page.get_by_role("heading", name="Python с нуля")).to_be_visible()
    lea.shot("catalogue-ru")
    assert axe(page) == []

    lea.lesson()
    expect(page.get_by_role("heading", level=1, name="Первая программа")).to_be_visible()
    first = exercise(page, "quotes")
    choose(first, "6")
    check(first)
    verdict(first, "failed")
    choose(first, "10 - 4")
    check(first)
    expect(verdict(first, "passed")).to_contain_text("буква в букву")

    parcel = exercise(page, "parcel")
    write(parcel, WRONG_PARCEL)
    check(parcel)
    block = verdict(parcel, "partial")
    expect(block).to_contain_text("price(2)")
    expect(block).to_contain_text("300")
    expect(block).to_contain_text("400")
    expect(block).to_contain_text("скрытый тест")
    assert "1300" not in block.inner_text(), "what a hidden test asks stays hidden"
    lea.shot("lesson-partial-ru")

    hint = parcel.get_by_role("button", name=HINT)
    hint.click()
    expect(parcel.locator(".pb-hints li")).to_have_count(1)
    hint.click()
    expect(parcel.locator(".pb-hints li")).to_have_count(2)

    write(parcel, RIGHT_PARCEL)
    check(parcel)
    verdict(parcel, "passed")
    saved(parcel)

    page.reload()
    parcel = exercise(page, "parcel")
    verdict(parcel, "passed")
    expect(parcel.locator(".cm-content")).to_contain_text("300 + 50 * weight")
    expect(parcel.locator(".pb-hints li")).to_have_count(2)
    verdict(exercise(page, "quotes"), "passed")
    expect(page.locator("nav.rail")).to_contain_text("Первая программа")
    assert axe(page) == []
    clean(lea)


def test_run_shows_output_and_errors_in_place(person: Callable[..., Person]) -> None:
    lea = person("lea")
    page = lea.lesson()
    box = exercise(page, "hello")
    write(box, 'print("при" + "вет")')
    box.get_by_role("button", name=RUN).click()
    expect(box.locator(".pb-output")).to_contain_text("привет", timeout=60_000)
    write(box, "print(1 / 0)")
    box.get_by_role("button", name=RUN).click()
    expect(box.locator(".pb-output")).to_contain_text("ZeroDivisionError")
    # in the language in which her server was started: another test may have read in English before
    said = re.compile(r"На ноль делить нельзя\.|Nothing can be divided by zero\.")
    expect(box.locator(".pb-error > :last-child")).to_have_text(said)
    write(box, "price = 3\nprint(prise)")
    box.get_by_role("button", name=RUN).click()
    expect(box.locator(".pb-error > :last-child code")).to_have_text(["prise", "price"])
    expect(box.get_by_role("status").first).to_contain_text(re.compile("имели в виду|Did you mean"))
    assert axe(page, within=".pb-ex .pb-output") == []
    lea.shot("error-explained-ru")
    clean(lea)


def test_the_same_answers_in_jupyterlab(person: Callable[..., Person]) -> None:
    leo = person("leo", language="en")
    page = leo.lesson()
    box = exercise(page, "quotes")
    choose(box, "10 - 4")
    check(box)
    verdict(box, "passed")
    program = exercise(page, "seconds")
    write(program, "day = 24 * 60 * 60\nweek = 0  # later")
    saved(program)

    page.get_by_role("link", name="Open in JupyterLab").click()
    page.wait_for_url("**/lab/**")
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(notebook).to_be_visible(timeout=60_000)
    expect(notebook.locator(".pb-ex").first).to_be_visible(timeout=90_000)  # exercises come to life by themselves
    scrolled_to(page, exercise(page, "quotes"))
    verdict(exercise(page, "quotes"), "passed")
    program = exercise(page, "seconds")
    scrolled_to(page, program)
    expect(program.locator(".cm-content")).to_contain_text("week = 0  # later")
    write(program, "day = 24 * 60 * 60\nweek = 7 * day")
    check(program)
    verdict(program, "passed")
    leo.shot("lab-en", whole=False)

    leo.lesson()
    verdict(exercise(page, "seconds"), "passed")
    clean(leo)


def scrolled_to(page: Page, box: Locator) -> None:
    """JupyterLab keeps only cells near the view in the page: scrolls through the notebook until the box is there."""
    outer = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer")
    outer.evaluate("panel => panel.scrollTo(0, 0)")
    for _ in range(200):
        if box.count():
            box.scroll_into_view_if_needed()
            return
        outer.evaluate("panel => panel.scrollBy(0, 300)")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    raise AssertionError("the exercise is nowhere in the notebook")


def test_a_lesson_that_is_not_open_says_why(person: Callable[..., Person]) -> None:
    leo = person("leo")
    page = leo.page
    page.goto(leo.school.settings.lesson_url("leo", "python-start", "conditions"))
    expect(page.locator("main")).to_contain_text(re.compile("откро", re.IGNORECASE))
    leo.shot("lesson-closed-ru")
    assert axe(page) == []
    page.goto(leo.school.settings.lesson_url("leo", "python-start", "no-such-lesson"))
    expect(page.locator("main")).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(person: Callable[..., Person], scheme: str) -> None:
    leo = person("leo", viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True)
    leo.shot(f"catalogue-phone-{scheme}")
    page = leo.lesson()
    expect(exercise(page, "quotes").get_by_role("radio").first).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page does not scroll sideways"
    leo.shot(f"lesson-phone-{scheme}")
    assert axe(page) == []


def test_the_keyboard_alone_is_enough(person: Callable[..., Person]) -> None:
    leo = person("leo")
    page = leo.lesson()
    box = exercise(page, "order")
    expect(box.get_by_role("radio").first).to_be_visible()
    box.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.className")
    assert "pb-main" in focused, "Check comes after the answer"
    page.keyboard.press("Enter")
    expect(box.locator(".pb-verdict[data-state]")).to_be_visible()


def test_log_out_ends_every_session(person: Callable[..., Person]) -> None:
    lea = person("lea")
    page = lea.lesson()
    lesson = page.url
    page.goto(lea.school.platform_url + "/")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name=re.compile("Выйти")).click()
    page.wait_for_url("**/hub/login*")
    for address in (lea.school.platform_url + "/", lesson):
        page.goto(address)
        page.wait_for_url("**/hub/login*")
