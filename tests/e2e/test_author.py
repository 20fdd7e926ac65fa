"""An author's way: sources in JupyterLab, an exercise changed and seen, proposed in a terminal, confirmed, learnt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from exercise import check, choose, exercise, verdict
from playwright.sync_api import Page, expect
from visitors import Person, axe

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

COURSE, LESSON = "data-analysis", "meet-the-table"
FOLDER = f"{COURSE}-source"
NOTEBOOK = f"{FOLDER}/01-meet-the-table.ipynb"
ASKED = "fetch(url, {headers: {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]+)/)[1]}})"


def in_terminal(page: Page, command: str, done: str) -> None:
    """Types a command and waits until it has ended: its status lies in the file `done` then."""
    page.locator(".jp-Terminal .xterm-helper-textarea").focus()
    page.keyboard.type(f"{command}; echo $? > {done}\n")


def content(page: Page, base: str, path: str) -> str | None:
    """A file of the server, by its own page; None while it is not there."""
    found: dict[str, Any] = page.evaluate(
        f"async url => {{ const answer = await {ASKED}; return answer.ok ? await answer.json() : {{}}; }}",
        f"{base}api/contents/{path}?content=1&format=text&type=file",
    )
    return found.get("content")


def ended(page: Page, base: str, done: str) -> int:
    """The status of a command in the terminal, once it has ended."""
    page.wait_for_function(
        f"async url => {{ const answer = await {ASKED}; return answer.ok && (await answer.json()).content.trim(); }}",
        arg=f"{base}api/contents/{done}?content=1&format=text&type=file",
        timeout=120_000,
    )
    return int(content(page, base, done) or "1")


def test_a_change_goes_from_the_authors_notebook_to_the_learners_page(person: Callable[..., Person]) -> None:
    leo = person("leo", language="en")
    lesson = leo.lesson(COURSE, LESSON)
    box = exercise(lesson, "shape")
    choose(box, "91 rows and 8 columns")
    check(box)
    verdict(box, "passed")

    anna = person("anna", language="en")
    page, base = anna.page, anna.school.user_url("anna")
    page.goto(f"{base}lab")
    expect(page.locator("#jp-MainLogo, #jp-main-logo").first).to_be_visible(timeout=90_000)
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Terminal", exact=True).click()
    expect(page.locator(".jp-Terminal .xterm-helper-textarea")).to_be_attached(timeout=30_000)
    in_terminal(page, f"proboost course pull {COURSE}", "pulled")
    assert ended(page, base, "pulled") == 0

    page.goto(f"{base}lab/tree/{NOTEBOOK}")
    cell = page.locator(".jp-NotebookPanel .jp-CodeCell", has_text="%%exercise shape").first
    expect(cell).to_be_visible(timeout=90_000)
    cell.locator(".cm-content").first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run Selected Cell", exact=True).first.click()
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
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run Selected Cell", exact=True).first.click()
    expect(preview).to_contain_text("How large is the table", timeout=60_000)
    choose(preview, "728 rows")
    check(preview)
    verdict(preview, "failed")
    anna.shot("author-preview-en", whole=False)
    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name="Save Notebook", exact=True).click()
    expect(page.locator(".jp-mod-dirty")).to_have_count(0, timeout=30_000)

    page.goto(f"{base}lab")
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Terminal", exact=True).click()
    expect(page.locator(".jp-Terminal .xterm-helper-textarea").last).to_be_attached(timeout=30_000)
    in_terminal(page, f"proboost course check {FOLDER}", "checked")
    assert ended(page, base, "checked") == 0
    in_terminal(page, f"proboost course publish {FOLDER} --json > proposed.json", "published")
    assert ended(page, base, "published") == 0
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
