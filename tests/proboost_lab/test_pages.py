"""The lesson's page in Chromium: shown and checked without a kernel, run with one; nothing asked of another host."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from labs import LESSON, Double, Lab, until
from playwright.sync_api import Browser, Page, Response
from visitors import axe

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-results" / "front"


class Visit:
    """A browser's page with what it asked for and what went wrong."""

    def __init__(self, browser: Browser, lab: Lab, **context: Any) -> None:
        self.lab = lab
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **context)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.answer: Response | None = None
        self.page = self.open()

    def open(self) -> Page:
        page = self.context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.wrong.append(message.text))
        page.goto(self.lab.url + "api/status?token=browser-token")  # the log-in: its cookie serves the rest
        return page

    def lesson(self, lesson: str = "welcome") -> Page:
        self.answer = self.page.goto(f"{self.lab.url}proboost/lesson/demo/{lesson}", wait_until="commit")
        return self.page

    def outside(self) -> list[str]:
        own = f"127.0.0.1:{self.lab.port}"
        return [url for url in self.asked if re.match(r"(https?|wss?):", url) and url.split("/")[2] != own]


@pytest.fixture
def visit(browser: Browser, lab: Lab) -> Iterator[Visit]:
    visit = Visit(browser, lab)
    yield visit
    visit.context.close()


