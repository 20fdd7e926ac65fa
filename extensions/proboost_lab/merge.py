"""Three-way merge of notebooks by cell id: a new release comes in, and no line that the learner wrote is lost. Pure."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]


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
    old, ours, theirs = _by_id(base), _by_id(mine), _by_id(new)
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
            cells.append(copy.deepcopy(cell))
        put(id_)
    whole = copy.deepcopy(mine)
    whole["cells"] = cells
    if "proboost" in new.get("metadata", {}):
        whole.setdefault("metadata", {})["proboost"] = copy.deepcopy(new["metadata"]["proboost"])
    return whole, report


def _by_id(notebook: Notebook) -> dict[str, Cell]:
    """Cells without an id, or with one used before, get a name of their own: none falls out."""
    found: dict[str, Cell] = {}
    for position, cell in enumerate(notebook.get("cells", ())):
        id_ = str(cell.get("id") or f"cell-{position}")
        while id_ in found:
            id_ += "-again"
        found[id_] = cell
    return found


def _same(one: Cell, other: Cell) -> bool:
    return one.get("cell_type") == other.get("cell_type") and source(one) == source(other)


def _one(id_: str, mine: Cell, base: Cell | None, new: Cell | None, report: Report) -> Cell | None:
    touched = base is None or not _same(mine, base)
    if new is None:
        if base is None:
            return copy.deepcopy(mine)  # the learner's own cell
        if not touched and not mine.get("outputs"):
            report.removed.append(id_)
            return None
        report.orphaned.append(id_)
        return _marked(mine, "orphan")
    if touched and not _same(mine, new):
        if base is not None and _same(base, new):
            return copy.deepcopy(mine)
        report.kept.append(id_)
        return _marked(mine, "update_available")
    cell = copy.deepcopy(new)
    if base is not None and not _same(base, new):
        report.updated.append(id_)
    elif cell.get("cell_type") == "code":
        cell["outputs"] = copy.deepcopy(mine.get("outputs", []))
        cell["execution_count"] = mine.get("execution_count")
    return cell


def _marked(cell: Cell, mark: str) -> Cell:
    marked = copy.deepcopy(cell)
    metadata = marked.setdefault("metadata", {})
    metadata["proboost"] = {**metadata.get("proboost", {}), mark: True}
    return marked
