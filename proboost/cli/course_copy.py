"""An author's copy of a course: which release it was taken from, and whether it was changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from proboost.cli.group import Failed
from proboost.cli.words import _
from proboost.courses import source as sources
from proboost.courses.release import digest, sha256

MARKER = ".proboost-release"  # hidden, so no part of the course


class Copy:
    """A folder with a course, or where one will be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marker = folder / MARKER

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        return sources.folder(self.folder) if self.folder.is_dir() else {}

    @cached_property
    def known(self) -> dict[str, Any]:
        """What the marker says; nothing when there is none or somebody wrote in it."""
        try:
            found = json.loads(self.marker.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def base(self, course: str, row: Mapping[str, Any] | None) -> int:
        """The release that this copy continues; 0: none. `row`: the course as the platform lists it now.

        What was proposed from here and is published now is continued too.
        """
        if row is not None and row.get("digest") in {self.known.get("proposed"), digest_of(self.files)}:
            return int(row.get("release") or row.get("newest") or 0)
        release = self.known.get("release") if self.known.get("course") == course else 0
        return release if isinstance(release, int) and release >= 0 else 0

    def may_be_replaced(self, files: Mapping[str, bytes]) -> None:
        """Raises Failed when the folder holds work that `files` would write over."""
        if not self.files or digest_of(self.files) in {self.known.get("pulled"), digest_of(files)}:
            return
        message = _(
            "The folder “{path}” holds changes that are not in the release. Move it away, or pull into another."
        )
        raise Failed(message.format(path=self.folder))

    def pulled(self, course: str, release: int, files: Mapping[str, bytes]) -> None:
        self._write({"course": course, "release": release, "pulled": digest_of(files)})

    def published(self, course: str, base: int, release: int | None, files: Mapping[str, bytes]) -> None:
        """`release` None: it was proposed only."""
        mark = digest_of(files)
        if release is not None:
            self._write({"course": course, "release": release, "pulled": mark})
        else:
            self._write({"course": course, "release": base, "proposed": mark, "pulled": self.known.get("pulled")})

    def _write(self, known: Mapping[str, Any]) -> None:
        self.marker.write_text(json.dumps(known) + "\n", "utf-8")


def digest_of(files: Mapping[str, bytes]) -> str:
    return digest({path: sha256(content) for path, content in files.items()})
