"""Control groups: bounds on a server with everything it starts. Version 2 where its controllers are ours, else 1."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bounds import Bounds

CONTROLLERS = ("memory", "pids", "cpu")
OURS = "proboost-"
LEAF = "proboost.platform"  # where our own processes go in version 2, which wants limits and processes apart
_PERIOD = 100_000  # microseconds


@dataclass(frozen=True)
class Place:
    """Where groups for one controller are made: below our own."""

    version: int
    directory: str


@dataclass(frozen=True)
class Cage:
    """A server's groups: directories to put processes into, and the controllers that could not be had, with reasons."""

    directories: tuple[str, ...]
    missing: dict[str, str] = field(default_factory=dict)

    def enter(self) -> None:
        """Moves the calling process, and so all that it starts, into the groups."""
        for directory in self.directories:
            _write(f"{directory}/cgroup.procs", "0")

    def ended_for_memory(self) -> int:
        """How many processes in here the kernel has ended because the memory was full."""
        for directory in self.directories:
            for name in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError), open(f"{directory}/{name}") as file:
                    for line in file:
                        if line.startswith("oom_kill "):
                            return int(line.split()[1])
        return 0

    def remove(self) -> None:
        """Takes the groups away; a group with processes stays."""
        for directory in self.directories:
            with contextlib.suppress(OSError):
                os.rmdir(directory)


def places(proc: str = "/proc/self") -> dict[str, Place]:
    """The controllers of this machine and our own group in each."""
    mounts: dict[str, str] = {}
    with open(f"{proc}/mounts") as file:
        for line in file:
            _source, at, kind, options, *_rest = line.split()
            if kind == "cgroup2":
                mounts.setdefault("", at)
            elif kind == "cgroup":
                for option in options.split(","):
                    mounts.setdefault(option, at)
    found: dict[str, Place] = {}
    with open(f"{proc}/cgroup") as file:
        for line in file:
            _number, names, path = line.rstrip("\n").split(":", 2)
            for name in names.split(","):
                if name not in mounts:
                    continue
                directory = mounts[name] + path.rstrip("/")
                if not os.path.isdir(directory):
                    directory = mounts[name]  # a group namespace shows paths that lie elsewhere
                if name:
                    found[name] = Place(1, directory)
                    continue
                with contextlib.suppress(OSError), open(f"{directory}/cgroup.controllers") as controllers:
                    for controller in controllers.read().split():
                        found.setdefault(controller, Place(2, directory))
    return {name: place for name, place in found.items() if name in CONTROLLERS}


def memory_limit() -> int | None:
    """The bytes that our own group, or one above it, may use; None without a limit."""
    place = places().get("memory")
    if place is None:
        return None
    name = "memory.max" if place.version == 2 else "memory.limit_in_bytes"
    directory, least = place.directory, None
    while os.path.exists(f"{directory}/cgroup.procs"):
        with contextlib.suppress(OSError, ValueError):
            with open(f"{directory}/{name}") as file:
                value = int(file.read())
            if value < 1 << 60:
                least = value if least is None else min(least, value)
        directory = os.path.dirname(directory)
    return least


def prepare(found: dict[str, Place] | None = None) -> dict[str, Place]:
    """The controllers in which groups can be made, told once when the launcher starts.

    In version 2 a group has either processes or limited children: our own processes move into a leaf.
    """
    ready = {}
    for name, place in (places() if found is None else found).items():
        if place.version == 1:
            ready[name] = place
            continue
        base = place.directory
        if os.path.basename(base) == LEAF:
            base = os.path.dirname(base)
        with contextlib.suppress(OSError):
            _delegate(base, name)
            ready[name] = Place(2, base)
    return ready


def available() -> dict[str, Place]:
    """Like `prepare`, but moves no process: where that would be needed, the group is left as it is."""
    ready = {}
    for name, place in places().items():
        base = os.path.dirname(place.directory) if os.path.basename(place.directory) == LEAF else place.directory
        ready[name] = Place(place.version, base)
    return ready


def _delegate(base: str, controller: str) -> None:
    def enabled() -> bool:
        with open(f"{base}/cgroup.subtree_control") as file:
            return controller in file.read().split()

    if enabled():
        return
    with contextlib.suppress(OSError):
        _write(f"{base}/cgroup.subtree_control", f"+{controller}")
    if enabled():
        return
    os.makedirs(f"{base}/{LEAF}", exist_ok=True)
    with open(f"{base}/cgroup.procs") as file:
        processes = file.read().split()
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            _write(f"{base}/{LEAF}/cgroup.procs", process)
    _write(f"{base}/cgroup.subtree_control", f"+{controller}")


def cage(name: str, bounds: Bounds, where: dict[str, Place]) -> Cage:
    """Groups for the server `name`, with its bounds written; what is not possible is named, not raised."""
    directories: list[str] = []
    missing = {}
    for controller in CONTROLLERS:
        place = where.get(controller)
        if place is None:
            missing[controller] = "no such controller here"
            continue
        directory = f"{place.directory}/{OURS}{name}"
        try:
            os.makedirs(directory, exist_ok=True)
            for file, value, needed in _files(controller, place.version, bounds):
                if needed or os.path.exists(f"{directory}/{file}"):
                    _write(f"{directory}/{file}", value)
        except OSError as error:
            missing[controller] = error.strerror or str(error)
            with contextlib.suppress(OSError):
                os.rmdir(directory)
            continue
        if directory not in directories:
            directories.append(directory)
    return Cage(tuple(directories), missing)


def _files(controller: str, version: int, bounds: Bounds) -> list[tuple[str, str, bool]]:
    """(file, value, whether the limit is none without it), in the order they must be written."""
    quota, memory = int(bounds.cpus * _PERIOD), str(bounds.memory_mb << 20)
    if controller == "pids":
        return [("pids.max", str(bounds.pids), True)]
    if version == 2:
        if controller == "memory":
            return [("memory.max", memory, True), ("memory.swap.max", "0", False)]
        return [("cpu.max", f"{quota} {_PERIOD}", True), ("cpu.weight", "50", False)]
    if controller == "memory":
        return [("memory.limit_in_bytes", memory, True), ("memory.memsw.limit_in_bytes", memory, False)]
    return [
        ("cpu.cfs_period_us", str(_PERIOD), False),
        ("cpu.cfs_quota_us", str(quota), False),
        ("cpu.shares", "512", True),
    ]


def sweep(mark: str, where: dict[str, Place]) -> None:
    """Removes groups, of names beginning with `mark`, whose servers are gone: their keepers were killed."""
    for place in where.values():
        with contextlib.suppress(OSError):
            for name in os.listdir(place.directory):
                if name.startswith(OURS + mark):
                    with contextlib.suppress(OSError):
                        os.rmdir(f"{place.directory}/{name}")


def _write(path: str, value: str) -> None:
    with open(path, "w") as file:
        file.write(value)
