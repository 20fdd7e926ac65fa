"""Where a field stands in an exercise's cell: `tests[1].name` -> its line. Pure."""

from __future__ import annotations

import re

from proboost_kernel.exercises import ExerciseError
from proboost_kernel.exercises.yaml import Fields, Items, Node, load

STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def line_of(cell: str, field: str) -> int | None:
    """From 1 in the cell, of the field or of what is nearest above it; None where the cell cannot be read."""
    blank = len(cell) - len(cell.lstrip())
    first = cell[:blank].count("\n") + 1
    try:
        node: Node = load(cell[blank:].partition("\n")[2], first_line=first + 1)
    except ExerciseError:
        return None
    line = None
    for name, position in STEP.findall(field):
        if name and isinstance(node, Fields) and name in node.values:
            line, node = node.lines.get(name, node.line), node.values[name]
        elif position and isinstance(node, Items) and int(position) < len(node.values):
            node = node.values[int(position)]
            line = node.line
        else:
            break
    return line


def line_in(text: str, part: str) -> int | None:
    """Of the first place where `part` stands in a text."""
    at = text.find(part) if part else -1
    return None if at < 0 else text.count("\n", 0, at) + 1
