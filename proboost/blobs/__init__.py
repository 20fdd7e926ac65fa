"""Blobs: bytes named by their SHA-256, written once, in a folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

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


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
