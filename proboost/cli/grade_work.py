"""What `proboost grade` is asked for: authors' notebooks with their files, and which submitted notebook is whose."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proboost.cli.group import Failed
from proboost.courses import native
from proboost.grading.sandbox.belongings import MAX_FILES, MAX_TOTAL
from proboost.i18n import gettext as _

NOTEBOOK = ".ipynb"
Json = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """An author's notebook. `files`: path relative to it -> bytes, of what lies beside it."""

    name: str
    notebook: Json
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Handed:
    """A notebook to grade; `path` None: it was not handed in."""

    source: Source
    path: Path | None
    shown: str  # as it is called in results
    feedback: Path  # below the folder of feedback


@dataclass(frozen=True)
class Submission:
    """One learner's notebooks, and the files that they handed in with them."""

    handed: tuple[Handed, ...]
    brought: Mapping[str, bytes]


# -- authors'


def sources(path: Path) -> list[Source]:
    """Of a notebook, or of each notebook of a folder. Raises Failed when there is none with native cells."""
    if not path.is_dir():
        return [_source(path, path.parent, mentioned=True)]
    found = [_source(file, path, mentioned=False) for file in sorted(path.rglob(f"*{NOTEBOOK}")) if _seen(file, path)]
    found = [source for source in found if native.has_native(source.notebook)]
    if not found:
        raise Failed(_("There is no notebook with nbgrader's cells in {path}.").format(path=path))
    return found


def of_course(files: Mapping[str, bytes], lessons: list[str], handed_out: list[str]) -> list[Source]:
    """Of a course's source: its lessons that have native cells, with the files that learners get."""
    beside = {name: files[name] for name in handed_out}
    found = [Source(Path(name).name, _json(files[name], name), beside) for name in lessons]
    found = [source for source in found if native.has_native(source.notebook)]
    if not found:
        raise Failed(_("No lesson of this course has cells that are graded from a handed-in notebook."))
    return found


def _source(file: Path, folder: Path, *, mentioned: bool) -> Source:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failed(_("{path} cannot be read: {reason}").format(path=file, reason=error.strerror)) from None
    notebook = _json(content, str(file))
    if mentioned and not native.has_native(notebook):
        raise Failed(_("{path} has no cells that nbgrader would grade.").format(path=file))
    wrong = [problem for problem in native.problems(notebook) if problem.code in ("duplicate-id", "unbalanced-mark")]
    if wrong:
        raise Failed(f"{file}: {wrong[0].message}")
    text = "".join(native.text_of(cell) for cell in notebook["cells"]) if mentioned else None
    return Source(file.name, notebook, beside(file.parent if mentioned else folder, text))


def _json(content: bytes, name: str) -> Json:
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        notebook = None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list) or notebook.get("nbformat") != 4:
        raise Failed(_("{path} is not a notebook of format 4.").format(path=name))
    if not all(isinstance(cell, dict) and isinstance(cell.get("cell_type"), str) for cell in notebook["cells"]):
        raise Failed(_("{path} is not a notebook of format 4.").format(path=name))
    return notebook


def beside(folder: Path, text: str | None = None) -> dict[str, bytes]:
    """Files that lie beside a notebook; with `text`, those whose names stand in it."""
    found: dict[str, bytes] = {}
    total = 0
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if not _seen(file, folder) or file.suffix == NOTEBOOK or not file.is_file() or file.is_symlink():
            continue
        if text is not None and file.name not in text:
            continue
        total += file.stat().st_size
        if total > MAX_TOTAL or len(found) >= MAX_FILES:
            raise Failed(
                _("The files in {path} are too many or too large: {n} files of {size} MiB together are taken.").format(
                    path=folder, n=MAX_FILES, size=MAX_TOTAL >> 20
                )
            )
        found[name] = file.read_bytes()
    return found


def _seen(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(folder).parts)


# -- learners'


def submissions(paths: list[Path], known: list[Source], *, one: bool) -> list[Submission]:
    """`one`: there is a single author's notebook, so that a submitted file need not have its name. Raises Failed."""
    root = Path(os.path.commonpath([(path if path.is_dir() else path.parent).resolve() for path in paths]))
    return [_submission(path, root, known, one=one) for path in paths]


def _submission(path: Path, root: Path, known: list[Source], *, one: bool) -> Submission:
    if not path.is_dir():
        source = known[0] if one else _by_name(path.name, known)
        return Submission((_handed(source, path, path, root),), {})
    files = [file for file in sorted(path.rglob(f"*{NOTEBOOK}")) if _seen(file, path)]
    handed = []
    for source in known:
        found = next((file for file in files if file.name == source.name), None)
        if found is None and one and len(files) == 1:
            found = files[0]
        handed.append(_handed(source, found, path, root))
    return Submission(tuple(handed), dict(_small(path)))


def _by_name(name: str, known: list[Source]) -> Source:
    for source in known:
        if source.name == name:
            return source
    stems = [
        source for source in known if re.search(rf"(?<![^\W_]){re.escape(Path(source.name).stem)}(?![^\W_])", name)
    ]
    if len(stems) == 1:
        return stems[0]
    raise Failed(_("The source has no notebook for {path}.").format(path=name))


def _handed(source: Source, file: Path | None, given: Path, root: Path) -> Handed:
    place = file or given / source.name
    relative = Path(os.path.relpath(place.resolve(), root))
    return Handed(source, file, str(place), relative.with_suffix(".html"))


def _small(folder: Path) -> Iterator[tuple[str, bytes]]:
    """What the learner handed in beside the notebooks, as far as a room takes it."""
    left, count = MAX_TOTAL // 2, MAX_FILES // 2
    for file in sorted(folder.rglob("*")):
        if file.suffix == NOTEBOOK or not _seen(file, folder) or file.is_symlink() or not file.is_file():
            continue
        size = file.stat().st_size
        if size <= left and count:
            left, count = left - size, count - 1
            yield file.relative_to(folder).as_posix(), file.read_bytes()
