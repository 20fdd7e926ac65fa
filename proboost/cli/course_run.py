"""`course check --run`: every solution is put to its tests, and every starter, in the best sandbox to be had here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from proboost.courses import native
from proboost.courses.flaws import Flaw
from proboost.courses.source import COURSE_FILE, Source
from proboost.grading.check import Remark, check_source, checking, classed
from proboost.grading.check_notebook import check_notebook
from proboost.grading.engine import Engine
from proboost.grading.rooms import SandboxBroken
from proboost.i18n import _
from proboost_kernel.exercises import needs_sandbox


def run(source: Source, *, tests: bool = False) -> list[Flaw]:
    """What comes of running the course's exercises and assignments; one engine for all of them. `tests`: with a note
    for each test that says how much it may be believed.
    """
    written = list(_assignments(source))
    programs = any(
        needs_sandbox(one.kind) or one.params for lesson in source.lessons for _cell, one in lesson.notebook.exercises
    )
    if not written and not programs:
        return []
    found = []
    try:
        with checking() as engine:
            found += [*_exercises(source, engine)]
            found += [*_tests(source, engine)] if tests else []
            files = {path: source.files[path] for path in source.handed_out}
            for file, notebook in written:
                for index, remark in check_notebook(notebook, engine, files=files):
                    found.append(_flaw(file, None if index is None else index + 1, remark))
    except SandboxBroken as error:
        message = _("Nothing could be run here: {reason}").format(reason=error)
        found.append(Flaw(COURSE_FILE, None, None, "", "error", "no-sandbox", message))
    return found


def _exercises(source: Source, engine: Engine) -> Iterator[Flaw]:
    for lesson in source.lessons:
        for cell, exercise in lesson.notebook.exercises:
            if needs_sandbox(exercise.kind) or exercise.params:
                for remark in check_source(exercise, engine):
                    if remark.code != "no-solution":  # said by the checks that run nothing
                        yield _flaw(lesson.file, cell.number, remark)


def _tests(source: Source, engine: Engine) -> Iterator[Flaw]:
    words = {
        "strict": _("strict: plain values are compared"),
        "by handle": _("by handle: it works with an object that stays with the learner's program"),
        "weak": _("weak: the learner's own class has a say in it"),
        "not isolatable": _("not isolatable: it runs beside the learner's program"),
    }
    for lesson in source.lessons:
        for cell, exercise in lesson.notebook.exercises:
            for position, (name, of) in enumerate(classed(exercise, engine).items()):
                text = _("test “{name}”: {words}").format(name=name, words=words[of])
                yield Flaw(lesson.file, cell.number, None, f"tests[{position}]", "note", of.replace(" ", "-"), text)


def _assignments(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    """Lessons with cells of nbgrader's, as their authors wrote them."""
    for lesson in source.lessons:
        if any(exercise.kind == "cell" for _cell, exercise in lesson.notebook.exercises):
            notebook = json.loads(source.files[lesson.file])
            if native.has_native(notebook):
                yield lesson.file, notebook


def _flaw(file: str, cell: int | None, remark: Remark) -> Flaw:
    return Flaw(file, cell, None, remark.field, remark.severity, remark.code, remark.message)
