"""How much of this machine one learner may use: the settings' numbers, else a share of what the machine has."""

from __future__ import annotations

import os
from dataclasses import dataclass

from proboost.settings import Settings

from . import cgroups


@dataclass(frozen=True)
class Bounds:
    """Limits of one learner's server with everything it starts; sizes in MiB."""

    memory_mb: int
    pids: int  # processes and threads
    cpus: float  # processors' time per time
    home_mb: int
    files: int  # files and folders in the home
    reserve_mb: int  # free disk below which no home grows

    @property
    def tmp_mb(self) -> int:
        """Size of /tmp. It lies in memory, and no kill frees it: so it is a part of the learner's memory."""
        return max(16, self.memory_mb // 4)

    @property
    def shm_mb(self) -> int:
        return max(16, self.memory_mb // 8)


def memory_mb() -> int:
    """Memory that this machine, or the container we are in, has."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(total, cgroups.memory_limit() or total) >> 20


def of(settings: Settings) -> Bounds:
    """A quarter of the memory, three quarters of the processors, a twentieth of the disk, each within sensible ends."""
    disk = os.statvfs(existing(str(settings.data)))
    disk_mb = disk.f_blocks * disk.f_frsize >> 20
    memory = settings.memory_mb or min(max(memory_mb() // 4, 512), 4096)
    home = settings.home_mb or min(max(disk_mb // 20, 256), 5120)
    return Bounds(
        memory_mb=memory,
        pids=settings.pids or 512,
        cpus=settings.cpus or max(0.5, len(os.sched_getaffinity(0)) * 0.75),
        home_mb=home,
        files=max(20_000, home * 50),
        reserve_mb=min(settings.disk_reserve_mb, disk_mb // 10),
    )


def existing(path: str) -> str:
    """The path, or the nearest folder above it that exists."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path
