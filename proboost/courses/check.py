"""What authors want to hear before learners do: checks of a course's source that need no kernel and no second."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from proboost.courses import leaks, links, places
from proboost.courses.flaws import Flaw
from proboost.courses.notebook import Cell
from proboost.courses.requirements import missing
from proboost.courses.source import COURSE_FILE, Lesson, Source, matching
from proboost.courses.texts import programs, public_texts
from proboost.i18n import _
from proboost_kernel.exercises import Exercise
from proboost_kernel.exercises.markup import bad_formulas, public_text

Check = Callable[[Source], Iterable[Flaw]]


def check(source: Source) -> list[Flaw]:
    """All flaws, those of form included, in the order of the course. Errors keep a source from being released."""
    found = list(source.flaws)
    for one in CHECKS:
        found += one(source)
    found = located(source, found)
    order = {COURSE_FILE: -1, **{lesson.file: place for place, lesson in enumerate(source.lessons)}}
    last = len(order)
    return sorted(found, key=lambda flaw: (order.get(flaw.file, last), flaw.file, flaw.cell or 0, flaw.line or 0))


def located(source: Source, found: list[Flaw]) -> list[Flaw]:
    """The same flaws; those that name a field of an exercise say its line too."""
    cells = {(lesson.file, cell.number): cell for lesson in source.lessons for cell in lesson.notebook.cells}

    def placed(flaw: Flaw) -> Flaw:
        cell = cells.get((flaw.file, flaw.cell or 0))
        if flaw.line is not None or not flaw.field or cell is None or cell.exercise is None or cell.native is not None:
            return flaw
        return replace(flaw, line=places.line_of(cell.source, flaw.field))

    return [placed(flaw) for flaw in found]


def headings(source: Source) -> Iterator[Flaw]:
    for lesson in source.lessons:
        if lesson.notebook.cells and not lesson.notebook.heading:
            severity = "warning" if lesson.entry.title else "error"
            message = _("The lesson has no heading: begin its first text cell with “# ” and the title.")
            yield Flaw(lesson.file, 1, None, "", severity, "no-heading", message)  # type: ignore[arg-type]  # one of the two


def identities(source: Source) -> Iterator[Flaw]:
    """Exercises' ids are unique in a lesson: results hang on them."""
    for lesson in source.lessons:
        seen: dict[str, int] = {}
        for cell, exercise in lesson.notebook.exercises:
            if exercise.id in seen:
                message = _("The id “{id}” is taken by the exercise in cell {n}.")
                yield Flaw(
                    lesson.file,
                    cell.number,
                    1,
                    "id",
                    "error",
                    "duplicate-id",
                    message.format(id=exercise.id, n=seen[exercise.id]),
                )
            seen.setdefault(exercise.id, cell.number)


def former_names(source: Source) -> Iterator[Flaw]:
    """`was: lesson#id` names something that is not there any more, once."""
    present = {
        f"{lesson.id}#{exercise.id}" for lesson in source.lessons for _cell, exercise in lesson.notebook.exercises
    }
    claimed: set[str] = set()
    for lesson, cell, exercise in _exercises(source):
        was = exercise.common.was
        if not was:
            continue
        place, mark, name = was.partition("#")
        if not (mark and place and name):
            message = _("The former name is written “lesson#id”.")
        elif was in present:
            message = _("There is still an exercise “{was}”, so this one cannot have been it.").format(was=was)
        elif was in claimed:
            message = _("Another exercise says too that it was “{was}”.").format(was=was)
        else:
            claimed.add(was)
            continue
        yield Flaw(lesson.file, cell.number, None, "was", "error", "was", message)


def files(source: Source) -> Iterator[Flaw]:
    for position, (pattern, line) in enumerate(source.course.files):
        if not any(True for _path in matching(source.files, pattern)):
            message = _("No file of the folder is meant by “{pattern}”.").format(pattern=pattern)
            yield Flaw(COURSE_FILE, None, line, f"files[{position}]", "error", "no-match", message)
    listed = {lesson.file for lesson in source.lessons}
    for path in source.files:
        if path.endswith(".ipynb") and path not in listed:
            message = _("This notebook is not among the lessons of course.yml, so learners do not get it.")
            yield Flaw(path, None, None, "", "warning", "unlisted", message)


