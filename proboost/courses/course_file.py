"""course.yml: read strictly, every problem told with its line; what it leaves open has its default here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from proboost.courses.policy import Late, Policy, duration
from proboost.i18n import _
from proboost_kernel.exercises import yaml
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.yaml import ExerciseError, Fields, Node, Problem, Text

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z")
REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?P<range>(?:[<>=!~]=?=?\s*[\w.*+!-]+\s*,?\s*)*)\Z"
)
AFTER = ("none", "previous", "required")
After = Literal["none", "previous", "required"]


@dataclass(frozen=True)
class LessonEntry:
    """One of `lessons[]`. `title` is empty when the notebook's first heading is it."""

    file: str
    id: str
    line: int
    title: str = ""
    opens: datetime | None = None
    due: datetime | None = None
    after: After = "none"
    weight: float = 1
    explain_errors: bool = True


@dataclass(frozen=True)
class CourseFile:
    id: str
    title: str
    description: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    lessons: tuple[LessonEntry, ...] = ()
    files: tuple[tuple[str, int], ...] = ()  # globs and their lines
    requires: tuple[str, ...] = ()
    embed_hosts: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)


def read(text: str, *, folder: str) -> tuple[CourseFile, list[Problem]]:
    """The course that `text` describes, as far as it can be read, and all that is wrong. `folder`: the id's default."""
    try:
        node = yaml.load(text)
    except ExerciseError as error:
        return CourseFile(folder, folder), error.problems
    problems: list[Problem] = []
    if not isinstance(node, Fields):
        problems.append(Problem(node.line, "", "type", _("Named fields are expected here (lines like “name: value”).")))
        return CourseFile(folder, folder), problems
    course = ask_all(Reader(node, problems), folder=folder)
    return course, sorted(problems, key=lambda problem: problem.line)


def ask_all(reader: Reader, *, folder: str) -> CourseFile:
    """Asks `reader` for every field of a course.yml; problems go to it."""
    name = reader.text("id", folder).strip()
    if not ID.match(name):
        reader.wrong("id", "id", _("A course's id is made of small Latin letters, digits and “-”, at most 64 of them."))
    reader.need("title")
    course = CourseFile(
        id=name,
        title=reader.text("title", name, limit=200).strip(),
        description=reader.text("description", limit=5000).strip(),
        authors=reader.texts("authors", limit=50),
        language=_language(reader),
        lessons=_lessons(reader, explained=reader.flag("explain_errors", True)),
        files=_globs(reader),
        requires=_matching(
            reader, "requires", REQUIREMENT, _("A package's name, or name and range, is expected here.")
        ),
        embed_hosts=_matching(reader, "embed_hosts", HOST, _("A host's name like video.example.org is expected here.")),
        policy=_policy(reader),
    )
    reader.close()
    return course


def _language(reader: Reader) -> str:
    language = reader.text("language").strip()
    if language and not LANGUAGE.match(language):
        reader.wrong("language", "language", _("A language's code like “ru” or “en” is expected here."))
        return ""
    return language


def _matching(reader: Reader, name: str, pattern: re.Pattern[str], message: str) -> tuple[str, ...]:
    found = tuple(text.strip() for text in reader.texts(name))
    for position, text in enumerate(found):
        if not pattern.match(text):
            reader.wrong(f"{name}[{position}]", "value", message, reader.line(name))
    return found


def _globs(reader: Reader) -> tuple[tuple[str, int], ...]:
    found = []
    for position, node in enumerate(reader.items("files")):
        if not isinstance(node, Text):
            reader.wrong(f"files[{position}]", "type", _("A text is expected here."), node.line)
        elif not safe_path(node.value):
            reader.wrong(
                f"files[{position}]", "path", _("A path inside the course's folder is expected here."), node.line
            )
        else:
            found.append((node.value, node.line))
    return tuple(found)


