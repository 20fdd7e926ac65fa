"""`proboost grade`: rows, files and exit statuses as formats.md has them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes import Platform

from proboost.blobs import Blobs
from proboost.courses import native, release, service, source

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "proboost"))

from grading.written import answer, graded, handed_in, manual, notebook, readonly  # noqa: E402

ADD = notebook(
    readonly("data", "limit = int(open('data/limit.txt').read())"),
    answer("add", "### BEGIN SOLUTION\ndef add(x): return min(x + 1, limit)\n### END SOLUTION"),
    graded("test_add", "assert add(1) == 2\n### BEGIN HIDDEN TESTS\nassert add(99) == limit\n### END HIDDEN TESTS", 2),
)
WORDS = notebook(manual("words", "It adds.", 3))
RIGHT = handed_in(native.learner_notebook(ADD), {"add": "def add(x): return min(x + 1, limit)"})
SAID = handed_in(native.learner_notebook(WORDS), {"words": "=1+1"})


def proboost(*arguments: object, cwd: Path, language: str = "en", **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": f"{language}_XX.UTF-8", **more}
    command = [sys.executable, "-m", "proboost", "grade", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grade")
    (folder / "source/data").mkdir(parents=True)
    (folder / "source/data/limit.txt").write_text("50")
    (folder / "source/add.ipynb").write_text(json.dumps(ADD))
    (folder / "source/words.ipynb").write_text(json.dumps(WORDS))
    for name in ("ann", "bob", "=eve"):
        (folder / "in" / name).mkdir(parents=True)
    (folder / "in/ann/add.ipynb").write_text(json.dumps(RIGHT))
    (folder / "in/ann/words.ipynb").write_text(json.dumps(SAID))
    (folder / "in/bob/add.ipynb").write_text("{ this is no JSON")
    (folder / "in/=eve/add.ipynb").write_text(json.dumps(native.learner_notebook(ADD)))
    return folder


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {row["file"]: row for row in json.loads(done.stdout)}


def test_a_folder_of_notebooks(place: Path) -> None:
    people = ["in/ann", "in/bob", "in/=eve"]
    done = proboost(
        "--source", "source", *people, "--json", "--csv", "t.csv", "--feedback", "fb", "--jobs", 2, cwd=place
    )
    assert done.returncode == 0, done.stderr
    found = rows(done)
    assert set(found["in/ann/add.ipynb"]) == {"file", "score", "max", "needs_manual", "error", "remarks", "cells"}
    assert found["in/ann/add.ipynb"]["cells"] == {"test_add": {"score": 2.0, "max": 2.0, "manual": False}}
    assert found["in/ann/words.ipynb"]["cells"] == {"words": {"score": None, "max": 3.0, "manual": True}}
    assert found["in/ann/words.ipynb"]["needs_manual"] is True
    assert found["in/bob/add.ipynb"]["error"]["code"] == "not-a-notebook"
    assert (found["in/bob/add.ipynb"]["score"], found["in/bob/add.ipynb"]["max"]) == (0.0, 2.0)
    assert found["in/bob/words.ipynb"]["error"]["code"] == "missing"
    assert found["in/=eve/add.ipynb"]["score"] == 0.0
    assert "[6/6]" in done.stderr
    pages = {path.relative_to(place / "fb").as_posix() for path in (place / "fb").rglob("*") if path.is_file()}
    assert {"ann/add.html", "ann/words.html", "bob/add.html", "=eve/add.html"} <= pages
    assert "99" not in (place / "fb/=eve/add.html").read_text()
    with (place / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert table[0] == {
        "file": "in/ann/add.ipynb",
        "score": "2.0",
        "max": "2.0",
        "needs_manual": "0",
        "error": "",
        "remarks": "",
    }


def test_a_notebook_by_a_notebook(place: Path) -> None:
    """Whatever it is called; the data that it names lie beside the source."""
    done = proboost("--source", "source/add.ipynb", "in/ann/add.ipynb", "in/=eve/add.ipynb", "--json", "-q", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    assert [row["score"] for row in json.loads(done.stdout)] == [2.0, 0.0]


def test_lines_for_people_in_their_language(place: Path) -> None:
    done = proboost("--source", "source", "in/ann", cwd=place, language="ru")
    assert done.returncode == 0
    assert "in/ann/add.ipynb: баллы: 2 из 2" in done.stdout
    assert "некоторые ответы ждут проверяющего" in done.stdout


def test_a_course_folder(place: Path) -> None:
    course = place / "course"
    course.mkdir()
    (course / "data").mkdir()
    (course / "data/limit.txt").write_text("50")
    (course / "01-add.ipynb").write_text(json.dumps(ADD))
    (course / "course.yml").write_text("title: Adding\nlessons:\n  - file: 01-add.ipynb\nfiles: [data]\n")
    (place / "01-add.ipynb").write_text(json.dumps(RIGHT))
    done = proboost("course", "01-add.ipynb", "--json", "-q", cwd=place)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["score"] == 2.0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--source", "source"), 2, "SUBMISSION"),
        (("--source", "nowhere", "in/ann"), 2, "nowhere"),
        (("--source", "in/bob/add.ipynb", "in/ann"), 1, "not a notebook"),
        (("--source", "source", "in/zoe"), 1, "in/zoe"),
        (("--source", "source", "in/bob", "--json"), 1, ""),  # nothing of it could be graded
        (("No Course!", "in/ann"), 1, "No Course!"),
        (("in", "in/ann"), 1, "There is no course.yml"),
    ],
)
def test_what_cannot_be_done_is_said(place: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    done = proboost(*arguments, cwd=place)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_course_of_the_running_platform(sqlite_platform: Platform, tmp_path: Path) -> None:
    """The release that learners have, or the one that is named."""
    blobs = Blobs(sqlite_platform.settings.blobs_dir)
    for limit in ("50", "1"):  # the second release is another
        heading = {"cell_type": "markdown", "metadata": {}, "source": "# Adding"}
        files = {
            "course.yml": b"id: adding\ntitle: Adding\nlessons:\n  - file: 01-add.ipynb\nfiles: [data]\n",
            "01-add.ipynb": json.dumps({**ADD, "cells": [heading, *ADD["cells"]]}).encode(),
            "data/limit.txt": limit.encode(),
        }
        stored = service.store(blobs, release.build(source.read(files, name="adding")))
        with sqlite_platform.database.transaction() as session:
            service.publish(session, stored)
    (tmp_path / "01-add.ipynb").write_text(json.dumps(RIGHT))
    more = {"PROBOOST_RUN": str(sqlite_platform.settings.run), "PROBOOST_DATA": str(sqlite_platform.settings.data)}
    for course, score in (("adding", 0.0), ("adding@1", 2.0)):  # of the second the author's own tests fail
        done = proboost(course, "01-add.ipynb", "--json", "-q", cwd=tmp_path, **more)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[0]["score"] == score
    done = proboost("adding@9", "01-add.ipynb", cwd=tmp_path, **more)
    assert done.returncode == 1
    assert "adding" in done.stderr
