"""In a real browser: what learners put into a handed-in notebook runs neither in the page nor in a grader's frame."""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from playwright.sync_api import Browser

from proboost.grading import feedback

sys.path.insert(0, str(Path(__file__).parents[1] / "proboost"))

from grading.test_feedback import MARK, VECTORS, pages


def test_no_script_of_a_learner_runs(browser: Browser, tmp_path: Path) -> None:
    """First that the browser would run them: a page of the bare vectors does."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content("".join(VECTORS.values()))
    page.wait_for_function(f"window.{MARK} === 1")
    asked.clear()
    for name, vector in VECTORS.items():
        for number, text in enumerate(pages(vector)):
            file = tmp_path / f"{name}-{number}.html"
            file.write_text(text, encoding="utf-8")
            page.goto(file.as_uri())
            for link in page.locator("a").all():
                link.click(no_wait_after=True)
            assert page.evaluate(f"window.{MARK}") is None, name
            page.set_content(f'<iframe sandbox srcdoc="{escape(text)}"></iframe>')
            assert page.evaluate(f"window.{MARK}") is None, name
    assert not [url for url in asked if url.startswith("http")]
    assert feedback.HEADER.startswith("sandbox;")
    page.close()
