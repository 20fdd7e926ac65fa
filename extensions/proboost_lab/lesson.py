"""A lesson as a page: prose, exercises and places for outputs, from the notebook alone, before any kernel. Pure."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from proboost_kernel import exercises
from proboost_kernel.exercises.prose import highlighted
from proboost_kernel.i18n import ngettext
from proboost_lab.rail import number

Json = dict[str, Any]
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\Z")
HIDDEN = {
    "hide-input",
    "hide_input",
    "remove-input",
    "remove_input",
}  # a release has the first; notebooks of others, any


@dataclass(frozen=True)
class Part:
    """One cell: `kind` is prose, exercise, slot, native (of nbgrader's sort: answered or graded, by its `role`), or
    broken (an exercise that cannot be read; `problems` say why).
    """

    kind: str
    key: str  # the cell's id
    html: str = ""
    id: str = ""
    ref: str = ""
    hash: str = ""
    spec: Json = field(default_factory=dict)
    height: int = 0  # pixels that the author's own output took
    problems: tuple[str, ...] = ()
    role: str = ""  # solution, tests, manual, task
    points: float | None = None
    heading: str = ""  # the one that a native cell stands under, as text


def source(cell: Json) -> str:
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def hosts_of(notebook: Json) -> tuple[str, ...]:
    """Other hosts whose media the course may show (`embed_hosts`)."""
    found = ((notebook.get("metadata") or {}).get("proboost") or {}).get("embed_hosts") or ()
    return tuple(host for host in found if isinstance(host, str) and HOST.match(host))


def parts(cells: Iterable[Json], hosts: Iterable[str] = (), lesson: str = "") -> Iterator[Part]:
    """The page's parts in order; raw cells have none. `lesson`: its id, part of the address of pictures in cells."""
    for position, cell in enumerate(cells):
        key = str(cell.get("id") or f"cell-{position}")
        role = native_role(cell)
        if role and cell.get("cell_type") in ("markdown", "code"):
            yield _native(key, cell, role, hosts, lesson)
        elif cell.get("cell_type") == "markdown":
            yield Part("prose", key, html=exercises.markdown(_prose(key, cell, lesson), hosts=hosts))
        elif cell.get("cell_type") == "code":
            text = source(cell)
            yield _exercise(key, text) if exercises.is_exercise(text) else _slot(key, text, cell)


def native_role(cell: Json) -> str:
    """What a cell of nbgrader's is for: solution, tests, manual, task; empty for all that is only read or run."""
    found = (cell.get("metadata") or {}).get("nbgrader")
    if not isinstance(found, dict) or not found.get("grade_id"):
        return ""
    if found.get("task"):
        return "task"
    if found.get("solution"):
        return "manual" if found.get("grade") else "solution"
    return "tests" if found.get("grade") else ""


def _native(key: str, cell: Json, role: str, hosts: Iterable[str], lesson: str) -> Part:
    """A cell that is worked on in JupyterLab, to be read here."""
    metadata = cell["metadata"]
    is_code = cell["cell_type"] == "code"
    text = source(cell)
    mark = metadata.get("proboost")
    mark = mark if isinstance(mark, dict) else {}
    points = metadata["nbgrader"].get("points")
    return Part(
        "native",
        key,
        html=highlighted(text.strip("\n")) if is_code else exercises.markdown(_prose(key, cell, lesson), hosts=hosts),
        id=str(metadata["nbgrader"]["grade_id"]),
        ref=str(mark.get("ref") or ""),
        hash=str(mark.get("hash") or ""),
        role=role,
        points=float(points) if isinstance(points, int | float) and role != "solution" else None,
    )


def points_text(points: float) -> str:
    """2 points, 1 point, 1.5 points; 1,5 балла."""
    many = int(points) if float(points).is_integer() else 2  # of a part one says "points"
    return ngettext("{n} point", "{n} points", many).format(n=number(points))


def _prose(key: str, cell: Json, lesson: str) -> str:
    """Markdown whose `attachment:NAME` is an address beside the page; see `attachment`."""
    text = source(cell)
    for name in cell.get("attachments") or ():
        text = text.replace(f"(attachment:{name}", f"({quote(f'{lesson}.attachments/{key}/{name}')}")
    return text


def attachment(cells: Iterable[Json], key: str, name: str) -> tuple[str, bytes] | None:
    """Type and bytes of a picture that an author pasted into a cell."""
    for cell in cells:
        for kind, data in ((cell.get("attachments") or {}).get(name) or {}).items() if cell.get("id") == key else ():
            with contextlib.suppress(ValueError):  # not base64
                return kind, base64.b64decode("".join(data), validate=False)
    return None


def _exercise(key: str, text: str) -> Part:
    try:
        exercise = exercises.parse(text)
    except exercises.ExerciseError as error:
        return Part("broken", key, problems=tuple(exercises.describe(problem) for problem in error.problems))
    public = exercises.public(exercise)
    return Part(
        "exercise",
        key,
        id=exercise.id,
        ref=exercise.ref,
        hash=exercise.hash,
        spec={**exercises.view(public, hosts=exercise.hosts), "id": exercise.id},
    )


def _slot(key: str, text: str, cell: Json) -> Part:
    """A program of the author's: read as well as run, unless a tag that Jupyter knows says to hide it."""
    tags = (cell.get("metadata") or {}).get("tags") or ()
    shown = highlighted(text.strip("\n")) if text.strip() and not HIDDEN & set(map(str, tags)) else ""
    return Part("slot", key, html=shown, height=_height(cell))


def _height(cell: Json) -> int:
    height = (cell.get("metadata") or {}).get("proboost", {}).get("height", 0)
    return height if isinstance(height, int) and 0 < height <= 4000 else 0


def kinds(found: Iterable[Part]) -> list[str]:
    """The kinds of exercise that the page needs front ends for."""
    return sorted({part.spec["kind"] for part in found if part.kind == "exercise"})


def handed_in(found: Iterable[Part]) -> bool:
    """Whether anything on the page counts only once the lesson is handed in."""
    return any(
        part.kind == "native" or (part.kind == "exercise" and exercises.by_submission(str(part.spec["kind"])))
        for part in found
    )


def script(data: object) -> str:
    """JSON for a <script type="application/json">: nothing in it ends the element."""
    text = json.dumps(data, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
