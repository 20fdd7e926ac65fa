"""Three-way merge of notebooks by cell id: a new release comes in, and no line that the learner wrote is lost. Pure.

What comes out is valid notebook format 4.5 wherever what came in was a notebook: every cell has an id of its own.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]
ID = re.compile(r"[a-zA-Z0-9-_]{1,64}\Z")


@dataclass
class Report:
    """Cell ids by what became of them."""

    updated: list[str] = field(default_factory=list)  # untouched by the learner: the author's new text
    kept: list[str] = field(default_factory=list)  # both changed it: the learner's text stays
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)  # the author removed it and the learner never touched it
    orphaned: list[str] = field(default_factory=list)  # the author removed it, the learner's work stays


def source(cell: Cell) -> str:
    """A cell's text; files hold it as one string or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def merge(base: Notebook, mine: Notebook, new: Notebook) -> tuple[Notebook, Report]:
    """`base`: what the learner was given last; `mine`: their file; `new`: the release. None of them is changed.

    The author's order is the spine; cells that only the learner has stay after their neighbour; a cell that the
    learner deleted stays deleted.
    """
    report = Report()
    old, theirs = _by_id(base), _by_id(new)
    ours = _by_id(mine, given=old, reserved=theirs)
    result = {id_: _one(id_, cell, old.get(id_), theirs.get(id_), report) for id_, cell in ours.items()}
    following: dict[str | None, list[str]] = {}
    before: str | None = None
    for id_ in ours:
        if id_ in theirs:
            before = id_
        else:
            following.setdefault(before, []).append(id_)
    cells: list[Cell] = []

    def put(neighbour: str | None) -> None:
        for id_ in following.get(neighbour, ()):
            found = result[id_]
            if found is not None:
                cells.append(found)

    put(None)
    for id_, cell in theirs.items():
        if id_ in ours:
            found = result[id_]
            assert found is not None
            cells.append(found)
        elif id_ not in old:
            report.added.append(id_)
            cells.append({**copy.deepcopy(cell), "id": id_})
        put(id_)
    whole = copy.deepcopy(mine)
    whole["cells"] = cells
    whole["nbformat"], minor = 4, whole.get("nbformat_minor")
    whole["nbformat_minor"] = max(minor if isinstance(minor, int) else 5, 5)  # cells have ids
    if "proboost" in new.get("metadata", {}):
        whole.setdefault("metadata", {})["proboost"] = copy.deepcopy(new["metadata"]["proboost"])
    return whole, report


def _by_id(
    notebook: Notebook, *, given: dict[str, Cell] | None = None, reserved: dict[str, Cell] | None = None
) -> dict[str, Cell]:
    """Cells by their ids, each its own: none falls out.

    Of a learner's file that an old tool wrote without ids, cells are known by their text among those that were `given`.
    """
    cells = list(notebook.get("cells", ()))
    names = [str(cell.get("id") or "") for cell in cells]
    alike: dict[tuple[Any, str], list[str]] = defaultdict(list)
    for id_, cell in (given or {}).items():
        if id_ not in names:
            alike[cell.get("cell_type"), source(cell)].append(id_)
    found: dict[str, Cell] = {}
    for position, (cell, name) in enumerate(zip(cells, names, strict=True)):
        known = [] if name else alike[cell.get("cell_type"), source(cell)]
        wanted = known.pop(0) if known else name if ID.match(name) else ""
        if not wanted or wanted in found:
            others = {*names, *found, *(given or ()), *(reserved or ())}
            wanted = _fresh(wanted or f"cell-{position + 1}", others if reserved is not None else {*found, ""})
        found[wanted] = cell
    return found


def _fresh(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted[:56]}-{count}"
    return name


def _same(one: Cell, other: Cell) -> bool:
    return one.get("cell_type") == other.get("cell_type") and source(one) == source(other)


def _pasted(mine: Cell, base: Cell) -> bool:
    """Whether the learner put a picture into the cell. (JupyterLab takes unused ones out: that is no change.)"""
    known = base.get("attachments") or {}
    return any(known.get(name) != picture for name, picture in (mine.get("attachments") or {}).items())


def _one(id_: str, mine: Cell, base: Cell | None, new: Cell | None, report: Report) -> Cell | None:
    own = {**copy.deepcopy(mine), "id": id_}
    touched = base is None or not _same(mine, base) or _pasted(mine, base)
    if new is None:
        if base is None:
            return own  # the learner's own cell
        if not touched and not mine.get("outputs"):
            report.removed.append(id_)
            return None
        report.orphaned.append(id_)
        return _marked(own, "orphan")
    if touched and not (_same(mine, new) and not _pasted(mine, new)):
        if base is not None and _same(base, new):
            return own
        report.kept.append(id_)
        return _marked(own, "update_available")
    cell = {**copy.deepcopy(new), "id": id_}
    if not _same(mine, new):
        report.updated.append(id_)
    elif cell.get("cell_type") == "code":
        cell["outputs"] = copy.deepcopy(mine.get("outputs", []))
        cell["execution_count"] = mine.get("execution_count")
    return cell


def _marked(cell: Cell, mark: str) -> Cell:
    metadata = cell.setdefault("metadata", {})
    metadata["proboost"] = {**metadata.get("proboost", {}), mark: True}
    return cell
