"""Lines and halves moved by a real mouse and a real finger, and a file brought, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lesson_stage import LOOKS, Json, Stage, opened, page, state
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

pytestmark = pytest.mark.e2e

ORDER = """\
%%exercise parsons
kind: order
title: Соберите функцию
indent: yes
lines: |
  def f(xs):
      for x in xs:
          print(x)
distractors: [print(xs)]
"""
MATCH = """\
%%exercise types
kind: match
title: Типы
pairs: {one: int, two: str}
distractors: [list]
"""
UPLOAD = "%%exercise report\nkind: upload\ntitle: Отчёт\naccept: [.pdf]\nmax_size: 1 MB\n"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(answer) as found:
        found.page = page("ru", state(), (ORDER, MATCH, UPLOAD))
        yield found


def answer(method: str, path: str, body: Json) -> tuple[int, Json]:
    if path == "uploads":
        return 200, {"id": "11111111-2222-4333-8444-555555555555", "name": "отчёт.pdf", "size": body["bytes"]}
    if path.startswith("drafts/"):
        return 200, {"revision": 2, "saved_at": "2026-11-25T10:00:00Z", "where": "platform"}
    return 404, {"code": "not-found", "message": f"{method} {path}"}


def box(found: Locator) -> FloatRect:
    place = found.bounding_box()
    assert place is not None
    return place


def lines(found: Page) -> list[tuple[str, int]]:
    """What stands in the answer: text and depth."""
    return [
        (text, int(level))
        for text, level in found.locator("#ex-parsons [data-list=answer] > li").evaluate_all(
            "rows => rows.map(row => [row.querySelector('.pb-prose').textContent,"
            " row.style.getPropertyValue('--pb-level')])"
        )
    ]


def drafts(stage: Stage, exercise: str) -> list[Json]:
    return [body["response"] for method, path, body in stage.asked if method == "PUT" and path.endswith(f"/{exercise}")]


def line(found: Page, text: str) -> Locator:
    return found.locator("#ex-parsons .pb-line").filter(has=found.get_by_text(text, exact=True))


def test_a_mouse_drags_lines_into_their_place_and_depth(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"])
    found = opened(context.new_page(), stage)
    line(found, "def f(xs):").click()
    line(found, "print(x)").click()
    assert lines(found) == [("def f(xs):", 0), ("print(x)", 0)]

    first, second = box(line(found, "def f(xs):")), box(line(found, "print(x)"))
    pool = box(line(found, "for x in xs:"))
    found.mouse.move(pool["x"] + 40, pool["y"] + 10)
    found.mouse.down()
    found.mouse.move(first["x"] + 70, first["y"] + first["height"] + 2, steps=6)
    found.mouse.move(first["x"] + 75, second["y"] - 1, steps=3)
    found.mouse.up()
    assert lines(found) == [("def f(xs):", 0), ("for x in xs:", 1), ("print(x)", 0)]

    last = box(line(found, "print(x)"))
    found.mouse.move(last["x"] + 40, last["y"] + 10)
    found.mouse.down()
    found.mouse.move(last["x"] + 40 + 65, last["y"] + 12, steps=5)
    found.keyboard.press("Escape")
    assert lines(found)[-1] == ("print(x)", 0), "Escape puts it back"
    found.mouse.up()
    found.mouse.move(last["x"] + 40, last["y"] + 10)
    found.mouse.down()
    found.mouse.move(last["x"] + 40 + 65, last["y"] + 12, steps=5)
    found.mouse.up()
    assert lines(found) == [("def f(xs):", 0), ("for x in xs:", 1), ("print(x)", 2)]
    found.wait_for_selector("#ex-parsons .pb-note >> text=черновик сохранён")
    assert [row["indent"] for row in drafts(stage, "parsons")[-1]["lines"]] == [0, 1, 2]

    middle, outside = box(line(found, "for x in xs:")), box(found.locator("#ex-parsons [data-list=pool]"))
    found.mouse.move(middle["x"] + 40, middle["y"] + 10)
    found.mouse.down()
    found.mouse.move(outside["x"] + 50, outside["y"] + 20, steps=8)
    found.mouse.up()
    assert [text for text, _level in lines(found)] == ["def f(xs):", "print(x)"]
    context.close()


def test_a_finger_drags_by_the_grip_and_scrolls_elsewhere(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["phone"])
    found = opened(context.new_page(), stage)
    line(found, "def f(xs):").tap()
    line(found, "for x in xs:").tap()
    found.locator("#ex-parsons [data-list=answer]").scroll_into_view_if_needed()
    touch = context.new_cdp_session(found)

    def swipe(x: float, y: float, to_y: float) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in range(1, 9):
            point = {"x": x, "y": y + (to_y - y) * step / 8}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    grip = box(line(found, "for x in xs:").locator(".pb-grip"))
    above = box(line(found, "def f(xs):"))
    swipe(grip["x"] + 10, grip["y"] + 15, above["y"] + 4)
    expect(found.locator("#ex-parsons [data-list=answer] > li").first).to_contain_text("for x in xs:")
    before = lines(found)
    text = box(line(found, "for x in xs:").locator(".pb-prose"))
    at = found.evaluate("scrollY")
    swipe(text["x"] + 20, text["y"] + 10, text["y"] - 150)
    found.wait_for_function("at => scrollY > at", arg=at)
    assert lines(found) == before
    context.close()


def test_halves_are_dragged_to_their_places(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"])
    found = opened(context.new_page(), stage)
    match = found.locator("#ex-types")
    slot = match.locator(".pb-pair").filter(has_text="one").locator(".pb-slot")
    other = match.locator(".pb-pair").filter(has_text="two").locator(".pb-slot")
    match.locator(".pb-half", has_text="int").drag_to(slot)
    expect(slot).to_contain_text("int")
    slot.drag_to(other)
    expect(other).to_contain_text("int")
    expect(slot).not_to_contain_text("int")
    other.drag_to(match.locator(".pb-halves"))
    expect(match.locator(".pb-pair[data-filled=true]")).to_have_count(0)
    slot.click()
    match.get_by_role("option", name="str").click()
    expect(slot).to_contain_text("str")
    expect(match.get_by_role("listbox")).to_have_count(0)
    context.close()


def test_a_file_is_brought_and_kept_in_the_draft(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(**LOOKS["light"])
    found = opened(context.new_page(), stage)
    report = found.locator("#ex-report")
    chooser = report.locator("input[type=file]")
    chooser.set_input_files([{"name": "a.exe", "mimeType": "application/x-dosexec", "buffer": b"x"}])
    expect(report.get_by_role("alert")).to_contain_text("другого типа")
    chooser.set_input_files([{"name": "отчёт.pdf", "mimeType": "application/pdf", "buffer": b"x" * 1234}])
    expect(report.locator(".pb-file")).to_contain_text("отчёт.pdf · 1 КБ")
    expect(report.get_by_role("alert")).to_be_hidden()
    found.wait_for_selector("#ex-report .pb-note >> text=черновик сохранён")
    (sent,) = [body for _method, path, body in stage.asked if path == "uploads"]
    assert sent["bytes"] == 1234
    assert "exercise=python-start%2Ffunctions%23report" in sent["query"]
    assert drafts(stage, "report")[-1] == {
        "file": "11111111-2222-4333-8444-555555555555",
        "name": "отчёт.pdf",
        "size": 1234,
    }
    context.close()
