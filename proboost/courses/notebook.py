"""Notebooks as authors wrote them: cells with ids, exercises parsed. Plain JSON: nbformat takes seconds to import."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from proboost.courses import native
from proboost.courses.flaws import Flaw, of_exercise
from proboost.courses.native import NativeCell
from proboost.courses.room import MOST, room
from proboost.i18n import _
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise, ExerciseError
from proboost_kernel.exercises.markup import outside_code

MAX_BYTES = 16 * 1024 * 1024
MAX_CELLS = 2000
MAX_CELL = 256 * 1024  # characters
HIDDEN = {"hide-input", "hide_input", "remove-input", "remove_input"}  # as Jupyter's tools call it
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<atx>.+?)[ \t]*#*[ \t]*$|^(?P<setext>[^\s].*)\n=+[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell. An exercise that could not be read has its flaws told and is None here, `broken` instead.

    Of a native cell `source` is what learners get of it; one that counts for points is an exercise too.
    """

    number: int  # from 1
    id: str
    kind: Literal["markdown", "code", "raw"]
    source: str
    exercise: Exercise | None = None
    broken: bool = False
    native: NativeCell | None = None
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shown: str = ""  # text that it showed when its author ran it
    height: int = 0  # pixels that this took on the page; 0 where it is not known
    hidden: bool = False  # the page shows what it does and not the program


@dataclass(frozen=True)
class Notebook:
    file: str
    cells: tuple[Cell, ...] = ()

    @property
    def exercises(self) -> tuple[tuple[Cell, Exercise], ...]:
        return tuple((cell, cell.exercise) for cell in self.cells if cell.exercise is not None)

    @property
    def heading(self) -> str:
        """The first heading, as plain text; empty when there is none."""
        return next((found for cell in self.cells for found in _headings(cell)), "")

    @property
    def titles(self) -> Mapping[str, str]:
        """Of each exercise by its id, empty where it has none. Cells of nbgrader's, which bring none, are called by the
        heading that they stand under or hold; numbered where several stand under one.
        """
        titles: dict[str, str] = {}
        above, used = "", Counter[str]()
        lesson: list[str] = []  # its own title, the first heading, says nothing of a cell
        for cell in self.cells:
            own = _headings(cell)
            if own and not lesson:
                lesson, own = own[:1], own[1:]
            if cell.exercise is not None:
                heading = own[0] if own else above
                title = cell.exercise.title or (heading if cell.native is not None else "")
                if not cell.exercise.title and title:
                    used[title] += 1
                    title += f" ({used[title]})" if used[title] > 1 else ""
                titles[cell.exercise.id] = title
            above = own[-1] if own else above
        return titles


def _headings(cell: Cell) -> list[str]:
    if cell.kind != "markdown":
        return []
    found = HEADING.finditer(outside_code(cell.source))
    return [re.sub(r"[*_`]|<[^>]*>", "", match["atx"] or match["setext"]).strip() for match in found]


