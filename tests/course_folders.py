"""Course folders for tests: small ones by hand, any number of them by hypothesis, and the product's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import written
from hypothesis import strategies as st

from proboost.courses import release, source
from proboost.courses.source import Source

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CHOICE = "%%exercise pick\nkind: choice\nprompt: Which?\noptions: [left, right]\nanswer: left\n"
CODE = (
    "%%exercise double\nkind: code\npoints: 2\nprompt: Write `double`.\nstarter: |\n  def double(x):\n      ...\n"
    "solution: |\n  def double(x):\n      return 2 * x\ntests:\n"
    "  - {name: a number, code: assert double(2) == 4}\n"
    "  - {name: a text, hidden: true, code: assert double('a') == 'aa'}\n"
)


def cell(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, **more}


def notebook(cells: Iterable[str | dict[str, Any]], *, ids: bool = True) -> bytes:
    """A notebook: strings are code cells when they begin with %% or `>>> `, else Markdown."""
    made = []
    for number, given in enumerate(cells, 1):
        one = _told(given) if isinstance(given, str) else given
        kind = one["kind"]
        entry = {
            "cell_type": kind,
            "metadata": one.get("metadata", {}),
            "source": one["text"].splitlines(keepends=True),
        }
        if ids:
            entry["id"] = one.get("id", f"c{number}")
        if kind == "code":
            entry |= {"execution_count": 3, "outputs": one.get("outputs", [])}
        if "attachments" in one:
            entry["attachments"] = one["attachments"]
        made.append(entry)
    metadata = {"kernelspec": {"name": "secret-env", "display_name": "mine", "language": "python"}, "author": "me"}
    whole = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5 if ids else 4}
    return json.dumps(whole, ensure_ascii=False).encode()


def _told(text: str) -> dict[str, Any]:
    is_code = text.lstrip().startswith(("%%", ">>> "))
    return cell("code" if is_code else "markdown", text.removeprefix(">>> "))


def course(
    *lessons: Iterable[str | dict[str, Any]], more: str = "", files: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """The files of a course `demo`; `more` goes to the end of course.yml."""
    found = dict(files or {})
    listed = ""
    for number, cells in enumerate(lessons or (["# One", CHOICE, CODE],), 1):
        file = f"{number:02}-part{number}.ipynb"
        found[file] = notebook(cells)
        listed += f"  - file: {file}\n"
    found["course.yml"] = f"id: demo\ntitle: Demo\nlanguage: en\nlessons:\n{listed}{more}".encode()
    return found


def read(files: Mapping[str, bytes]) -> Source:
    return source.read(files, name="demo")


def build(files: Mapping[str, bytes]) -> release.Release:
    return release.build(read(files))


def nbgrader(kind: str, name: str, text: str, **flags: Any) -> dict[str, Any]:
    """A cell of nbgrader's."""
    known = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    return cell(kind, text, metadata={"nbgrader": {**known, **flags}, "slides": "mine"})


@st.composite
def natives(draw: st.DrawFn, private: str) -> list[dict[str, Any]]:
    """Cells of nbgrader's in any order, whose solutions, hidden tests and mark schemes hold `private`."""
    solution = f"### BEGIN SOLUTION\nx = {private!r}  # {private}\n### END SOLUTION"
    hidden = f"### BEGIN HIDDEN TESTS\nassert f() == {private!r}\n### END HIDDEN TESTS"
    scheme = f"### BEGIN MARK SCHEME\n{private}\n### END MARK SCHEME"
    head, prose = draw(written.PROGRAM), draw(written.PROSE)
    every = [
        nbgrader("code", "n-imports", head, locked=True),
        nbgrader("code", "n-f", f"{head}\n{solution}", solution=True),
        nbgrader("code", "n-g", f"g = {private!r}", solution=True),
        nbgrader("code", "n-test", f"assert True\n{hidden}", grade=True, locked=True, points=draw(st.integers(0, 3))),
        nbgrader("code", "n-mine", f"{head}\n{solution}", grade=True, solution=True, points=2),
        nbgrader("markdown", "n-essay", f"Because {private}", grade=True, solution=True, points=1.5),
        nbgrader("markdown", "n-task", f"{prose}\n\n{scheme}", task=True, locked=True, points=1),
    ]
    return draw(st.lists(st.sampled_from(every), unique_by=lambda one: str(one["metadata"]), max_size=5))


@st.composite
def courses(draw: st.DrawFn, private: str = "x1") -> dict[str, bytes]:
    """Any course whose private fields, comments, outputs and metadata hold `private`."""
    lessons = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        cells: list[str | dict[str, Any]] = [f"# Lesson {number}\n<!-- {private} -->"]
        for position in range(draw(st.integers(0, 3))):
            fields = draw(written.of_any_kind(private))
            fields.pop("was", None)
            cells.append(
                cell(
                    "code",
                    written.cell(fields, f"e{position}"),
                    outputs=[{"output_type": "stream", "name": "stdout", "text": private}],
                    metadata={"note": private},
                )
            )
            cells.append(cell("markdown", draw(written.PROSE) + f"\n\n<!-- {private}"))
        cells += draw(natives(private))
        cells.append(cell("raw", private))
        cells.append(
            cell("code", "1 + 1", outputs=[{"output_type": "execute_result", "data": {"text/plain": private}}])
        )
        lessons.append(cells)
    return course(*lessons, files={"notes.md": private.encode()})
