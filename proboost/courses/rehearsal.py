"""Lessons run from top to bottom as their page runs them: which cells fail, and how much room their outputs take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proboost.courses.flaws import Flaw
from proboost.courses.room import room
from proboost.courses.source import Lesson
from proboost.i18n import _

TIMEOUT = 300  # seconds for one cell
MEANT = "raises-exception"  # the tag by which Jupyter knows a cell that is to fail

Json = dict[str, Any]


@dataclass(frozen=True)
class Rehearsed:
    """`content`: the notebook's bytes with the heights noted, the same as before when none changed."""

    content: bytes
    flaws: tuple[Flaw, ...]


def rehearse(
    lesson: Lesson, content: bytes, folder: Path, *, begun: Callable[[int], None] = lambda _number: None
) -> Rehearsed:
    """Runs the cells that a lesson's page runs, exercises and cells of nbgrader's left out, in a kernel of this machine
    whose folder is `folder`; `begun` is told each cell's number. It is the author's own program: nothing shuts it in.
    """
    from nbclient.exceptions import CellTimeoutError

    written: Json = json.loads(content)
    numbers = [cell.number for cell in lesson.notebook.cells if cell.kind == "code" and not _left_out(cell)]
    flaws: list[Flaw] = []
    heights: dict[int, int] = {}
    at: int | None = None

    def began(number: int) -> None:
        nonlocal at
        at = number
        begun(number)

    try:
        for number, outputs in _run(written, numbers, folder, began):
            heights[number] = room(outputs)
            flaws += _failed(lesson.file, number, written["cells"][number - 1], outputs)
    except (CellTimeoutError, RuntimeError) as error:  # RuntimeError: the kernel died or did not start
        message = _("The lesson could not be run to its end: {reason}").format(reason=str(error).strip().split("\n")[0])
        flaws.append(Flaw(lesson.file, at, None, "", "error", "not-run", message))
        return Rehearsed(content, tuple(flaws))
    return Rehearsed(_noted(written, content, heights), tuple(flaws))


def _left_out(cell: Any) -> bool:
    return cell.exercise is not None or cell.broken or cell.native is not None


def _run(
    written: Json, numbers: list[int], folder: Path, begun: Callable[[int], None]
) -> Iterator[tuple[int, list[Any]]]:
    import nbformat
    from nbclient import NotebookClient

    read: Any = nbformat.reads  # nbformat types few of its functions
    notebook = read(json.dumps(written), as_version=4)
    client = NotebookClient(notebook, timeout=TIMEOUT, allow_errors=True, kernel_name="python3")
    with client.setup_kernel(cwd=str(folder)):
        for number in numbers:
            begun(number)
            cell = client.execute_cell(notebook.cells[number - 1], number - 1, store_history=False)
            yield number, list(cell["outputs"])


def _failed(file: str, number: int, cell: Json, outputs: list[Any]) -> Iterator[Flaw]:
    tags = (cell.get("metadata") or {}).get("tags") or ()
    for output in outputs:
        if output["output_type"] == "error" and MEANT not in tags:
            told = _("The cell fails: {name}: {value}. If it is meant to, give it the tag “{tag}”.")
            message = told.format(name=output["ename"], value=output["evalue"][:200], tag=MEANT)
            yield Flaw(file, number, None, "", "error", "cell-fails", message)


def _noted(written: Json, content: bytes, heights: Mapping[int, int]) -> bytes:
    changed = False
    for number, height in heights.items():
        cell = written["cells"][number - 1]
        metadata = cell.setdefault("metadata", {})
        mark = metadata.get("proboost") if isinstance(metadata.get("proboost"), dict) else {}
        known = mark.get("height", 0 if not room(cell.get("outputs")) else None)  # saved outputs tell it too, if old
        if height != known:
            metadata["proboost"] = {**mark, "height": height}
            changed = True
    if not changed:
        return content
    last = "\n" if content.endswith(b"\n") else ""
    return (json.dumps(written, ensure_ascii=False, indent=1) + last).encode("utf-8")
