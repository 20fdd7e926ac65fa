"""A lesson handed in from its page and from JupyterLab, graded by a person, read by the learner; no scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from exercise import exercise, saved
from playwright.sync_api import Page, expect
from running import Running, patiently
from test_learner import clean
from visitors import Person, axe, shot

from proboost.grading import feedback

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

COURSE = "handing-in"
ESSAY = """%%exercise letter
kind: essay
points: 4
title: Письмо
prompt: Напишите письмо.
rubric:
  - {criterion: Ясно, points: 3}
  - {criterion: Вежливо, points: 1}
"""
SCRIPT = (
    "<script>parent.document.title='pwned'; top.document.title='pwned'; alert(1)</script><img src=x onerror=alert(2)>"
)


def native(name: str, text: str, kind: str = "code", **flags: Any) -> dict[str, Any]:
    meta = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {"nbgrader": {**meta, **flags}}, "source": text, **more}


def folder(path: Path) -> Path:
    plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [
        {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Письма и квадраты"},
        {**plain, "id": "letter", "source": ESSAY},
        native("square", "### BEGIN SOLUTION\ndef square(n):\n    return n * n\n### END SOLUTION", solution=True),
        native("square-tests", "assert square(3) == 9", grade=True, locked=True, points=3),
        native("why", "Почему?", "markdown", grade=True, solution=True, points=2),
    ]
    path.mkdir()
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (path / "01-letters.ipynb").write_text(json.dumps(notebook))
    lines = f"id: {COURSE}\ntitle: Сдаём работы\nlanguage: ru\nlessons:\n  - {{file: 01-letters.ipynb}}\n"
    (path / "course.yml").write_text(lines)
    return path


@pytest.fixture(scope="module")
def handing_in(platform: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = folder(tmp_path_factory.mktemp("courses") / COURSE)
    published = platform.cli("course", "publish", str(made))
    assert published.returncode == 0, published.stderr
    for name, role in (("lea", "learner"), ("greg", "grader")):
        assert platform.cli("users", "add", name, "--role", f"{COURSE}={role}").returncode == 0
    yield platform
    platform.cli("course", "withdraw", COURSE)


def answer_in_the_notebook(school: Running, name: str) -> None:
    """As the learner would in JupyterLab; with an output and a text that are up to no good."""
    path = school.data / "homes" / name / COURSE / "01-letters.ipynb"
    for _ in patiently(60):
        if path.exists():
            break
    mine = json.loads(path.read_text())
    for cell in mine["cells"]:
        name_ = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name_ == "square":
            cell["source"] = f"def square(n):\n    return n * n\n\nfrom IPython.display import HTML\nHTML({SCRIPT!r})"
            html = {"output_type": "display_data", "metadata": {}, "data": {"text/html": SCRIPT}}
            cell["outputs"] = [html]
        if name_ == "why":
            cell["source"] = f"Потому что так. {SCRIPT}"
    with path.open("r+") as file:  # the file stays the learner's
        file.truncate()
        json.dump(mine, file)


def receipt(page: Page) -> int:
    """The number that the dialog tells."""
    dialog = page.locator("dialog.pb-handin")
    expect(dialog.locator(".pb-help-sent h3")).to_contain_text("№", timeout=60_000)
    number = re.search(r"\d+", dialog.locator("h3").inner_text())
    assert number is not None
    assert re.fullmatch(r"[0-9a-f]{64}", dialog.locator("code").inner_text())
    return int(number[0])


def hand_in_from_the_page(lea: Person) -> int:
    page = lea.lesson(COURSE, "letters")
    expect(page.locator("#hand-in")).to_be_visible()
    page.locator("#hand-in [data-action='hand-in']").click()
    dialog = page.locator("dialog.pb-handin")
    expect(dialog).to_contain_text("Письмо")
    expect(dialog).to_contain_text("3 задания")
    lea.shot("hand-in-missing-ru", whole=False)
    assert axe(page) == []
    page.keyboard.press("Escape")
    box = exercise(page, "letter")
    box.locator("textarea").fill("Здравствуйте!")
    saved(box)
    page.locator("#hand-in [data-action='hand-in']").click()
    expect(dialog).to_contain_text("2 задания")
    dialog.get_by_role("button", name="Сдать", exact=True).click()
    number = receipt(page)
    lea.shot("hand-in-receipt-ru", whole=False)
    page.keyboard.press("Escape")
    expect(page.locator("#hand-in")).to_contain_text(f"№ {number}")
    clean(lea)
    return number


def hand_in_from_jupyterlab(lea: Person) -> int:
    page = lea.page
    page.goto(f"{lea.school.user_url('lea')}lab/tree/{COURSE}/01-letters.ipynb")
    expect(page.locator(".jp-NotebookPanel")).to_be_visible(timeout=90_000)
    button, tab = page.locator(".pb-panel .pb-hand-in"), page.locator("li[data-id='proboost-panel']")
    expect(button).to_be_attached(timeout=60_000)
    if "lm-mod-current" not in (tab.get_attribute("class") or ""):  # a click on that of an open panel would close it
        tab.click()
    button.click(timeout=60_000)
    dialog = page.locator("dialog.pb-handin")
    expect(dialog).to_contain_text("На всё есть ответ", timeout=60_000)
    lea.shot("hand-in-lab-ru", whole=False)
    dialog.get_by_role("button", name="Сдать", exact=True).click()
    return receipt(page)


def test_handed_in_graded_and_read(person: Callable[..., Person], handing_in: Running) -> None:
    lea = person("lea")
    first = hand_in_from_the_page(lea)
    answer_in_the_notebook(handing_in, "lea")
    second = hand_in_from_jupyterlab(lea)
    assert second > first

    greg = person("greg", language="en")
    page = greg.page
    page.goto(f"{handing_in.platform_url}/grading/{COURSE}")
    row = page.locator("tr[data-row]", has=page.locator(f"a[href$='/{COURSE}/{second}']"))
    for _ in patiently(60, 1.0):  # the worker grades the notebook meanwhile
        if row.count() and "wait" in row.inner_text():
            break
        page.reload()
    expect(row).to_contain_text("2 answers wait")
    greg.shot("handed-in-en")
    assert axe(page) == []
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Лея")
    expect(page.locator("iframe.answer")).to_have_count(2)
    for frame in page.locator("iframe.answer").all():
        frame.scroll_into_view_if_needed()
    greg.shot("grading-sheet-en")
    assert axe(page) == []

    letter = page.locator("section.story", has=page.locator("#ex-letter"))
    expect(letter).to_contain_text("Здравствуйте!")
    letter.get_by_label("Ясно").fill("2.5")
    letter.get_by_label("Вежливо").fill("1")
    expect(letter.locator("output")).to_have_text("3.5")
    comment = letter.get_by_label("Comment for the learner")
    comment.fill("Хорошо начато.")
    comment.press("Control+Enter")
    expect(page.locator("section.story", has=page.locator("#ex-letter")).locator("header")).to_contain_text("3.5 / 4")
    why = page.locator("section.story", has=page.locator("#ex-why"))
    why.get_by_label("Points").fill("2")
    why.get_by_role("button", name="Save points").click()
    expect(page.locator(".receipt")).to_contain_text("graded")
    page.get_by_role("textbox", name="A word on the whole").fill("Так держать!")
    page.get_by_role("button", name="Say it").click()
    expect(page.locator("main")).to_contain_text("Так держать!")
    no_script_ran(greg, second)

    page = lea.page
    page.goto(f"{handing_in.platform_url}/submissions/{second}")
    for words in ("Хорошо начато.", "Так держать!", "8,5", "square-tests"):
        expect(page.locator("main")).to_contain_text(words)
    lea.shot("feedback-ru")
    assert axe(page) == []
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Отзыв файлом").click()
    assert "Хорошо начато." in Path(waiting.value.path()).read_text("utf-8")
    page.goto(f"{handing_in.platform_url}/submissions")
    before = page.locator("tr[data-row]", has=page.locator(f"a[href$='/submissions/{first}']"))
    expect(before).to_contain_text("заменена")
    lea.shot("handed-in-ru")
    assert axe(page) == []
    assert lea.violations == []

    phone = person("lea", viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    for path, name in ((f"submissions/{second}", "feedback"), ("submissions", "handed-in")):
        phone.page.goto(f"{handing_in.platform_url}/{path}")
        expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
        phone.shot(f"{name}-phone-dark-ru")
        assert axe(phone.page) == []
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
    dark = person("greg", language="ru", viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    dark.page.goto(f"{handing_in.platform_url}/grading/{COURSE}/{second}")
    dark.shot("grading-sheet-phone-dark-ru")
    assert axe(dark.page) == []
    assert dark.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def no_script_ran(greg: Person, number: int) -> None:
    """What Lea put into her notebook is there to be read, and did nothing; nor would it if it came as it is."""
    page, base = greg.page, f"{greg.school.platform_url}/grading/{COURSE}/{number}"
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    expect(page.frame_locator("iframe.answer").nth(1).locator("body")).to_contain_text("Потому что так.")
    assert "pwned" not in page.title()
    page.goto(f"{base}/notebook")
    expect(page.locator("body")).to_contain_text("square")
    assert page.evaluate("[self.origin, document.scripts.length]") == ["null", 0]
    shot(page, "notebook-of-a-learner-en")

    # Had the cleaning let it through: the frame's own policy and origin still keep it from everything.
    hostile = f"<!doctype html><body>as it is{SCRIPT}<script>fetch('/services/proboost/api/me')</script></body>"
    headers = {"Content-Type": "text/html", "Content-Security-Policy": feedback.HEADER}
    page.route("**/cells/*", lambda route: route.fulfill(body=hostile, headers=headers))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(base)
    for frame in page.locator("iframe.answer").all():
        frame.scroll_into_view_if_needed()
    expect(page.frame_locator("iframe.answer").first.locator("body")).to_contain_text("as it is")
    assert "pwned" not in page.title()
    assert dialogs == []
    assert not any(url.endswith("/api/me") for url in asked)
    page.unroute("**/cells/*")
    greg.violations.clear()  # they were this test's own
