"""A course of nbgrader as one of ours: assignments are lessons, notebooks stay as they are, marks and points too."""

from __future__ import annotations

import fnmatch
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from proboost.courses.course_file import ID, safe_path
from proboost.courses.native import text_of
from proboost.courses.notebook import read as read_notebook
from proboost.errors import BadInput
from proboost.exchange.gradebook_db import Gradebook
from proboost.exchange.naming import slug, unique
from proboost.exchange.nbgrader_config import Config
from proboost.exchange.nbgrader_folder import NOTEBOOK, Brought, opened
from proboost.exchange.nbgrader_notebook import BadNotebook, Header, taken
from proboost.exchange.people import people, scores
from proboost.exchange.report import Made, Report
from proboost.i18n import _, ngettext
from proboost_kernel.exercises.written_yaml import dump

IGNORED = (".ipynb_checkpoints", "*.pyc", "__pycache__", ".*")
NOT_FILES = ("autotests.yml", "tests.yml")
MANY = 150  # files that are named one by one


class NoCourse(BadInput):
    code = "no-course"


@dataclass
class Lessons:
    """What has become of the notebooks: files, entries of course.yml, and the names that scores go by."""

    files: dict[str, bytes] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)  # (assignment, notebook) -> lesson
    renamed: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # -> grade_id -> exercise


def course(files: Mapping[str, bytes], *, name: str, left: Collection[str] = ()) -> Made:
    """The course that a folder of nbgrader makes; `left`: folders that were not read. Raises NoCourse for none."""
    report = Report()
    brought = opened(files)
    assignments = brought.assignments()
    if not assignments:
        raise NoCourse(_("There is no assignment here: folders with notebooks in source/ are expected."))
    _told_of_config(brought.config, report)
    report.remarks += brought.gradebook.remarks
    lessons = _lessons(brought, assignments, report)
    report.lessons = len(lessons.listed)
    handed = _files(brought, assignments, report)
    title = brought.config.text("CourseDirectory.course_id", "Exchange.course_id", "NbGrader.course_id") or name
    written = {
        "id": slug(title) or (name if ID.match(name) else slug(name, "course")),
        "title": title[:200],
        "language": _language(lessons.files.values()),
        "lessons": lessons.listed,
        **({"files": _globs(handed)} if handed else {}),
    }
    private = _private(brought, lessons, report)
    _told_of_rest(brought.source, assignments, report)
    if left:
        message = _("What nbgrader makes or collects is not taken: {folders}.")
        report.remark(message.format(folders=", ".join(f"{name}/" for name in sorted(left))))
    whole = {"course.yml": dump(written).encode("utf-8"), **lessons.files, **handed, **private}
    return Made(whole, report, frozenset(private))


def _lessons(brought: Brought, assignments: list[str], report: Report) -> Lessons:
    found = Lessons()
    header = _header(brought.source, brought.config, report)
    for assignment in assignments:
        paths = brought.notebooks(assignment)
        for path in paths:
            name = path.split("/")[1].removesuffix(".ipynb")
            try:
                notebook = taken(brought.source[path], brought.config, header)
            except BadNotebook as error:
                report.refuse(f"{assignment}/{name}", error.reason)
                continue
            place = _place(path, found.files, report)
            label = assignment if len(paths) == 1 else f"{assignment}: {name}"
            entry = _entry(place, label, notebook.content, brought.due.get(assignment), set(found.ids.values()))
            found.files[place] = notebook.content
            found.listed.append(entry)
            found.ids[assignment, name] = entry["id"]
            found.renamed[assignment, name] = notebook.renamed
            report.exercises += notebook.graded
            for question, reason in notebook.refused:
                report.refuse(f"{assignment}/{name}#{question}", reason)
            for sentence in notebook.remarks:
                report.remark(f"{assignment}/{name}: {sentence}")
    return found


def _place(path: str, taken_paths: Mapping[str, bytes], report: Report) -> str:
    """Where the notebook lies in our folder: where it lay, if every system knows such a name."""
    place = path
    if not safe_path(path) or path in taken_paths:
        folder, _slash, name = path.partition("/")
        stems = {taken.removesuffix(".ipynb") for taken in taken_paths}
        stem = f"{slug(folder, 'assignment')}/{slug(name.removesuffix('.ipynb'), 'notebook')}"
        place = f"{unique(stem, stems)}.ipynb"
        message = _("{path} is called {place} here: its name cannot be used on every system.")
        report.remark(message.format(path=path, place=place))
    return place


def _entry(path: str, label: str, content: bytes, due: datetime | None, ids: set[str]) -> dict[str, Any]:
    """The lesson in course.yml; its title only where the notebook has no heading."""
    notebook, _flaws = read_notebook(content, path)
    return {
        "file": path,
        "id": unique(slug(label, "lesson"), ids),
        **({} if notebook.heading else {"title": label[:200]}),
        **({"due": due.isoformat(timespec="minutes")} if due else {}),
    }


