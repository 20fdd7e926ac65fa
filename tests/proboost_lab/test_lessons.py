from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proboost_kernel.i18n import using
from proboost_lab.lessons import Lesson, Shelf, UnsafePath, digest, safe


def notebook(*texts: str) -> bytes:
    cells = [{"cell_type": "markdown", "id": f"c{n}", "metadata": {}, "source": text} for n, text in enumerate(texts)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def texts(path: Path) -> list[str]:
    return [cell["source"] for cell in json.loads(path.read_bytes())["cells"]]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "demo")


def receive(shelf: Shelf, file: str, data: bytes, *, held: bool = False) -> str:
    shelf.keep_lesson(file, data)
    return shelf.deliver(file, data, held=held)


def test_a_new_lesson_is_copied_and_an_untouched_one_replaced(shelf: Shelf) -> None:
    assert receive(shelf, "01.ipynb", notebook("one")) == "new"
    assert receive(shelf, "01.ipynb", notebook("one")) == "same"
    assert receive(shelf, "01.ipynb", notebook("two")) == "replaced"
    assert texts(shelf.working / "01.ipynb") == ["two"]
    assert (shelf.release / "01.ipynb").stat().st_mode & 0o777 == 0o444
    assert not list(shelf.snapshots.glob("*"))


def test_a_touched_one_is_merged_and_its_former_state_kept(shelf: Shelf) -> None:
    receive(shelf, "01.ipynb", notebook("one", "two"))
    mine = notebook("one", "my words")
    (shelf.working / "01.ipynb").write_bytes(mine)
    assert receive(shelf, "01.ipynb", notebook("ONE", "two")) == "merged"
    assert texts(shelf.working / "01.ipynb") == ["ONE", "my words"]
    (snapshot,) = shelf.snapshots.glob("*")
    assert snapshot.read_bytes() == mine


def test_a_lesson_that_only_reached_the_shelf_is_brought_on(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(shelf, "01.ipynb", notebook("one", "two"))
    (shelf.working / "01.ipynb").write_bytes(notebook("one", "mine"))

    def die(_file: str, _data: bytes, *, held: bool) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shelf, "deliver", die)
        with pytest.raises(KeyboardInterrupt):
            receive(shelf, "01.ipynb", notebook("ONE", "two"))
    data = shelf.notebook("01.ipynb")
    assert data == notebook("ONE", "two")
    assert [shelf.deliver("01.ipynb", data) for _again in range(2)] == ["merged", "same"]
    assert texts(shelf.working / "01.ipynb") == ["ONE", "mine"]


def test_a_file_that_only_reached_the_shelf_is_known(shelf: Shelf) -> None:
    (shelf.working).mkdir(parents=True)
    (shelf.working / "data").write_text("a file where the course has a folder")
    with pytest.raises(OSError, match="data"):
        shelf.receive_file("data/a.csv", b"1")
    assert shelf.has("data/a.csv", digest(b"1"))  # the lesson's page shows it
    assert not shelf.gave("data/a.csv", digest(b"1"))
    (shelf.working / "data").unlink()
    shelf.deliver_file("data/a.csv", b"1")
    assert shelf.gave("data/a.csv", digest(b"1"))


def test_what_is_no_notebook_any_more_is_left_alone(shelf: Shelf) -> None:
    receive(shelf, "01.ipynb", notebook("one"))
    (shelf.working / "01.ipynb").write_bytes(b"my own way of writing")
    with using("en"):
        assert receive(shelf, "01.ipynb", notebook("two")) == "beside"
    assert (shelf.working / "01.ipynb").read_bytes() == b"my own way of writing"
    assert texts(shelf.working / "01 (new version).ipynb") == ["two"]


def test_restoring_keeps_the_learners_copy_beside(shelf: Shelf) -> None:
    receive(shelf, "01.ipynb", notebook("one"))
    assert shelf.restore("01.ipynb") is None
    (shelf.working / "01.ipynb").write_bytes(notebook("mine"))
    with using("ru"):
        kept = shelf.restore("01.ipynb")
    assert kept is not None
    assert kept.startswith("01 (мой вариант ")
    assert texts(shelf.working / kept) == ["mine"]
    assert texts(shelf.working / "01.ipynb") == ["one"]
    with pytest.raises(FileNotFoundError):
        shelf.restore("other.ipynb")


