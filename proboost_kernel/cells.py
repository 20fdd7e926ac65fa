"""Which frames of a traceback are of what people wrote in cells and exercises."""

from __future__ import annotations

import re

_CELL = re.compile(r"ipykernel_\d+[/\\]\d+\.py$|^<ipython-input|^<program|^<timed e")


def is_cell(filename: str) -> bool:
    """Whether a code's file name is one that a cell or the program of an exercise gets."""
    return bool(_CELL.search(filename))
