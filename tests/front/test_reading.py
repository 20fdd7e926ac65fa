"""Reading a lesson in Chromium: contents, copying, wide tables, the place where one stopped, paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from lesson_stage import CHOICE, CODE, LOOKS, READING, RIGHT, SHOWN, Stage, opened, page, state, until
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.e2e

KINDS = (
    "%%exercise places\nkind: blanks\ntitle: Пропуски\ntext: 'Столица {{a}}, река {{b}}.'\nanswers: {a: М, b: В}\n",
    "%%exercise weight\nkind: number\ntitle: Вес\nprompt: Сколько?\nunit: кг\nanswer: 3\n",
    "%%exercise story\nkind: essay\ntitle: Рассказ\nprompt: Расскажите.\n",
    "%%exercise evens\nkind: multiple\ntitle: Чётные\nprompt: Какие?\noptions: [два, три, четыре]\nanswers: [два]\n",
)
Open = Callable[..., Page]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as found:
        found.page = page("ru", state(), more=READING, outputs=SHOWN)
        yield found


@pytest.fixture
def visit(browser: Browser, stage: Stage) -> Iterator[Open]:
    """`visit("phone")`: the page in that look, its exercises ready."""
    contexts = []

    def make(look: str = "light", **more: object) -> Page:
        context = browser.new_context(**{**LOOKS[look], **more})
        contexts.append(context)
        return opened(context.new_page(), stage)

    yield make
    for context in contexts:
        context.close()


def top(found: Page, selector: str) -> float:
    return float(found.evaluate("selector => document.querySelector(selector).getBoundingClientRect().top", selector))


def test_the_contents_mark_the_section_that_is_read(visit: Open) -> None:
    found = visit()
    entries = found.locator("nav.rail li[data-id=functions] .toc a")
    assert entries.all_inner_texts() == ["Зачем нужны функции", "Немного истории", "Аргументы и значения", "Итоги"]
    expect(found.locator(".toc [aria-current]")).to_have_count(0)
    entries.nth(2).focus()
    found.keyboard.press("Enter")
    expect(entries.nth(2)).to_have_attribute("aria-current", "location")
    expect(found.locator("h2", has_text="Аргументы и значения")).to_be_focused()
    assert 56 <= top(found, "#Аргументы-и-значения") < 110, "not under the bar"
    found.keyboard.press("End")
    expect(entries.last).to_have_attribute("aria-current", "location")
    assert found.locator("#lesson a[href='#Итоги'], #lesson a[href^='#%D0']").first.is_visible(), "an author's own link"


def test_without_scripts_the_contents_are_links(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"], java_script_enabled=False)
    found = context.new_page()
    found.goto(stage.url)
    found.get_by_role("link", name="Итоги").last.click()
    box = found.locator("h2", has_text="Итоги").bounding_box()
    assert box is not None
    assert box["y"] < 900
    context.close()


def test_on_a_phone_the_contents_are_in_the_drawer(visit: Open) -> None:
    found = visit("phone")
    found.get_by_role("button", name="Уроки курса").click()
    found.get_by_role("link", name="Аргументы и значения").click()
    expect(found.locator("nav.rail")).to_be_hidden()
    expect(found.locator("h2", has_text="Аргументы и значения")).to_be_focused()
    expect(found.get_by_role("button", name="Уроки курса")).to_have_attribute("aria-expanded", "false")


def test_code_is_copied_as_it_stands(visit: Open) -> None:
    found = visit(permissions=["clipboard-read", "clipboard-write"])
    block = found.locator("#cell-prose .highlight")
    button = block.get_by_role("button", name="Скопировать программу")
    button.focus()
    found.keyboard.press("Enter")
    expect(block.locator(".copied")).to_be_visible()
    expect(found.locator("body > [role=status]")).to_have_text("Скопировано")
    copied = found.evaluate("navigator.clipboard.readText()")
    assert copied == "def square(x):\n    return x ** 2\n\nsquare(5)   # 25"


def test_code_is_copied_where_there_is_no_clipboard_interface(visit: Open) -> None:
    found = visit(permissions=["clipboard-read", "clipboard-write"])
    found.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")  # as on a page over plain http
    found.locator("#cell-table .copy").click()
    expect(found.locator("#cell-table .copied")).to_be_visible()
    read = "Object.getOwnPropertyDescriptor(Navigator.prototype, 'clipboard').get.call(navigator).readText()"
    assert found.evaluate(read) == "df.head()"


def test_wide_tables_scroll_by_themselves_and_by_keyboard(visit: Open) -> None:
    found = visit("phone")
    table = found.locator("#slot-table .pb-wide")
    expect(table).to_have_attribute("role", "group")
    expect(table).to_have_attribute("aria-label", "Таблица, прокручивается вбок")
    table.focus()
    found.keyboard.press("ArrowRight")
    until(lambda: found.evaluate("document.querySelector('#slot-table .pb-wide').scrollLeft > 0"))
    assert found.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found.locator("#slot-table tbody th").first.bounding_box()["x"] < 40, "the row's name stays"  # type: ignore[index]
    plot = found.locator("#slot-plot img").bounding_box()
    assert plot is not None
    assert plot["width"] <= 360
    found.set_viewport_size({"width": 1280, "height": 800})
    expect(found.locator("#slot-small .pb-wide")).not_to_have_attribute("tabindex", "0")


def test_one_comes_back_to_where_one_stopped(visit: Open, stage: Stage) -> None:
    found = visit()
    found.context.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(e => { window.shift += e.value }))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    found.evaluate("scrollTo(0, document.getElementById('Аргументы-и-значения').offsetTop + 200)")
    until(lambda: found.evaluate("localStorage.getItem('proboost:place:' + location.pathname) !== null"))
    before = top(found, "#Аргументы-и-значения")
    found.goto("about:blank")
    opened(found, stage)
    assert abs(top(found, "#Аргументы-и-значения") - before) < 4
    expect(found.locator(".again [role=status]")).to_have_text("В прошлый раз вы остановились здесь.")
    frame = "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(window.shift), 200)))"
    assert found.evaluate(frame) < 0.05
    found.goto("about:blank")
    found.goto(f"{stage.url}#Итоги")
    found.wait_for_selector("[data-exercises=ready]")
    assert found.locator(".again").count() == 0, "an address with an anchor is obeyed"
    assert top(found, "#Итоги") < 900
    found.goto("about:blank")
    opened(found, stage)
    found.get_by_role("button", name="К началу").click()
    until(lambda: found.evaluate("scrollY === 0"))
    expect(found.locator("#lesson")).to_be_focused()
    until(lambda: found.evaluate("localStorage.getItem('proboost:place:' + location.pathname) === null"))


def test_on_paper_is_the_lesson_and_no_answer(browser: Browser, stage: Stage) -> None:
    code = "def sum_even(xs):\n    return 'MINE'"
    known = state(
        twice={"answer": {"choice": None}, "verdict": {**RIGHT, "attempt": "a"}},
        sum_even={
            "draft": {"response": {"code": code}, "revision": 3, "saved_at": "2026-11-25T10:00:00Z"},
            "hints_open": 2,
        },
    )
    stage.page = page("ru", known, sources=(CHOICE, CODE, *KINDS), more=READING, outputs=SHOWN)
    context = browser.new_context(**LOOKS["dark"])
    found = opened(context.new_page(), stage)
    found.locator("#ex-places input").first.fill("MINE")
    found.locator("#ex-weight input").fill("4711")
    found.locator("#ex-story textarea").fill("MINE")
    found.locator("#ex-evens input").first.check()
    found.evaluate("window.print = () => { window.printed = true }")
    found.get_by_role("button", name="Распечатать или сохранить в PDF").click()
    assert found.evaluate("window.printed")
    assert found.pdf(format="A4").startswith(b"%PDF")
    expect(found.locator(".pb-paper")).to_have_count(6)
    found.emulate_media(media="print")
    seen = found.locator("body").inner_text()
    for gone in (
        "MINE",
        "4711",
        "Верно",
        "Проверить",
        "сохранено",
        "Списки",
        "Остаток от деления",
        "К началу",
        "1 из 1",
    ):
        assert gone not in seen, gone
    assert (
        found.locator(
            "input:visible, textarea:visible, button:visible, .cm-editor:visible, .pb-verdict:visible"
        ).count()
        == 0
    )
    for there in ("Что вернёт вызов?", "total = 0", "Столица", "кг", "Рассказ", "четыре", "столбец_9", "3 балла"):
        assert there in seen, there
    assert found.locator(".pb-gap:visible").count() == 3
    assert found.locator("#ex-evens .pb-box:visible").count() == 3
    shown, printed = ("#ex-evens .pb-options .pb-prose", "#ex-evens .pb-paper-list .pb-prose")
    assert found.locator(shown).all_text_contents() == found.locator(printed).all_text_contents(), "in the same order"
    dark = found.evaluate("getComputedStyle(document.querySelector('#lesson')).color")
    assert dark == "rgb(27, 33, 48)", "paper is white"
    context.close()


def test_the_page_is_heard_as_it_is_seen(visit: Open, stage: Stage) -> None:
    stage.answer = lambda method, path, body: (200, {**RIGHT, "attempt": body.get("id", ""), "exercise": "twice"})
    found = visit()
    whole = found.locator("body").aria_snapshot()
    for landmark in ("- banner", '- navigation "Уроки курса"', "- main", '- navigation "Соседние уроки"'):
        assert landmark in whole, landmark
    rail = found.locator("nav.rail").aria_snapshot()
    assert '- link "Первая программа (пройден) 6/6"' in rail.replace("✓ ", "")
    assert '- list "Содержание урока"' in rail
    found.keyboard.press("Tab")
    expect(found.get_by_role("link", name="Перейти к уроку")).to_be_focused()
    found.keyboard.press("Enter")
    found.keyboard.press("Tab")
    assert found.evaluate("document.querySelector('#lesson').contains(document.activeElement)"), "past bar and rail"
    found.locator("#ex-twice input").last.check()
    found.click("#ex-twice .pb-main")
    expect(found.locator("#ex-twice [role=status]")).to_contain_text("Верно")
    heard = found.locator("#ex-twice").aria_snapshot()
    assert "- status:" in heard
    assert "Верно" in heard.partition("- status:")[2]
