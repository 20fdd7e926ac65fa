"""`course check` and `course build` of a large course, 200 lessons of 20 exercises, against nbformat and nbconvert.

The peer does less with the very same notebooks: to check, nbformat reads and validates each (it knows nothing of
exercises, links or answers); to build, nbconvert writes each anew with its outputs cleared, as nbgrader's
`generate_assignment` does with more preprocessors on top. Both read from disk and run in this process, turn by turn;
what is measured is processor time, so that a busy machine changes little.
Prints medians and ratios; asserts nothing about time, but fails when the course is not sound or not built whole.

usage: python benchmarks/courses.py [--lessons N] [--exercises N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from traitlets.config import Config

from proboost.courses import check, leaks, release, requirements, source

KINDS = (
    (
        "kind: choice\nprompt: Which of them is {n}?\noptions: [it is {n}, it is {m}, neither of both]\nanswer: '#1'\n"
        "hints: [Look **twice**.]\nexplanation: Since ${n} = {n}$.\n"
    ),
    (
        "kind: code\npoints: 2\nprompt: |\n  Write `add{n}(x)` that adds {n}.\nstarter: |\n  def add{n}(x):\n"
        "      ...\n"
        "solution: |\n  def add{n}(x):\n      return x + {n}\ntests:\n"
        "  - {{name: a number, code: 'assert add{n}(1) == 1 + {n}'}}\n"
        "  - {{name: another one, hidden: true, code: 'assert add{n}(-5) == {n} - 5'}}\n"
    ),
    "kind: number\nprompt: How much is ${n} + {m}$?\nanswer: {sum}\ntolerance: 0.01\n",
    (
        "kind: multiple\nprompt: Which are even?\noptions: ['{even} is', '{odd} is', '{even}{even} is']\n"
        "answers: ['{even} is', '{even}{even} is']\nscoring: partial\n"
    ),
)
PROSE = "Some **text** with a formula $x^2 + {n}$, `code` and a [link](#More-of-it).\n\n" * 4 + "## More of it\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--lessons", type=int, default=200)
    parser.add_argument("--exercises", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proboost-bench-") as place:
        folder = Path(place) / "large"
        size = course(folder, asked.lessons, asked.exercises)
        count = asked.lessons * asked.exercises
        print(f"{asked.lessons} lessons, {count} exercises, {size / 2**20:.1f} MiB")
        files = sorted(folder.glob("*.ipynb"))
        exporter = NotebookExporter(config=Config(NotebookExporter={"preprocessors": [CLEAR]}))
        works: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "check": (lambda: checked(folder), lambda: [validated(file) for file in files]),
            "build": (lambda: built(folder), lambda: [exporter.from_filename(str(file)) for file in files]),
        }
        for name, (ours, theirs) in works.items():
            ours(), theirs()  # what is loaded once
            mine, peer = [], []
            for _ in range(asked.rounds):
                mine.append(timed(ours))
                peer.append(timed(theirs))
            show(name, mine, peer, asked.lessons)
    return 0


CLEAR = "nbconvert.preprocessors.ClearOutputPreprocessor"


def course(folder: Path, lessons: int, exercises: int) -> int:
    """Writes the course; its bytes."""
    folder.mkdir()
    listed = []
    for number in range(1, lessons + 1):
        cells = [cell("markdown", f"# Lesson {number}")]
        for place in range(exercises):
            n = number * 100 + place
            values = {"n": n, "m": n + 1, "sum": 2 * n + 1, "even": 2 * n, "odd": 2 * n + 1}
            cells.append(cell("markdown", PROSE.format(n=n)))
            cells.append(cell("code", f"%%exercise e{place}\n{KINDS[place % len(KINDS)].format(**values)}"))
        for place, one in enumerate(cells):
            one["id"] = f"c{place}"
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        listed.append(f"{number:03}-lesson-{number}.ipynb")
        (folder / listed[-1]).write_text(json.dumps(notebook, indent=1), "utf-8")
    entries = "".join(f"  - {{file: {file}, id: lesson-{place}}}\n" for place, file in enumerate(listed, 1))
    (folder / "course.yml").write_text(f"title: A large course\nlessons:\n{entries}", "utf-8")
    return sum(file.stat().st_size for file in folder.iterdir())


def cell(kind: str, text: str) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return made if kind == "markdown" else {**made, "execution_count": 1, "outputs": [output(text)]}


def output(text: str) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/plain": f"<exercise of {len(text)} characters>"},
    }


def checked(folder: Path) -> None:
    forget()
    flaws = check.check(source.read_folder(folder))
    if flaws:
        raise SystemExit(f"the course is not sound: {flaws[0].text()}")


def built(folder: Path) -> None:
    forget()
    read = source.read_folder(folder)
    made = release.build(read)
    if len(made.key) != len(read.lessons) or len(made.learner) != len(read.lessons) + 1:
        raise SystemExit("the course is not built whole")


def forget() -> None:
    """A command begins with nothing remembered."""
    leaks.folded.cache_clear()
    requirements.imported.cache_clear()


def validated(file: Path) -> None:
    nbformat.validate(nbformat.read(file, as_version=4))  # type: ignore[no-untyped-call]  # it ships no types


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def show(what: str, ours: list[float], theirs: list[float], lessons: int) -> None:
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    row = {
        "what": what,
        "n": len(ours),
        "p50_s": round(statistics.median(ours), 3),
        "max_s": round(max(ours), 3),
        "ms_a_lesson": round(1000 * statistics.median(ours) / lessons, 2),
        "peer_p50_s": round(statistics.median(theirs), 3),
        "times_faster": round(ratio, 2),
    }
    print(f"{what}: p50 {row['p50_s']} s; the peer {row['peer_p50_s']} s → {row['times_faster']} times as fast")
    print("    " + json.dumps(row))


if __name__ == "__main__":
    sys.exit(main())
