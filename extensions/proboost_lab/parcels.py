"""Files that wait for the platform: their letters lie in the spool, their bytes here, until they are delivered."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

LARGEST = 64 * 1024 * 1024  # bytes; as the platform has it
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Parcels:
    """One file each, named by its letter's id. What `keep` has returned from is on the disk, whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, id: str) -> Path:  # noqa: A002
        if not ID.match(id):
            raise ValueError(id)
        return self.folder / id

    def keep(self, id: str, content: bytes) -> None:  # noqa: A002
        """Raises OSError when the disk is full; nothing is left then."""
        path = self.path(id)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        try:
            with new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, id: str) -> bytes | None:  # noqa: A002
        """None: it is not here any more."""
        try:
            return self.path(id).read_bytes()
        except FileNotFoundError:
            return None

    def forget(self, id: str) -> None:  # noqa: A002
        with contextlib.suppress(OSError):
            self.path(id).unlink(missing_ok=True)
