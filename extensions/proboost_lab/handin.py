"""A lesson as it is handed in: the learner's working copy, files beside it, and which of its cells are untouched."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proboost_lab.lessons import Lesson, Shelf, UnsafePath, digest, safe
from proboost_lab.platform import Json

MOST_FILES = 50
MOST_BYTES = 24 << 20  # of the files together
LARGEST = 24 << 20  # of a notebook
DEEPEST = 4  # folders below the course's


class NotThere(Exception):
    """There is no working copy, or it is no notebook."""


class TooLarge(Exception):
    """More than the platform takes."""


def working_copy(shelf: Shelf, lesson: Lesson) -> Json:
    """The learner's notebook as it is saved. Raises NotThere, TooLarge."""
    path = shelf.working / safe(shelf.former(lesson))
    try:
        if path.stat().st_size > LARGEST:
            raise TooLarge
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise NotThere from None
    if not isinstance(found, dict):
        raise NotThere
    return found


def untouched(released: Mapping[str, Any], mine: Mapping[str, Any]) -> list[str]:
    """Exercises (native cells that count) in which the learner has written nothing: the answer's cells are as they were
    released, or gone; below a task there is no cell of their own. Pure.
    """
    theirs = {name: source(cell) for _at, name, cell in _native(mine)}
    own = {str(cell.get("id")) for cell in _cells(released)}
    found: list[str] = []
    answers: list[bool] = []  # of the cells since the last tests: whether each is untouched
    before = True
    for _at, name, cell in _native(released):
        meta = cell["metadata"]["nbgrader"]
        same = theirs.get(name, source(cell)) == source(cell)
        if meta.get("task"):
            if not any(_below(mine, name, own)):
                found.append(name)
        elif meta.get("solution") and meta.get("grade"):
            if same:
                found.append(name)
        elif meta.get("solution"):
            answers.append(same)
        elif meta.get("grade"):
            before = all(answers) if answers else before
            answers = []
            if before:
                found.append(name)
    return found


def has_native(notebook: Mapping[str, Any]) -> bool:
    return next(_native(notebook), None) is not None


def files(shelf: Shelf) -> list[Json]:
    """What lies beside the lessons and is the learner's own, new or changed since it was given: {"path", "size"}."""
    found: list[Json] = []
    for path in _walk(shelf.working, 0):
        name = path.relative_to(shelf.working).as_posix()
        try:
            given = shelf.given / safe(name)
            size = path.stat().st_size
            if (
                given.is_file()
                and given.stat().st_size == size
                and digest(given.read_bytes()) == digest(path.read_bytes())
            ):
                continue
        except (OSError, UnsafePath):
            continue
        found.append({"path": name, "size": size})
        if len(found) == MOST_FILES:
            break
    return found


def packed(shelf: Shelf, paths: list[str]) -> dict[str, str]:
    """path -> base64. Raises TooLarge, NotThere, UnsafePath."""
    found: dict[str, str] = {}
    left = MOST_BYTES
    for name in paths[: MOST_FILES + 1]:
        path = shelf.working / safe(name)
        if path.is_symlink() or not path.resolve().is_relative_to(shelf.working.resolve()):
            raise UnsafePath(name)
        try:
            left -= path.stat().st_size  # looked at first: it may be larger than the memory
            if left < 0 or len(found) == MOST_FILES:
                raise TooLarge
            content = path.read_bytes()
        except OSError:
            raise NotThere from None
        found[safe(name)] = base64.b64encode(content).decode("ascii")
    return found


def source(cell: Mapping[str, Any]) -> str:
    text = cell.get("source", "")
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _cells(notebook: Mapping[str, Any]) -> list[Json]:
    rows = notebook.get("cells")
    return [cell for cell in rows if isinstance(cell, dict)] if isinstance(rows, list) else []


def _native(notebook: Mapping[str, Any]) -> Iterator[tuple[int, str, Json]]:
    for position, cell in enumerate(_cells(notebook)):
        metadata = cell.get("metadata")
        meta = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if isinstance(meta, dict) and isinstance(meta.get("grade_id"), str):
            yield position, meta["grade_id"], cell


def _below(notebook: Mapping[str, Any], task: str, released: set[str]) -> Iterator[bool]:
    """Of each cell below a task, up to the next native one: whether it is the learner's own and says anything."""
    rows = _cells(notebook)
    places = {position: name for position, name, _cell in _native(notebook)}
    start = next((position for position, name in places.items() if name == task), None)
    for position in range(len(rows) if start is None else start + 1, len(rows)):
        if position in places:
            return
        yield str(rows[position].get("id")) not in released and bool(source(rows[position]).strip())


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.name.startswith((".", "__")) or path.is_symlink():
            continue
        if path.is_dir() and depth < DEEPEST:
            yield from _walk(path, depth + 1)
        elif path.is_file() and path.suffix != ".ipynb":
            yield path
