"""Files that lie beside a notebook: one sealed piece of memory brings them into a room, as bytes after bytes.

Sealed, because everybody who is given its descriptor could otherwise write into what the next room reads.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

MAX_TOTAL = 48 << 20  # bytes; a room's home has 64 MiB
MAX_FILES = 1000

Entry = Sequence[Any]  # path, offset, size


class TooMuch(ValueError):
    """More files than a room takes."""


def check(files: Mapping[str, bytes]) -> None:
    """Raises TooMuch."""
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_TOTAL:
        raise TooMuch


def packed(files: Mapping[str, bytes]) -> tuple[list[Entry], int]:
    """What to tell the room, and a sealed descriptor, which is the caller's to close. Raises TooMuch."""
    check(files)
    memory = os.memfd_create("files", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        entries: list[Entry] = []
        offset = 0
        with os.fdopen(os.dup(memory), "wb") as file:
            for path, content in files.items():
                file.write(content)
                entries.append([path, offset, len(content)])
                offset += len(content)
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(memory)
        raise
    return entries, memory


def lay_out(entries: Sequence[Entry], descriptors: Sequence[int]) -> None:
    """Writes them below the working directory, in the room. A path that leads out of it is left out."""
    try:
        for path, offset, size in entries:
            parts = PurePosixPath(path).parts
            if not parts or parts[0] == "/" or ".." in parts:
                continue
            try:
                if len(parts) > 1:
                    os.makedirs(os.path.join(*parts[:-1]), exist_ok=True)  # noqa: PTH103, PTH118 -- as in all rooms
                with open(path, "wb") as file:
                    file.write(os.pread(descriptors[0], size, offset))
            except OSError:  # a learner's file where a folder should be, say: the program will find out
                continue
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
