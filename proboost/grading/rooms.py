"""The trusted end of the sandbox: starts the warm parent, keeps rooms ready, and lets go of them.

Thread-safe. Nothing here believes what comes out of a room: frames are bounded, waits have an end, and letting go of a
room's lifeline ends everything in it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import proboost
import proboost_kernel
from proboost_kernel.forkserver import wire

log = logging.getLogger(__name__)

PRELOAD = ("numpy", "pandas", "matplotlib.pyplot")
NOTEBOOKS = ("IPython", "matplotlib_inline.backend_inline")
START = 60.0  # seconds for the warm parent to load what learners' programs import
READY = 20.0  # seconds for a room to be furnished
PAIR = 2  # rooms that a job takes
PLAN_LIMIT = 4 << 20
REPLY_LIMIT = 256 << 10
# Memory in large pages is soon shared with a fork and soon given back, which happens twice for each test.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
_BOOT = (
    "import json, sys; told = json.loads(sys.argv[1]); sys.path[:0] = told.pop('path'); "
    "from proboost.grading.sandbox.zygote import main; main(**told)"
)


class SandboxBroken(Exception):
    """The sandbox did not do its part: nothing was found out about anybody's answer."""


class Room:
    """One room as its broker sees it: the socket of its part, and its lifeline."""

    def __init__(self, control: socket.socket, life: socket.socket) -> None:
        self.control = control
        self.life = life
        self._fate = ""

    def wait_ready(self) -> None:
        try:
            told, _ = wire.receive(self.control, limit=REPLY_LIMIT, seconds=READY)
        except (TimeoutError, OSError, wire.Malformed) as error:
            raise SandboxBroken(f"a room did not get ready: {error}") from error
        if told != {"ready": True}:
            raise SandboxBroken(f"a room did not get ready: {self.fate()}")

    def begin(self, plan: dict[str, Any], *, watched_mb: int) -> None:
        """Hands the part over and starts counting its memory."""
        try:
            self.life.send(str(watched_mb).encode())
            self.control.settimeout(READY)
            wire.send(self.control, plan, limit=PLAN_LIMIT)
        except (OSError, wire.Malformed) as error:
            raise SandboxBroken(f"a room ended before it began: {self.fate() or error}") from error

    def send(self, message: dict[str, Any], descriptors: tuple[int, ...] = (), limit: int = PLAN_LIMIT) -> bool:
        """False when nobody is there any more."""
        try:
            self.control.settimeout(READY)
            wire.send(self.control, message, descriptors, limit=limit)
        except OSError:
            return False
        return True

    def receive(self, seconds: float, limit: int = REPLY_LIMIT) -> dict[str, Any] | None:
        """What the part says; None when it ended or speaks nonsense. Raises TimeoutError."""
        try:
            told, _ = wire.receive(self.control, limit=limit, seconds=seconds)
        except TimeoutError:
            raise
        except (OSError, wire.Malformed):
            return None
        return told if isinstance(told, dict) else None

    def fate(self, seconds: float = 2.0) -> str:
        """How it ended, as its guard says: "memory", "ended -11", …; empty when it still lives after that time.

        "lost": the guard is gone without a word, which no program in the room can bring about.
        """
        if not self._fate:
            self.life.settimeout(seconds)
            try:
                self._fate = self.life.recv(600).decode("utf-8", "replace") or "lost"
            except TimeoutError:
                return ""
            except OSError:
                self._fate = "lost"
        return self._fate

    def close(self) -> None:
        self.control.close()
        self.life.close()


