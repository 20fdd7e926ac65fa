"""Generated cases of a release that meets a learner's notebook, and what must hold of every one."""

from __future__ import annotations

import copy
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import nbformat

from proboost_lab.merge import merge, source

Json = dict[str, Any]
WORDS = [
    "цикл",
    "список",
    "print(x)",
    "for",
    "i",
    "range(3):",
    "total +=",
    "# заметка",
    "$x^2$",
    "![](a.png)",
    "42",
    "\t",
]
SEED = 20261125
PICTURE = {"a.png": {"image/png": "iVBORw0KGgo="}}


@dataclass(frozen=True)
class Case:
    """What the learner was given, what they made of it, what is published next; and how they came about."""

    base: Json
    mine: Json
    new: Json
    done: tuple[str, ...]


class Maker:
    """Cases of one seed, always the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def text(self) -> str:
        lines = [
            " ".join(self.random.choices(WORDS, k=self.random.randint(1, 5))) for _ in range(self.random.randint(1, 4))
        ]
        return "\n".join(lines)

    def cell(self, who: str) -> Json:
        self.count += 1
        return self.made(f"{who}{self.count}", self.text())

    def made(self, id_: str, text: str) -> Json:
        if self.random.random() < 0.25:
            stamp = self.random.randrange(10**9)
            text = f"%%exercise e{id_}\nkind: code\nprompt: {text.splitlines()[0]!r}\nhash: {stamp}\n"
        lines: str | list[str] = text if self.random.random() < 0.5 else text.splitlines(keepends=True)
        cell: Json = {"cell_type": "markdown", "id": id_, "metadata": {}, "source": lines}
        if text.startswith("%%") or self.random.random() < 0.5:
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
        return cell

    def notebook(self, who: str) -> Json:
        cells = [self.cell(who) for _ in range(self.random.randint(0, 12))]
        about = {"proboost": {"course": "demo", "lesson": "one"}}
        return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}

    def case(self) -> Case:
        base = self.notebook("b")
        mine, new = copy.deepcopy(base), copy.deepcopy(base)
        done: list[str] = []
        changes = {
            "learner": (
                self.edit,
                self.edit,
                self.run,
                self.insert,
                self.delete,
                self.move,
                self.split,
                self.turn,
                self.paste,
                self.tag,
            ),
            "author": (self.edit, self.edit, self.insert, self.delete, self.move, self.split, self.turn, self.rename),
        }
        for who, notebook in (("learner", mine), ("author", new)):
            for _ in range(self.random.randint(0, 8)):
                change: Callable[[Json, str], None] = self.random.choice(changes[who])
                change(notebook, who[0])
                done.append(f"{who} {change.__name__}")
        spoil = self.random.random()
        if spoil < 0.1:  # an old tool saved it: no ids
            for cell in mine["cells"]:
                cell.pop("id")
            mine["nbformat_minor"] = 4
            done.append("learner without ids")
        elif spoil < 0.2 and mine["cells"]:  # a file manager or git doubled something
            mine["cells"].append({**copy.deepcopy(self.random.choice(mine["cells"])), "source": self.text()})
            done.append("learner duplicate id")
        return Case(base, mine, new, tuple(done))

    def some(self, notebook: Json) -> Json | None:
        return self.random.choice(notebook["cells"]) if notebook["cells"] else None

    def edit(self, notebook: Json, _who: str) -> None:
        if (cell := self.some(notebook)) is not None:
            text = source(cell)
            cell["source"] = self.random.choice(
                [f"{text}\n{self.text()}", self.text(), text[: len(text) // 2], f"{self.text()}\n{text}"]
            )

    def run(self, notebook: Json, _who: str) -> None:
        cell = self.some(notebook)
        if cell is not None and cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": self.text()}]
            cell["execution_count"] = self.random.randint(1, 99)

    def insert(self, notebook: Json, who: str) -> None:
        notebook["cells"].insert(self.random.randint(0, len(notebook["cells"])), self.cell(who))

    def delete(self, notebook: Json, _who: str) -> None:
        if notebook["cells"]:
            notebook["cells"].pop(self.random.randrange(len(notebook["cells"])))

    def move(self, notebook: Json, who: str) -> None:
        if notebook["cells"]:
            cell = notebook["cells"].pop(self.random.randrange(len(notebook["cells"])))
            notebook["cells"].insert(self.random.randint(0, len(notebook["cells"])), cell)

    def split(self, notebook: Json, who: str) -> None:
        cell = self.some(notebook)
        if cell is not None and len(text := source(cell)) > 1:
            at = self.random.randrange(1, len(text))
            rest = {**copy.deepcopy(cell), "id": self.cell(who)["id"], "source": text[at:]}
            cell["source"] = text[:at]
            notebook["cells"].insert(notebook["cells"].index(cell) + 1, rest)

    def turn(self, notebook: Json, _who: str) -> None:
        """Code to text, or text to code, with Esc M and Esc Y."""
        cell = self.some(notebook)
        if cell is None:
            return
        if cell["cell_type"] == "code":
            cell["cell_type"] = "markdown"
            cell.pop("outputs")
            cell.pop("execution_count")
        else:
            cell["cell_type"] = "code"
            cell.pop("attachments", None)
            cell |= {"outputs": [], "execution_count": None}

    def paste(self, notebook: Json, _who: str) -> None:
        cell = self.some(notebook)
        if cell is not None and cell["cell_type"] == "markdown":
            cell["attachments"] = copy.deepcopy(PICTURE)
            cell["source"] = source(cell) + "\n![](attachment:a.png)"

    def tag(self, notebook: Json, _who: str) -> None:
        if (cell := self.some(notebook)) is not None:
            cell["metadata"] = {"tags": ["mine"], "collapsed": True}

    def rename(self, notebook: Json, who: str) -> None:
        """The author cut a cell out and wrote it anew: same place, other id."""
        if (cell := self.some(notebook)) is not None:
            cell["id"] = self.cell(who)["id"]


def cases(count: int, seed: int) -> Iterator[Case]:
    maker = Maker(seed)
    return (maker.case() for _ in range(count))


def wrong(case: Case) -> list[str]:
    """What does not hold of the case; empty when all does."""
    before = copy.deepcopy((case.base, case.mine, case.new))
    merged, _report = merge(case.base, case.mine, case.new)
    found = []
    if (case.base, case.mine, case.new) != before:
        found.append("changed what was given")
    found += _lost(case, merged) + _invalid(merged) + _missed(case, merged)
    again, report = merge(case.new, merged, case.new)
    if again["cells"] != merged["cells"] or report.updated or report.added:
        found.append("not stable: merging the same release again changes something")
    return found


def _lost(case: Case, merged: Json) -> list[str]:
    """Each cell that the learner wrote or changed has its text, outputs and pictures somewhere, as often as before."""
    given = Counter(_content(cell) for cell in case.base["cells"])
    wrote = Counter(_content(cell) for cell in case.mine["cells"]) - given
    left = Counter(_content(cell) for cell in merged["cells"])
    lost = [f"lost text: {text!r}" for (_kind, text, _pictures), _n in (wrote - left).items()]
    results = Counter(_output(cell) for cell in case.mine["cells"] if cell.get("outputs") and _untold(case, cell))
    kept = Counter(_output(cell) for cell in merged["cells"] if cell.get("outputs"))
    return lost + [f"lost outputs: {text!r}" for text in results - kept]


def _untold(case: Case, cell: Json) -> bool:
    """Whether the author left this cell as it was, so that its outputs are still those of its text."""
    theirs = {one["id"]: _content(one)[:2] for one in case.new["cells"]}
    return "id" in cell and theirs.get(cell["id"]) == _content(cell)[:2]


def _content(cell: Json) -> tuple[str, str, str]:
    return str(cell.get("cell_type")), source(cell), repr(cell.get("attachments") or {})


def _output(cell: Json) -> str:
    return source(cell) + repr(cell["outputs"])


def _invalid(merged: Json) -> list[str]:
    found = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # it only warns of ids that are missing or doubled
            nbformat.validate(nbformat.from_dict(copy.deepcopy(merged)))
    except (nbformat.ValidationError, Warning) as error:
        found.append(f"invalid: {str(error)[:200]}")
    ids = [cell.get("id") for cell in merged["cells"]]
    if None in ids or len(set(ids)) != len(ids):
        found.append("a cell without an id of its own")
    return found


def _missed(case: Case, merged: Json) -> list[str]:
    """Cells that the learner left alone are the author's, new ones are there, and deleted ones stay deleted."""
    base, new = ({cell["id"]: cell for cell in one["cells"]} for one in (case.base, case.new))
    mine = {cell["id"]: cell for cell in reversed(case.mine["cells"]) if "id" in cell}
    after = {cell.get("id"): cell for cell in merged["cells"]}
    if not mine and case.mine["cells"]:  # without ids: known by their text
        texts = Counter(_content(cell) for cell in case.mine["cells"])
        mine = {
            id_: cell
            for id_, cell in base.items()
            if texts[_content(cell)] == 1 and list(map(_content, base.values())).count(_content(cell)) == 1
        }
        return [
            f"missed the author's text in {id_}"
            for id_ in mine
            if id_ in new and _content(after.get(id_, new[id_])) != _content(new[id_])
        ]
    found = []
    for id_, cell in new.items():
        untouched = id_ in base and id_ in mine and _content(mine[id_]) == _content(base[id_])
        if untouched and (id_ not in after or _content(after[id_]) != _content(cell)):
            found.append(f"missed the author's text in {id_}")
        if id_ not in base and id_ not in mine and id_ not in after:
            found.append(f"missed the author's new cell {id_}")
        if id_ in base and id_ not in mine and id_ in after:
            found.append(f"brought back {id_}, which the learner deleted")
    return found
