"""The warm parent of kernels: one thread, no event loop, nobody's secrets; forks a kernel for whoever may have one.

Requests are frames (`wire`) on a unix socket, whose mode and folder keep others out, and whose peer is checked:

    {"op": "start", "need": {…}, "spare": bool, "independent": bool, "mold": {…}}, then a second frame that only the
        kernel reads: {"env", "argv", "module", "cwd", "bounds", "key"} with its output descriptors
        → {"pid"} with a pidfd, {"bound", "files", "info" of a spare}, and when it ends {"exit": status}
        → {"error", "stale"} when there is none
    {"op": "prepare", "need", "mold"}  → {"done": true}: make a spare, when there is room
    {"op": "info"} → this parent's state     {"op": "stop"} → it takes no more requests, and ends after its kernels

`need` is `place.need(...)`: what must be equal here for a kernel of ours to pass for one that the asker started itself.
The asker keeps the connection open as long as it wants the kernel: when it goes, the kernel goes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from . import hygiene, kernel, libraries, place, pressure, sharing, stale, wire
from .stale import Fingerprint

STARTED_WITH = place.at_start(os.environ)  # this process was started with these, whatever becomes of its environment
AFTER = 1.5  # seconds after a start in which the processors belong to the new kernel and its page, not to a spare
LATER = 5.0  # seconds between two looks at whether there is room for a spare
HURRY = 1.0  # seconds that a request may take to arrive


def serve(
    listening: socket.socket,
    *,
    preload: Sequence[str] = libraries.LESSONS,
    spares: int = 1,
    busy: float = pressure.BUSY,
    idle: float | None = None,
    path: str = "",
    packages: str = "",
    started_with: Mapping[str, str] | None = None,
) -> NoReturn:
    """Turns this process into a warm parent that forks kernels for whoever connects to `listening`; never returns.

    For a process that was started for it (`python -m proboost_kernel.forkserver`), and as well for a fork of the
    machine's warm parent that has already entered its user's view: uid, namespaces, control group, limits, seccomp
    filter, session and environment (with HOME) are the user's when this is called, no descriptor but `listening` and
    0-2 need be open (all others are closed), there is one thread, no zmq context and no event loop. What is in
    `preload` and already imported costs nothing and stays shared with the process it was forked from. Empty: that
    process has loaded all that kernels need.

    `spares`: how many kernels wait ready for their user, 0 or 1; none is made before the first request (or "prepare"),
    nor while memory is short or somebody waits for a processor `busy` percent of the time.
    `idle`: seconds without a kernel and a request after which it ends; None: never. `path`: where `listening` is bound;
    removed when requests must go to a fresher parent. `packages`: the folder on the kernel's path only, where its user
    installs. `started_with`: the variables Python itself was started with, where they are not those of this module's
    import.
    """
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    failed = libraries.load(preload) if preload else {}
    with contextlib.suppress(ImportError):  # without ipykernel every start fails, and says so itself
        from proboost_kernel import kernelapp

        kernelapp.rehearse()
    libraries.remember()
    if preload:
        sharing.prepare()
    with_ = STARTED_WITH if started_with is None else started_with
    began = {name: value for name, value in with_.items() if name not in place.ONE_THREAD}
    room = partial(pressure.high, busy)
    parent = Parent(listening, path, idle, room if spares else None, stale.here(packages), began, failed)
    try:
        hygiene.settle()
    except hygiene.NotSingleThreaded as error:  # said to each who asks: they start their kernels in the ordinary way
        parent.refusal = str(error)
    while parent.turn():
        pass
    parent.leave()
    os._exit(0)


@dataclass
class Forked:
    """A kernel of this parent: somebody's, or the spare while it is nobody's (then `control` leads to it)."""

    pid: int
    pidfd: int
    connection: socket.socket | None = None
    independent: bool = False
    control: socket.socket | None = None
    mold: Mapping[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    ready: bool = False


class Parent:
    """The loop. Descriptors it holds: `listening`, and of each kernel a pidfd and the connection of who wants it."""

    def __init__(
        self,
        listening: socket.socket,
        path: str,
        idle: float | None,
        crowded: Callable[[], str] | None,
        fingerprint: Fingerprint,
        began: Mapping[str, str],
        failed: Mapping[str, str],
    ) -> None:
        self.listening, self.path, self.idle, self.crowded = listening, path, idle, crowded
        self.fingerprint, self.began, self.failed = fingerprint, dict(began), dict(failed)
        self.inode = os.stat(path).st_ino if path else 0
        self.kernels: dict[int, Forked] = {}  # by pidfd
        self.spare: Forked | None = None
        self.mold: Mapping[str, Any] | None = None  # what the last kernel was made ready with: the next spare's
        self.refusal = ""
        self.closing = False
        self.asked = time.monotonic()
        self.due = float("inf")  # when to see whether a spare can be made
        self.why_no_spare = ""
        self.poll = select.poll()
        self.poll.register(listening, select.POLLIN)

    def turn(self) -> bool:
        """Waits for one thing to happen and does it; whether to go on."""
        now = time.monotonic()
        seconds = min(LATER, max(0.0, self.due - now))
        ready = dict(self.poll.poll(seconds * 1000))
        for descriptor in [fd for fd in ready if fd in self.kernels]:
            self._ended(self.kernels.pop(descriptor))
        if self.spare is not None and self.spare.pidfd in ready:
            self._drop_spare("it ended")
        left = [one for one in self.kernels.values() if one.connection and one.connection.fileno() in ready]
        for one in left:
            self._unwanted(one)
        if self.listening.fileno() in ready:
            self.asked = time.monotonic()
            self._answer()
        elif not ready:
            self._rest()
        return not (self._finished() and not self.kernels)

    def _finished(self) -> bool:
        if self.closing or self._displaced():
            return True
        return self.idle is not None and not self.kernels and time.monotonic() - self.asked > self.idle

    def _displaced(self) -> bool:
        """Whether somebody removed or replaced our socket: nobody can reach us any more."""
        if not self.path:
            return False
        try:
            return os.stat(self.path).st_ino != self.inode
        except OSError:
            return True

    def leave(self) -> None:
        """Nothing of this parent is left but what its kernels hold."""
        if self.spare is not None:
            self._drop_spare("the parent ends")
        self._close_door()

    def _close_door(self) -> None:
        """Takes no more requests: a fresher parent may be started where this one was."""
        self.closing = True
        if self.path and not self._displaced():
            with contextlib.suppress(OSError):
                os.unlink(self.path)

    # -- requests

    def _answer(self) -> None:
        try:
            connection, _address = self.listening.accept()
        except OSError:  # who asked is gone already, or we have too many descriptors just now
            return
        keep = False
        try:
            keep = self._request(connection)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"kernel parent: {error!r}", file=sys.stderr, flush=True)
            with contextlib.suppress(OSError):
                wire.send(connection, {"error": repr(error)[:500]})
        finally:
            if not keep:
                connection.close()

    def _request(self, connection: socket.socket) -> bool:
        """Whether the connection stays with a kernel."""
        peer = wire.peer(connection)
        if peer.uid != os.getuid():
            return False
        head, _none = wire.receive(connection, seconds=HURRY)
        connection.settimeout(HURRY)
        match head and head["op"]:
            case "info":
                wire.send(connection, self.state())
            case "stop":
                self._close_door()
                wire.send(connection, {"done": True})
            case "start" | "prepare" as op:
                if why := self._refuse(head):
                    wire.send(connection, why)
                elif op == "prepare":
                    self._mold(head["mold"])
                    wire.send(connection, {"done": True})
                else:
                    self._start(connection, head, peer.pid)
                    return True
        return False

    def _refuse(self, head: Mapping[str, Any]) -> dict[str, Any] | None:
        if self.closing:
            return {"error": "ending", "stale": True}
        if changed := self.fingerprint.changed():
            if self.spare is not None:
                self._drop_spare("stale")
            self._close_door()
            return {"error": f"changed since it was imported: {changed}", "stale": True}
        if differs := place.differs(head["need"], self.began):
            return {"error": f"this parent has another {differs}"}
        if not self.refusal and (number := hygiene.tasks()) != 1:
            self.refusal = f"{number} threads in the warm parent"
        return {"error": self.refusal} if self.refusal else None

    def _start(self, connection: socket.socket, head: Mapping[str, Any], peer: int) -> None:
        independent = bool(head.get("independent"))
        mold = head.get("mold")
        spare = self.spare
        if head.get("spare") and spare is not None and self._is_ready(spare) and spare.mold == mold:
            assert spare.control is not None
            message = {"peer": peer, "independent": independent}
            try:
                wire.send(spare.control, message, (connection.fileno(),))
            except OSError:
                self._drop_spare("it does not listen")
            else:
                spare.control.close()
                spare.control = None
                self.spare = None
                self._keep(spare, connection, independent=independent)
                self._mold(mold)
                return
        pid = os.fork()
        if pid == 0:
            self._let_go(connection)
            kernel.start(connection, head, peer)
        self._keep(Forked(pid, os.pidfd_open(pid)), connection, independent=independent)
        self._mold(mold)

    def _keep(self, one: Forked, connection: socket.socket, *, independent: bool) -> None:
        one.connection, one.independent = connection, independent
        self.kernels[one.pidfd] = one
        self.poll.register(one.pidfd, select.POLLIN)
        self.poll.register(connection, 0)  # POLLHUP alone: who asked is gone

    def _let_go(self, *kept: socket.socket) -> None:
        """In a fork: closes what Python holds as sockets, before the rest is closed by number: nothing closes twice."""
        others = [self.listening, *(one.connection for one in self.kernels.values())]
        if self.spare is not None:
            others.append(self.spare.control)
        for one in others:
            if one is not None and one not in kept:
                one.close()

    # -- ends

    def _ended(self, one: Forked) -> None:
        """A kernel's process ended: it is buried, and who wanted it told its status."""
        self.poll.unregister(one.pidfd)
        _pid, status = os.waitpid(one.pid, 0)
        os.close(one.pidfd)
        if one.connection is not None:
            self._unwatch(one.connection)
            with contextlib.suppress(OSError):
                wire.send(one.connection, {"exit": os.waitstatus_to_exitcode(status)})
            one.connection.close()
        self.asked = time.monotonic()

    def _unwanted(self, one: Forked) -> None:
        """Who asked for this kernel closed the connection: gave up waiting, or ended."""
        assert one.connection is not None
        self._unwatch(one.connection)
        one.connection.close()
        one.connection = None
        if not one.independent:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(one.pidfd, signal.SIGKILL)
            _remove(one.files)

    def _unwatch(self, connection: socket.socket) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.poll.unregister(connection)

    # -- the spare

    def _mold(self, mold: Mapping[str, Any] | None) -> None:
        """The next spare is to be made like this; one that is made otherwise has no future."""
        self.mold = mold
        self.due = time.monotonic() + AFTER if mold is not None and self.crowded else float("inf")

    def _rest(self) -> None:
        """Nobody wants anything just now: a spare is made, or given up where there is no room for it."""
        if self.crowded is None or self.mold is None or self.closing:
            self.due = float("inf")
            return
        self.due = time.monotonic() + LATER
        self.why_no_spare = self.crowded()
        if self.spare is not None and (self.why_no_spare or self.spare.mold != self.mold):
            self._drop_spare(self.why_no_spare or "made for another")
        if self.spare is None and not self.why_no_spare and not self.refusal:
            try:
                self._make_spare(self.mold)
            except OSError as error:  # its user has as many processes as may be
                self.why_no_spare = repr(error)

    def _make_spare(self, mold: Mapping[str, Any]) -> None:
        ours, its = socket.socketpair()
        with its:
            try:
                pid = os.fork()
            except OSError:
                ours.close()
                raise
            if pid == 0:
                ours.close()
                self._let_go()
                kernel.spare(its, mold)
        ours.settimeout(HURRY)
        self.spare = Forked(pid, os.pidfd_open(pid), control=ours, mold=mold)
        self.poll.register(self.spare.pidfd, select.POLLIN)

    def _is_ready(self, spare: Forked) -> bool:
        assert spare.control is not None
        if not spare.ready and select.select([spare.control], [], [], 0)[0]:
            message, _none = wire.receive(spare.control, seconds=HURRY)
            spare.ready = bool(message and message.get("ready"))
            spare.files = list(message["files"]) if spare.ready else []
        return spare.ready

    def _drop_spare(self, why: str) -> None:
        spare, self.spare = self.spare, None
        assert spare is not None
        assert spare.control is not None
        self.why_no_spare = why
        self.poll.unregister(spare.pidfd)
        with contextlib.suppress(OSError, ValueError):
            self._is_ready(spare)
        spare.control.close()
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(spare.pidfd, signal.SIGKILL)
        os.waitpid(spare.pid, 0)
        os.close(spare.pidfd)
        _remove(spare.files)

    def state(self) -> dict[str, Any]:
        """For "info": who and how many we are; `spare` is its pid once it can be adopted."""
        spare = self.spare
        return {
            "pid": os.getpid(),
            "kernels": [one.pid for one in self.kernels.values()],
            "spare": spare.pid if spare is not None and self._is_ready(spare) else None,
            "why_no_spare": self.why_no_spare,
            "tasks": hygiene.tasks(),
            "refusal": self.refusal,
            "failed": self.failed,
            "processor_seconds": sum(os.times()[:2]),
        }


def _remove(files: Sequence[str]) -> None:
    for path in files:
        with contextlib.suppress(OSError):
            os.unlink(path)
