"""Native cells: notebooks with nbgrader's metadata, schema versions 0-3, as authors write them and learners get them.

Pure, plain JSON in and out. A cell that counts for points is an exercise of kind `cell`; its id is its `grade_id`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from proboost.courses import marks
from proboost.courses.marks import Unbalanced
from proboost.errors import BadInput
from proboost.i18n import _

__all__ = [
    "BadNative",
    "NativeCell",
    "Problem",
    "cells",
    "has_native",
    "language",
    "learner_cell",
    "learner_notebook",
    "problems",
]

SCHEMA = 3
GRADED = ("tests", "manual", "task")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")  # of exercises: what results hang on

Role = Literal["solution", "tests", "manual", "task", "readonly"]
Json = dict[str, Any]


@dataclass(frozen=True)
class NativeCell:
    """A cell with nbgrader's metadata.

    `solution`: learners write it, the tests below it count; `tests`: graded by running; `manual`: learners write it and
    a grader reads it; `task`: a grader reads what learners put below it; `readonly`: shown as the author wrote it.
    """

    index: int  # in notebook["cells"], from 0
    grade_id: str
    role: Role
    cell_type: Literal["code", "markdown", "raw"]
    points: float  # 0 where nothing is graded
    source: str
    cell_id: str = ""  # nbformat's; old notebooks have none

    @property
    def graded(self) -> bool:
        """Whether it counts for points, and so is an exercise."""
        return self.role in GRADED

    @property
    def by_hand(self) -> bool:
        return self.role in ("manual", "task")

    @property
    def locked(self) -> bool:
        """Whether what learners make of this cell is ignored."""
        return self.role in ("tests", "task", "readonly")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell of the author's. `index` from 0, None for the whole notebook; `line` from 1 in it."""

    index: int | None
    grade_id: str
    line: int | None
    severity: Literal["error", "warning"]
    code: str
    message: str


class BadNative(BadInput):
    """A notebook that learners cannot get: its solutions or hidden tests might go with it."""

    code = "native-cells"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems[0].message)


# -- reading


def has_native(notebook: Mapping[str, Any]) -> bool:
    return bool(cells(notebook))


def cells(notebook: Mapping[str, Any]) -> list[NativeCell]:
    """The native cells in order. Never raises: what has no `grade_id` or is damaged is left out; see `problems`."""
    return [native for _index, _cell, native in _read(notebook) if native is not None and native.grade_id]


def language(notebook: Mapping[str, Any]) -> str:
    """The kernel's language in small letters, `python` when the notebook does not say."""
    metadata = notebook.get("metadata")
    for name, key in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(name) if isinstance(metadata, dict) else None
        if isinstance(part, dict) and isinstance(part.get(key), str) and part[key]:
            return str(part[key]).lower()
    return "python"


def text_of(cell: Mapping[str, Any]) -> str:
    """A cell's source, which nbformat also writes as a list of lines; empty when it is neither."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else ""


def _read(notebook: Mapping[str, Any]) -> Iterator[tuple[int, Json, NativeCell | None]]:
    written = notebook.get("cells")
    for index, cell in enumerate(written if isinstance(written, list) else ()):
        if isinstance(cell, dict):
            yield index, cell, _cell(index, cell)


def _cell(index: int, cell: Json) -> NativeCell | None:
    meta = _meta(cell)
    kind = cell.get("cell_type")
    if meta is None or kind not in ("code", "markdown", "raw"):
        return None
    role = _role(meta)
    if role is None:
        return None
    name, cell_id = meta.get("grade_id"), cell.get("id")
    return NativeCell(
        index,
        name if isinstance(name, str) else "",
        role,
        kind,
        _points(meta) or 0.0 if role in GRADED else 0.0,
        text_of(cell),
        cell_id if isinstance(cell_id, str) else "",
    )


def _meta(cell: Mapping[str, Any]) -> Json | None:
    metadata = cell.get("metadata")
    meta = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return meta if isinstance(meta, dict) and meta else None


def _role(meta: Mapping[str, Any]) -> Role | None:
    """What the flags mean in any version: `locked` came with the first, `task` with the third."""
    if meta.get("task") is True:
        return "task"
    grade, solution = meta.get("grade") is True, meta.get("solution") is True
    if solution:
        return "manual" if grade else "solution"
    if grade:
        return "tests"
    return "readonly" if meta.get("locked") is True else None


def _points(meta: Mapping[str, Any]) -> float | None:
    """Version 0 wrote them as text too, and empty for none. None when they are not points."""
    given = meta.get("points")
    if given == "":
        return 0.0
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        return None
    try:
        points = float(given)
    except (ValueError, OverflowError):
        return None
    return points if math.isfinite(points) and points >= 0 else None


# -- what learners get


def learner_cell(native: NativeCell, language: str = "python") -> str:
    """The text that a learner gets: a stub for the solution, nothing hidden. Raises marks.Unbalanced."""
    stub = marks.code_stub(language) if native.cell_type == "code" else marks.TEXT_STUB
    cut = marks.cut(native.source, "SOLUTION", stub)
    left = marks.without_hidden(cut.left)
    return stub if native.role in ("solution", "manual") and not cut.begins else left


def learner_metadata(native: NativeCell) -> Json:
    """Its metadata in a learner's notebook, version 3. No checksum: of the author's text it would tell too much."""
    flags = {
        "schema_version": SCHEMA,
        "grade_id": native.grade_id,
        "grade": native.role in ("tests", "manual"),
        "solution": native.role in ("solution", "manual"),
        "locked": native.locked,
        "task": native.role == "task",
        "cell_type": native.cell_type,
    }
    points = {"points": native.points} if native.graded else {}
    shut = {"deletable": False, **({"editable": False} if native.locked else {})}
    return {**shut, "nbgrader": {**flags, **points}}


def learner_notebook(notebook: Mapping[str, Any]) -> Json:
    """A copy for learners, as nbgrader's `generate_assignment` makes it: stubs, no hidden tests, no outputs.

    Cells without nbgrader's metadata stay as they are but for their outputs. Raises BadNative when a mark stands where
    it would not be obeyed.
    """
    leaks = tuple(problem for problem in problems(notebook) if problem.code in _LEAKS)
    if leaks:
        raise BadNative(leaks)
    made = deepcopy(dict(notebook))
    spoken = language(notebook)
    for _index, cell, native in _read(made):
        if cell.get("cell_type") == "code":
            cell.update(outputs=[], execution_count=None)
        if native is None:
            continue
        cell["source"] = learner_cell(native, spoken)
        kept = {name: value for name, value in cell["metadata"].items() if name in ("tags", "id")}
        cell["metadata"] = {**kept, **learner_metadata(native)}
        _drop_unused(cell)
    if isinstance(made.get("metadata"), dict):
        made["metadata"].pop("celltoolbar", None)
    return made


def _drop_unused(cell: Json) -> None:
    """Pictures that only the solution or the mark scheme showed."""
    given = cell.pop("attachments", None)
    if isinstance(given, dict):
        used = {
            name: data
            for name, data in given.items()
            if any(f"attachment:{spelling}" in cell["source"] for spelling in (name, quote(name)))
        }
        if used:
            cell["attachments"] = used


# -- what is wrong

_LEAKS = ("misplaced-mark", "unbalanced-mark", "autotest")
_PLACES: Mapping[str, tuple[Role, ...]] = {
    "SOLUTION": ("solution", "manual"),
    "HIDDEN TESTS": ("tests", "manual"),
    "MARK SCHEME": ("task",),
}


def problems(notebook: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the native cells of an author's notebook; errors keep it from being released."""
    found: list[Problem] = []
    seen: dict[str, int] = {}
    for index, cell, native in _read(notebook):
        if native is not None:
            found += _identity(native, seen)
            found += _form(native, _meta(cell) or {})
        found += _regions(index, text_of(cell), native)
        if native is None and _flagged(cell):
            message = _("This cell's nbgrader metadata is damaged.")
            found.append(Problem(index, "", None, "error", "damaged", message))
    return found


