"""What a room may use: memory, processor, processes, files. Counted honestly, also of what hides itself."""

from __future__ import annotations

import contextlib
import os
import resource

from proboost_kernel.forkserver import linux

PROCESSES, FILES, FILE_MB = 64, 320, 32
SLACK_MB = 96  # of what the watchdog allows above the limit: one process meets its own limit (a MemoryError) first
_PAGE = resource.getpagesize()


def lower(base: int, *, cpu_seconds: int, memory_mb: int, processes: int = PROCESSES, more: int = 0) -> None:
    """The limits of one job, for good. `base`: bytes of address space that the warm parent has mapped; `more`:
    processes and files that it may have beyond what is usual.
    """
    wanted = {
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),  # a signal at the first, SIGKILL at the second
        resource.RLIMIT_AS: (base + (memory_mb << 20),) * 2,
        resource.RLIMIT_NPROC: (processes + more,) * 2,
        resource.RLIMIT_FSIZE: (FILE_MB << 20, FILE_MB << 20),
        resource.RLIMIT_NOFILE: (FILES + more,) * 2,
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
        resource.RLIMIT_MEMLOCK: (0, 0),
    }
    linux.limits(wanted)


def tasks_of(uid: int) -> int:
    """Processes and threads that `uid` has on this machine: without a user namespace they all count against a limit."""
    count = 0
    for name in os.listdir("/proc"):  # noqa: PTH208 -- hot, and pathlib has no part in a room
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == uid:  # noqa: PTH116
                    count += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208
    return count


def within(processes: list[int], limit_mb: int) -> bool:
    """Whether these processes together have no more memory than this: shared pages are divided by their sharers, and
    what hides its share counts whole. Shares cost a walk through all pages, so they are asked for in case of need.
    """
    limit = limit_mb << 20
    return sum(map(_whole, processes)) <= limit or sum(map(_share, processes)) >> 20 <= limit_mb


def _whole(process: int) -> int:
    try:
        with open(f"/proc/{process}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _share(process: int) -> int:
    try:
        with open(f"/proc/{process}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) << 10
    except FileNotFoundError:
        return 0
    except (OSError, ValueError):  # made itself undumpable, so that nobody looks
        pass
    return _whole(process)


def inhabitants() -> list[int]:
    """Every process of this pid namespace but the first, seen through its own /proc."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]  # noqa: PTH208


def descendants(process: int) -> list[int]:
    """Children of `process`, theirs, and so on, where /proc is not of one's own namespace."""
    found: list[int] = []
    waiting = [process]
    while waiting:
        current = waiting.pop()
        try:
            with open(f"/proc/{current}/task/{current}/children") as file:
                children = [int(child) for child in file.read().split()]
        except (OSError, ValueError):
            continue
        found += children
        waiting += children
    return found
