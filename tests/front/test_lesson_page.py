"""The lesson page's front end in Chromium: look, access, weight; keyboard, phone, no connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lesson_stage import LOOKS, PARTLY, READING, RIGHT, SHOWN, STATIC, Json, Stage, opened, page, progress, state, until
from playwright.sync_api import Browser, Page, Route, expect
from visitors import axe

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "test-results" / "front"
BUDGET = 1_200_000  # bytes before an exercise can be answered, fonts included


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(answer) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, stage: Stage) -> Iterator[Page]:
    """The page, open, its exercises ready."""
    context = browser.new_context(**LOOKS["light"])
    yield opened(context.new_page(), stage)
    context.close()


def answer(method: str, path: str, body: Json) -> tuple[int, Json]:
    if path == "attempts":
        right = "twice" in body["ref"] or "xs[1:]" not in body["response"].get("code", "xs[1:]")
        return 200, {**(RIGHT if right else PARTLY), "attempt": body["id"], "exercise": body["ref"].partition("#")[2]}
    if path.startswith("drafts/"):
        return 200, {"revision": 2, "saved_at": "2026-11-25T10:00:00Z", "where": "platform"}
    if path == "progress":
        return 200, progress()
    if path == "tickets":
        return 200, {"number": 13, "state": "open", "url": "/t/13", "created_at": "2026-11-25T10:00:00Z"}
    return 404, {"code": "not-found", "message": "no"}


def asked(stage: Stage, method: str, path: str) -> list[Json]:
    return [body for how, where, body in stage.asked if how == method and where.startswith(path)]


def program(found: Page, text: str) -> None:
    found.wait_for_selector("#ex-sum-even .cm-content[data-language=python]")
    write(found, text)


def write(found: Page, text: str) -> None:
    """Into the editor as it is, be it before it knows Python."""
    found.click("#ex-sum-even .cm-content")
    found.keyboard.press("Control+A")
    found.keyboard.insert_text(text)


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("look", LOOKS)
def test_every_look_is_accessible(browser: Browser, stage: Stage, look: str, lang: str) -> None:
    stage.page = page(lang, state(), more=READING, outputs=SHOWN)
    context = browser.new_context(**LOOKS[look])
    found = context.new_page()
    refused: list[str] = []
    found.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    opened(found, stage)
    found.locator("#ex-twice input").last.check()
    found.click("#ex-twice .pb-main")
    found.wait_for_selector("#ex-twice .pb-verdict")
    found.click("#ex-sum-even .pb-main")
    found.wait_for_selector("#ex-sum-even .pb-tests")
    found.click("#ex-sum-even .pb-bare")
    SHOTS.mkdir(parents=True, exist_ok=True)
    found.screenshot(path=SHOTS / f"lesson-{look}-{lang}.png", full_page=True)
    assert axe(found) == []
    found.click("[data-action=help]")
    found.wait_for_selector("dialog.pb-help")
    found.screenshot(path=SHOTS / f"help-{look}-{lang}.png")
    assert axe(found) == []
    assert refused == []
    assert found.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"
    context.close()


def test_what_stands_there_before_scripts_keeps_its_place(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"])
    context.add_init_script(
        "window.shift = 0;"
        "new PerformanceObserver(list => list.getEntries().forEach(e => { window.shift += e.value; }))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    found = opened(context.new_page(), stage)
    assert (
        found.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(window.shift), 300)))")
        < 0.05
    )
    context.close()


def test_the_page_is_light_before_it_can_be_answered(visit: Page) -> None:
    names = visit.evaluate(
        "performance.getEntriesByType('resource').map(e => e.name).filter(n => n.includes('/static/'))"
    )
    files = {re.sub(r".*/static/([^?]*).*", r"\1", name) for name in names}
    sizes = {
        name: next((folder / name).stat().st_size for folder in STATIC if (folder / name).is_file()) for name in files
    }
    assert any(name.startswith("code-") for name in files), "the editor is a chunk of its own"
    assert sum(sizes.values()) < BUDGET, sizes


def test_a_lesson_without_programs_loads_no_editor(browser: Browser, stage: Stage) -> None:
    stage.page = re.sub(r'<section class="pb-ex" id="ex-sum-even".*?</section>', "", stage.page, flags=re.DOTALL)
    stage.page = re.sub(r'<link rel="modulepreload"[^>]*>', "", stage.page)
    context = browser.new_context(**LOOKS["light"])
    found = opened(context.new_page(), stage)
    assert not found.evaluate("performance.getEntriesByType('resource').some(e => e.name.includes('/code-'))")
    context.close()


def test_check_by_keyboard_and_the_way_out_of_the_editor(visit: Page, stage: Stage) -> None:
    program(visit, "def sum_even(xs):")
    visit.keyboard.press("Enter")
    visit.keyboard.insert_text("return")
    visit.keyboard.press("Tab")
    assert visit.evaluate("document.activeElement.classList.contains('cm-content')"), "Tab indents"
    visit.keyboard.press("Control+Enter")
    visit.wait_for_selector("#ex-sum-even .pb-verdict.pb-good")
    assert asked(stage, "POST", "attempts")[0]["response"]["code"].startswith("def sum_even(xs):\n        return")
    visit.keyboard.press("Escape")
    visit.keyboard.press("Tab")
    assert visit.evaluate("document.activeElement.classList.contains('pb-main')"), "Escape, then Tab leaves"


def test_an_editor_can_be_typed_into_before_it_knows_python(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"])
    found = context.new_page()
    held: list[Route] = []
    found.route("**/python-*.js", lambda route: held.append(route))  # noqa: PLW0108 -- it must take an attribute
    with found.expect_request("**/python-*.js"):
        opened(found, stage)
    write(found, "def total(xs):")
    found.keyboard.press("ArrowLeft")
    held[0].continue_()
    found.wait_for_selector("#ex-sum-even .cm-content[data-language=python] .cm-line span[class]")
    found.keyboard.insert_text("!")
    assert found.inner_text("#ex-sum-even .cm-line") == "def total(xs)!:", "text, focus and cursor are where they were"
    found.keyboard.press("Control+Z")
    found.keyboard.press("Control+Z")
    assert "def total" not in found.inner_text("#ex-sum-even .cm-content"), "what was typed before can be undone"
    context.close()


def test_the_page_around_the_exercises_does_not_wait_for_them_in_vain(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"])
    found = context.new_page()
    found.route("**/exercise.js*", lambda route: route.abort())
    found.goto(stage.url)
    found.click("[data-action=help]")
    expect(found.locator("dialog.pb-help")).to_be_visible()
    expect(found.locator("#ex-sum-even .pb-still")).to_be_visible()
    context.close()


def test_an_editor_that_never_learns_python_is_an_editor(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"])
    found = context.new_page()
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.route("**/python-*.js", lambda route: route.abort())
    with found.expect_event("requestfailed"):
        opened(found, stage)
    write(found, "def sum_even(xs): return 0")
    found.keyboard.press("Control+Enter")
    found.wait_for_selector("#ex-sum-even .pb-verdict.pb-good")
    assert wrong == []
    context.close()


def test_choose_and_check_with_the_keyboard_alone(visit: Page, stage: Stage) -> None:
    visit.locator("#ex-twice input").first.focus()
    visit.keyboard.press("ArrowDown")
    visit.keyboard.press("ArrowDown")
    visit.keyboard.press("Control+Enter")
    expect(visit.locator("#ex-twice .pb-verdict")).to_contain_text("Верно")
    expect(visit.locator("#ex-twice [role=status]")).to_contain_text("Верно")
    expect(visit.locator("#ex-twice .pb-chip")).to_have_text("✓ 1 из 1")


def test_a_draft_is_saved_while_typing_and_when_the_page_goes(visit: Page, stage: Stage) -> None:
    program(visit, "x = 1")
    visit.wait_for_function("document.getElementById('proboost-saved').dataset.state === 'saved'")
    visit.wait_for_selector("#ex-sum-even .pb-note >> text=черновик сохранён")
    assert asked(stage, "PUT", "drafts/python-start/functions/sum-even")[-1]["response"] == {"code": "x = 1"}
    program(visit, "# last words")
    visit.goto("about:blank")
    until(lambda: asked(stage, "PUT", "drafts/")[-1]["response"] == {"code": "# last words"})


def test_without_a_connection_nothing_is_lost(visit: Page, stage: Stage) -> None:
    visit.context.set_offline(True)
    visit.locator("#ex-twice input").last.check()
    visit.click("#ex-twice .pb-main")
    expect(visit.locator("#ex-twice .pb-waiting")).to_contain_text("Нет связи")
    expect(visit.locator("#proboost-saved")).to_have_text("не сохранено: нет связи")
    visit.context.set_offline(False)
    expect(visit.locator("#ex-twice .pb-verdict")).to_contain_text("Верно", timeout=20_000)
    expect(visit.locator("#proboost-saved")).to_have_text("сохранено", timeout=20_000)
    assert len({body["id"] for body in asked(stage, "POST", "attempts")}) == 1


def test_the_rail_moves_with_the_verdict(visit: Page, stage: Stage) -> None:
    told = progress()
    course = told["courses"][0]
    course["points"], course["lessons"][3]["points"], course["lessons"][3]["state"] = 23, 4, "done"
    course["lessons"][5].update(open=True, state="new", why=None)

    def answer_then(method: str, path: str, body: Json) -> tuple[int, Json]:
        return (200, told) if path == "progress" else answer(method, path, body)

    stage.answer = answer_then
    assert visit.locator("nav.rail li > .locked").count() == 1
    visit.locator("#ex-twice input").last.check()
    visit.click("#ex-twice .pb-main")
    expect(visit.locator("nav.rail [data-summary]")).to_contain_text("23")
    expect(visit.locator("nav.rail li[data-id=functions] .dot")).to_have_class("dot done")
    assert visit.locator("nav.rail li > .locked").count() == 0


def test_on_a_phone_the_lessons_are_a_drawer(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["phone"])
    found = opened(context.new_page(), stage)
    expect(found.locator("nav.rail")).to_be_hidden()
    found.click("button.menu")
    expect(found.locator("nav.rail a[aria-current=page]")).to_be_focused()
    found.screenshot(path=SHOTS / "lesson-phone-rail.png")
    found.keyboard.press("Escape")
    expect(found.locator("nav.rail")).to_be_hidden()
    small = found.evaluate(
        "[...document.querySelectorAll('button, .btn, nav.rail a, .pb-options label')].filter(e => e.offsetParent)"
        ".filter(e => e.getBoundingClientRect().height < 40).map(e => e.textContent)"
    )
    assert small == []
    context.close()


def test_a_request_for_help_says_what_goes_along(visit: Page, stage: Stage) -> None:
    visit.locator("#ex-twice input").first.focus()
    visit.click("[data-action=help]")
    attached = visit.locator(".pb-help-attached li")
    expect(attached.first).to_contain_text("Функции")
    attached.last.locator("input").uncheck()
    visit.locator(".pb-help-kinds input[value=consultation]").check()
    visit.fill("#pb-help-text", "Не понимаю срезы")
    visit.click(".pb-help .pb-main")
    expect(visit.locator(".pb-help-sent")).to_contain_text("13")
    (sent,) = asked(stage, "POST", "tickets")
    assert (sent["kind"], sent["text"]) == ("consultation", "Не понимаю срезы")
    assert sent["attached"] == {"course": "python-start", "lesson": "functions", "exercise": "twice"}
    visit.keyboard.press("Escape")
    expect(visit.locator("[data-action=help]")).to_be_focused()


def test_what_was_answered_is_there_again(browser: Browser, stage: Stage) -> None:
    code = "def sum_even(xs):\n    return 7"
    stage.page = page(
        "ru",
        state(
            twice={"answer": {"choice": None}, "verdict": {**RIGHT, "attempt": "a"}},
            sum_even={
                "draft": {"response": {"code": code}, "revision": 3, "saved_at": "2026-11-25T10:00:00Z"},
                "older_draft": {"response": {"code": "old"}, "revision": 2, "saved_at": "2026-11-25T09:00:00Z"},
                "verdict": {**PARTLY, "attempt": "b"},
                "attempts_left": 4,
                "hints_open": 1,
            },
        ),
    )
    context = browser.new_context(**LOOKS["light"])
    found = opened(context.new_page(), stage)
    assert found.locator("#ex-sum-even .cm-line").all_inner_texts() == code.split("\n")
    expect(found.locator("#ex-sum-even .pb-verdict")).to_contain_text("sum_even([4, 1])")
    expect(found.locator("#ex-sum-even .pb-hints li")).to_have_count(1)
    expect(found.locator("#ex-sum-even .pb-note")).to_contain_text("осталось 4 попытки".replace(" п", "\xa0п"))
    found.click("#ex-sum-even .pb-offer button")
    assert found.locator("#ex-sum-even .cm-line").all_inner_texts() == ["old"]
    context.close()
