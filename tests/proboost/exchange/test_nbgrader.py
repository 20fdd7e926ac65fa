"""A course of nbgrader: notebooks of every version, its configuration unexecuted, its gradebook of any age."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exchange_sources import (
    CONFIG,
    assignment,
    cell,
    database,
    flags,
    gradebook,
    lay,
    nbgrader_course,
    notebook,
    tarred,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost.courses import check, native, release
from proboost.exchange import gradebook_db, nbgrader, nbgrader_config, service
from proboost.exchange.nbgrader import NoCourse
from proboost.exchange.report import Made

Opened = Callable[[Made], Any]
OLD = """
CREATE TABLE student (id VARCHAR(128), first_name VARCHAR(128), last_name VARCHAR(128), email VARCHAR(128));
CREATE TABLE assignment (id VARCHAR(32), name VARCHAR(128), duedate DATETIME);
CREATE TABLE notebook (id VARCHAR(32), name VARCHAR(128), assignment_id VARCHAR(32));
CREATE TABLE grade_cell (id VARCHAR(32), name VARCHAR(128), max_score FLOAT, notebook_id VARCHAR(32));
CREATE TABLE solution_cell (id VARCHAR(32), name VARCHAR(128), notebook_id VARCHAR(32));
CREATE TABLE submitted_assignment (id VARCHAR(32), assignment_id VARCHAR(32), student_id TEXT, timestamp DATETIME);
CREATE TABLE submitted_notebook (id VARCHAR(32), assignment_id VARCHAR(32), notebook_id VARCHAR(32), flagged BOOLEAN);
CREATE TABLE grade (id VARCHAR(32), notebook_id VARCHAR(32), cell_id VARCHAR(32), auto_score FLOAT, manual_score FLOAT,
  needs_manual_grade BOOLEAN);
CREATE TABLE comment (id VARCHAR(32), notebook_id VARCHAR(32), cell_id VARCHAR(32), comment TEXT);
INSERT INTO student VALUES ('bitdiddle', 'Ben', 'Bitdiddle', NULL);
INSERT INTO assignment VALUES ('a', 'ps1', '2015-02-02 17:00:00.000000');
INSERT INTO notebook VALUES ('n', 'squares', 'a');
INSERT INTO grade_cell VALUES ('g1', 'squares_test', 3, 'n'), ('g2', 'why', 2, 'n');
INSERT INTO submitted_assignment VALUES ('s', 'a', 'bitdiddle', '2015-02-01 12:00:00');
INSERT INTO submitted_notebook VALUES ('sn', 's', 'n', 0);
INSERT INTO grade VALUES ('1', 'sn', 'g1', 2.0, 2.5, 0), ('2', 'sn', 'g2', NULL, NULL, 1);
"""


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The whole course as `course import` writes it, and its report."""
    folder = tmp_path_factory.mktemp("nbgrader")
    report = service.bring("nbgrader", lay(nbgrader_course(), folder / "course101"), folder / "made")
    return folder / "made", report.json()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def made(files: dict[str, bytes]) -> Made:
    return nbgrader.course(files, name="demo")


def test_assignments_are_lessons_by_due_date(brought: tuple[Path, dict[str, Any]]) -> None:
    folder, report = brought
    assert (report["lessons"], report["exercises"], report["refused"]) == (3, 4, [])
    course = service.sources.read_folder(folder)
    assert (course.id, course.course.title, course.course.language) == ("python-101", "python-101", "ru")
    assert [(lesson.id, lesson.file) for lesson in course.lessons] == [
        ("ps2", "ps2/tasks.ipynb"),
        ("ps1", "ps1/squares.ipynb"),
        ("ps10", "ps10/last.ipynb"),
    ]
    due = [lesson.entry.due for lesson in course.lessons]
    assert [None if at is None else at.isoformat() for at in due] == [
        "2026-09-20T20:59:00+00:00",
        "2026-09-30T20:59:00+00:00",
        None,
    ]
    assert course.handed_out == ("ps1/data/numbers.csv",)
    assert check.check(course) == []


