"""Processes that an earlier supervisor left behind: known by pid, time of start and boot, never by name."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from pathlib import Path


def boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def started_at(pid: int) -> int | None:
    """Clock ticks from boot to its start; with the pid that names one process for ever. None: no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[19])


def children(parent: int) -> list[int]:
    """The processes whose parent is `parent` now."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent and fields[0] != "Z":
                    found.append(int(entry.name))
    return found


def remember(path: Path, pids: dict[str, int]) -> None:
    """Writes down which processes are ours, whole or not at all."""
    known = {"boot": boot(), "programs": {name: [pid, started_at(pid)] for name, pid in pids.items()}}
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(known, file)
    fresh.replace(path)


def recall(path: Path) -> dict[str, int]:
    """The processes written down that still are the same ones."""
    try:
        known = json.loads(path.read_text())
        if known["boot"] != boot():
            return {}
        return {name: pid for name, (pid, start) in known["programs"].items() if started_at(pid) == start}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def end(path: Path, patience: float = 5.0) -> list[str]:
    """Ends what an earlier supervisor started and could not end itself. Gives their names."""
    ended = []
    for name, pid in recall(path).items():
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if recall(path).get(name) != pid:  # it ended between the look and the handle
                continue
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], patience)
            ended.append(name)
        finally:
            os.close(handle)
    path.unlink(missing_ok=True)
    return ended
