"""A lesson's page while its kernel comes, works and goes, in Chromium.

Programs between the author's cells, asked, stopped, bounded; widgets that take over while one types; a killed kernel.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from labs import LESSON, Lab, teaching
from playwright.sync_api import Browser, Page, WebSocketRoute

pytestmark = pytest.mark.e2e
CODE, CHOICE = LESSON["cells"][3], LESSON["cells"][2]


def cell(id_: str, source: str) -> dict[str, Any]:
    return {**LESSON["cells"][1], "id": id_, "source": source, "metadata": {}}


def until_there(name: str) -> str:
    return f"import os, time\nwhile not os.path.exists({name!r}):\n    time.sleep(0.02)\nbase = 20"


def as_program(exercise: str, source: str) -> dict[str, Any]:
    """A cell of the author's whose program shows that exercise: another one than the page has under this name."""
    return cell(f"program-{exercise}", f"get_ipython().run_cell_magic('exercise', {exercise!r}, {source!r})")


CHANGED = CODE["source"].partition("\n")[2].replace("Write `sum_even(xs)`.", "Changed meanwhile")
CHANGED = CHANGED.replace("fedcba9876543210", "1111111111111111")
OTHER = "kind: number\nprompt: A number now\nref: demo/typing#mod-1\nhash: '2222222222222222'\n"
LESSONS = {
    "typing": [
        *(LESSON["cells"][0], cell("wait", until_there("typing-go")), CODE, CHOICE),
        *(as_program("sum-even", CHANGED), as_program("mod-1", OTHER)),
    ],
    "turns": [
        *(LESSON["cells"][0], cell("wait", until_there("turns-go")), CODE),
        *(cell("endless", "while True:\n    pass"), cell("after", "print('went on', base)")),
    ],
    "floods": [
        *(LESSON["cells"][0], CODE, cell("flood", "for n in range(100000):\n    print('x' * 50)")),
        *(cell("shows", "for n in range(2000):\n    display(n)"), cell("after", "print('went on')")),
    ],
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One learner's server for the module; each test has a lesson of its own."""
    with teaching({f"{number:02}-{name}.ipynb": cells for number, (name, cells) in enumerate(LESSONS.items())}) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser, lab: Lab) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page = context.new_page()
    page.goto(lab.url + "api/status?token=browser-token")
    yield page
    context.close()
    assert wrong == []


def opened(page: Page, lab: Lab, lesson: str) -> Page:
    page.goto(f"{lab.url}proboost/lesson/demo/{lesson}", wait_until="commit")
    page.wait_for_selector("#ex-sum-even .cm-content")
    return page


def run(page: Page, program: str) -> None:
    page.click("#ex-sum-even .cm-content")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(program)
    page.click("#ex-sum-even .pb-run")


def text_of(page: Page) -> str:
    return "\n".join(page.locator("#ex-sum-even .cm-line").all_inner_texts())


def output(page: Page, text: str) -> None:
    page.wait_for_selector(f"#ex-sum-even .pb-output >> text={text}")


def test_a_program_runs_between_the_lessons_cells_and_is_stopped_for_itself(page: Page, lab: Lab) -> None:
    opened(page, lab, "turns")
    run(page, "print('mine', base + 1)")
    output(page, "Waiting for the programs above")
    page.click("#ex-sum-even .pb-stop")
    output(page, "The program was not run")
    page.wait_for_selector("html[data-kernel=ready]")
    page.click("#ex-sum-even .pb-run")
    output(page, "Waiting for the programs above")  # as the server says, which knows of it now
    (lab.home / "demo" / "turns-go").touch()
    output(page, "mine 21")  # before the endless one below it, which waited for it
    assert page.inner_text("#slot-after") == ""

    run(page, "print('second')")
    output(page, "Waiting for the programs above")
    page.click("#ex-sum-even .pb-stop")
    output(page, "The program was not run")
    page.click(".pb-slow button")
    page.wait_for_selector("#slot-endless >> text=This program was stopped before its end")
    page.wait_for_selector("#slot-after >> text=went on 20")
    page.wait_for_selector("html[data-kernel=done]")

    run(page, "name = input('Who? ')\nprint('Hello,', name)")
    page.wait_for_selector("#ex-sum-even .pb-ask >> text=Who?")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    output(page, "Hello, Ada")
    run(page, "from IPython.display import clear_output\nprint('old')\nclear_output()\nprint(input('New? '))")
    page.wait_for_selector("#ex-sum-even .pb-ask >> text=New?")
    page.keyboard.type("as asked")
    page.keyboard.press("Enter")
    output(page, "as asked")
    run(page, "for n in range(2):\n    try:\n        input(f'Ask {n}')\n    except BaseException:\n        print('no')")
    for n in range(2):
        page.wait_for_selector(f"#ex-sum-even .pb-ask >> text=Ask {n}")
        page.click("#ex-sum-even .pb-stop")
    page.wait_for_selector("#ex-sum-even .pb-run")
    assert page.inner_text("#ex-sum-even .pb-output").split() == ["no", "no"]
    run(page, "input('stop me')")
    page.wait_for_selector("#ex-sum-even .pb-ask")
    page.click("#ex-sum-even .pb-stop")
    output(page, "Stopped")
    page.wait_for_selector(".pb-ask", state="detached")
    run(page, "while True:\n    print('x' * 100)")
    output(page, "not shown")
    page.click("#ex-sum-even .pb-stop")
    output(page, "Stopped")
    assert len(page.inner_text("#ex-sum-even .pb-output")) < 70_000
    run(page, "print(base)")
    output(page, "20")