def test_what_is_made_or_handed_in_is_left_and_said(brought: tuple[Path, dict[str, Any]]) -> None:
    folder, report = brought
    assert not (folder / "release").exists()
    assert any("release/, submitted/" in sentence for sentence in report["remarks"])
    assert not list(folder.rglob("*checkpoint*"))


def test_the_configuration_is_read_and_not_executed(brought: tuple[Path, dict[str, Any]]) -> None:
    assert "executed" in CONFIG
    assert not Path("executed").exists()
    assert not list(brought[0].parent.rglob("executed"))
    config = nbgrader_config.read(
        "import os\nc.A.b = 'x'\nc.A.b = os.getcwd()\nc.C.d = [dict(name='ps1', n=1)]\nc.E.f = 1 +"
    )
    assert not config.sound
    config = nbgrader_config.read("import os\nc.A.b = 'x'\nc.A.b = os.getcwd()\nc.C.d = [dict(name='ps1', n=1)]")
    assert (config.text("A.b"), config.unknown) == ("", {"A.b"})
    assert config.rows("C.d") == [{"name": "ps1", "n": 1}]


def test_the_header_begins_every_lesson(brought: tuple[Path, dict[str, Any]]) -> None:
    for file in ("ps1/squares.ipynb", "ps2/tasks.ipynb", "ps10/last.ipynb"):
        cells = json.loads((brought[0] / file).read_text("utf-8"))["cells"]
        assert cells[0]["source"] == "Перезапустите ядро."
        assert len({one["id"] for one in cells}) == len(cells)


def test_people_and_scores_are_tables_for_their_owner_only(brought: tuple[Path, dict[str, Any]]) -> None:
    folder, _report = brought
    people, scores = folder / "people.csv", folder / "scores.csv"
    assert {people.stat().st_mode & 0o777, scores.stat().st_mode & 0o777} == {0o600}
    assert rows(people.read_bytes()) == [
        {
            "name": "anna",
            "display_name": "Анна Иванова, мл.",
            "email": "anna@example.org",
            "first_name": "Анна",
            "last_name": "Иванова, мл.",
            "lms_user_id": "",
        },
        {
            "name": "boris",
            "display_name": "Борис =SUM",
            "email": "",
            "first_name": "Борис",
            "last_name": "'=SUM",
            "lms_user_id": "",
        },
    ]
    found = {(row["name"], row["exercise"]): row for row in rows(scores.read_bytes())}
    assert len(found) == 4
    why = found["anna", "why"]
    assert (why["lesson"], why["score"], why["max_score"], why["manual_score"], why["extra_credit"]) == (
        "ps1",
        "2",
        "2",
        "1.5",
        "0.5",
    )
    assert (why["comment"], why["submitted_at"]) == ("Хорошо, но коротко.", "2026-09-29T10:00:00+00:00")
    assert (found["anna", "squares_test"]["score"], found["boris", "squares_test"]["score"]) == ("3", "0")


def test_people_and_scores_are_no_part_of_a_release(brought: tuple[Path, dict[str, Any]]) -> None:
    built = release.build(service.sources.read_folder(brought[0]))
    for bundle in (built.source, built.learner, built.key):
        assert not {"people.csv", "scores.csv"} & bundle.keys()
        assert not any("Иванова".encode() in content for content in bundle.values())


@pytest.mark.parametrize("schema", [0, 1, 2, 3])
def test_every_version_of_its_metadata_stays_as_it_is(schema: int) -> None:
    before = assignment(schema=schema)
    found = made({"source/ps1/squares.ipynb": before})
    assert (found.report.exercises, found.report.refused) == (2, [])
    assert found.files["ps1/squares.ipynb"] == before
    old = assignment(schema=schema, ids=False)
    after = json.loads(made({"source/ps1/squares.ipynb": old}).files["ps1/squares.ipynb"])
    assert [{**one, "id": None} for one in after["cells"]] == [{**one, "id": None} for one in json.loads(old)["cells"]]
    assert len({one["id"] for one in after["cells"]}) == 4
    assert [one.role for one in native.cells(after)] == ["solution", "tests", "manual"]


