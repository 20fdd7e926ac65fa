"""One program under supervision: started, watched, restarted alone with a short back-off, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from proboost.supervisor import logs
from proboost.supervisor.programs import Program

log = logging.getLogger(__name__)

LOOK = 0.05  # seconds between looks at a program that is coming up
WATCH = 5.0  # between looks at one that is up
SICK = 3  # looks in a row that must fail before a program that hangs is ended
STEADY = 30.0  # a program that ran this long starts again at once
DELAYS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)


class Child:
    """`ready` is set while the program is well. `pid` is None while it is not there."""

    def __init__(
        self, program: Program, folder: Path, others: dict[str, Child], changed: Callable[[Child], None]
    ) -> None:
        self.program = program
        self.name = program.name
        self.ready = asyncio.Event()
        self.pid: int | None = None
        self.starts = 0
        self.first_failure: str | None = None
        self._folder = folder
        self._others = others
        self._changed = changed
        self._stopping = asyncio.Event()
        self._ended: asyncio.Future[int] | None = None
        self._task: asyncio.Task[None] | None = None

    def keep(self) -> None:
        """From now on the program runs, until `stop`."""
        self._task = asyncio.create_task(self._keep(), name=self.name)

    async def _keep(self) -> None:
        tries = 0
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            for name in self.program.needs:
                await self._unless_stopping(self._others[name].ready.wait())
            if self._stopping.is_set():
                return
            began = loop.time()
            self._spawn()
            watching = asyncio.create_task(self._watch())
            assert self._ended is not None
            status = await self._ended
            watching.cancel()
            self.pid = None
            self.ready.clear()
            self._changed(self)
            if self._stopping.is_set():
                log.info("%s has stopped (%s)", self.name, said(status))
                return
            tries = 1 if loop.time() - began > STEADY else tries + 1
            log.warning("%s ended (%s), start %d follows", self.name, said(status), self.starts + 1)
            if tries >= len(DELAYS):
                self.first_failure = self.first_failure or said(status)
            await self._unless_stopping(asyncio.sleep(DELAYS[min(tries, len(DELAYS)) - 1]))

    def _spawn(self) -> None:
        logs.rotate(self._folder, self.name)
        for path in self.program.in_the_way:
            path.unlink(missing_ok=True)
        output = logs.open_log(self._folder, self.name)
        self._ended = asyncio.get_running_loop().create_future()
        try:
            process = subprocess.Popen(
                self.program.argv(),
                env=self.program.environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[listening.fileno() for listening in self.program.listening],
                start_new_session=True,  # Ctrl-C in the terminal is for the supervisor, which stops things in order
            )
        finally:
            os.close(output)
        self.pid = process.pid
        process.returncode = 0  # the supervisor reaps: it is the reaper of orphans too
        self.starts += 1
        log.info("%s starts, pid %d", self.name, self.pid)
        self._changed(self)

    def ended(self, status: int) -> None:
        """The supervisor has reaped the process."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(status)

    async def _watch(self) -> None:
        """Sets `ready` once the program is well; ends one that is not well in its time, or hangs later."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.program.patience
        while not await self.program.well():
            if loop.time() > until:
                self.first_failure = "it did not answer"
                log.error("%s is not well after %d s", self.name, self.program.patience)
                self.kill()
                return
            await asyncio.sleep(LOOK)
        log.info("%s is well", self.name)
        self.ready.set()
        self._changed(self)
        failures = 0
        while True:
            await asyncio.sleep(WATCH)
            logs.rotate(self._folder, self.name)
            failures = 0 if await self.program.well() else failures + 1
            if failures >= SICK:
                log.error("%s hangs: it is ended and started again", self.name)
                self.kill()
                return

    def signal(self, number: int) -> None:
        """To the program, which we have not reaped, so its pid is nobody else's."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL when its grace is over; comes back when it has ended."""
        self._stopping.set()
        self.signal(signal.SIGTERM)
        if self._task is None:
            return
        _done, late = await asyncio.wait([self._task], timeout=self.program.grace)
        if late:
            log.warning("%s did not end in time", self.name)
            self.kill()
            await asyncio.wait([self._task])

    async def _unless_stopping(self, awaited: object) -> None:
        waiting = asyncio.ensure_future(awaited)  # type: ignore[call-overload]  # any awaitable
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, stopping):
            task.cancel()


def said(status: int) -> str:
    """A wait status in words."""
    code = os.waitstatus_to_exitcode(status)
    return f"status {code}" if code >= 0 else signal.Signals(-code).name