def _private(brought: Brought, lessons: Lessons, report: Report) -> dict[str, bytes]:
    """People and scores, when there are any."""
    students = brought.gradebook.students or brought.config.rows("NbGrader.db_students", "CourseDirectory.db_students")
    if not students and not brought.gradebook.scores:
        return {}
    _told_of_people(len(students), brought.gradebook, lessons, report)
    return {
        "people.csv": people(students),
        "scores.csv": scores(brought.gradebook.scores, lessons.ids, lessons.renamed),
    }


def _told_of_config(config: Config, report: Report) -> None:
    if not config.sound:
        report.remark(_("nbgrader_config.py could not be read as Python; it was passed over."))
    for name in sorted(config.unknown & {"CourseDirectory.course_id", "IncludeHeaderFooter.header"}):
        report.remark(
            _("{name} in nbgrader_config.py is computed; it is not executed, so its value is not known.").format(
                name=name
            )
        )
    if config.text("IncludeHeaderFooter.footer"):
        report.remark(_("The footer of nbgrader_config.py is not added to lessons."))


def _header(source: Mapping[str, bytes], config: Config, report: Report) -> Header | None:
    """The cells that nbgrader puts before every notebook that it releases."""
    name = config.text("IncludeHeaderFooter.header").rpartition("/")[2]
    content = source.get(name or "header.ipynb")
    if content is None:
        return None
    if not name:
        report.remark(_("source/header.ipynb is not named in nbgrader_config.py, so it stands before no lesson."))
        return None
    try:
        found = Header.read(content)
    except BadNotebook as error:
        report.refuse(f"source/{name}", error.reason)
        return None
    report.remark(
        _("The cells of source/{name} stand at the beginning of every lesson, as in nbgrader's releases.").format(
            name=name
        )
    )
    return found


def _files(brought: Brought, assignments: list[str], report: Report) -> dict[str, bytes]:
    """Data, pictures and modules beside the notebooks: nbgrader hands all of them out, but for what it ignores."""
    ignored = [*IGNORED, *brought.config.texts("CourseDirectory.ignore")]
    found: dict[str, bytes] = {}
    for path, content in brought.source.items():
        parts = path.split("/")
        if len(parts) < 2 or parts[0] not in assignments or NOTEBOOK.fullmatch(path):
            continue
        if any(fnmatch.fnmatch(part, one) for part in parts[1:] for one in ignored) or parts[-1] in NOT_FILES:
            continue
        if path.endswith(".ipynb"):
            message = _("{path} is a notebook beside the assignments' own; learners do not get it.")
            report.remark(message.format(path=path))
        elif not safe_path(path):
            report.remark(_("{path} was left out: its name cannot be used on every system.").format(path=path))
        else:
            found[path] = content
    return found


def _globs(handed: Mapping[str, bytes]) -> list[str]:
    if len(handed) <= MANY:
        return sorted(handed)
    return sorted({path.split("/")[0] + "/**" for path in handed})


def _language(notebooks: Iterable[bytes]) -> str:
    """Russian when a third of the words of its texts is, else English."""
    cells = [cell for content in notebooks for cell in json.loads(content)["cells"]]
    text = " ".join(text_of(cell) for cell in cells if cell.get("cell_type") == "markdown")
    russian, latin = (len(re.findall(pattern, text)) for pattern in (r"[А-Яа-яЁё]{3,}", r"[A-Za-z]{3,}"))
    return "ru" if russian * 2 > latin else "en"


def _told_of_people(count: int, gradebook: Gradebook, lessons: Lessons, report: Report) -> None:
    message = ngettext(
        "people.csv and scores.csv hold the name, address and points of {n} person. They belong to no release;"
        " accounts are made of them only when you ask for it.",
        "people.csv and scores.csv hold names, addresses and points of {n} people. They belong to no release;"
        " accounts are made of them only when you ask for it.",
        count,
    )
    report.remark(message.format(n=count))
    gone = Counter(one.assignment for one in gradebook.scores if (one.assignment, one.notebook) not in lessons.ids)
    for assignment, count in sorted(gone.items()):
        text = ngettext(
            "scores.csv has {n} score of “{assignment}”, which is not among the lessons.",
            "scores.csv has {n} scores of “{assignment}”, which is not among the lessons.",
            count,
        )
        report.remark(text.format(n=count, assignment=assignment))


def _told_of_rest(source: Mapping[str, bytes], ordered: list[str], report: Report) -> None:
    """What lies in the source folder outside assignments."""
    for path in sorted(source):
        first = path.split("/")[0]
        if first not in ordered and path != "header.ipynb" and not first.startswith("."):
            report.remark(_("source/{path} belongs to no assignment; it was not taken.").format(path=path))