def _lessons(reader: Reader, *, explained: bool) -> tuple[LessonEntry, ...]:
    """`explained`: what a lesson does that says nothing of `explain_errors` itself."""
    if not reader.need("lessons"):
        return ()
    nodes = reader.items("lessons", limit=1000)
    entries: list[LessonEntry] = []
    for position, node in enumerate(nodes):
        entry = _lesson(reader, f"lessons[{position}]", node, explained=explained)
        if entry is None:
            continue
        for other in entries:
            if other.id == entry.id:
                message = _("Two lessons have the id “{id}”.").format(id=entry.id)
                reader.wrong(f"lessons[{position}].id", "duplicate", message, entry.line)
                break
            if other.file == entry.file:
                message = _("The file “{file}” is listed twice.").format(file=entry.file)
                reader.wrong(f"lessons[{position}].file", "duplicate", message, entry.line)
                break
        entries.append(entry)
    if not nodes and "lessons" in reader:
        reader.wrong("lessons", "empty", _("A course has at least one lesson."))
    return tuple(entries)


def _lesson(reader: Reader, name: str, node: Node, *, explained: bool) -> LessonEntry | None:
    if isinstance(node, Text):  # just the file
        node = Fields({"file": node}, {"file": node.line}, node.line)
    inner = reader.inner(name, node)
    if inner is None or not inner.need("file"):
        return None
    file = inner.text("file").strip()
    if not safe_path(file) or not file.endswith(".ipynb"):
        inner.wrong("file", "path", _("A notebook (.ipynb) inside the course's folder is expected here."))
        return None
    given = inner.text("id", default_id(file)).strip()
    if not ID.match(given):
        inner.wrong("id", "id", _("A lesson's id is made of small Latin letters, digits and “-”, at most 64 of them."))
    entry = LessonEntry(
        file=file,
        id=given,
        line=node.line,
        title=inner.text("title", limit=200).strip(),
        opens=_moment(inner, "opens"),
        due=_moment(inner, "due"),
        after=_after(inner),
        weight=inner.number("weight", 1, low=0, high=1000),
        explain_errors=inner.flag("explain_errors", explained),
    )
    if entry.opens and entry.due and entry.due <= entry.opens:
        inner.wrong("due", "order", _("The lesson is due before it opens."))
    inner.close()
    return entry


def default_id(file: str) -> str:
    """`02-Variables.ipynb` is lesson `variables`."""
    stem = PurePosixPath(file).stem.lower()
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"^\d+[-_. ]*(?=.)", "", stem)).strip("-")


def _after(reader: Reader) -> After:
    found = reader.one_of("after", AFTER, "none")
    return found if found in ("previous", "required") else "none"  # type: ignore[return-value]  # mypy knows no `in` over literals


def _moment(reader: Reader, name: str) -> datetime | None:
    if name not in reader:
        return None
    text = reader.text(name).strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        message = _("A date and time with its offset is expected here, like 2026-09-30T23:59+03:00.")
        reader.wrong(name, "date", message)
        return None
    return found


def _policy(reader: Reader) -> Policy:
    inner = reader.fields("policy")
    if inner is None:
        return Policy()
    take = inner.one_of("take", ("best", "last"), "best")
    policy = Policy(
        take="last" if take == "last" else "best",
        attempts=inner.whole("attempts", None, low=1, high=1000),
        penalty=(inner.numbers("penalty", low=0, high=1) or None) if "penalty" in inner else None,
        late=_late(inner),
        passing=inner.number("pass", 0.6, low=0, high=1),
    )
    inner.close()
    return policy


def _late(reader: Reader) -> Late | None:
    inner = reader.fields("late")
    if inner is None:
        return None
    per_day = inner.number("per_day", 0, low=0, high=1)
    until = None
    if "until" in inner:
        until = duration(inner.text("until"))
        if until is None:
            inner.wrong("until", "duration", _("A length of time like P7D (seven days) or PT12H is expected here."))
    inner.close()
    return Late(per_day, until)


def safe_path(path: str) -> bool:
    """Whether a path stays inside its folder on every system: relative, no `..`, no drive, no odd characters."""
    parts = path.split("/")
    return (
        0 < len(path) <= 300
        and path.isprintable()
        and "\\" not in path
        and ":" not in path
        and all(part not in ("", ".", "..") and not part.startswith(".") and part == part.strip() for part in parts)
    )


def record(course: CourseFile) -> Mapping[str, Any]:
    """The texts of a course as release.json has them."""
    return {
        "title": course.title,
        "description": course.description,
        "authors": list(course.authors),
        "language": course.language,
        "requires": list(course.requires),
        "embed_hosts": sorted(course.embed_hosts),
        "policy": course.policy.record(),
    }