def _flagged(cell: Mapping[str, Any]) -> bool:
    """Whether metadata that says nothing we understand may have meant something."""
    meta = _meta(cell)
    return meta is not None and any(
        name in meta and not isinstance(meta[name], bool) for name in ("grade", "solution", "locked", "task")
    )


def _identity(native: NativeCell, seen: dict[str, int]) -> Iterator[Problem]:
    name = native.grade_id

    def wrong(code: str, message: str) -> Problem:
        return Problem(native.index, name, None, "error", code, message)

    if not name:
        yield wrong("no-id", _("This nbgrader cell has no id (grade_id)."))
    elif not ID.match(name):
        message = _("The id “{id}” cannot be used: it is made of Latin letters, digits, “.”, “-” and “_”.")
        yield wrong("id", message.format(id=name))
    elif name in seen:
        message = _("The id “{id}” is taken by cell {n}.").format(id=name, n=seen[name] + 1)
        yield wrong("duplicate-id", message)
    seen.setdefault(name, native.index)


def _form(native: NativeCell, meta: Mapping[str, Any]) -> Iterator[Problem]:
    def wrong(severity: Literal["error", "warning"], code: str, message: str) -> Problem:
        return Problem(native.index, native.grade_id, None, severity, code, message)

    version = meta.get("schema_version", 0)
    if type(version) is not int or not 0 <= version <= SCHEMA:
        yield wrong("error", "schema", _("This version of nbgrader's metadata is not known here."))
    if native.graded and _points(meta) is None:
        yield wrong("error", "points", _("This cell is graded, but its points are missing or not a number from 0 on."))
    if native.role == "tests" and native.cell_type != "code":
        yield wrong("error", "tests-type", _("Tests must be a code cell; a text to be graded is a manual answer."))
    if native.role == "solution" and native.cell_type != "code":
        yield wrong("error", "solution-type", _("An answer in text is graded by hand: give it points."))
    if native.role == "task" and native.cell_type != "markdown":
        yield wrong("error", "task-type", _("A task is a text cell."))


def _regions(index: int, text: str, native: NativeCell | None) -> Iterator[Problem]:
    name = native.grade_id if native else ""

    def wrong(line: int, code: str, message: str) -> Problem:
        return Problem(index, name, line, "error", code, message)

    for region in marks.REGIONS:
        try:
            begins = marks.cut(text, region).begins
        except Unbalanced as error:
            message = _("“BEGIN {region}” has no “END {region}” of its own.").format(region=region)
            yield wrong(error.line, "unbalanced-mark", message)
            continue
        if begins and (native is None or native.role not in _PLACES[region]):
            message = _("“BEGIN {region}” stands in a cell of another sort, where it would not be taken out.")
            yield wrong(begins[0], "misplaced-mark", message.format(region=region))
    for line, hashed in marks.autotests(text):
        mark = "### HASHED AUTOTEST" if hashed else "### AUTOTEST"
        message = _("“{mark}” is not understood here: write the test that nbgrader would make of it.")
        yield wrong(line, "autotest", message.format(mark=mark))