def order(source: Source) -> Iterator[Flaw]:
    for lesson in source.lessons[:1]:
        if lesson.entry.after != "none":
            message = _("There is no lesson before the first one; it opens at once.")
            yield Flaw(COURSE_FILE, None, lesson.entry.line, "lessons[0].after", "warning", "after", message)


def cells(source: Source) -> Iterator[Flaw]:
    """What a cell holds that learners will not get, or not as its author thinks."""
    for lesson in source.lessons:
        for cell in lesson.notebook.cells:
            if cell.kind == "raw":
                message = _("Raw cells do not reach learners; make it a text cell.")
                yield Flaw(lesson.file, cell.number, None, "", "warning", "raw-cell", message)
            elif cell.kind == "code" and not cell.broken and cell.exercise is None and "%%exercise" in cell.source:
                message = _("“%%exercise” makes an exercise on the first line of a cell only.")
                yield Flaw(lesson.file, cell.number, None, "", "warning", "not-first", message)


def texts(source: Source) -> Iterator[Flaw]:
    """HTML that pages do not show, and formulas that cannot be read."""
    for lesson, cell, field, text in public_texts(source):
        if "<" in text and public_text(_without_comments(text)) != _without_comments(text):
            message = _("There is HTML here that learners' pages do not show; it will be taken out or shown as text.")
            yield Flaw(lesson.file, cell.number, None, field, "warning", "html", message)
        if "$" in text:
            for formula in bad_formulas(text):
                message = _("This formula cannot be shown: {formula}").format(formula=formula[:100])
                yield Flaw(lesson.file, cell.number, None, field, "warning", "formula", message)


def solutions(source: Source) -> Iterator[Flaw]:
    """A program to be written has a solution, and a starter that is not it."""
    for lesson, cell, exercise in _exercises(source):
        if exercise.kind != "code":
            continue
        if not exercise.spec.solution.strip():
            message = _("There is no solution, so nothing shows that the tests can be passed.")
            yield Flaw(lesson.file, cell.number, None, "solution", "warning", "no-solution", message)
        elif leaks.folded(exercise.spec.solution) == leaks.folded(exercise.spec.starter):
            message = _("The starter is the solution already.")
            yield Flaw(lesson.file, cell.number, None, "starter", "error", "starter-solves", message)


def answers(source: Source) -> Iterator[Flaw]:
    """Answers that learners could read in what they get, or see come out of the author's own programs."""
    for lesson in source.lessons:
        cells = [cell for cell in lesson.notebook.cells if cell.kind != "raw" and cell.exercise is None]
        folded = [(cell.number, leaks.folded(cell.source)) for cell in cells]
        shown = [(cell.number, cell.shown) for cell in cells if cell.shown]
        for cell, exercise in lesson.notebook.exercises:
            for field, code, message in leaks.in_exercise(exercise):
                yield Flaw(lesson.file, cell.number, None, field, "warning", code, message)
            for number in leaks.in_lesson(exercise, folded):
                message = _("The solution of “{id}” (cell {n}) stands here.").format(id=exercise.id, n=cell.number)
                yield Flaw(lesson.file, number, None, "", "warning", "answer", message)
            for number in leaks.in_outputs(exercise, shown):
                message = _("What this cell shows when it runs holds the answer to “{id}” (cell {n}).")
                text = message.format(id=exercise.id, n=cell.number)
                yield Flaw(lesson.file, number, None, "", "warning", "answer-shown", text)


def packages(source: Source) -> Iterator[Flaw]:
    """Packages that lessons import and course.yml does not name."""
    told: set[str] = set()
    for lesson in source.lessons:
        for number, field, code in programs(lesson):
            for module, package in missing(code, source):
                if package in told:
                    continue
                told.add(package)
                message = _("“{module}” is imported, but “{package}” is not among the `requires` of course.yml.")
                text = message.format(module=module, package=package)
                yield Flaw(lesson.file, number, None, field, "warning", "requires", text)


CHECKS: tuple[Check, ...] = (
    headings,
    identities,
    former_names,
    files,
    order,
    cells,
    texts,
    links.check,
    solutions,
    answers,
    packages,
)


def _exercises(source: Source) -> Iterator[tuple[Lesson, Cell, Exercise]]:
    for lesson in source.lessons:
        for cell, exercise in lesson.notebook.exercises:
            yield lesson, cell, exercise


def _without_comments(text: str) -> str:
    """Comments are for authors and are taken out without a word."""
    return re.sub(r"<!--[\s\S]*?(?:-->|\Z)", "", text)
