"""A server's processes, seen from outside: who they are, what they use, and limits put on them while they run."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import time
from collections.abc import Iterable

PAGE = resource.getpagesize()


def tree(root: int) -> list[int]:
    """`root` and everything below it; complete when `root` is the first process of a pid namespace."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children(pid))
    return found


def children(pid: int) -> list[int]:
    """The processes whose parent `pid` is, oldest first, adopted ones last."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as file:
                found.extend(int(child) for child in file.read().split())
    return found


def memory(pid: int) -> int:
    """Bytes that this process takes; shared pages count by share where the kernel tells us, else not."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    with contextlib.suppress(OSError), open(f"/proc/{pid}/statm") as file:
        _size, resident, shared, *_rest = file.read().split()
        return (int(resident) - int(shared)) * PAGE
    return 0


def written(pids: Iterable[int]) -> int:
    """Bytes that the processes, and the children they have waited for, have sent to disks."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/io") as file:
            for line in file:
                if line.startswith("write_bytes:"):
                    total += int(line.split()[1])
    return total


def unlinked(pids: Iterable[int], device: int) -> int:
    """Bytes of files on `device` that have no name any more but are still open in the processes."""
    sizes: dict[int, int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    facts = os.stat(f"/proc/{pid}/fd/{descriptor}")
                    if facts.st_nlink == 0 and facts.st_dev == device:
                        sizes[facts.st_ino] = facts.st_blocks * 512
    return sum(sizes.values())


def limit_files(pids: Iterable[int], size: int, uid: int) -> None:
    """From now on the processes make no file longer than `size` bytes (a soft limit, below their hard one).

    Done by a fork that is `uid`: only the owner may, or CAP_SYS_RESOURCE, which containers often take from root.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        if os.geteuid() == 0 and uid != 0:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        for pid in pids:
            with contextlib.suppress(OSError):
                _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                value = hard if hard != resource.RLIM_INFINITY and size > hard else size
                if _soft != value:
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (value, hard))
    finally:
        os._exit(0)


def sacrifice(pids: Iterable[int]) -> None:
    """When memory runs out, these go before all others."""
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
            file.write("1000")


def end(pids: Iterable[int], seconds: float = 2.0) -> None:
    """SIGKILL to each, and until they are gone, but no longer than `seconds`. A pid used anew is never hit."""
    opened = []
    for pid in pids:
        with contextlib.suppress(OSError):
            opened.append(os.pidfd_open(pid))
    for descriptor in opened:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    end = time.monotonic() + seconds
    for descriptor in opened:
        select.select([descriptor], [], [], max(0, end - time.monotonic()))
        os.close(descriptor)
