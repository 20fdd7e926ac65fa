"""Exercises of every kind, answered by a learner on the lesson's page and in JupyterLab, in Russian and in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from exercise import check, exercise, saved, verdict
from kinds import COURSE, EXERCISES, folder
from playwright.sync_api import Locator, Page, expect
from running import Running
from test_learner import clean, scrolled_to
from visitors import Person, axe, shot

from proboost_kernel import exercises

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ANSWERED = {name: shown for name, shown in EXERCISES.items() if shown.right is not None}


def test_every_kind_is_in_the_course() -> None:
    assert {shown.kind for shown in EXERCISES.values()} == set(exercises.kinds()) - {"cell"}


@pytest.fixture(scope="module")
def kinds(platform: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The session's demo with the course published, and its learners in it."""
    made = folder(tmp_path_factory.mktemp("courses") / COURSE)
    published = platform.cli("course", "publish", str(made))
    assert published.returncode == 0, published.stderr
    for name in ("lea", "leo"):
        enrolled = platform.cli("users", "add", name, "--role", f"{COURSE}=learner")
        assert enrolled.returncode == 0, enrolled.stderr
    yield platform
    platform.cli("course", "withdraw", COURSE)


def answered(page: Page, name: str, *, near: bool = True) -> Locator:
    """Answers the exercise, first not quite; its box."""
    shown, box = EXERCISES[name], exercise(page, name)
    assert shown.right is not None
    box.scroll_into_view_if_needed()
    if near and shown.near is not None:
        shown.near(box)
        check(box)
        verdict(box, shown.state)
        expect(box.locator(".pb-verdict")).not_to_contain_text("{{")
    shown.right(box)
    check(box)
    verdict(box, shown.last)
    return box


def pictures(page: Page, name: str) -> None:
    """One of each exercise, as it stands."""
    for one in EXERCISES:
        box = exercise(page, one)
        box.scroll_into_view_if_needed()
        box.screenshot(path=shot(page, name, whole=False).with_name(f"{name}-{one}.png"), animations="disabled")


def opened_in_lab(page: Page) -> None:
    page.wait_for_url("**/lab/**")
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .pb-ex").first).to_be_visible(timeout=90_000)


def in_lab(page: Page, name: str) -> None:
    """Every exercise is shown in JupyterLab, and axe finds nothing wrong with it; a picture of each, "own" last."""
    opened_in_lab(page)
    for one in sorted(EXERCISES, key="own".__eq__):
        box = exercise(page, one)
        scrolled_to(page, box)
        expect(box.locator(".pb-view")).to_be_visible()
        assert axe(page, within=".jp-NotebookPanel .pb-ex") == [], one
        box.screenshot(path=shot(page, name, whole=False).with_name(f"{name}-{one}.png"), animations="disabled")


@pytest.mark.usefixtures("kinds")
def test_on_the_lessons_page_in_russian(person: Callable[..., Person]) -> None:
    lea = person("lea", language="ru")
    page = lea.lesson(COURSE, "ru")
    expect(exercise(page, "own").locator(".pb-prompt mark")).to_be_visible()
    lea.shot("kinds-voila-ru-new")
    for name in ANSWERED:
        saved(answered(page, name))
    assert axe(page) == []
    pictures(page, "kinds-voila-ru")
    lea.shot("kinds-voila-ru")
    number = exercise(page, "own").locator(".pb-prompt mark").inner_text()

    native = page.locator(".pb-native")
    expect(native).to_have_count(3)
    expect(native.nth(0)).to_contain_text("# YOUR CODE HERE")
    expect(native.nth(0)).to_contain_text("Открыть в JupyterLab")
    expect(native.nth(1)).to_contain_text("2 балла")
    expect(native.nth(1)).not_to_contain_text("aaa")
    expect(native.nth(2)).to_contain_text("1,5 балла")

    page.reload()
    for name in ANSWERED:
        verdict(exercise(page, name), EXERCISES[name].last)
    expect(exercise(page, "lines").locator("[data-list=answer] .pb-line").nth(1)).to_contain_text("print('hi')")
    expect(exercise(page, "pairs").locator(".pb-pair[data-filled=true]")).to_have_count(3)
    expect(exercise(page, "opinion").get_by_role("textbox")).to_have_value(re.compile("имя мысли"))
    expect(exercise(page, "report").locator(".pb-file")).to_contain_text("report.txt")
    expect(exercise(page, "own").locator(".pb-prompt mark")).to_have_text(number)
    expect(exercise(page, "weight").locator("input.pb-field")).to_have_value("0,25")
    expect(exercise(page, "loop").locator("input.pb-field").nth(1)).to_have_value("+=")
    expect(exercise(page, "several").get_by_role("checkbox", checked=True)).to_have_count(2)

    page.get_by_role("banner").get_by_role("link", name="Открыть в JupyterLab").click()
    in_lab(page, "kinds-lab-ru")
    expect(exercise(page, "own").locator(".pb-prompt mark")).to_have_text(number)

    lea.lesson(COURSE, "ru")
    page.emulate_media(color_scheme="dark")
    page.locator("html").evaluate("html => html.setAttribute('data-theme', 'dark')")
    pictures(page, "kinds-voila-ru-dark")
    assert axe(page) == []
    clean(lea)


