"""Whether this machine has room for a kernel that nobody has asked for yet."""

from __future__ import annotations

import os
from collections.abc import Iterator

ROOM = 192 << 20  # bytes that must stay free beside a spare, for the machine and in each control group
BUSY = 60.0  # percent of the last ten seconds in which somebody waited for a processor
SHORT = 5.0  # the same, for memory
_UNLIMITED = 1 << 60


def high(busy: float = BUSY) -> str:
    """Why no spare should be made or kept now; empty when nothing speaks against it. `busy`: percent, as BUSY."""
    if 0 <= (free := available()) < ROOM:
        return f"{free >> 20} MiB of memory are free"
    for limit, used in group_memory():
        if limit - used < ROOM:
            return f"{max(0, limit - used) >> 20} MiB are left in the control group"
    if (stalled := stall("memory")) > SHORT:
        return f"memory is waited for {stalled:.0f}% of the time"
    if (stalled := stall("cpu")) > busy and load() > 2.0:
        return f"processors are waited for {stalled:.0f}% of the time"
    return ""


def available() -> int:
    """Bytes of memory that new programs could have; -1 where the system does not say."""
    try:
        with open("/proc/meminfo") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) << 10
    except (OSError, ValueError):
        pass
    return -1


def group_memory(root: str = "/sys/fs/cgroup", groups: str = "/proc/self/cgroup") -> Iterator[tuple[int, int]]:
    """(limit, used) in bytes, of each control group above us that limits memory; version 1 or 2."""
    try:
        with open(groups) as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return
    for _number, controllers, group in (line for line in lines if len(line) == 3):
        path = group
        if controllers == "":
            place, names = root, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            place, names = f"{root}/memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        while True:
            limit, used = (_number_in(f"{place}{path.rstrip('/')}/{name}") for name in names)
            if 0 <= limit < _UNLIMITED and used >= 0:
                yield limit, used
            if path in {"", "/"}:
                break
            path = os.path.dirname(path)


def _number_in(path: str) -> int:
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):  # "max", or not there
        return -1


def stall(what: str) -> float:
    """Percent of the last ten seconds in which some program waited for `what`; 0 where the kernel does not tell."""
    try:
        with open(f"/proc/pressure/{what}") as file:
            return float(file.readline().split("avg10=")[1].split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0


def load() -> float:
    """Programs that want to run, per processor that we may use."""
    try:
        with open("/proc/loadavg") as file:
            running = int(file.read().split()[3].partition("/")[0]) - 1  # we ourselves run just now
    except (OSError, ValueError, IndexError):
        return 0.0
    return running / len(os.sched_getaffinity(0))
