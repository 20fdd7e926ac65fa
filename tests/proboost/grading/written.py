"""Notebooks in native cells, written briefly."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Json = dict[str, Any]


def cell(source: str, kind: str = "code", **meta: Any) -> Json:
    written: Json = {"cell_type": kind, "metadata": {"nbgrader": {"schema_version": 3, **meta}} if meta else {}}
    return {**written, "source": source, **({"outputs": [], "execution_count": None} if kind == "code" else {})}


def answer(name: str, source: str) -> Json:
    return cell(source, grade_id=name, solution=True, grade=False, locked=False)


def graded(name: str, source: str, points: float = 1) -> Json:
    return cell(source, grade_id=name, solution=False, grade=True, locked=True, points=points)


def manual(name: str, source: str, points: float = 2, kind: str = "markdown") -> Json:
    return cell(source, kind, grade_id=name, solution=True, grade=True, locked=False, points=points)


def task(name: str, source: str, points: float = 4) -> Json:
    return cell(source, "markdown", grade_id=name, solution=False, grade=False, locked=True, task=True, points=points)


def readonly(name: str, source: str, kind: str = "code") -> Json:
    return cell(source, kind, grade_id=name, solution=False, grade=False, locked=True)


def notebook(*cells: Json, language: str = "python") -> Json:
    kernel = {"name": language, "display_name": language, "language": language}
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": kernel}, "cells": list(cells)}


def handed_in(source: Json, answers: dict[str, str] | None = None, *extra: Json) -> Json:
    """The author's notebook with other answers, and cells of the learner's own at its end."""
    made = deepcopy(source)
    for one in made["cells"]:
        name = one["metadata"].get("nbgrader", {}).get("grade_id")
        if name in (answers or {}):
            one["source"] = (answers or {})[name]
    made["cells"] += extra
    return made
