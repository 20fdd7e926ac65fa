"""Building a release: a pure function of the source; same input, same bytes; learners get public fields only."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from proboost.courses import course_file, native
from proboost.courses.flaws import Unsound, errors
from proboost.courses.native import NativeCell
from proboost.courses.notebook import Cell
from proboost.courses.source import Lesson, Source
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise
from proboost_kernel.exercises.markup import public_text

FORMAT = 1
MANIFEST = "manifest.json"
PASTED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

Bundle = Mapping[str, bytes]
Json = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """Three bundles (path -> bytes) and release.json without its number, which is given when it is published."""

    source: Bundle
    learner: Bundle
    key: Bundle
    record: Json


def build(source: Source) -> Release:
    """The release that a source makes. Raises Unsound when the source has errors."""
    if errors(source.flaws):
        raise Unsound(source.flaws)
    lessons = {lesson.file: _lesson_bytes(source, lesson) for lesson in source.lessons}
    files = {path: source.files[path] for path in source.handed_out}
    manifest = {
        "format": FORMAT,
        "course": source.id,
        "title": source.course.title,
        "language": source.course.language,
        "lessons": [
            {"id": lesson.id, "title": lesson.title, "file": lesson.file, **_facts(lessons[lesson.file])}
            for lesson in source.lessons
        ],
        "files": [{"path": path, **_facts(content)} for path, content in files.items()],
    }
    learner = dict(sorted({**lessons, **files}.items())) | {MANIFEST: pretty(manifest)}
    key = {f"{lesson.id}.json": pretty(_key(source, lesson)) for lesson in source.lessons}
    record = _record(source, learner, key)
    return Release(dict(sorted(source.files.items())), learner, dict(sorted(key.items())), record)


def pretty(value: object) -> bytes:
    """JSON as it lies in bundles: stable, readable, with a last newline."""
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest(source: Mapping[str, str]) -> str:
    """What a source (path -> SHA-256) is told by: the same folder has the same."""
    return sha256(json.dumps(dict(sorted(source.items()))).encode("ascii"))


def ref(course: str, lesson: str, exercise: str) -> str:
    return f"{course}/{lesson}#{exercise}"


def key_hash(key: Mapping[str, Any]) -> str:
    """What findings name the key by that they were found with; it never leaves the platform."""
    return sha256(json.dumps(key, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii"))


def _facts(content: bytes) -> Json:
    return {"sha256": sha256(content), "size": len(content)}


def _lesson_bytes(source: Source, lesson: Lesson) -> bytes:
    """The learners' notebook: nothing but what is built here enters it."""
    hosts = source.course.embed_hosts
    cells = [_cell(source.id, lesson.id, cell, hosts) for cell in lesson.notebook.cells if cell.kind != "raw"]
    written = {
        "cells": cells,
        "metadata": {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "proboost": {
                "course": source.id,
                "lesson": lesson.id,
                "title": lesson.title,
                "language": source.course.language,
                **({"embed_hosts": sorted(source.course.embed_hosts)} if source.course.embed_hosts else {}),
                **_unexplained(lesson),
            },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return pretty(written)


def _unexplained(lesson: Lesson) -> Json:
    """Said only where it is so: a lesson that says nothing is the same file as before there was anything to say."""
    return {} if lesson.entry.explain_errors else {"explain_errors": False}


def _cell(course: str, lesson: str, cell: Cell, hosts: Iterable[str]) -> Json:
    metadata = _shown(cell) if cell.native is None else _native(course, lesson, cell, cell.native)
    if cell.kind == "markdown":
        text = public_text(cell.source)
        written: Json = {"cell_type": "markdown", "id": cell.id, "metadata": metadata, "source": _lines(text)}
        used = _used(cell, text)
        return {**written, "attachments": used} if used else written
    text = cell.source
    if cell.exercise is not None and cell.native is None:
        text = exercises.learner_cell(cell.exercise, ref(course, lesson, cell.exercise.id), hosts=hosts)
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell.id,
        "metadata": metadata,
        "outputs": [],
        "source": _lines(text),
    }


def _shown(cell: Cell) -> Json:
    """Metadata of a learner's cell: how the lesson's page shows it."""
    height = {"proboost": {"height": cell.height}} if cell.height else {}
    return {**height, "tags": ["hide-input"]} if cell.hidden else height


def _native(course: str, lesson: str, cell: Cell, found: NativeCell) -> Json:
    """Metadata of a learner's native cell: nbgrader's, and our mark where it counts for points."""
    written = native.learner_metadata(found)
    if cell.exercise is None:
        return written
    public_hash = exercises.public_hash(exercises.public(cell.exercise))
    return {**written, "proboost": {"ref": ref(course, lesson, cell.exercise.id), "hash": public_hash}}


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _used(cell: Cell, text: str) -> Json:
    """Pasted images that the public text shows."""
    found: Json = {}
    for name, bundle in sorted(cell.attachments.items()):
        kept = {mime: data for mime, data in sorted(bundle.items()) if mime in PASTED}
        spellings = "|".join(re.escape(spelling) for spelling in (name, quote(name)))
        if kept and re.search(rf"attachment:(?:{spellings})(?![\w.-])", text):
            found[name] = kept
    return found


def _key(source: Source, lesson: Lesson) -> Json:
    keys = {exercise.id: exercises.key(exercise) for _cell_, exercise in lesson.notebook.exercises}
    return {"format": FORMAT, "course": source.id, "lesson": lesson.id, "exercises": keys}


def _record(source: Source, learner: Bundle, key: Bundle) -> Json:
    return {
        "format": FORMAT,
        "course": source.id,
        **course_file.record(source.course),
        "lessons": [_lesson_record(lesson, learner[lesson.file]) for lesson in source.lessons],
        "files": [{"path": path, **_facts(source.files[path])} for path in source.handed_out],
        "bundles": {
            "source": {path: _facts(content) for path, content in sorted(source.files.items())},
            "learner": {path: _facts(content) for path, content in learner.items()},
            "key": {path: _facts(content) for path, content in key.items()},
        },
    }


def _lesson_record(lesson: Lesson, content: bytes) -> Json:
    entry, titles = lesson.entry, lesson.notebook.titles
    return {
        "id": lesson.id,
        "title": lesson.title,
        "file": lesson.file,
        "opens": _moment(entry.opens),
        "due": _moment(entry.due),
        "after": entry.after,
        "weight": entry.weight,
        **_unexplained(lesson),
        **_facts(content),
        "prose": _prose_hash(lesson),
        "exercises": [
            _exercise_record(exercise, titles[exercise.id]) for _cell_, exercise in lesson.notebook.exercises
        ],
    }


def _prose_hash(lesson: Lesson) -> str:
    """Changes when anything but exercises does."""
    cells = [[cell.kind, public_text(cell.source)] for cell in lesson.notebook.cells if cell.exercise is None]
    return sha256(json.dumps(cells).encode("ascii"))[:16]


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _exercise_record(exercise: Exercise, title: str) -> Json:
    part = exercises.public(exercise)
    return {
        "id": exercise.id,
        "kind": exercise.kind,
        "title": title,
        "points": part["points"],
        "required": part["required"],
        "attempts": part["attempts"],
        "penalty": part["penalty"],
        "hints": len(part["hints"]),
        "public_hash": exercises.public_hash(part),
        "key_hash": key_hash(exercises.key(exercise)),
        "was": exercise.common.was or None,
        **({"variants": True} if exercise.varies else {}),
    }
