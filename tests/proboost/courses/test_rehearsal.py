"""Lessons run before learners come: what fails is told, what outputs take is noted and reaches the learner's page."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from proboost.cli.course import course
from proboost.cli.course_rehearse import write_down
from proboost.cli.course_told import read
from proboost.courses import release
from proboost.courses.room import BELOW, COLUMN, FRAME, GAP, LINE, MOST, ROW, room

EXERCISE = "%%exercise two\nkind: choice\ntitle: Two\nprompt: What is 2?\noptions: [a, b]\nanswer: a\n"


def stream(*texts: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]


def shown(**data: str) -> list[dict[str, Any]]:
    kinds = {"html": "text/html", "png": "image/png", "plain": "text/plain"}
    return [{"output_type": "display_data", "data": {kinds[name]: value for name, value in data.items()}}]


def png(width: int, height: int) -> str:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return base64.b64encode(content).decode()


def test_room_of_what_is_shown() -> None:
    assert room([]) == room(None) == room(stream("")) == 0
    assert room(stream("a\nb\n")) == round(2 * LINE + FRAME + BELOW)
    assert room(stream("a\n", "b\n")) == room(stream("a\nb\n"))  # one block, however it came
    assert room(stream("x" * 200)) == room(stream("a\nb\nc"))  # long lines are broken
    assert room(shown(png=png(640, 480), plain="<Figure>")) == 480 + BELOW
    assert room(shown(png=png(2 * COLUMN, 500))) == 250 + BELOW  # as wide as the column
    assert room(shown(html="<table><tr></tr><tr></tr></table>", plain="")) == round(2 * ROW + BELOW)
    both = [*stream("a"), *shown(png=png(100, 100))]
    assert room(both) == round(LINE + FRAME + GAP + 100 + BELOW)
    assert room(stream("a\n" * 10_000)) == MOST
    assert room(shown(png="no picture")) > 0


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_output_has_a_room(outputs: object) -> None:
    assert 0 <= room(outputs) <= MOST
    assert 0 <= room([outputs]) <= MOST


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "demo"
    made.mkdir()
    lesson = "lessons:\n  - {file: one.ipynb, id: one, title: One}\n"
    (made / "course.yml").write_text(f"id: demo\ntitle: Demo\nlanguage: en\n{lesson}files: [data.txt]\n")
    (made / "data.txt").write_text("seven")
    return made


def write(folder: Path, *cells: tuple[str, str], tags: tuple[str, ...] = ()) -> bytes:
    written = [
        {"cell_type": kind, "id": f"c{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for number, (kind, text) in enumerate(cells)
    ]
    written[-1]["metadata"] = {"tags": list(tags)} if tags else {}
    content = json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    (folder / "one.ipynb").write_bytes(content)
    return content


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(course, ["rehearse", *map(str, arguments)])


def heights(notebook: bytes) -> dict[str, int]:
    cells = json.loads(notebook)["cells"]
    found = {cell["id"]: cell["metadata"].get("proboost", {}).get("height") for cell in cells}
    return {name: height for name, height in found.items() if height is not None}


def test_what_outputs_take_is_noted_and_reaches_learners(folder: Path) -> None:
    before = write(
        folder,
        ("markdown", "# One"),
        ("code", "text = open('data.txt').read(); open('made.txt', 'w').close()"),
        ("code", "print(text)\nprint(text)"),
        ("code", EXERCISE),
    )
    tried = run(folder, "--no-write")
    assert tried.exit_code == 0, tried.output
    assert (folder / "one.ipynb").read_bytes() == before
    told = run(folder)
    assert told.exit_code == 0, told.output
    assert not (folder / "made.txt").exists()  # what lessons write does not lie among the sources
    once = (folder / "one.ipynb").read_bytes()
    assert heights(once) == {"c2": round(2 * LINE + FRAME + BELOW)}
    assert run(folder).exit_code == 0
    assert (folder / "one.ipynb").read_bytes() == once  # nothing changed: not a byte
    write_down(folder / "one.ipynb", before, b"{}")  # its author saved it meanwhile
    assert (folder / "one.ipynb").read_bytes() == once
    assert sorted(path.name for path in folder.iterdir()) == ["course.yml", "data.txt", "one.ipynb"]
    built = release.build(read(folder))
    learners = next(content for path, content in built.learner.items() if path.endswith("one.ipynb"))
    assert heights(learners) == heights(once)


def test_a_tag_that_hides_a_program_reaches_learners_and_no_other_does(folder: Path) -> None:
    write(folder, ("markdown", "# One"), ("code", "print(1)"), tags=("remove_input", "secret"))
    built = release.build(read(folder))
    learners = next(content for path, content in built.learner.items() if path.endswith("one.ipynb"))
    assert [cell["metadata"] for cell in json.loads(learners)["cells"]] == [{}, {"tags": ["hide-input"]}]


def test_what_saved_outputs_say_is_not_believed_where_a_cell_is_silent(folder: Path) -> None:
    write(folder, ("markdown", "# One"), ("code", "x = 1"))
    notebook = json.loads((folder / "one.ipynb").read_bytes())
    notebook["cells"][1]["outputs"] = stream("old")
    (folder / "one.ipynb").write_text(json.dumps(notebook))
    assert [cell.height for cell in read(folder).lessons[0].notebook.cells] == [0, room(stream("old"))]
    assert run(folder).exit_code == 0
    assert [cell.height for cell in read(folder).lessons[0].notebook.cells] == [0, 0]


def test_a_cell_that_fails_is_told_unless_it_is_meant_to(folder: Path) -> None:
    write(folder, ("markdown", "# One"), ("code", "print('before')"), ("code", "1 / 0"))
    told = run(folder, "--json")
    assert told.exit_code == 1
    (flaw,) = json.loads(told.stdout)
    assert (flaw["cell"], flaw["code"]) == (3, "cell-fails")
    assert "ZeroDivisionError: division by zero" in flaw["message"]
    write(folder, ("markdown", "# One"), ("code", "1 / 0"), tags=("raises-exception",))
    assert run(folder).exit_code == 0


def test_a_kernel_that_dies_changes_nothing(folder: Path) -> None:
    before = write(folder, ("markdown", "# One"), ("code", "print(1)"), ("code", "import os; os._exit(1)"))
    told = run(folder, "--json")
    assert told.exit_code == 1
    assert [(flaw["code"], flaw["cell"]) for flaw in json.loads(told.stdout)] == [("not-run", 3)]
    assert (folder / "one.ipynb").read_bytes() == before
