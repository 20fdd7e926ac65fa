"""The folder of a new course: a course.yml and a first lesson that works, for its author to change."""

from __future__ import annotations

from proboost import i18n
from proboost.courses.release import KERNEL, pretty
from proboost.i18n import _
from proboost_kernel.exercises.written_yaml import dump


def beginning(course: str, title: str, language: str) -> dict[str, bytes]:
    """path -> bytes of the new folder, in `language`."""
    with i18n.using(language):
        yml = {
            "title": title,
            "description": _("What is it about, and for whom?"),
            "language": language,
            "lessons": [{"file": "01-welcome.ipynb"}],
        }
        cells = [
            ("markdown", "# " + _("Welcome") + "\n\n" + _("Tell in a few sentences what this lesson is about.")),
            ("code", "print(" + repr(_("Hello!")) + ")"),
            ("code", _choice()),
            ("code", _code()),
        ]
    notebook = {
        "cells": [_cell(number, kind, text) for number, (kind, text) in enumerate(cells, 1)],
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    note = f"# {course}\n"
    return {"course.yml": (note + dump(yml)).encode("utf-8"), "01-welcome.ipynb": pretty(notebook)}


def _choice() -> str:
    fields = {
        "kind": "choice",
        "prompt": _("What does `print` do?"),
        "options": [_("It shows a text"), _("It asks for a text"), _("It stops the program")],
        "answer": "#1",
    }
    return f"%%exercise print\n{dump(fields)}".rstrip("\n")


def _code() -> str:
    fields = {
        "kind": "code",
        "prompt": _("Write a function `double(x)` that returns twice its argument."),
        "starter": "def double(x):\n    ...\n",
        "solution": "def double(x):\n    return 2 * x\n",
        "tests": [
            {"name": _("a whole number"), "code": "assert double(3) == 6"},
            {"name": _("a text"), "hidden": "true", "code": "assert double('ab') == 'abab'"},
        ],
        "hints": [_("Multiply by two with `*`.")],
    }
    return f"%%exercise double\n{dump(fields)}".rstrip("\n")


def _cell(number: int, kind: str, text: str) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}