def test_a_connection_that_breaks_ends_its_program_and_the_next_one_runs(page: Page, lab: Lab) -> None:
    ways: list[WebSocketRoute] = []
    page.route_web_socket("**/programs?*", lambda way: ways.append(way.connect_to_server()))
    (lab.home / "demo" / "typing-go").touch()
    opened(page, lab, "typing")
    page.wait_for_selector("html[data-kernel=done]", timeout=60_000)
    run(page, "print('begun')\nwhile True:\n    pass")
    output(page, "begun")
    ways[-1].close()
    output(page, "The connection broke off")
    run(page, "print('again', base)")
    output(page, "again 20")


def test_a_flood_of_the_authors_is_cut_and_says_so(page: Page, lab: Lab) -> None:
    opened(page, lab, "floods")
    page.wait_for_selector("#slot-after >> text=went on", timeout=60_000)
    flood = page.inner_text("#slot-flood")
    assert 50_000 < len(flood) < 70_000
    assert "left out" in flood[-200:]
    assert page.locator("#slot-shows > *").count() < 80
    assert "left out" in page.inner_text("#slot-shows")


def test_widgets_take_over_while_one_types(page: Page, lab: Lab) -> None:
    """The same exercise, one whose prompt has changed, and one that is of another kind now."""
    opened(page, lab, "typing")
    starter = text_of(page)
    page.click("#ex-sum-even .cm-content")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("AZ")
    page.keyboard.press("ArrowLeft")  # what is typed comes between them
    page.evaluate("() => { window.typedIn = document.activeElement; }")
    (lab.home / "demo" / "typing-go").touch()
    typed, adopted, changed = "", 0, page.locator("#ex-sum-even .pb-prompt >> text=Changed meanwhile")
    while not adopted or len(typed) < adopted + 20:
        assert len(typed) < 2000, "no widget came"
        page.keyboard.type("abcdefghij"[len(typed) % 10])
        typed += "abcdefghij"[len(typed) % 10]
        adopted = adopted or (len(typed) if changed.count() else 0)
    assert text_of(page) == f"{starter}A{typed}Z"
    assert page.evaluate("[document.activeElement === window.typedIn, window.typedIn.isConnected]") == [True, True]
    for _ in range(len(typed) + 5):
        if text_of(page) == starter:
            break
        page.keyboard.press("Control+z")
    assert text_of(page) == starter, "what was typed before the widget came can be undone"
    page.wait_for_selector("#slot-program-mod-1 .pb-ex >> text=A number now")
    assert page.locator("#ex-mod-1").count() == 0
    run(page, "print('still', base)")
    output(page, "still 20")


def test_a_killed_kernel_is_said_and_check_and_a_new_page_go_on(page: Page, lab: Lab) -> None:
    (lab.home / "demo" / "typing-go").touch()
    opened(page, lab, "typing")
    page.wait_for_selector("html[data-kernel=done]", timeout=60_000)
    run(page, "import os\nprint('pid', os.getpid(), 'right')")
    output(page, "pid")
    os.kill(int(page.inner_text("#ex-sum-even .pb-output").split()[1]), signal.SIGKILL)
    page.wait_for_selector(".pb-lost >> text=have ended")
    page.click("#ex-sum-even .pb-run")
    output(page, "reload it")
    page.click("#ex-sum-even .pb-main")
    page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct")
    page.click(".pb-lost button")
    page.wait_for_selector("html[data-kernel=done]", timeout=60_000)
    page.wait_for_selector("#ex-sum-even .pb-result >> text=Correct")
    assert text_of(page).startswith("import os")
    page.click("#ex-sum-even .pb-run")
    output(page, "pid")
