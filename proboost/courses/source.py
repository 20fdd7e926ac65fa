"""A course's source: course.yml, its notebooks and files, read once, with everything that is wrong in their form."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from proboost.courses import course_file, notebook
from proboost.courses.course_file import CourseFile, LessonEntry, safe_path
from proboost.courses.flaws import Flaw
from proboost.courses.notebook import Notebook
from proboost.errors import BadInput, NotFound
from proboost.i18n import _
from proboost_kernel.exercises.fields import nearest

COURSE_FILE = "course.yml"
MAX_FILES = 5000
MAX_FILE = 64 * 1024 * 1024
MAX_TOTAL = 512 * 1024 * 1024
IGNORED = frozenset({"__pycache__", "node_modules", "Thumbs.db"})
OF_PEOPLE = frozenset({"people.csv", "scores.csv"})  # beside course.yml, from an import: never part of a release


class TooLargeCourse(BadInput):
    code = "too-large"


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course with its notebook."""

    entry: LessonEntry
    notebook: Notebook

    @property
    def id(self) -> str:
        return self.entry.id

    @property
    def file(self) -> str:
        return self.entry.file

    @property
    def title(self) -> str:
        return self.entry.title or self.notebook.heading or self.entry.id


@dataclass(frozen=True)
class Source:
    """`files` is the whole folder, path -> bytes. `flaws` are those of form; `check.check` finds the others."""

    files: Mapping[str, bytes]
    course: CourseFile
    lessons: tuple[Lesson, ...]
    flaws: tuple[Flaw, ...]

    @property
    def id(self) -> str:
        return self.course.id

    @cached_property
    def handed_out(self) -> tuple[str, ...]:
        """Paths of the files that learners get beside their lessons, in order."""
        lessons = {lesson.file for lesson in self.lessons}
        found = {
            path
            for pattern, _line in self.course.files
            for path in matching(self.files, pattern)
            if path != COURSE_FILE and path not in lessons and not path.endswith(".ipynb")
        }
        return tuple(sorted(found))


def matching(paths: Mapping[str, bytes], pattern: str) -> Iterator[str]:
    """Paths that a glob means: `data/*.csv`, `img/**`, or a folder's name for all in it."""
    expression = re.compile(_translate(pattern))
    return (path for path in paths if expression.match(path) or path.startswith(pattern.rstrip("/") + "/"))


def _translate(pattern: str) -> str:
    """A glob as an expression: `*` stays inside a folder, `**` does not."""
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(known.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern)) + r"\Z"


def folder(path: Path) -> dict[str, bytes]:
    """All files of a course's folder, hidden ones and leftovers of tools aside; symbolic links are not followed."""
    if not path.is_dir():
        raise NotFound(_("There is no folder “{path}”.").format(path=path))
    found: dict[str, bytes] = {}
    total = 0
    for place, names, files in os.walk(path):
        names[:] = sorted(name for name in names if name not in IGNORED and not name.startswith("."))
        for name in sorted(files):
            file = Path(place) / name
            if name in IGNORED or name.startswith(".") or name.endswith((".pyc", "~")) or file.is_symlink():
                continue
            if name in OF_PEOPLE and Path(place) == path:
                continue
            size = file.stat().st_size
            total += size
            if size > MAX_FILE or total > MAX_TOTAL or len(found) >= MAX_FILES:
                raise TooLargeCourse(_("The folder “{path}” is too large for a course.").format(path=path))
            found[file.relative_to(path).as_posix()] = file.read_bytes()
    return found


def read(files: Mapping[str, bytes], *, name: str) -> Source:
    """The source that a folder's files make. Never raises for what authors wrote: it is all in `flaws`.

    `name` is the folder's, the course's id where course.yml gives none.
    """
    flaws = [
        Flaw(path, None, None, "", "error", "path", _("This file's name cannot be used on every system; rename it."))
        for path in files
        if not safe_path(path)
    ]
    if COURSE_FILE not in files:
        message = _("There is no course.yml in this folder.") + course_file_elsewhere(files)
        flaws.append(Flaw(COURSE_FILE, None, None, "", "error", "missing", message))
        return Source(files, CourseFile(name, name), (), tuple(flaws))
    try:
        text = files[COURSE_FILE].decode("utf-8-sig")
    except UnicodeDecodeError:
        flaws.append(Flaw(COURSE_FILE, None, None, "", "error", "not-text", _("This file is not UTF-8 text.")))
        return Source(files, CourseFile(name, name), (), tuple(flaws))
    course, problems = course_file.read(text, folder=name)
    flaws += [
        Flaw(COURSE_FILE, None, problem.line or None, problem.field, "error", problem.code, problem.message)
        for problem in problems
    ]
    lessons = []
    for position, entry in enumerate(course.lessons):
        if entry.file not in files:
            message = _("There is no file “{file}” in the course's folder.").format(file=entry.file)
            message += nearest(entry.file, [path for path in files if path.endswith(".ipynb")])
            flaws.append(Flaw(COURSE_FILE, None, entry.line, f"lessons[{position}].file", "error", "no-file", message))
            lessons.append(Lesson(entry, Notebook(entry.file)))
            continue
        found, wrong = notebook.read(files[entry.file], entry.file)
        flaws += wrong
        lessons.append(Lesson(entry, found))
    return Source(files, course, tuple(lessons), tuple(flaws))


def course_file_elsewhere(files: Mapping[str, bytes]) -> str:
    """A hint for people who are one folder off, or wrote .yaml."""
    found = sorted(path for path in files if path.rsplit("/", 1)[-1] in (COURSE_FILE, "course.yaml"))
    return " " + _("There is “{path}”.").format(path=found[0]) if found else ""


def read_folder(path: Path) -> Source:
    """The source in a folder on this machine."""
    return read(folder(path), name=path.resolve().name)