@pytest.mark.usefixtures("kinds")
def test_in_jupyterlab_and_by_telephone_in_english(person: Callable[..., Person]) -> None:
    leo = person("leo", language="en")
    page = leo.lesson(COURSE, "en")
    mine = exercise(page, "own").locator(".pb-prompt mark").inner_text()
    page.get_by_role("banner").get_by_role("link", name="Open in JupyterLab").click()
    opened_in_lab(page)
    for name in ANSWERED:
        scrolled_to(page, exercise(page, name))
        box = answered(page, name, near=False)
        if name == "own":
            expect(box.locator(".pb-prompt mark")).to_have_text(mine)
    in_lab(page, "kinds-lab-en")

    scrolled_to(page, page.locator(".jp-CodeCell", has_text="# YOUR CODE HERE"))
    page.screenshot(path=shot(page, "kinds-lab-en-native", whole=False))

    phone = person("leo", language="en", viewport={"width": 400, "height": 850}, has_touch=True, is_mobile=True)
    page = phone.lesson(COURSE, "en")
    for name in ANSWERED:
        verdict(exercise(page, name), EXERCISES[name].last)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out of a phone"
    phone.shot("kinds-phone-en")
    pictures(page, "kinds-phone-en")
    assert axe(page) == []
    clean(phone)


@pytest.mark.usefixtures("kinds")
def test_by_keyboard_alone(person: Callable[..., Person]) -> None:
    lea = person("lea", language="en")
    page = lea.lesson(COURSE, "en")
    boxes = exercise(page, "several")
    boxes.get_by_role("checkbox", name="2").focus()
    for word in ("2", "7"):
        boxes.get_by_role("checkbox", name=word).press("Space")
    boxes.get_by_role("checkbox", name="7").press("ControlOrMeta+Enter")
    verdict(boxes, "passed")
    lines = exercise(page, "lines")
    answer = lines.locator("[data-list=answer] .pb-line")
    for text in ("def hello():", "print('hi')", "hello()"):
        exactly = page.get_by_text(text, exact=True)
        lines.locator("[data-list=pool] .pb-line").filter(has=exactly).first.press("Enter")
    answer.nth(1).press("ArrowRight")
    answer.nth(2).press("Space")
    for key in ("ArrowUp", "Space", "ControlOrMeta+Enter"):
        page.keyboard.press(key)
    verdict(lines, "failed")
    page.keyboard.press("Alt+ArrowDown")
    expect(lines.get_by_role("status")).to_have_text("line 3 of 3, depth 0")
    page.keyboard.press("ControlOrMeta+Enter")
    verdict(lines, "passed")
    pairs = exercise(page, "pairs")
    for slot in pairs.locator(".pb-slot").all():
        slot.focus()
        for key in ("Enter", "2", "Enter"):
            page.keyboard.press(key)
    page.keyboard.press("ControlOrMeta+Enter")
    verdict(pairs, "partial")  # it belongs to one of the three
    for name, keys in {"weight": ["0.25"], "capital": ["париж"], "loop": ["in", "+=", "6"]}.items():
        box = exercise(page, name)
        box.locator("input.pb-field").first.focus()
        for at, text in enumerate(keys):
            page.keyboard.press("Tab") if at else None
            page.keyboard.type(text)
        page.keyboard.press("Enter")
        verdict(box, "passed")
    pictures(page, "kinds-voila-en")
