"""The supervisor: five children, one reaper of orphans, signals; starts in order, stops everything, leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable

import httpx

from proboost.i18n import gettext as _
from proboost.settings import Settings
from proboost.supervisor import health, leftovers, logs
from proboost.supervisor.child import Child
from proboost.supervisor.ground import CannotStart
from proboost.supervisor.programs import Program, Sockets, programs
from proboost_kernel.forkserver import linux

log = logging.getLogger(__name__)

TOGETHER = 0.5  # seconds
LEARNERS_GRACE = 20.0  # seconds for learners' servers to hand over their spools and end


class Interrupted(Exception):
    """Ctrl-C or SIGTERM came before everything was up."""


class Supervisor:
    """`say` gets a line for people each time something is done. One event loop, one thread: children die with it."""

    def __init__(self, conf: Settings, sockets: Sockets, say: Callable[[str], None]) -> None:
        self.conf = conf
        self.say = say
        self.interrupted = asyncio.Event()
        self._book = conf.run / "programs.json"
        self._forced = asyncio.Event()
        self._first = 0.0
        self._stopping = False
        self._proxy_told = 0
        self._telling: asyncio.Task[None] | None = None
        self._sockets = sockets
        self.children: dict[str, Child] = {}
        for program in programs(conf, sockets):
            self._add(program)

    def _add(self, program: Program) -> None:
        self.children[program.name] = Child(program, self.conf.logs_dir, self.children, self._changed)

    def prepare(self) -> None:
        """Becomes the reaper of everything started below, and takes the signals."""
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._interrupt)

    def _interrupt(self) -> None:
        """The first signal stops in order; a later one at once. Two that come together are one: make sends its own."""
        now = time.monotonic()
        if not self.interrupted.is_set():
            self._first = now
            self.interrupted.set()
        elif now - self._first > TOGETHER:
            self._forced.set()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self.children.values():
                if child.pid == pid:
                    child.ended(status)

    def _changed(self, child: Child) -> None:
        with contextlib.suppress(OSError):
            leftovers.remember(self._book, {c.name: c.pid for c in self.children.values() if c.pid is not None})
        proxy, hub = self.children["proxy"], self.children["hub"]
        if child in (proxy, hub) and proxy.ready.is_set() and hub.ready.is_set() and proxy.starts != self._proxy_told:
            self._proxy_told = proxy.starts
            self._telling = asyncio.create_task(self._open_proxy(proxy))

    async def _open_proxy(self, proxy: Child) -> None:
        """A proxy that was started again knows no route: the Hub is told, and then the proxy may answer people."""
        started = proxy.starts
        headers = {"Authorization": f"token {self.conf.secret('supervisor_token')}"}
        async with httpx.AsyncClient(timeout=10.0, headers=headers) as client:
            while proxy.starts == started and not self._stopping:
                try:
                    answer = await client.post(f"{self.conf.hub_api_url}/proxy")
                except httpx.HTTPError:
                    answer = None
                if answer is not None and answer.is_success:
                    break
                await asyncio.sleep(0.2)
        if proxy.starts == started:
            proxy.signal(signal.SIGUSR2)

    async def start(self) -> None:
        """Starts everything and comes back when people can come in. Raises CannotStart, or Interrupted on Ctrl-C."""
        began = time.monotonic()
        for child in self.children.values():
            child.keep()
        names = {
            "launcher": _("launcher"),
            "proxy": _("proxy"),
            "hub": _("log-in (Hub)"),
            "platform": _("platform"),
            "worker": _("worker"),
        }
        waiting = {asyncio.create_task(c.ready.wait(), name=n): n for n, c in self.children.items()}
        interrupted = asyncio.create_task(self.interrupted.wait())
        try:
            while waiting:
                done, _pending = await asyncio.wait(
                    [*waiting, interrupted], timeout=0.5, return_when=asyncio.FIRST_COMPLETED
                )
                if interrupted in done:
                    raise Interrupted
                for task in done:
                    name = waiting.pop(task)
                    self.say(f"  ✓ {names[name]}, {time.monotonic() - began:.1f} s")
                self._raise_failure()
            while not await health.public(self.conf):
                if self.interrupted.is_set():
                    raise Interrupted
                self._raise_failure()
                await asyncio.sleep(0.05)
        finally:
            for task in (*waiting, interrupted):
                task.cancel()

    def _raise_failure(self) -> None:
        for child in self.children.values():
            if child.first_failure and not child.ready.is_set():
                raise CannotStart(
                    _("{name} does not start ({reason}). Its log, {path}, ends with:\n{tail}").format(
                        name=child.name,
                        reason=child.first_failure,
                        path=self.conf.logs_dir / f"{child.name}.log",
                        tail=logs.tail(self.conf.logs_dir, child.name),
                    )
                )

    async def stop(self) -> None:
        """The door first; learners' servers while the platform still takes their spools; ours; then whatever is left.

        A second signal ends the patience.
        """
        self._stopping = True
        if self._telling is not None:
            self._telling.cancel()
        orderly = asyncio.create_task(self._orderly())
        forced = asyncio.create_task(self._forced.wait())
        await asyncio.wait([orderly, forced], return_when=asyncio.FIRST_COMPLETED)
        forced.cancel()
        if not orderly.done():
            orderly.cancel()
            for child in self.children.values():
                child.program = _impatient(child.program)
            await asyncio.gather(orderly, *(child.stop() for child in self.children.values()), return_exceptions=True)
        elif orderly.exception() is not None:
            log.error("the orderly stop failed", exc_info=orderly.exception())
            await asyncio.gather(*(child.stop() for child in self.children.values()))
        await self._sweep()
        log.info("nothing is left")
        for listening in vars(self._sockets).values():
            listening.close()
        for path in (self._book, self.conf.internal_socket, self.conf.proxy_api_socket, self.conf.launcher_socket):
            path.unlink(missing_ok=True)

    async def _orderly(self) -> None:
        children = self.children
        await children["proxy"].stop()  # nobody comes in any more, so no server is started anew
        self._sockets.public.close()
        await self._stop_learners()
        await children["worker"].stop()
        await asyncio.gather(children["hub"].stop(), children["platform"].stop())
        await children["launcher"].stop()

    async def _stop_learners(self) -> None:
        from proboost.launcher.client import stop_all

        if not self.children["launcher"].ready.is_set():
            return
        try:
            left = await asyncio.to_thread(stop_all, self.conf.launcher_socket, seconds=LEARNERS_GRACE)
        except OSError as error:
            log.warning("learners' servers could not be stopped in order: %s", error)
        else:
            log.info("learners' servers have ended; left: %s", left or "none")

    async def _sweep(self) -> None:
        """Ends what is still below us: keepers whose launcher is gone, and what they leave."""
        while True:
            self._reap()
            pids = leftovers.children(os.getpid())
            if not pids:
                return
            for pid in pids:
                log.warning("pid %d is left and is ended", pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # a child of ours that we have not reaped: the pid is its own
            await asyncio.sleep(0.02)


def _impatient(program: Program) -> Program:
    from dataclasses import replace

    return replace(program, grace=0.0)
