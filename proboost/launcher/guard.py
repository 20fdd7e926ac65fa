"""Waits for a server's end, and meanwhile holds it within the bounds that no control group and no quota holds."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from functools import partial

from . import cgroups, processes
from .config import Config
from .home import MB, Disk, Level, Watch
from .log import Log
from .notice import Notice
from .register import FORCE
from .start import Started

TICK = 0.5  # seconds between looks at memory and disk
LOG_A_TICK = 256 << 10  # bytes of log copied in that time
PROGRAMS_MAY_WRITE = 1 * MB  # length of a file, while the home is full: enough for a kernel's own small files
SERVER_MAY_WRITE = 16 * MB  # and for the server, which saves notebooks and keeps the answers not yet delivered


class Guard:
    """Waits for the server's end; meanwhile holds it within the bounds that no control group or quota holds."""

    def __init__(
        self, config: Config, uid: int, started: Started, cage: cgroups.Cage, home: str, notice: Notice, log: Log
    ) -> None:
        self.config = config
        self.uid = uid
        self.started = started
        self.home = home
        self.notice = notice
        self.log = log
        self.reason = ""
        self.watch_memory = "memory" in cage.missing
        self.cage = cage
        self.ended_for_memory = cage.ended_for_memory()
        self.watch = Watch(home, config.bounds)
        self.device = os.stat(home).st_dev
        self.full = False
        self.written = 0
        self.first_to_go: set[int] = set()
        for number, sent in ((signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM), (FORCE, signal.SIGKILL)):
            signal.signal(number, partial(self._handle, sent))

    def wait(self) -> int:
        """The server's exit status; negative for a signal."""
        end, log = os.pidfd_open(self.started.waited), self.log.reading
        ready = select.poll()
        ready.register(end, select.POLLIN)
        ready.register(log, select.POLLIN)
        next_look, copied = time.monotonic() + TICK, 0
        while True:
            events = dict(ready.poll(max(0, (next_look - time.monotonic()) * 1000)))
            if log in events:
                piece = self.log.copy()
                copied += piece or 0
                if piece == 0 or copied > LOG_A_TICK:  # whoever floods the log waits for the next tick
                    ready.unregister(log)
            if end in events:
                break
            if time.monotonic() >= next_look:
                self._look()
                if copied > LOG_A_TICK:
                    ready.register(log, select.POLLIN)
                next_look, copied = time.monotonic() + TICK, 0
        while self.log.copy():
            pass
        os.close(end)
        _pid, status = os.waitpid(self.started.waited, 0)
        code = os.waitstatus_to_exitcode(status)
        code = 128 - code if code > 128 else code
        if code == -signal.SIGKILL and not self.reason and self._look_at_ends():
            self.reason = "memory"
        return code

    def _handle(self, sent: int, _number: int, _frame: object) -> None:
        self._signal(sent)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.started.first, number)

    def _look(self) -> None:
        try:
            self._offer_programs()
            self._look_at_ends()
            if self.watch_memory:
                self._look_at_memory()
            self._look_at_home()
        except OSError as error:  # a process that ended while we read about it, a home that is being removed
            print(f"proboost: {error}", file=sys.stderr, flush=True)

    # -- memory

    def _look_at_ends(self) -> bool:
        """Tells of processes that the kernel ended because the group's memory was full."""
        ended = self.cage.ended_for_memory()
        if ended == self.ended_for_memory:
            return False
        self.ended_for_memory = ended
        self._tell("memory", "over", self.config.bounds.memory_mb * MB)
        return True

    def _offer_programs(self) -> None:
        """When the learner's memory is full, the kernel ends what the server started before the server itself."""
        first, *others = processes.children(self.started.first) or [0]  # the server, then the kernels' parent, orphans
        started = {*processes.children(first), *others} if first else set()
        for pid in started - self.first_to_go:
            processes.sacrifice(processes.tree(pid))
        self.first_to_go = started

    def _look_at_memory(self) -> None:
        used = {pid: processes.memory(pid) for pid in processes.tree(self.started.first)}
        if sum(used.values()) <= self.config.bounds.memory_mb * MB:
            return
        programs = self._programs(list(used))
        if programs:
            greatest = max(programs, key=used.__getitem__)
            self._tell("memory", "over", sum(used.values()))
            processes.end([greatest])
        else:
            self.reason = "memory"
            self._signal(signal.SIGKILL)

    def _programs(self, pids: list[int]) -> list[int]:
        """What the learner's server started: everything but the first process, the server, and bubblewrap's own."""
        server = processes.tree(self.started.first)[:1]
        with contextlib.suppress(OSError):
            server += processes.children(self.started.first)[:1]
        return [pid for pid in pids if pid not in server]

    # -- the home, and the platform's reserve of the disk

    def _look_at_home(self) -> None:
        disk = Disk.of(self.home)
        low = disk.free < self.config.bounds.reserve_mb * MB
        if not low and not self.full and not self.watch.due(disk, time.monotonic()):
            return
        pids = processes.tree(self.started.first)
        if low:
            self._spare_the_disk(pids)
        if self.watch.due(disk, time.monotonic()):
            self.watch.measured(processes.unlinked(pids, self.device), disk)
            self._act(self.watch.decide(), low, pids)
        elif low:
            self._limit(True, pids)
        if self.full:
            self._limit(True, pids)  # programs started since then

    def _act(self, level: Level, low: bool, pids: list[int]) -> None:
        if level is Level.FREE:
            if self.full and not low:
                self._limit(False, pids)
                self.notice.tell(None)
            return
        self._limit(True, pids)
        self._tell("home", level.name.lower(), self.watch.total)
        if level >= Level.OVER:
            processes.end(self._programs(processes.tree(self.started.first)))
            self.watch.forgive()
        if level is Level.STOP:
            self.reason = "home"
            self._signal(signal.SIGTERM)

    def _limit(self, full: bool, pids: list[int]) -> None:
        programs = self._programs(pids)
        server = [pid for pid in pids if pid not in programs]
        whole = self.config.bounds.home_mb * MB
        processes.limit_files(programs, PROGRAMS_MAY_WRITE if full else whole, self.uid)
        processes.limit_files(server, SERVER_MAY_WRITE if full else whole, self.uid)
        self.full = full

    def _spare_the_disk(self, pids: list[int]) -> None:
        """The disk is nearly full: who is writing much just now is stopped, whoever filled it."""
        now = processes.written(pids)
        if self.full and now - self.written > 32 * MB:
            self._tell("disk", "over", self.watch.total)
            processes.end(self._programs(pids))
        elif not self.full:
            self._tell("disk", "full", self.watch.total)
        self.written = now

    def _tell(self, what: str, level: str, used: int) -> None:
        limit = self.config.bounds.memory_mb if what == "memory" else self.config.bounds.home_mb
        facts = {"level": level, "used_mb": used >> 20, "limit_mb": limit, "at": time.time()}
        self.notice.tell({what: facts})
        print(f"proboost: {what} {facts}", file=sys.stderr, flush=True)
