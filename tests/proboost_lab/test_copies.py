"""JupyterLab with a lesson open: a new version waits for its learner's word, and the author's comes back on a click."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from labs import LESSON, Double, Lab, until
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e
FILE = "01-welcome.ipynb"


@pytest.fixture
def page(lab: Lab, browser: Browser) -> Iterator[Page]:
    until((lab.home / "demo" / FILE).exists, what="the lessons")
    notebook = json.loads((lab.home / "demo" / FILE).read_bytes())
    notebook["cells"].append({"cell_type": "markdown", "id": "own", "metadata": {}, "source": "My own words"})
    (lab.home / "demo" / FILE).write_text(json.dumps(notebook))
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(lab.url + f"lab/tree/demo/{FILE}?token=browser-token", wait_until="commit")
    yield page
    context.close()


def test_updating_and_restoring(page: Page, lab: Lab, platform: Double) -> None:
    notebook = page.locator(".jp-NotebookPanel:visible")
    notebook.get_by_role("heading", name="Welcome").wait_for(timeout=90_000)
    until(lambda: lab.ask("GET", "api/sessions").json(), 60, "the notebook's kernel")
    cells = [{**LESSON["cells"][0], "source": "# Welcome again"}, *LESSON["cells"][1:]]
    platform.lesson(FILE, cells)
    platform.mode(release=2)
    assert lab.ask("POST", "proboost/courses/demo/pull").status_code == 200
    page.get_by_role("button", name="Bring it in").click(timeout=30_000)
    notebook.get_by_role("heading", name="Welcome again").wait_for(timeout=60_000)
    notebook.locator(".jp-MarkdownOutput", has_text="My own words").wait_for()

    page.locator(".pb-panel .pb-restore").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore this lesson").click()
    page.get_by_text("The lesson is restored.").first.wait_for(timeout=30_000)
    notebook.get_by_role("heading", name="Welcome again").wait_for(timeout=60_000)
    assert notebook.get_by_text("My own words").count() == 0
    (kept,) = (lab.home / "demo").glob("01-welcome (*).ipynb")
    assert "My own words" in kept.read_text()
    assert "My own words" not in (lab.home / "demo" / FILE).read_text()