def test_an_old_gradebook_and_no_gradebook() -> None:
    files = {"source/ps1/squares.ipynb": assignment(), "gradebook.db": database(OLD)}
    found = made(files)
    assert b"due: 2015-02-02T17:00+00:00" in found.files["course.yml"]
    scores = rows(found.files["scores.csv"])
    assert [(row["cell"], row["score"], row["max_score"], row["needs_manual"]) for row in scores] == [
        ("squares_test", "2.5", "3", "no"),
        ("why", "", "2", "yes"),
    ]
    del files["gradebook.db"]
    assert "people.csv" not in made(files).files


def test_a_gradebook_with_tables_missing_or_broken_is_remarked() -> None:
    found = gradebook_db.read(database("CREATE TABLE student (id TEXT); INSERT INTO student VALUES ('anna');"))
    assert [row["id"] for row in found.students] == ["anna"]
    assert "grade" in found.remarks[0]
    assert gradebook_db.read(b"no database").remarks
    whole = gradebook()
    for cut in (200, 5000, len(whole) // 2):
        assert gradebook_db.read(whole[:cut] + b"\xff" * 500).remarks
    endless = (
        "CREATE VIEW student AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n;"
    )
    assert gradebook_db.read(database(endless)).students == []


def test_what_lies_in_the_write_ahead_log_counts(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(OLD)
        connection.execute("PRAGMA wal_checkpoint")
        connection.execute("INSERT INTO student VALUES ('late', 'L', 'Ate', NULL)")
        connection.commit()
        files = {name: (tmp_path / name).read_bytes() for name in ("gradebook.db", "gradebook.db-wal")}
    connection.close()
    found = made({"source/ps1/squares.ipynb": assignment(), **files})
    assert [row["name"] for row in rows(found.files["people.csv"])] == ["bitdiddle", "late"]


def test_tests_that_nbgrader_would_write_are_refused_by_name() -> None:
    cells = [
        cell("markdown", "# One", id="a"),
        cell("code", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION", flags("x", "solution"), id="b"),
        cell("code", "### AUTOTEST x", flags("visible", "tests", 1), id="c"),
        cell(
            "code",
            "### BEGIN HIDDEN TESTS\n### HASHED AUTOTEST x\n### END HIDDEN TESTS",
            flags("hashed", "tests", 2),
            id="d",
        ),
        cell("code", "assert x == 1", flags("own", "tests", 1), id="e"),
    ]
    found = made({"source/ps1/a.ipynb": notebook(cells, nbformat_minor=5), "source/ps1/autotests.yml": b"x"})
    assert [(one.question, "HASHED" in one.reason) for one in found.report.refused] == [
        ("ps1/a#visible", False),
        ("ps1/a#hashed", True),
    ]
    assert found.report.exercises == 1
    read = service.sources.read(found.files, name="demo")
    assert [flaw.code for flaw in check.check(read) if flaw.severity == "error"] == []
    assert not any(b"AUTOTEST" in content for content in release.build(read).learner.values())
    assert "ps1/autotests.yml" not in found.files


def test_marks_of_other_names_do_not_leak() -> None:
    config = "c.ClearSolutions.begin_solution_delimeter = '### LOESUNG'\n"
    config += "c.ClearSolutions.end_solution_delimeter = '### ENDE'"
    cells = [
        cell("markdown", "# One", id="a"),
        cell("code", "def f():\n    ### LOESUNG\n    return 'secret'\n    ### ENDE", flags("f", "solution"), id="b"),
    ]
    found = made({"nbgrader_config.py": config.encode(), "source/ps1/a.ipynb": notebook(cells, nbformat_minor=5)})
    learner = release.build(service.sources.read(found.files, name="demo")).learner
    assert b"YOUR CODE HERE" in learner["ps1/a.ipynb"]
    assert b"secret" not in learner["ps1/a.ipynb"]


def test_ids_that_cannot_be_ours_are_told_and_scores_know_both() -> None:
    cells = [
        cell("markdown", "# One", id="a"),
        cell("code", "assert 1", flags("Задача 1", "tests", 1), id="b"),
        cell("code", "assert 2", flags("twice", "tests", 1), id="c"),
        cell("code", "assert 3", flags("twice", "tests", 1), id="d"),
    ]
    content = notebook(cells, nbformat_minor=5)
    script = OLD.replace("'squares_test'", "'Задача 1'").replace("'squares'", "'a'")
    found = made({"source/ps1/a.ipynb": content, "gradebook.db": database(script)})
    assert [one.grade_id for one in native.cells(json.loads(found.files["ps1/a.ipynb"]))] == [
        "zadacha-1",
        "twice",
        "twice-2",
    ]
    assert sum("is called" in sentence for sentence in found.report.remarks) == 2
    assert {row["cell"]: row["exercise"] for row in rows(found.files["scores.csv"])}["Задача 1"] == "zadacha-1"


def test_notebooks_of_the_third_format_and_broken_ones() -> None:
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {"cells": [{"cell_type": "heading", "level": 1, "source": ["Old"], "metadata": {}}], "metadata": {}}
        ],
    }
    found = made(
        {"source/ps1/a.ipynb": json.dumps(old).encode(), "source/ps1/b.ipynb": b"{", "source/ps2/c.ipynb": b"[]"}
    )
    assert [one.question for one in found.report.refused] == ["ps1/b", "ps2/c"]
    assert found.report.lessons == 1
    assert json.loads(found.files["ps1/a.ipynb"])["nbformat"] == 4


def test_many_notebooks_odd_names_and_what_belongs_to_nothing() -> None:
    files = {
        "source/Домашнее задание 1/Часть: а.ipynb": assignment(),
        "source/Домашнее задание 1/b.ipynb": assignment(),
        "source/Домашнее задание 1/deep/c.ipynb": assignment(),
        "source/Домашнее задание 1/bad:name.csv": b"1",
        "source/Домашнее задание 1/данные.csv": b"1",
        "source/notes.txt": b"x",
    }
    found = made(files)
    read = service.sources.read(found.files, name="demo")
    assert [lesson.id for lesson in read.lessons] == ["domashnee-zadanie-1-b", "domashnee-zadanie-1-chast-a"]
    assert read.handed_out == ("Домашнее задание 1/данные.csv",)
    told = "\n".join(found.report.remarks)
    for name in ("Часть: а.ipynb", "deep/c.ipynb", "bad:name.csv", "source/notes.txt"):
        assert name in told


def test_a_folder_that_is_no_course_is_refused() -> None:
    with pytest.raises(NoCourse):
        made({"source/header.ipynb": assignment(), "other/ps1/a.ipynb": assignment()})


def test_an_archive_whose_course_lies_one_folder_below(tmp_path: Path) -> None:
    files = {f"course101/{path}": content for path, content in nbgrader_course().items()}
    report = service.bring("nbgrader", tarred(files, tmp_path / "c.tar.gz"), tmp_path / "made")
    assert (report.lessons, report.exercises) == (3, 4)
    assert (tmp_path / "made" / "people.csv").is_file()


@given(
    st.dictionaries(
        st.sampled_from(["grade", "solution", "locked", "task", "grade_id", "points", "schema_version"]),
        st.none() | st.booleans() | st.integers(-2, 9) | st.sampled_from(["x", "a b", "", "Я"]),
    )
)
@settings(max_examples=40, deadline=None)
def test_any_metadata_is_taken_or_told(meta: dict[str, Any]) -> None:
    content = notebook([cell("markdown", "# One", id="a"), cell("code", "assert 1", meta, id="b")], nbformat_minor=5)
    found = service.checked(made({"source/ps1/a.ipynb": content}), "demo")
    read = service.sources.read(found.files, name="demo")
    if any(flaw.severity == "error" for flaw in check.check(read)):
        assert found.report.remarks