def test_a_data_file_that_the_learner_changed_stays(shelf: Shelf) -> None:
    shelf.receive_file("data/a.csv", b"1")
    shelf.receive_file("data/a.csv", b"2")
    assert (shelf.working / "data" / "a.csv").read_bytes() == b"2"
    (shelf.working / "data" / "a.csv").write_bytes(b"mine")
    with using("en"):
        shelf.receive_file("data/a.csv", b"3")
        if not shelf.gave("data/a.csv", digest(b"3")):
            shelf.receive_file("data/a.csv", b"3")
    assert (shelf.working / "data" / "a.csv").read_bytes() == b"mine"
    assert (shelf.release / "data" / "a.csv").read_bytes() == b"3"
    assert (shelf.working / "data" / "a (new version).csv").read_bytes() == b"3"


def test_an_open_notebook_is_not_changed_until_it_is_asked_for(shelf: Shelf) -> None:
    receive(shelf, "01.ipynb", notebook("one", "two"))
    (shelf.working / "01.ipynb").write_bytes(notebook("one", "mine"))
    assert not shelf.waits("01.ipynb")
    assert receive(shelf, "01.ipynb", notebook("ONE", "two"), held=True) == "waiting"
    assert texts(shelf.working / "01.ipynb") == ["one", "mine"]
    assert shelf.waits("01.ipynb")
    assert receive(shelf, "01.ipynb", notebook("ONE", "two")) == "merged"
    assert texts(shelf.working / "01.ipynb") == ["ONE", "mine"]
    assert not shelf.waits("01.ipynb")


def row(file: str, lesson: str = "one") -> Lesson:
    return Lesson(lesson, "One", file, open=True)


def test_work_goes_with_a_lesson_whose_file_was_renamed(shelf: Shelf) -> None:
    for file, text in (("01-one.ipynb", "one"), ("02-one.ipynb", "ONE")):
        shelf.follow(row(file))
        receive(shelf, file, notebook(text, "two"))
        (shelf.working / file).write_bytes(notebook(text, "mine"))
    assert texts(shelf.working / "02-one.ipynb") == ["ONE", "mine"]
    assert not (shelf.working / "01-one.ipynb").exists()
    shelf.follow(row("02-one.ipynb"))
    assert shelf.former(row("03.ipynb")) == "02-one.ipynb"


def test_nothing_is_moved_onto_another_lesson(shelf: Shelf) -> None:
    for lesson, file in (("a", "01.ipynb"), ("b", "02.ipynb")):
        shelf.follow(row(file, lesson))
        receive(shelf, file, notebook(lesson))
        (shelf.working / file).write_bytes(notebook(f"mine {lesson}"))
    for lesson, file in (("a", "02.ipynb"), ("b", "01.ipynb")):  # the author swapped the names
        shelf.follow(row(file, lesson))
        receive(shelf, file, notebook(f"{lesson} new"))
    left = [text for name in ("01.ipynb", "02.ipynb") for text in texts(shelf.working / name)]
    assert {"mine a", "mine b"} <= set(left)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", ".ssh/id", "a/.b", "a\\b", "a\0b"])
def test_no_path_leaves_its_folder(shelf: Shelf, path: str) -> None:
    with pytest.raises(UnsafePath):
        safe(path)
    with pytest.raises(UnsafePath):
        shelf.receive_file(path, b"")


@pytest.mark.parametrize("course", ["..", "a/b", ".proboost", "A", ""])
def test_no_course_is_another_folder(tmp_path: Path, course: str) -> None:
    with pytest.raises(UnsafePath):
        Shelf(tmp_path, course)


def test_the_bundle_is_read_back(shelf: Shelf) -> None:
    assert shelf.bundle() is None
    row: dict[str, Any] = {"id": "one", "title": "One", "file": "01.ipynb", "open": False, "why": "later"}
    shelf.note_bundle({"course": "demo", "lessons": [row]})
    lesson = shelf.lesson("one")
    assert lesson is not None
    assert (lesson.open, lesson.why) == (False, "later")
    assert shelf.lesson("two") is None