class Rooms:
    """Rooms of one warm parent, which is started when first needed and again when it has died."""

    def __init__(self, tier: str, *, uid: int, preload: Sequence[str] = PRELOAD, spare: int = 2) -> None:
        self.tier = tier
        self.uid = uid
        self.preload = list(preload)
        self.spare = spare
        self._lock = threading.RLock()
        self._ready: deque[Room] = deque()
        self._parent: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._scratch: str | None = None
        self._stopped = False

    def start(self) -> dict[str, Any]:
        """Starts the warm parent and furnishes spare rooms; what it says of itself. Raises SandboxBroken."""
        with self._lock:
            told = self._start()
            self.refill()
            return told

    def _start(self) -> dict[str, Any]:
        self._clear()
        if self._stopped:
            raise SandboxBroken("it is stopped")
        ours, theirs = socket.socketpair()
        if self.tier == "C":
            self._scratch = tempfile.mkdtemp(prefix="proboost-rooms-")
            if os.getuid() == 0:
                os.chown(self._scratch, self.uid, self.uid)
        order = {
            "path": sorted({str(Path(next(iter(room.__path__))).parent) for room in (proboost, proboost_kernel)}),
            "control": theirs.fileno(),
            "tier": self.tier,
            "uid": self.uid,
            "preload": self.preload,
            "scratch": self._scratch or "",
        }
        self._parent = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, json.dumps(order)],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
        )
        theirs.close()
        self._socket = ours
        try:
            told, _ = wire.receive(ours, limit=REPLY_LIMIT, seconds=START)
        except (TimeoutError, OSError, wire.Malformed) as error:
            told, reason = None, str(error)
        else:
            reason = str(told.get("failed")) if isinstance(told, dict) else "it ended"
        if not isinstance(told, dict) or "ready" not in told:
            self._clear()
            raise SandboxBroken(f"the warm parent of tier {self.tier} did not start: {reason}")
        if not told.get("practised"):
            log.warning("the warm parent could not practise: tests take longer")
        return told

    def refill(self) -> None:
        """Has spare rooms made, without waiting for them."""
        with self._lock, contextlib.suppress(SandboxBroken):
            while len(self._ready) < self.spare:
                self._ready.append(self._new())

    def after_job(self) -> None:
        """Has rooms made at once only where the next job would wait for them, for making one takes as long as a test;
        `tend` has the others made.
        """
        with self._lock:
            if len(self._ready) < PAIR:
                self.refill()

    def _new(self) -> Room:
        if self._socket is None:
            self._start()
        assert self._socket is not None
        control, their_control = socket.socketpair()
        life, their_life = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._socket.settimeout(READY)
            wire.send(self._socket, {"room": True}, (their_control.fileno(), their_life.fileno()))
        except OSError as error:
            control.close()
            life.close()
            raise SandboxBroken("the warm parent has died") from error
        finally:
            their_control.close()
            their_life.close()
        return Room(control, life)

    def take(self) -> Room:
        """A furnished room. When the warm parent has died, another is started. Raises SandboxBroken."""
        try:
            return self._take()
        except SandboxBroken:
            self._restart_if_dead()
        return self._take()

    def _take(self) -> Room:
        with self._lock:
            if self._parent is not None and self._parent.poll() is not None:  # rooms that got ready before end with it
                raise SandboxBroken("the warm parent has died")
            room = self._ready.popleft() if self._ready else self._new()
        try:
            room.wait_ready()
        except SandboxBroken:
            room.close()
            raise
        return room

    def _restart_if_dead(self) -> None:
        """Only then: rooms of other jobs live with it."""
        with self._lock:
            if self._parent is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._parent.wait(0.5)
            if self._parent is None or self._parent.poll() is not None:
                self._start()

    def tend(self) -> None:
        """Starts the warm parent again when it has died, and has spare rooms made, so that no job waits for them."""
        with self._lock:
            if self._parent is None or self._parent.poll() is not None:
                self._start()
            self.refill()

    def stop(self) -> None:
        """Ends the warm parent, also one that is still starting, and every room; for good."""
        self._stopped = True
        if not self._lock.acquire(timeout=0.2):  # somebody waits for a start, which is over now
            if (starting := self._parent) is not None:
                starting.kill()
            self._lock.acquire()
        try:
            self._clear()
        finally:
            self._lock.release()

    def _clear(self) -> None:
        while self._ready:
            self._ready.popleft().close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._parent is not None:
            _end(self._parent)
            self._parent = None
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None


def _end(parent: subprocess.Popen[bytes]) -> None:
    """It ends by itself when its socket is closed; else it is made to."""
    end = time.monotonic() + 1
    while parent.poll() is None and time.monotonic() < end:
        with contextlib.suppress(subprocess.TimeoutExpired):
            parent.wait(0.2)
    if parent.poll() is None:
        parent.kill()
    parent.wait()
