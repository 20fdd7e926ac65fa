"""What a learner wrote in the native cells of a notebook; pure. Grading does not rely on it: it is for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from proboost.courses import native
from proboost.models.base import Json

SHOWN = 20_000  # characters


def learners(notebook: Mapping[str, Any]) -> dict[str, Json]:
    """grade_id -> {"cell": hash of what they wrote, "text": its beginning}, of cells that count. A test cell holds
    nothing of theirs; below a task they write in cells of their own. Of copies the last counts.
    """
    rows = notebook.get("cells")
    written = [cell for cell in rows if isinstance(cell, dict)] if isinstance(rows, list) else []
    places = {one.index: one for one in native.cells({**notebook, "cells": written})}
    found: dict[str, Json] = {}
    for index, one in places.items():
        if one.graded:
            text = "" if one.role == "tests" else one.source
            if one.role == "task":
                text = "\n\n".join(_below(written, index, set(places)))
            digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            found[one.grade_id] = {"cell": digest, "text": text[:SHOWN]}
    return found


def _below(cells: list[Any], index: int, others: set[int]) -> list[str]:
    """The texts between a task and the next native cell."""
    texts = []
    for position in range(index + 1, len(cells)):
        if position in others:
            break
        texts.append(native.text_of(cells[position]))
    return texts