def read(content: bytes, file: str) -> tuple[Notebook, list[Flaw]]:
    """The notebook, as far as it can be read, and all that is wrong with its form."""
    flaws: list[Flaw] = []

    def wrong(code: str, message: str) -> tuple[Notebook, list[Flaw]]:
        return Notebook(file), [Flaw(file, None, None, "", "error", code, message)]

    if len(content) > MAX_BYTES:
        return wrong("too-large", _("The notebook is larger than {n} MiB.").format(n=MAX_BYTES // 2**20))
    try:
        written = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return wrong("not-a-notebook", _("This is not a notebook (it is not valid JSON)."))
    cells = written.get("cells") if isinstance(written, dict) else None
    if not isinstance(cells, list) or written.get("nbformat") != 4:
        message = _("This is not a notebook of format 4; open it in JupyterLab and save it.")
        return wrong("not-a-notebook", message)
    if len(cells) > MAX_CELLS:
        return wrong("too-many", _("The notebook has more than {n} cells.").format(n=MAX_CELLS))
    found: list[Cell] = []
    for number, cell in enumerate(cells, 1):
        taken = {other.id for other in found}
        read_cell = _cell(cell, number, file, taken, flaws)
        if read_cell is not None:
            found.append(read_cell)
    natives = _natives(written, file, flaws)
    spoken = native.language(written)
    found = [
        _as_native(cell, natives[cell.number], spoken, flaws, file) if cell.number in natives else cell
        for cell in found
    ]
    if any(isinstance(cell, dict) and "id" not in cell for cell in cells):
        message = _("Cells have no ids, so learners' changes cannot be kept apart; open it in JupyterLab and save it.")
        flaws.append(Flaw(file, None, None, "", "warning", "no-cell-ids", message))
    return Notebook(file, tuple(found)), flaws


def _cell(cell: Any, number: int, file: str, taken: set[str], flaws: list[Flaw]) -> Cell | None:
    source = cell.get("source") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or cell.get("cell_type") not in ("markdown", "code", "raw"):
        flaws.append(Flaw(file, number, None, "", "error", "not-a-cell", _("This cell is damaged.")))
        return None
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        flaws.append(Flaw(file, number, None, "", "error", "not-text", _("This cell holds half a character.")))
        return None
    if len(source) > MAX_CELL:
        message = _("This cell has more than {n} characters; shorten it.").format(n=MAX_CELL)
        flaws.append(Flaw(file, number, None, "", "error", "too-large", message))
        return None
    kind: Literal["markdown", "code", "raw"] = cell["cell_type"]
    exercise, broken = None, False
    if kind == "code" and exercises.is_exercise(source):
        exercise = _exercise(source, number, file, flaws)
        broken = exercise is None
    return Cell(
        number,
        _id(cell, number, taken),
        kind,
        source,
        exercise,
        broken,
        attachments=_attachments(cell),
        shown=_shown(cell),
        height=_height(cell) if kind == "code" and exercise is None and not broken else 0,
        hidden=kind == "code" and exercise is None and bool(HIDDEN & {str(tag) for tag in _tags(cell)}),
    )


def _exercise(source: str, number: int, file: str, flaws: list[Flaw]) -> Exercise | None:
    if re.search(r"^hash:", source, re.MULTILINE):
        message = _(
            "This is a learner's copy of an exercise: its answer is not in it. Take it from the course's source."
        )
        flaws.append(Flaw(file, number, None, "hash", "error", "learners-copy", message))
        return None
    try:
        return exercises.parse(source, file=file, cell=number)
    except ExerciseError as error:
        flaws += of_exercise(error, file, number)
        return None


def _natives(written: Mapping[str, Any], file: str, flaws: list[Flaw]) -> dict[int, NativeCell]:
    """Native cells by their number; one with errors is told and is none, so that nothing of it is taken for public."""
    wrong = set()
    for problem in native.problems(written):
        number = None if problem.index is None else problem.index + 1
        flaws.append(Flaw(file, number, problem.line, "", problem.severity, problem.code, problem.message))
        if problem.severity == "error":
            wrong.add(problem.index)
    return {found.index + 1: found for found in native.cells(written) if found.index not in wrong}


def _as_native(cell: Cell, found: NativeCell, language: str, flaws: list[Flaw], file: str) -> Cell:
    if cell.exercise is not None or cell.broken:
        message = _("“%%exercise” and a cell of nbgrader exclude each other; take its nbgrader metadata away.")
        flaws.append(Flaw(file, cell.number, None, "", "error", "both", message))
        return cell
    source = native.learner_cell(found, language)
    if not found.graded:
        return replace(cell, source=source, native=found)
    spec = {"role": found.role, "cell_type": found.cell_type, "source": source, "author": found.source}
    exercise = exercises.native_cell(found.grade_id, points=found.points, **spec)
    return replace(cell, source=source, native=found, exercise=exercise)


def _id(cell: Mapping[str, Any], number: int, taken: set[str]) -> str:
    """The cell's id; of two alike the second gets a name that follows from it: the same bytes build the same."""
    given = cell.get("id")
    name = given if isinstance(given, str) and CELL_ID.match(given) else f"cell-{number}"
    stem, count = name[:58], 1
    while name in taken:
        count += 1
        name = f"{stem}-{count}"
    return name


def _attachments(cell: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Images that were pasted into the cell: name -> {MIME type: base64}."""
    given = cell.get("attachments")
    found = {}
    for name, bundle in given.items() if isinstance(given, dict) else ():
        if isinstance(bundle, dict):
            kept = {mime: data for mime, data in bundle.items() if isinstance(mime, str) and isinstance(data, str)}
            found[str(name)] = kept
    return found


def _tags(cell: Mapping[str, Any]) -> list[Any]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return tags if isinstance(tags, list) else []


def _height(cell: Mapping[str, Any]) -> int:
    """As `course rehearse` wrote it down, else by the saved outputs."""
    mark = (cell.get("metadata") or {}).get("proboost") if isinstance(cell.get("metadata"), dict) else None
    noted = mark.get("height") if isinstance(mark, dict) else None
    if isinstance(noted, int) and not isinstance(noted, bool) and 0 <= noted <= MOST:
        return noted
    return room(cell.get("outputs"))


def _shown(cell: Mapping[str, Any]) -> str:
    """The text of a cell's saved outputs, at most MAX_CELL characters of it."""
    outputs = cell.get("outputs")
    parts: list[str] = []
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        for text in (output.get("text"), data.get("text/plain") if isinstance(data, dict) else None):
            lines = text if isinstance(text, list) else [text]
            parts.append("".join(line for line in lines if isinstance(line, str)))
    return "\n".join(filter(None, parts))[:MAX_CELL]
