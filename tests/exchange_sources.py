"""Sources of other systems for tests: a course of nbgrader with its real gradebook, questions, archives."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

SAMPLES = Path(__file__).parent / "proboost" / "exchange" / "samples"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
CONFIG = """
c = get_config()
import os
c.CourseDirectory.course_id = "python-101"
c.IncludeHeaderFooter.header = "source/header.ipynb"
open("executed", "w")
"""
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Co", "Cn"]), max_size=30)


def cell(kind: str, text: str, meta: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made = {"cell_type": kind, "metadata": {"nbgrader": dict(meta)} if meta else {}, "source": text, **more}
    return made if kind != "code" else {**made, "execution_count": None, "outputs": []}


def flags(name: str, role: str, points: float | str | None = None, *, schema: int = 3) -> dict[str, Any]:
    """nbgrader's metadata of a cell, in one of its four versions."""
    made: dict[str, Any] = {
        "grade_id": name,
        "grade": role in ("tests", "manual"),
        "solution": role in ("solution", "manual"),
    }
    if schema >= 1:
        made |= {"schema_version": schema, "locked": role in ("tests", "readonly", "task")}
    if schema >= 2:
        made |= {"cell_type": "code", "checksum": "0" * 32}
    if schema >= 3:
        made["task"] = role == "task"
    return made if points is None else {**made, "points": points}


def notebook(cells: Sequence[Mapping[str, Any]], **more: Any) -> bytes:
    whole = {
        "cells": list(cells),
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 0,
        **more,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def assignment(*, schema: int = 3, ids: bool = True) -> bytes:
    """A notebook with a solution, tests with hidden ones and a question to be read, as one version wrote it."""
    points: float | str = "3" if schema == 0 else 3
    cells = [
        cell("markdown", "# Квадраты\n\nСложите квадраты чисел."),
        cell(
            "code",
            "def squares(n):\n    ### BEGIN SOLUTION\n    return sum(i * i for i in range(n + 1))\n"
            "    ### END SOLUTION",
            flags("squares", "solution", schema=schema),
        ),
        cell(
            "code",
            "assert squares(1) == 1\n### BEGIN HIDDEN TESTS\nassert squares(3) == 14\n### END HIDDEN TESTS",
            flags("squares_test", "tests", points, schema=schema),
        ),
        cell("markdown", "Почему так?", {**flags("why", "manual", 2, schema=schema), "cell_type": "markdown"}),
    ]
    if ids:
        cells = [{**one, "id": f"c{number}"} for number, one in enumerate(cells)]
    return notebook(cells, nbformat_minor=5 if ids else 0)


def gradebook() -> bytes:
    """The database that nbgrader 0.9.6 made: two students, three assignments, one of them handed in and graded."""
    return database((SAMPLES / "gradebook.sql").read_text("utf-8"))


def database(script: str, *, wal: bool = False) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gradebook.db"
        connection = sqlite3.connect(path)
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(script)
        connection.commit()
        connection.close()
        return path.read_bytes()


def nbgrader_course() -> dict[str, bytes]:
    """The folder of that course."""
    task = cell(
        "markdown",
        "# График\n\n### BEGIN MARK SCHEME\nОси: 1 балл.\n### END MARK SCHEME",
        {**flags("plot", "task", 4), "cell_type": "markdown"},
        id="t",
    )
    last = [
        cell("markdown", "# Последнее", id="a"),
        cell("code", "### BEGIN SOLUTION\nx = 2\n### END SOLUTION", flags("x", "solution"), id="b"),
        cell("code", "assert x == 2", flags("x_test", "tests", 1), id="c"),
    ]
    return {
        "nbgrader_config.py": CONFIG.encode(),
        "gradebook.db": gradebook(),
        "source/header.ipynb": notebook([cell("markdown", "Перезапустите ядро.", id="head")], nbformat_minor=5),
        "source/ps1/squares.ipynb": assignment(),
        "source/ps1/data/numbers.csv": b"n\n1\n",
        "source/ps1/.ipynb_checkpoints/squares-checkpoint.ipynb": assignment(),
        "source/ps2/tasks.ipynb": notebook([task], nbformat_minor=5),
        "source/ps10/last.ipynb": notebook(last, nbformat_minor=5),
        "release/ps1/squares.ipynb": b"{}",
        "submitted/anna/ps1/squares.ipynb": b"{}",
    }


def lay(files: Mapping[str, bytes], folder: Path) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def zipped(files: Mapping[str, bytes], target: Path, *, links: Mapping[str, str] | None = None) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        for path, to in (links or {}).items():
            entry = zipfile.ZipInfo(path)
            entry.create_system, entry.external_attr = 3, 0o120777 << 16
            archive.writestr(entry, to)
    return target


def tarred(
    files: Mapping[str, bytes], target: Path, *, how: str = "w:gz", links: Mapping[str, str] | None = None
) -> Path:
    with tarfile.open(target, how) as archive:  # type: ignore[call-overload]  # how is one of its modes
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for path, to in (links or {}).items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, to
            archive.addfile(entry)
    return target
