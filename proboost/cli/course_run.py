"""`course check --run`: every solution is put to its tests, and every starter, in the best sandbox to be had here."""

from __future__ import annotations

from proboost.courses.flaws import Flaw
from proboost.courses.source import COURSE_FILE, Source
from proboost.grading.check import check_source, checking
from proboost.grading.rooms import SandboxBroken
from proboost.i18n import _
from proboost_kernel.exercises import needs_sandbox


def run(source: Source) -> list[Flaw]:
    """What comes of running the course's exercises; one engine for all of them."""
    runnable = [
        (lesson, cell, exercise)
        for lesson in source.lessons
        for cell, exercise in lesson.notebook.exercises
        if needs_sandbox(exercise.kind)
    ]
    if not runnable:
        return []
    found = []
    try:
        with checking() as engine:
            for lesson, cell, exercise in runnable:
                found += [
                    Flaw(lesson.file, cell.number, None, remark.field, remark.severity, remark.code, remark.message)
                    for remark in check_source(exercise, engine)
                    if remark.code != "no-solution"  # said by the checks that run nothing
                ]
    except SandboxBroken as error:
        message = _("Nothing could be run here: {reason}").format(reason=error)
        found.append(Flaw(COURSE_FILE, None, None, "", "error", "no-sandbox", message))
    return found
