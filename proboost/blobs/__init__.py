"""Blobs: bytes named by their SHA-256, written once, in a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from proboost.errors import NotFound
from proboost.i18n import _


class Blobs:
    """A content-addressed store. What `put` has returned is on disk, whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the blob lies. Raises ValueError for anything that is not 64 hex digits."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(f"not a SHA-256: {sha256[:80]!r}")
        return self.folder / "sha256" / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """The blob's name; the same content is stored once."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).rename(path)
            _sync(path.parent)
        return sha256

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """For what comes in pieces and may be large: `write` them, then `keep`; what is not kept leaves nothing."""
        folder = self.folder / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, delete=False) as file:
            path = Path(file.name)
            try:
                yield Incoming(self, file, path)
            finally:
                path.unlink(missing_ok=True)

    def get(self, sha256: str) -> bytes:
        """The content. Raises NotFound when it is not here, ValueError when it is not what its name says."""
        try:
            content = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound(_("A stored file is missing; tell the people who run this platform.")) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError(f"blob {sha256} is damaged")
        return content

    def has(self, sha256: str) -> bool:
        return self.path(sha256).exists()


class Incoming:
    """A blob on its way."""

    def __init__(self, blobs: Blobs, file: IO[bytes], path: Path) -> None:
        self.size = 0
        self._blobs, self._file, self._path = blobs, file, path
        self._hash = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    @property
    def sha256(self) -> str:
        """The name of what was written so far."""
        return self._hash.hexdigest()

    def keep(self) -> str:
        """The blob's name, once it is on disk, whole."""
        sha256 = self.sha256
        path = self._blobs.path(sha256)
        if not path.exists():
            self._file.flush()
            os.fsync(self._file.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            self._path.rename(path)
            _sync(path.parent)
        return sha256


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
