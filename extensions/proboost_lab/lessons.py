"""The learner's copies of lessons on disk: the release's, the working one, and how a new release comes in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from proboost_kernel.i18n import _
from proboost_lab.merge import merge

Json = dict[str, Any]
COURSE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
READ_ONLY, WRITABLE = 0o444, 0o644
FILES = ".files.json"  # beside what was given: no course has a hidden file


class UnsafePath(ValueError):
    """A path that would leave its folder."""


@dataclass(frozen=True)
class Lesson:
    """A line of a course's bundle, as the platform said it."""

    id: str
    title: str
    file: str
    open: bool
    sha256: str | None = None
    why: str | None = None
    opens: str | None = None
    due: str | None = None

    @classmethod
    def of(cls, row: Json) -> Lesson:
        return cls(
            id=str(row["id"]),
            title=str(row.get("title") or row["id"]),
            file=safe(str(row["file"])),
            open=bool(row.get("open")),
            sha256=row.get("sha256"),
            why=row.get("why"),
            opens=row.get("opens"),
            due=row.get("due"),
        )


def safe(path: str) -> str:
    """The path, when it stays below the folder that it is used in and names nothing hidden. Raises UnsafePath."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or "\0" in path or any(part.startswith(".") for part in parts):
        raise UnsafePath(path)
    return "/".join(parts)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(path: Path, data: bytes, mode: int = WRITABLE) -> None:
    """Whole or not at all, also when the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Shelf:
    """One course in a home: `releases/COURSE` as published, `given/COURSE` as last given, `~/COURSE` theirs."""

    def __init__(self, home: Path, course: str) -> None:
        if not COURSE.match(course):
            raise UnsafePath(course)
        hidden = home / ".proboost"
        self.course = course
        self.release = hidden / "releases" / course
        self.given = hidden / "given" / course
        self.snapshots = hidden / "snapshots" / course
        self.working = home / course

    # -- what the platform said
    def bundle(self) -> Json | None:
        """The course's bundle as last pulled, or None."""
        try:
            found = json.loads((self.release / "bundle.json").read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def note_bundle(self, bundle: Json) -> None:
        write(self.release / "bundle.json", json.dumps(bundle, ensure_ascii=False).encode())

    def lesson(self, lesson: str) -> Lesson | None:
        rows = (self.bundle() or {}).get("lessons", ())
        return next((Lesson.of(row) for row in rows if row.get("id") == lesson), None)

    def notebook(self, file: str) -> bytes | None:
        """The release's lesson, when it was pulled."""
        try:
            return (self.release / safe(file)).read_bytes()
        except OSError:
            return None

    def has(self, path: str, sha256: str | None) -> bool:
        data = self.notebook(path)
        return data is not None and (sha256 is None or digest(data) == sha256)

    # -- what comes in
    def keep_lesson(self, file: str, data: bytes) -> None:
        """Put a pulled lesson on the shelf."""
        write(self.release / safe(file), data, READ_ONLY)

    def gave(self, path: str, sha256: str | None) -> bool:
        """Whether this is what the learner was given last."""
        given = self.given / safe(path)
        return given.exists() and sha256 in (None, digest(given.read_bytes()))

    def waits(self, file: str) -> bool:
        """Whether the shelf has another version of the lesson than the learner was given last."""
        data = self.notebook(file)
        return data is not None and not self.gave(file, digest(data))

    def follow(self, lesson: Lesson) -> None:
        """The author gave the lesson's file another name: the learner's copy goes with it, if the new name is free."""
        files = self._files()
        old = files.get(lesson.id)
        if old == lesson.file:
            return
        working, given = self.working / safe(lesson.file), self.given / safe(lesson.file)
        if old is not None and list(files.values()).count(old) == 1 and not working.exists():
            for before, after in ((self.given / safe(old), given), (self.working / safe(old), working)):
                if before.exists():  # the learner's last: a move that was broken off is made whole by the next
                    after.parent.mkdir(parents=True, exist_ok=True)
                    before.replace(after)
        write(self.given / FILES, json.dumps({**files, lesson.id: lesson.file}, ensure_ascii=False).encode())

    def former(self, lesson: Lesson) -> str:
        """The name under which the learner has the lesson now."""
        return self._files().get(lesson.id, lesson.file)

    def deliver(self, file: str, data: bytes, *, held: bool = False) -> str:
        """Bring the working copy up to date: new, same, replaced, merged, beside.

        `held`: the learner has it open, so what would change it waits until they ask for it.
        """
        target, given = self.working / safe(file), self.given / safe(file)
        before = given.read_bytes() if given.exists() else None
        if not target.exists():
            outcome = "new"
            write(target, data)
        elif before == data:
            return "same"
        elif held:
            return "waiting"
        elif before is not None and target.read_bytes() == before:
            outcome = "replaced"
            write(target, data)
        else:
            outcome = self._merge(target, before, data)
        write(given, data, READ_ONLY)
        return outcome

    def _merge(self, target: Path, before: bytes | None, data: bytes) -> str:
        mine = target.read_bytes()
        write(self._snapshot(target), mine)
        try:
            old = json.loads(before) if before is not None else {"cells": []}
            merged, _report = merge(old, json.loads(mine), json.loads(data))
        except (
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
        ):  # not a notebook any more: theirs stays, ours lies beside
            write(self._free(target, _("new version")), data)
            return "beside"
        write(target, (json.dumps(merged, ensure_ascii=False, indent=1) + "\n").encode())
        return "merged"

    def receive_file(self, path: str, data: bytes) -> None:
        """A data file: on the shelf, and in the working copy."""
        write(self.release / safe(path), data, READ_ONLY)
        self.deliver_file(path, data)

    def deliver_file(self, path: str, data: bytes) -> str:
        """The learner's own changes to it stay, and the new one lies beside: new, same, replaced, beside."""
        target, given = self.working / safe(path), self.given / safe(path)
        here = target.read_bytes() if target.exists() else None
        if here == data:
            outcome = "same"
        elif here is None or (given.exists() and here == given.read_bytes()):
            outcome = "new" if here is None else "replaced"
            write(target, data)
        else:
            outcome = "beside"
            write(self._free(target, _("new version")), data)
        write(given, data, READ_ONLY)
        return outcome

    def _files(self) -> dict[str, str]:
        """Lesson -> the file that it was given in."""
        try:
            found = json.loads((self.given / FILES).read_bytes())
        except (OSError, ValueError):
            return {}
        return {str(name): str(file) for name, file in found.items()} if isinstance(found, dict) else {}

    def restore(self, file: str) -> str | None:
        """The author's version is the working copy again; returns the name of the learner's, which lies beside.

        Raises FileNotFoundError when the lesson was never pulled.
        """
        data = self.notebook(file)
        if data is None:
            raise FileNotFoundError(file)
        target = self.working / safe(file)
        kept = None
        if target.exists() and target.read_bytes() != data:
            beside = self._free(target, _("my copy {date}").format(date=f"{datetime.now():%Y-%m-%d %H-%M}"))
            beside.hardlink_to(target)
            kept = beside.name
        write(target, data)
        write(self.given / safe(file), data, READ_ONLY)
        return kept

    def _snapshot(self, target: Path) -> Path:
        name = f"{target.stem}.{datetime.now():%Y%m%dT%H%M%S}{target.suffix}"
        return self._free(self.snapshots / name, "")

    def _free(self, target: Path, words: str) -> Path:
        """A name beside the target that nothing has."""
        for n in range(1, 10_000):
            mark = " ".join(part for part in (words, str(n) if n > 1 else "") if part)
            path = target.with_name(f"{target.stem} ({mark}){target.suffix}") if mark else target
            if not path.exists():
                return path
        raise FileExistsError(target)