def write(page: Page, text: str, exercise: str = "sum-even") -> None:
    editor = page.locator(f"#ex-{exercise} .cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def check(page: Page, exercise: str = "sum-even") -> None:
    page.click(f"#ex-{exercise} .pb-main")


def test_a_lesson_is_shown_run_and_checked_with_nothing_from_outside(visit: Visit, platform: Double) -> None:
    page = visit.lesson()
    page.wait_for_selector("#lesson h1 >> text=Welcome")
    assert page.locator("#lesson math").count() >= 3
    page.wait_for_selector("html[data-kernel=done]", timeout=60_000)
    assert page.inner_text("#slot-numbers").split() == ["printed", "by", "the", "lesson", "6"]
    assert "division by zero" in page.inner_text("#slot-error")
    page.wait_for_selector("#slot-table table")
    page.wait_for_selector("#ex-sum-even .pb-run:enabled")
    write(page, "print('hello')\n6 * 7")
    page.click("#ex-sum-even .pb-run:enabled")
    page.wait_for_selector("#ex-sum-even .pb-output >> text=42")
    assert "hello" in page.inner_text("#ex-sum-even .pb-output")
    write(page, "1 / 0")
    page.click("#ex-sum-even .pb-run:enabled")
    page.wait_for_selector("#ex-sum-even .pb-output >> text=division by zero")
    write(page, "right")
    check(page)
    page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct")
    page.click("#ex-mod-1 label >> nth=1")
    check(page, "mod-1")
    page.wait_for_selector("#ex-mod-1 .pb-result >> text=Not yet")
    assert [json.loads(body)["ref"] for (body,) in platform.rows("select body from attempt order by n")] == [
        "demo/welcome#sum-even",
        "demo/welcome#mod-1",
    ]
    assert visit.outside() == []
    assert visit.wrong == []
    assert visit.answer is not None
    policy = visit.answer.headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


OWN_PAGES = [  # every sort of page that this server has, and addresses at which others have some
    "voila/render/demo/01-welcome.ipynb", "voila/render/demo/nothing.ipynb", "voila/render/nothing", "voila/tree",
    "voila", "voila/render", "voila/files/x", "tree", "nowhere", "files/nothing.txt", "view/nothing.html",
    "edit/nothing.py", "notebooks/demo/01-welcome.ipynb", "api/contents/nothing", "proboost/lesson/demo/nothing",
    "proboost/lesson/no/no", "proboost/static/nothing.js", "proboost/lesson/demo/img/nothing.png", "terminals/1",
    "metrics",
]  # fmt: skip


def test_no_page_of_this_server_asks_another_host_or_runs_what_its_policy_forbids(visit: Visit) -> None:
    page = visit.page
    lenient = []
    for path in OWN_PAGES:
        answer = page.goto(visit.lab.url + path, wait_until="load")
        assert answer is not None
        policy = answer.headers.get("content-security-policy", "")
        assert "frame-ancestors 'none'" in policy, path
        if "'unsafe-eval'" in policy or "'unsafe-inline'" in policy.partition("script-src")[2].partition(";")[0]:
            lenient.append((path, answer.status, answer.headers.get("content-type", "")))
    assert [row for row in lenient if "html" in row[2]] == [], "pages without scripts of Jupyter's allow none"
    page.goto(visit.lab.url + "nowhere")
    page.wait_for_selector("h1 >> text=There is no such page")
    page.goto(visit.lab.url + "voila/render/demo/nothing.ipynb")
    page.wait_for_selector("h1 >> text=There is no such page")
    page.goto(visit.lab.url + "lab", wait_until="commit")
    page.wait_for_selector("#jp-main-dock-panel", timeout=90_000)
    assert visit.outside() == []
    assert [text for text in visit.wrong if "Content Security Policy" in text] == []


def test_answers_and_verdicts_are_there_again_after_a_reload(visit: Visit, platform: Double) -> None:
    page = visit.lesson()
    page.wait_for_selector("#ex-sum-even .cm-content")
    write(page, "right")
    check(page)
    page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct")
    until(lambda: platform.rows("select 1 from draft"))
    page = visit.lesson()
    page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct")
    assert page.inner_text("#ex-sum-even .cm-content") == "right"


def test_check_says_saved_while_the_platform_is_away_and_the_verdict_comes_by_itself(
    visit: Visit, platform: Double
) -> None:
    page = visit.lesson()
    page.wait_for_selector("#ex-sum-even .cm-content")
    platform.kill()
    write(page, "right")
    check(page)
    page.wait_for_selector("#ex-sum-even >> text=/[Ss]aved here/")
    platform.start()
    page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct", timeout=30_000)
    assert platform.rows("select calls from attempt") == [(1,)]


def test_a_lesson_seen_once_opens_without_the_platform(visit: Visit, platform: Double) -> None:
    page = visit.lesson()
    page.wait_for_selector("#lesson h1 >> text=Welcome")
    platform.kill()
    page = visit.lesson()
    page.wait_for_selector("#lesson h1 >> text=Welcome")
    page.wait_for_selector("nav.rail >> text=Loops")
    page.wait_for_selector("#ex-sum-even .cm-content")


def test_a_closed_an_unknown_and_an_unreachable_lesson_are_pages_for_people(
    browser: Browser, make_lab: Callable[..., Lab], platform: Double
) -> None:
    platform.mode(closed=["loops"], language="ru")
    lab = make_lab(PROBOOST_LANG="ru")
    until(lambda: lab.ask("GET", "proboost/lesson/demo/loops").status_code == 403)
    visit = Visit(browser, lab)
    page = visit.lesson("loops")
    page.wait_for_selector("h1 >> text=Урок «Loops» ещё закрыт")
    assert "After the first lesson" in page.inner_text("main")
    visit.lesson("nothing").wait_for_selector("h1 >> text=Такого урока нет")
    page = visit.lesson()
    page.wait_for_selector("nav.rail .locked >> text=Loops")
    assert page.get_attribute("html", "lang") == "ru"
    platform.kill()
    answer = lab.ask("GET", "proboost/lesson/other/thing")
    assert answer.status_code == 503
    assert "Платформа не отвечает" in answer.text
    assert visit.outside() == []
    visit.context.close()


def test_a_kernel_that_does_not_start_leaves_a_page_that_checks(
    browser: Browser, tmp_path: Path, platform: Double
) -> None:
    home, runtime = tmp_path / "home", tmp_path / ("a-path-too-long-for-the-kernels-sockets-" * 3)
    home.mkdir()
    runtime.mkdir()
    lab = Lab(home, runtime, platform)
    lab.start()
    visit = Visit(browser, lab)
    try:
        page = visit.lesson()
        page.wait_for_selector("#ex-sum-even .cm-content")
        page.wait_for_selector("html[data-kernel=failed]", timeout=90_000)
        page.wait_for_selector(".pb-lost button >> text=Reload")
        write(page, "right")
        check(page)
        page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct")
        page.click("#ex-sum-even .pb-run")
        page.wait_for_selector("#ex-sum-even .pb-output >> text=/[Rr]eload/")
    finally:
        visit.context.close()
        lab.stop()


def test_a_kernel_that_dies_in_mid_lesson_leaves_a_page_that_checks(visit: Visit, lab: Lab, platform: Double) -> None:
    platform.lesson(
        "01-welcome.ipynb", [{**LESSON["cells"][1], "source": "import os; os._exit(1)"}, *LESSON["cells"][2:]]
    )
    page = visit.lesson()
    page.wait_for_selector("#ex-sum-even .cm-content")
    page.wait_for_selector("html[data-kernel=stopped]", timeout=60_000)
    page.wait_for_selector(".pb-lost button >> text=Reload")
    write(page, "right")
    check(page)
    page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct")


OUTPUTS = {
    "frame": "import pandas as pd\npd.DataFrame({f'column {n}': [1000.25 + n] * 3 for n in range(12)})",
    "styled": "pd.DataFrame({'a': [1, 2], 'b': [3, 4]}).style.highlight_max()",
    "plot": "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots(figsize=(8, 3))\naxes.plot([1, 3, 2]);",
    "failed": "1 / 0",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_cells_show_is_read_on_a_phone_and_in_the_dark(
    browser: Browser, lab: Lab, platform: Double, scheme: str
) -> None:
    cells = [{**LESSON["cells"][1], "id": key, "source": text} for key, text in OUTPUTS.items()]
    platform.lesson("01-welcome.ipynb", [LESSON["cells"][0], *cells, LESSON["cells"][3]])
    visit = Visit(browser, lab, color_scheme=scheme, has_touch=True, is_mobile=True)
    visit.page.set_viewport_size({"width": 360, "height": 780})
    page = visit.lesson()
    page.wait_for_selector("html[data-kernel=done]", timeout=60_000)
    page.wait_for_selector("#slot-frame .pb-wide[data-cut] table")
    page.wait_for_selector("#slot-styled .pb-wide.pb-plate table")
    page.wait_for_selector("#slot-plot img")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"outputs-phone-{scheme}.png", full_page=True)
    page.locator("#slot-frame .pb-wide").focus()
    page.keyboard.press("ArrowRight")
    until(lambda: page.evaluate("document.querySelector('#slot-frame .pb-wide').scrollLeft > 0"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#slot-plot img").bounding_box()["width"] <= 360  # type: ignore[index]  # it is there
    assert axe(page) == []
    assert visit.outside() == []
    visit.context.close()


def test_a_new_release_is_shown_at_the_next_opening(visit: Visit, lab: Lab, platform: Double) -> None:
    visit.lesson().wait_for_selector("#lesson h1 >> text=Welcome")
    cells = [{**LESSON["cells"][0], "source": "# Welcome again"}, *LESSON["cells"][1:]]
    platform.lesson("01-welcome.ipynb", cells)
    platform.mode(release=2)
    visit.lesson().wait_for_selector("#lesson h1 >> text=Welcome again")
    working = json.loads((lab.home / "demo" / "01-welcome.ipynb").read_text())
    assert working["cells"][0]["source"] == "# Welcome again"


def test_a_page_made_of_what_was_here_follows_what_the_platform_says_meanwhile(
    visit: Visit, lab: Lab, platform: Double
) -> None:
    """Another language, points that came from elsewhere, a lesson that closed, a course that was taken away."""
    page = visit.lesson()
    page.wait_for_selector("html[data-kernel=done]", timeout=60_000)
    platform.mode(language="ru", done=["welcome"])
    page = visit.lesson()
    page.wait_for_selector("html[lang=ru][data-kernel=done]", timeout=60_000)
    page.wait_for_selector("nav.rail [data-id=welcome][data-state=done]")
    programs = lab.ask("GET", "api/kernels").json()
    assert len([one for one in programs if one["connections"]]) == 1  # the page that was not to be seen left none
    platform.mode(language="ru", closed=["welcome"])
    visit.lesson().wait_for_selector("h1 >> text=Урок «Welcome» ещё закрыт")
    platform.mode(language="ru", refuse_course=True)
    visit.lesson().wait_for_selector("h1 >> text=Такого урока нет")
    assert visit.answer is not None
    platform.mode(language="ru")
    visit.lesson().wait_for_selector("#lesson h1 >> text=Welcome")


def test_pictures_come_from_the_release_and_nothing_else_does(lab: Lab, platform: Double) -> None:
    (platform.folder / "course" / "img").mkdir()
    (platform.folder / "course" / "img" / "a.png").write_bytes(b"\x89PNG")
    (platform.folder / "course" / "data.html").write_text("<script>1</script>")
    lab.ask("POST", "proboost/courses/demo/pull")
    answer = lab.ask("GET", "proboost/lesson/demo/img/a.png")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"\x89PNG", "image/png")
    assert "sandbox" in answer.headers["content-security-policy"]
    for path in ("data.html", "01-welcome.ipynb", "img/../bundle.json", ".bundle.json", "%2e%2e/%2e%2e/spool.sqlite"):
        assert lab.ask("GET", f"proboost/lesson/demo/{path}").status_code == 404
    assert (lab.home / "demo" / "img" / "a.png").exists()


def test_a_page_of_another_origin_posts_nothing(lab: Lab, platform: Double) -> None:
    """Cookies alone are not enough: the header that only our own pages can read must come with them."""
    import httpx

    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        client.get(lab.url + "api/status?token=browser-token")
        assert client.get(lab.url + "lab/tree?reset").status_code in {200, 404}
        body = {"id": "xsrf-00001", "ref": "demo/welcome#sum-even", "response": {"code": ""}}
        assert client.post(lab.url + "proboost/attempts", json=body).status_code == 403
        client.get(lab.url + "proboost/lesson/demo/nothing")
        token = client.cookies.get("_xsrf", path=lab.base) or client.cookies.get("_xsrf")
        assert token
        answer = client.post(lab.url + "proboost/attempts", json=body, headers={"X-XSRFToken": token})
        assert answer.status_code == 200
    assert platform.attempts() == ["xsrf-00001"]
