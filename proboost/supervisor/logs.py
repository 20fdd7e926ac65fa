"""Logs of the programs: one file each in DATA/logs, rotated by size while the program goes on writing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MOST = 10 << 20
KEPT = 3


def open_log(folder: Path, name: str) -> int:
    """A descriptor that appends to NAME.log; only the supervisor's own account reads it."""
    return os.open(folder / f"{name}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def rotate(folder: Path, name: str, most: int = MOST) -> bool:
    """Moves a log that grew above `most` bytes aside. Its writer appends, so the file is copied and emptied."""
    log = folder / f"{name}.log"
    if not log.exists() or log.stat().st_size <= most:
        return False
    for number in range(KEPT, 1, -1):
        older = folder / f"{name}.log.{number - 1}"
        if older.exists():
            older.replace(folder / f"{name}.log.{number}")
    first = folder / f"{name}.log.1"
    shutil.copyfile(log, first)
    first.chmod(0o600)
    os.truncate(log, 0)
    return True


def tail(folder: Path, name: str, lines: int = 8) -> str:
    """The last lines, for a person who must know why a program did not start."""
    log = folder / f"{name}.log"
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16384))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-lines:])
