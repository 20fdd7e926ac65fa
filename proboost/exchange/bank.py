"""A question bank as a course: a lesson for each category, a cell for each question, all in their order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from proboost import i18n
from proboost.courses.release import KERNEL, pretty
from proboost.exchange.naming import slug, unique
from proboost.exchange.question import Category, Entry, Question, Untaken
from proboost.exchange.report import Made, Report
from proboost.exchange.rich import escaped, markdown_of, words_of
from proboost.exchange.shelf import Shelf
from proboost.exchange.written import fields
from proboost.i18n import _
from proboost_kernel import exercises
from proboost_kernel.exercises import ExerciseError, describe
from proboost_kernel.exercises.written_yaml import dump

MOST = 500  # questions of one lesson
Cell = dict[str, Any]


@dataclass
class Lesson:
    title: str
    cells: list[Cell] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def course(entries: Iterable[Entry], *, id: str, title: str, around: Mapping[str, bytes]) -> Made:  # noqa: A002  # the course's
    """The course that a bank's questions make. `around`: files that lie beside it. Every question is an exercise, a
    text, or named among the refused.
    """
    given = list(entries)
    language = language_of(given)
    report, shelf = Report(), Shelf(around)
    with i18n.using(language):  # of what is written into the course
        untitled = _("Questions")
    lessons = list(_lessons(given, title or untitled, language, report, shelf))
    files: dict[str, bytes] = dict(shelf.files)
    listed = []
    ids: set[str] = set()
    width = max(2, len(str(len(lessons))))
    for number, lesson in enumerate(lessons, 1):
        name = unique(slug(lesson.title, f"lesson-{number}"), ids)
        ids.add(name)
        file = f"{number:0{width}}-{name}.ipynb"
        files[file] = notebook(lesson.title, lesson.cells)
        listed.append({"file": file, "id": name})
    written: dict[str, Any] = {"id": id, "title": (title or untitled)[:200], "language": language, "lessons": listed}
    if shelf.files:
        written["files"] = sorted({path.split("/")[0] + "/**" for path in shelf.files})
    if shelf.hosts:
        written["embed_hosts"] = sorted(shelf.hosts)
        message = _("Pictures come from other sites: {hosts}. They are named under `embed_hosts`; better take them in.")
        report.remark(message.format(hosts=", ".join(sorted(shelf.hosts))))
    report.lessons = len(lessons)
    return Made({"course.yml": dump(written).encode("utf-8"), **files}, report)


def language_of(entries: Iterable[Entry]) -> str:
    """Russian when a quarter of the letters of its questions is Cyrillic, else English."""
    text = " ".join(words_of(entry.text) for entry in entries if isinstance(entry, Question))[:200_000]
    letters = sum(char.isalpha() for char in text)
    return "ru" if len(re.findall(r"[А-Яа-яЁё]", text)) * 4 > max(letters, 1) else "en"


def _lessons(entries: Iterable[Entry], title: str, language: str, report: Report, shelf: Shelf) -> Iterator[Lesson]:
    """One that has no cell is none; a category that comes again later is a lesson again: the order is kept."""
    lesson, number = Lesson(title), 0
    for entry in entries:
        if isinstance(entry, Category):
            if lesson.cells:
                yield lesson
            lesson = Lesson(" / ".join(entry.path) or title)
            _info(entry, lesson, report, shelf)
            continue
        number += 1
        if len(lesson.ids) >= MOST:
            yield lesson
            lesson = Lesson(lesson.title)
        _take(entry, number, lesson, language, report, shelf)
    if lesson.cells:
        yield lesson


def _info(category: Category, lesson: Lesson, report: Report, shelf: Shelf) -> None:
    own = Shelf(shelf.around)
    try:
        text = markdown_of(category.info, own)
    except Untaken as error:
        report.remark(f"{lesson.title}: {error.reason}")
        return
    shelf.add(own)
    if text:
        lesson.cells.append(_text_cell(text, lesson))


def _take(question: Question, number: int, lesson: Lesson, language: str, report: Report, shelf: Shelf) -> None:
    """Puts the question into the lesson, or says why not."""
    name = question.name or shortened(question) or _("question {n}").format(n=number)
    own = Shelf(shelf.around)
    try:
        if question.kind == "description" and not question.untaken:
            _prose(question, name, lesson, report, own)
        else:
            _exercise(question, name, number, lesson, language, report, own)
    except Untaken as error:
        report.refuse(name, error.reason)
    else:
        shelf.add(own)


def _prose(question: Question, name: str, lesson: Lesson, report: Report, shelf: Shelf) -> None:
    text = markdown_of(question.text, shelf)
    said = markdown_of(question.explanation, shelf)
    if not text and not said:
        raise Untaken(_("It has no text."))
    heading = f"## {escaped(question.name)}\n\n" if question.name else ""
    lesson.cells.append(_text_cell(heading + "\n\n".join(filter(None, (text, said))), lesson))
    report.texts += 1
    report.remark(f"{name}: {_('it asks nothing, so it became a text of the lesson')}")
    for lost in shelf.lost:
        report.remark(f"{name}: {lost}")


def _exercise(
    question: Question, name: str, number: int, lesson: Lesson, language: str, report: Report, shelf: Shelf
) -> None:
    _told, lost = fields(question, shelf)
    with i18n.using(language):  # words that come into the exercise itself
        spoken, _lost = fields(question, Shelf(shelf.around))
    given = question.id if exercises.ID.match(question.id) else slug(question.id)
    stem = given or slug(question.name) or slug(shortened(question)) or f"q{number}"
    made = unique(stem, lesson.ids)
    source = f"%%exercise {made}\n{dump(spoken)}".rstrip("\n")
    try:
        exercises.parse(source)
    except ExerciseError as error:
        raise Untaken("; ".join(describe(problem) for problem in error.problems)) from None
    lesson.ids.add(made)
    tags = {"tags": list(question.tags)} if question.tags else {}
    lesson.cells.append(cell("code", source, lesson.title, len(lesson.cells), tags))
    report.exercises += 1
    for sentence in lost:
        report.remark(f"{name}: {sentence}")


def shortened(question: Question) -> str:
    """The first words of the question's text."""
    words = re.sub(r"zqgap\d+zq", "…", words_of(question.text)).split()
    text = " ".join(words)[:60]
    return text.rsplit(" ", 1)[0] if len(" ".join(words)) > 60 and " " in text else text


def _text_cell(text: str, lesson: Lesson) -> Cell:
    return cell("markdown", text, lesson.title, len(lesson.cells), {})


def cell(kind: str, text: str, lesson: str, place: int, metadata: Mapping[str, Any]) -> Cell:
    """A cell whose id follows from what it is and where: the same import makes the same."""
    mark = hashlib.sha256(f"{lesson}\0{place}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    made: Cell = {"cell_type": kind, "id": mark, "metadata": dict(metadata), "source": text.splitlines(keepends=True)}
    return made if kind == "markdown" else {**made, "execution_count": None, "outputs": []}


def notebook(title: str, cells: Iterable[Cell]) -> bytes:
    """A lesson that begins with its title."""
    first = cell("markdown", f"# {escaped(title)}", title, -1, {})
    return pretty(
        {
            "cells": [first, *cells],
            "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
