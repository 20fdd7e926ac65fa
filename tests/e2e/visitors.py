"""People with real browsers: log-ins, lessons, screenshots, what axe says of their pages."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from running import PASSWORD, Running

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-results" / "screenshots"
AXE = ROOT / "extensions" / "node_modules" / "axe-core" / "axe.min.js"

SPEAK = """async language => {
  const headers = {'Content-Type': 'application/json'};
  await fetch('/services/proboost/api/me', {method: 'PUT', headers, body: JSON.stringify({language})});
}"""

expect.set_options(timeout=20_000)


class Person:
    """Somebody with a browser of their own, logged in; everything the browser asks another host for is noted."""

    def __init__(self, school: Running, context: BrowserContext, name: str, language: str) -> None:
        self.school, self.context, self.name, self.language = school, context, name, language
        self.foreign: list[str] = []
        self.violations: list[str] = []
        self.errors: list[str] = []
        context.on("request", self._noted)
        context.on("console", lambda message: self._said(message.text))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.page = context.new_page()

    def _noted(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not re.match(r"(https?|wss?)://([a-z0-9-]+\.)?localhost:|data:|blob:|about:", url):
            self.foreign.append(url)

    def _said(self, text: str) -> None:
        if "Content Security Policy" in text or "content security policy" in text.lower():
            self.violations.append(text)

    def log_in(self) -> Person:
        page = self.page
        page.goto(f"{self.school.origin}/")
        page.locator("input[name=username]").fill(self.name)
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("input[type=password]").press("Enter")
        page.wait_for_url("**/services/proboost/")
        page.evaluate(SPEAK, self.language)  # their own setting goes before the browser's, and outlives it
        page.reload()
        return self

    def lesson(self, course: str = "python-start", lesson: str = "first-program") -> Page:
        """The lesson's page in the person's language: one that was made in another is loaded anew by itself, unless the
        platform is too slow.
        """
        address = self.school.settings.lesson_url(self.name, course, lesson)
        for _ in range(5):
            # The page streams while its programs run: it can be read and answered long before it is “loaded”.
            self.page.goto(address, wait_until="commit")
            with suppress(AssertionError):
                expect(self.page.locator(f"html[lang={self.language}] #lesson")).to_be_visible(timeout=20_000)
                return self.page
        raise AssertionError(f"the lesson's page does not come in {self.language}")

    def shot(self, name: str, *, whole: bool = True) -> Path:
        return shot(self.page, name, whole=whole)


def shot(page: Page, name: str, *, whole: bool = True) -> Path:
    """A screenshot kept as an artefact of the run."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=whole, animations="disabled")
    return path


def axe(page: Page, *, without: tuple[str, ...] = (), within: str = "") -> list[str]:
    """What axe finds wrong with the page, or with what that selector finds in it, a line each; empty when it is clean.
    Runs past the page's own CSP.
    """
    session = page.context.new_cdp_session(page)
    session.send("Page.setBypassCSP", {"enabled": False})
    script = AXE.read_text("utf-8")
    session.send("Runtime.evaluate", {"expression": script})
    rules = {rule: {"enabled": False} for rule in without}
    found = page.evaluate(
        "async ([rules, within]) => (await axe.run(within || document, {rules, resultTypes: ['violations']}))"
        ".violations.map(v => `${v.id}: ${v.help}: ` + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | '))",
        [rules, within],
    )
    session.detach()
    return list(found)
