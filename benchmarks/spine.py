"""First figures of the whole way, in a real browser: log-in → catalogue, click → lesson, Check → verdict.

Where a peer exists it does the same work in the same run, turn by turn. Stock Voilà serves the same lesson; its prose
alone is waited for, which favours it: on our side an exercise must take an answer. A stock kernel, started for it as
autograders do, runs the same program with the same tests. Prints medians and ratios; asserts nothing about time.

usage: python benchmarks/spine.py [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbformat
from nbclient import NotebookClient
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from chromium import ARGUMENTS, PATH  # noqa: E402 -- after the path is set
from running import PASSWORD, Running, running  # noqa: E402 -- the tests know how to start a whole installation

COURSE, LESSON, EXERCISE = "python-start", "first-program", "parcel"
PROGRAM = "def price(weight):\n    return 300 + 50 * weight + {n} * 0\n"
TESTS = ["assert price(2) == 400", "assert price(0) == 300", "assert price(20) == 1300"]
ANSWERABLE = ".pb-ex[data-kind=choice] input[type=radio]:enabled"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory(prefix="proboost-bench-") as folder,
        sync_playwright() as playwright,
        running(Path(folder)) as school,
    ):
        browser = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        catalogue, pages = [], []
        for name in ("lea", "leo"):
            page = browser.new_context(locale="en-GB").new_page()
            pages.append(page)
            catalogue.append(logged_in(school, page, name))
        for _ in range(rounds - len(catalogue)):
            page = browser.new_context(locale="en-GB").new_page()
            catalogue.append(logged_in(school, page, "lea"))
            page.context.close()
        show("log-in → catalogue shown", catalogue)
        with stock_voila(Path(folder), lesson_of(school)) as address:
            ours, stock = lessons(school, browser, pages[0], address, rounds)
        show("click → first exercise answerable", ours, "stock Voilà, same lesson, its prose readable", stock)
        ours, stock = verdicts(school, pages, rounds)
        show("Check → verdict shown", ours, "stock kernel started, program and tests run", stock)
        browser.close()


def logged_in(school: Running, page: Page, name: str) -> float:
    """Seconds from sending the password to the catalogue's heading."""
    page.goto(school.origin + "/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[type=password]").fill(PASSWORD)
    began = time.perf_counter()
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url("**/services/proboost/")
    page.locator("h1").wait_for()
    return time.perf_counter() - began


def lesson_of(school: Running) -> nbformat.NotebookNode:
    """The lesson as learners have it, for stock Voilà: the same cells, and a first one that loads the magic."""
    learner = school.settings.homes / "lea" / COURSE
    for _ in range(600):
        found = sorted(learner.glob("01-*.ipynb"))
        if found:
            break
        time.sleep(0.1)
    notebook = nbformat.read(found[0], as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%load_ext proboost_kernel.magics"))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


@contextmanager
def stock_voila(folder: Path, notebook: nbformat.NotebookNode) -> Iterator[str]:
    path = folder / "stock.ipynb"
    nbformat.write(notebook, path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = folder / "stock-home"
    home.mkdir()
    command = [sys.executable, "-m", "voila", str(path), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "HOME": str(home), "PYTHONPATH": f"{ROOT}:{ROOT / 'extensions'}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(address + "voila/static/", timeout=5)
                break
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def lessons(school: Running, browser: Browser, page: Page, stock: str, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from the click on a lesson to an exercise that takes an answer; warm server, warm browser cache."""
    peer = browser.new_context(locale="en-GB").new_page()
    ours, theirs = [], []
    for turn in range(rounds + 1):
        page.goto(school.platform_url + f"/courses/{COURSE}")
        began = time.perf_counter()
        page.goto(school.settings.lesson_url("lea", COURSE, LESSON), wait_until="commit")
        page.locator(ANSWERABLE).first.wait_for()
        first = time.perf_counter() - began
        began = time.perf_counter()
        peer.goto(stock, wait_until="commit", timeout=120_000)
        peer.locator("h1").first.wait_for(timeout=60_000)
        if turn:  # the first one warms both
            ours.append(first)
            theirs.append(time.perf_counter() - began)
    peer.context.close()
    return ours, theirs


def verdicts(school: Running, pages: list[Page], rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from Check to the verdict on the page; two learners, who stay below 20 checks a minute each."""
    for page, name in zip(pages, ("lea", "leo"), strict=True):
        page.goto(school.settings.lesson_url(name, COURSE, LESSON), wait_until="commit")
        page.locator(f'.pb-ex[data-id="{EXERCISE}"] .cm-content').wait_for(timeout=60_000)
    ours, theirs = [], []
    for turn in range(2 * rounds):
        page = pages[turn % 2]
        box = page.locator(f'.pb-ex[data-id="{EXERCISE}"]')
        box.locator(".cm-content").fill(PROGRAM.format(n=turn))
        page.evaluate(f"""() => document.querySelector('.pb-ex[data-id="{EXERCISE}"] .pb-result').replaceChildren()""")
        began = time.perf_counter()
        box.get_by_role("button", name=re.compile("Check")).click()
        box.locator('.pb-verdict[data-state="passed"]').wait_for(timeout=60_000)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(text) for text in (PROGRAM.format(n=turn), *TESTS)]
        )
        NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
        theirs.append(time.perf_counter() - began)
    return ours, theirs


def show(what: str, ours: list[float], peer: str = "", theirs: list[float] | None = None) -> None:
    row = {"what": what, "n": len(ours), "p50_s": round(statistics.median(ours), 3), "p95_s": round(p95(ours), 3)}
    print(f"{what}: p50 {row['p50_s']} s, p95 {row['p95_s']} s (n={row['n']})")
    if theirs:
        row["peer_p50_s"] = round(statistics.median(theirs), 3)
        row["times_faster"] = round(statistics.median(b / a for a, b in zip(ours, theirs, strict=True)), 1)
        print(f"    {peer}: p50 {row['peer_p50_s']} s → {row['times_faster']} times faster (median of pairs)")
    print("    " + json.dumps(row, ensure_ascii=False))


def p95(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


if __name__ == "__main__":
    main()
