"""An author's way: sources in JupyterLab, an exercise changed and seen, proposed in a terminal, confirmed, learnt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from exercise import check, choose, exercise, verdict
from playwright.sync_api import Page, expect
from running import patiently
from visitors import Person, axe

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

COURSE, LESSON = "data-analysis", "meet-the-table"
FOLDER = f"{COURSE}-source"
NOTEBOOK = f"{FOLDER}/01-meet-the-table.ipynb"
ASKED = "fetch(url, {headers: {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]+)/)[1]}})"


def open_terminal(page: Page, base: str, ready: str) -> None:
    """JupyterLab's launcher, and its terminal, which only staff have; until the shell in it does what is typed."""
    page.goto(f"{base}lab")
    expect(page.locator("#jp-MainLogo, #jp-main-logo").first).to_be_visible(timeout=90_000)
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^New Launcher")).click()
    page.locator(".jp-LauncherCard:visible", has_text="Terminal").click()
    keys = page.locator(".jp-Terminal:visible .xterm-helper-textarea")
    expect(keys).to_be_attached(timeout=30_000)
    for _ in patiently(60):
        keys.focus()
        page.keyboard.type(f"cd; touch {ready}\n")  # it opens where the file browser is
        if content(page, base, ready) is not None:
            return
    raise AssertionError("the terminal does not answer")


def in_terminal(page: Page, command: str, done: str) -> None:
    """Types a command that ends by writing its status into the file `done`."""
    page.locator(".jp-Terminal:visible .xterm-helper-textarea").focus()
    page.keyboard.type(f"{command} 2> {done}.txt; echo $? > {done}\n")


def content(page: Page, base: str, path: str) -> str | None:
    """A file of the server, by its own page; None while it is not there."""
    found: dict[str, Any] = page.evaluate(
        f"async url => {{ const answer = await {ASKED}; return answer.ok ? await answer.json() : {{}}; }}",
        f"{base}api/contents/{path}?content=1&format=text&type=file",
    )
    return found.get("content")


def ended(page: Page, base: str, done: str) -> int:
    """The status of a command in the terminal, once it has ended."""
    for _ in patiently(120):
        status = (content(page, base, done) or "").strip()
        if status:
            return int(status)
    raise AssertionError(f"{done}: the command does not end")


def test_a_change_goes_from_the_authors_notebook_to_the_learners_page(person: Callable[..., Person]) -> None:
    leo = person("leo", language="en")
    lesson = leo.lesson(COURSE, LESSON)
    box = exercise(lesson, "shape")
    choose(box, "91 rows and 8 columns")
    check(box)
    verdict(box, "passed")

    anna = person("anna", language="en")
    page, base = anna.page, anna.school.user_url("anna")
    open_terminal(page, base, "one")
    in_terminal(page, f"proboost course pull {COURSE}", "pulled")
    assert ended(page, base, "pulled") == 0, content(page, base, "pulled.txt")

    page.goto(f"{base}lab/tree/{NOTEBOOK}")
    cell = page.locator(".jp-NotebookPanel .jp-CodeCell", has_text="%%exercise shape").first
    expect(cell).to_be_visible(timeout=90_000)
    expect(page.get_by_role("button", name=re.compile(r"Python 3.*\| Idle"))).to_be_visible(timeout=60_000)
    cell.locator(".jp-InputArea-editor .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    preview = cell.locator(".pb-ex")
    expect(preview).to_be_visible(timeout=60_000)
    expect(preview).to_contain_text("Rows and columns")

    source = cell.locator(".jp-InputArea-editor .cm-content").first
    source.click()
    page.keyboard.press("ControlOrMeta+a")
    text = "\n".join(cell.locator(".jp-InputArea-editor .cm-line").all_inner_texts()).replace("\u200b", "")
    changed = text.replace("title: Rows and columns", "title: How large is the table").replace("\n\n", "\n")
    assert changed != text
    source.fill(changed)
    page.keyboard.press("Control+Enter")
    expect(preview).to_contain_text("How large is the table", timeout=60_000)
    choose(preview, "728 rows")
    check(preview)
    verdict(preview, "failed")
    anna.shot("author-preview-en", whole=False)
    source.click()
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0, timeout=30_000)

    open_terminal(page, base, "two")
    in_terminal(page, f"proboost course check {FOLDER}", "checked")
    assert ended(page, base, "checked") == 0, content(page, base, "checked.txt")
    in_terminal(page, f"proboost course publish {FOLDER} --json > proposed.json", "published")
    assert ended(page, base, "published") == 0, content(page, base, "published.txt")
    proposed = json.loads(content(page, base, "proposed.json") or "{}")

    page.goto(proposed["url"])
    expect(page.locator("main")).to_contain_text("How large is the table")
    assert axe(page) == []
    anna.shot("candidate-en")
    page.get_by_role("button", name="Publish this release").click()
    expect(page.locator("main")).to_contain_text("2")

    lesson = leo.lesson(COURSE, LESSON)
    box = exercise(lesson, "shape")
    expect(box).to_contain_text("How large is the table", timeout=60_000)
    verdict(box, "passed")
    assert anna.foreign == []


def test_a_learner_has_no_terminal_and_no_sources(person: Callable[..., Person]) -> None:
    leo = person("leo", language="en")
    page, base = leo.page, leo.school.user_url("leo")
    page.goto(f"{base}lab")
    expect(page.locator("#jp-MainLogo, #jp-main-logo").first).to_be_visible(timeout=90_000)
    answers = page.evaluate(
        "async base => { const headers = {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]+)/)[1]};"
        " const terminal = await fetch(base + 'api/terminals', {method: 'POST', headers});"
        " const source = await fetch(base + 'proboost/sources/python-start', {headers});"
        " return [terminal.status, source.status]; }",
        base,
    )
    assert all(status in (403, 404, 405) for status in answers), answers
