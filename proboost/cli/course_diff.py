"""`course diff`: between folders and releases, with how many learners each change touches where a platform knows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from proboost.cli.course_place import Place, place, published
from proboost.cli.course_told import problem_told, read, sound
from proboost.courses import release as releases
from proboost.courses import source as sources
from proboost.courses.diff import Difference, differences

Json = dict[str, Any]


def differences_of(which: str, other: str | None, data: Path | None) -> list[Difference]:
    """From `other`, or from what is published, to `which`."""
    if Path(which).is_dir() and other is not None and Path(other).is_dir():
        return differences(_folder(other), _folder(which))
    with place(data) as there:
        after = _record(there, which)
        before = _record(there, other if other is not None else str(after["course"]))
        return differences(before, after, there.results(str(after["course"])))


def _record(there: Place, which: str) -> Json:
    """release.json of a folder, of `COURSE@N`, or of what is published as `COURSE`."""
    if Path(which).is_dir():
        return _folder(which)
    course, files = published(there, which)
    found: Json = problem_told(releases.build, sources.read(files, name=course)).record
    return found


def _folder(path: str) -> Json:
    folder = Path(path)
    return releases.build(sound(read(folder), folder)).record
