"""A lesson through the Hub and its proxy against stock Voilà: what a learner sees and can do, and when, in Chromium.

The peers show the same lesson, its exercises as anywidgets that their own kernel judges: `jupyterhub-singleuser` with
Voilà's server extension behind a stock Hub, and `voila` with preheated kernels behind the same proxy (without a log-in,
which favours it). Rounds are interleaved; times are milliseconds since the navigation began, by a probe in the page:
prose: the lesson's heading is shown; verdict: the first program is typed and judged (on our side by the platform's
sandbox); run: then it is run, and what it prints is shown. Each visit begins once the machine is quiet, so what any of
them makes ahead is made. On our page the colours of code, other exercises and the page's tools come after such an early
Check. Layout shift is that of a visit in which nothing is touched; kB and requests are those before the verdict. Prints
medians and ratios; asserts nothing.

usage: python benchmarks/lesson.py [--rounds N] [--only ours] [--modes warm,cold]      as root
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil

from peers.hubs import ROOT, Running, Stock, free_port, stock_hub  # isort: skip -- leads to tests/
from chromium import ARGUMENTS, PATH
from playwright.sync_api import BrowserContext, Page, sync_playwright
from running import PASSWORD, running

from proboost_kernel import exercises

SOURCE = ROOT / "notebooks" / "data-analysis" / "01-meet-the-table.ipynb"
COURSE, LESSON, EXERCISE, HEADING = "data-analysis", "meet-the-table", "per-drink", "Meet the table"
PROGRAM = (
    "add_per_drink = lambda df: df.assign(per_drink=df.revenue / (df.hot_drinks + df.cold_drinks)); print('it', 'ran')"
)
PROBE = """
(() => {
  const {heading, box, field, check, verdict, run, output, program} = %s;
  const found = window.benchTimes = {};
  let old, text, ended;
  window.benchEnd = new Promise(resolve => { ended = resolve; });
  const note = name => { found[name] ??= performance.now(); };
  const shown = element => element && element.getClientRects().length > 0;
  const first = selector => document.querySelector(box + ' ' + selector);
  const look = () => {
    if ([...document.querySelectorAll('h1')].some(h => h.textContent.includes(heading) && shown(h))) note('prose');
    const editor = first(field);
    if (!found.typed && shown(editor)) {
      editor.focus();
      if ('value' in editor) editor.select(); else getSelection().selectAllChildren(editor);
      document.execCommand('insertText', false, program);
      note('typed');
    }
    if (found.typed && !found.checked && shown(first(check))) {
      [old, text] = [first(verdict), first(verdict)?.textContent]; // of an earlier visit
      note('checked');
      first(check).click();
    }
    const now = first(verdict);
    const changed = now !== old || now?.textContent !== text;
    if (found.checked && changed && now?.textContent.match(/passed|Correct/)) note('verdict');
    if (found.verdict && !found.ran && shown(first(run))) { note('ran'); first(run).click(); }
    if (found.ran && first(output)?.textContent.includes('it ran')) { note('run'); ended(found); }
  };
  // After each change, once it is shown: a look at every frame would take a part of the time that is measured.
  let soon = false;
  const later = () => {
    if (soon) return;
    soon = true;
    requestAnimationFrame(() => { soon = false; look(); });
  };
  const all = {subtree: true, childList: true, characterData: true, attributes: true};
  new MutationObserver(later).observe(document, all);
  setInterval(later, 200); // for what only a style sheet changes
})();
"""
SHIFT = """
window.benchShift = 0;
new PerformanceObserver(list => {
  for (const {hadRecentInput, value} of list.getEntries()) if (!hadRecentInput) window.benchShift += value;
}).observe({type: 'layout-shift', buffered: true});
"""
ENDED = """() => new Promise((found, missed) => {
  setTimeout(() => missed(new Error(JSON.stringify(window.benchTimes))), 60_000);
  window.benchEnd.then(found);
})"""
OURS = {
    "box": f'.pb-ex[data-id="{EXERCISE}"]',
    "field": ".cm-content",
    "check": ".pb-main",
    "verdict": ".pb-verdict[data-state]",
    "run": ".pb-run",
    "output": ".pb-output",
}
THEIRS = {
    "box": ".peer:has(textarea)",
    "field": "textarea",
    **{name: f".peer-{name}" for name in ("check", "verdict", "run", "output")},
}
RENDERED = 5.0  # seconds after a page has loaded in which scripts draw what is left
FIGURES = ("prose", "verdict", "run", "shift", "kB", "requests")


def peers_lesson(folder: Path) -> None:
    """The lesson's notebook for stock Voilà, with its data and its exercises' module."""
    folder.mkdir(parents=True)
    notebook = nbformat.read(SOURCE, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and exercises.is_exercise(cell.source):
            exercise = exercises.parse(cell.source)
            spec = exercises.view(exercises.public(exercise))
            tests = [test.code for test in getattr(exercise.spec, "tests", ())]
            cell.source = f"import stock_exercise\nstock_exercise.Exercise({spec!r}, {tests!r})"
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "lesson.ipynb")
    shutil.copytree(SOURCE.parent / "data", folder / "data")
    shutil.copy(ROOT / "benchmarks" / "peers" / "stock_exercise.py", folder)


@contextlib.contextmanager
def preheated(folder: Path, port: int) -> Iterator[None]:
    """`voila` with a pool of kernels that have run the lesson already, where the stock Hub's proxy leads to it."""
    peers_lesson(folder)
    command = [
        *(sys.executable, "-m", "voila", "lesson.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"),
        *("--base_url=/services/preheat/", "--preheat_kernel=True", "--pool_size=1"),
    ]
    with (folder / "voila.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, "HOME": str(folder)}, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


class Visitor:
    """A browser's page that measures visits of one address."""

    def __init__(self, context: BrowserContext, url: str, selectors: dict[str, str], pause: float = 0.5) -> None:
        self.context, self.url, self.pause = context, url, pause
        self.probe = PROBE % json.dumps({"heading": HEADING, "program": PROGRAM, **selectors})

    def visit(self, *, cold: bool) -> dict[str, float]:
        page = self.context.new_page()
        session = self.context.new_cdp_session(page)
        session.send("Network.enable")
        if cold:
            session.send("Network.clearBrowserCache")
        wire = Wire(session)
        page.add_init_script(self.probe)
        try:
            page.goto(self.url, wait_until="commit", timeout=90_000)
            times: dict[str, float] = page.evaluate(ENDED)
            return times | wire.before(times["verdict"])
        finally:
            self._leave(page)

    def read(self) -> dict[str, float]:
        """A visit in which nothing is touched: how much moves until all is there."""
        page = self.context.new_page()
        page.add_init_script(SHIFT)
        try:
            page.goto(self.url, wait_until="load", timeout=90_000)
            time.sleep(RENDERED)
            return {"shift": page.evaluate("window.benchShift")}
        finally:
            self._leave(page)

    def _leave(self, page: Page) -> None:
        page.goto("about:blank")  # its scripts end the kernel
        page.close()
        time.sleep(self.pause)


class Wire:
    """What a page asked for and how many bytes came, by the browser's own count."""

    def __init__(self, session: Any) -> None:
        self.asked: dict[str, list[float]] = {}  # when, bytes
        self.began = 0.0
        session.on("Network.requestWillBeSent", self._asks)
        session.on("Network.dataReceived", lambda event: self._came(event["requestId"], event["encodedDataLength"]))
        session.on(
            "Network.responseReceived",
            lambda event: self._came(event["requestId"], event["response"]["encodedDataLength"]),
        )

    def _asks(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("http"):
            return
        self.began = self.began or event["timestamp"]
        self.asked.setdefault(event["requestId"], [event["timestamp"], 0.0])

    def _came(self, request: str, size: float) -> None:
        if request in self.asked:
            self.asked[request][1] += size

    def before(self, milliseconds: float) -> dict[str, float]:
        rows = [size for when, size in self.asked.values() if (when - self.began) * 1000 <= milliseconds]
        return {"requests": len(rows), "kB": sum(rows) / 1000}


def ours(school: Running, context: BrowserContext) -> Visitor:
    page = context.new_page()
    page.goto(school.origin + "/")
    page.locator("input[name=username]").fill("lea")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url("**/services/proboost/")
    url = school.settings.lesson_url("lea", COURSE, LESSON)
    page.goto(url, wait_until="commit")
    page.locator("#lesson").wait_for(timeout=90_000)
    page.close()
    return Visitor(context, url, OURS)


def stock(hub: Stock, context: BrowserContext) -> Visitor:
    peers_lesson(hub.homes / "bench" / "lesson")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{hub.port}/hub/login")
    page.locator("input[name=username]").fill("bench")
    page.locator("input[type=password]").fill("any")
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url("**/user/bench/**", timeout=90_000)
    page.close()
    return Visitor(context, f"http://127.0.0.1:{hub.port}/user/bench/voila/render/lesson/lesson.ipynb", THEIRS)


def measured(visitors: dict[str, Visitor], mode: str, rounds: int) -> None:
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in visitors}
    for turn in range(rounds + 1):
        for name, visitor in visitors.items():
            settle(20)  # what the visit before left to be ended and got ready is not a part of this one
            found = visitor.visit(cold=mode == "cold") | visitor.read()
            if turn:  # the first one warms servers and cache
                rows[name].append(found)
    for name, found in rows.items():
        figures = {
            key: round(statistics.median(row[key] for row in found), 3 if key == "shift" else 0) for key in FIGURES
        }
        print(f"{mode:5} {name:10} " + "  ".join(f"{key} {value:g}" for key, value in figures.items()), flush=True)
        for key in ("prose", "verdict", "run") if name != "ours" else ():
            ratios = [theirs[key] / mine[key] for mine, theirs in zip(rows["ours"], found, strict=True)]
            print(f"      {key}: ours {statistics.median(ratios):.1f} times sooner (median of {len(ratios)} pairs)")
        print("      " + json.dumps({"mode": mode, "peer": name, "n": len(found), **figures}))


def settle(most: float = 120.0) -> None:
    """Waits until all have got ready what they get ready once: imports, pools of kernels, references of exercises."""
    end, quiet = time.monotonic() + most, 0
    while quiet < 3 and time.monotonic() < end:
        quiet = quiet + 1 if psutil.cpu_percent(1.0) < 7 else 0
    if quiet < 3:
        print(f"the machine was not quiet within {most:g} s", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="ours,stock,preheat")
    parser.add_argument("--modes", default="warm,cold")
    given = parser.parse_args()
    wanted, port = given.only.split(","), free_port()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="proboost-bench-")))
        school = stack.enter_context(running(folder))
        hub = None
        if wanted != ["ours"]:
            if "preheat" in wanted:
                stack.enter_context(preheated(folder / "preheat", port))
            # A Hub waits for a service that it was told of, so it is told of this one only where there is one.
            services = [{"name": "preheat", "url": f"http://127.0.0.1:{port}"}] if "preheat" in wanted else []
            hub = stack.enter_context(stock_hub(services=services))
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        visitors = {}
        for name in wanted:
            context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
            if name == "ours":
                visitors[name] = ours(school, context)
            elif name == "stock":
                assert hub is not None
                visitors[name] = stock(hub, context)
            else:
                assert hub is not None
                visitors[name] = Visitor(context, f"http://127.0.0.1:{hub.port}/services/preheat/", THEIRS, pause=4.0)
        settle()
        for mode in given.modes.split(","):
            measured(visitors, mode, given.rounds)
        browser.close()


if __name__ == "__main__":
    main()
