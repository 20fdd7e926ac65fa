"""How much a learner's home holds, and what happens when it is too much.

Most disks have no quotas that we could set, so the home is measured: rarely while the disk's free space says that
nothing grows, at once when it falls, and never for more than a small part of the time.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from enum import IntEnum

from .bounds import Bounds

MB = 1 << 20
_SHARE = 20  # of 20 seconds at most one is spent measuring


class Level(IntEnum):
    """What holds for a server; each level includes the ones before."""

    FREE = 0
    FULL = 1  # the learner's programs cannot make files longer; they can delete
    OVER = 2  # they went on growing another way: they are ended
    STOP = 3  # and that did not help: the server is ended


@dataclass(frozen=True)
class Size:
    bytes: int
    files: int


def measure(home: str, enough: int = 1 << 62) -> Size:
    """What the home takes on its disk; links are not followed. Stops counting above `enough` files."""
    total, files, seen = 0, 0, set()
    waiting = [home]
    while waiting and files <= enough:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    try:
                        facts = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    files += 1
                    if facts.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                        if facts.st_ino in seen:
                            continue
                        seen.add(facts.st_ino)
                    total += facts.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return Size(total, files)


def measure_shut_in(home: str, enough: int) -> tuple[Size, float]:
    """`measure` by a fork that cannot leave the home, whatever links its owner makes; and seconds of processor."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):  # an ordinary user may not, nor sees more through links
            os.chroot(home)
            home = "/"
        size = measure(home, enough)
        os.write(writing, f"{size.bytes} {size.files}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        total, _blank, files = file.read().partition(" ")
    _pid, _status, used = os.wait4(child, 0)
    return Size(int(total or 0), int(files or 0)), used.ru_utime + used.ru_stime


@dataclass
class Disk:
    """Free and used bytes of the disk that a folder lies on."""

    used: int
    free: int

    @classmethod
    def of(cls, path: str) -> Disk:
        facts = os.statvfs(path)
        return cls((facts.f_blocks - facts.f_bfree) * facts.f_frsize, facts.f_bavail * facts.f_frsize)


class Watch:
    """Decides when to measure, and the level that the measure means."""

    def __init__(self, home: str, bounds: Bounds) -> None:
        self.home = home
        self.bounds = bounds
        self.size = Size(0, 0)
        self.unlinked = 0
        self._used = 0
        self._at = -1e9
        self._cost = 0.0
        self._full = False
        self._allowed = 1.0
        self._ended = 0

    @property
    def total(self) -> int:
        return self.size.bytes + self.unlinked

    @property
    def used(self) -> float:
        """The share of the bound that is used: of bytes, or of files where that is more."""
        return max(self.total / (self.bounds.home_mb * MB), self.size.files / self.bounds.files)

    def forgive(self) -> None:
        """Programs were ended for their growth: what they made until then is measured anew and counts as it is."""
        self.measured(0, Disk.of(self.home))
        self._allowed = self.used + max(0.1, 16 / self.bounds.home_mb)

    def due(self, disk: Disk, now: float) -> bool:
        """Whether the home may have grown so much since it was measured that it is worth the time to measure again."""
        rest = now - self._at
        if rest < _SHARE * self._cost:
            return False
        limit = self.bounds.home_mb * MB
        grown = max(0, disk.used - self._used)
        return rest >= 15 or self.total + grown > limit - limit // 10 or grown > max(limit - self.total, 0) // 2

    def measured(self, unlinked: int, disk: Disk) -> None:
        """Measures now; `unlinked` bytes are in files without a name."""
        self.size, self._cost = measure_shut_in(self.home, 4 * self.bounds.files)
        self.unlinked = unlinked
        self._used = disk.used
        self._at = time.monotonic()

    def decide(self) -> Level:
        """What the last measure means. OVER is told once for each further step of growth."""
        used, step = self.used, max(0.1, 16 / self.bounds.home_mb)
        if used <= (0.98 if self._full else 1.0):
            self._full, self._ended = False, 0
            return Level.FREE
        if not self._full:
            self._full, self._allowed = True, used + step
            return Level.FULL
        if used <= self._allowed:
            return Level.FULL
        self._ended += 1
        return Level.STOP if self._ended > 2 else Level.OVER
