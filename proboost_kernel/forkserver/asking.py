"""The asker's side of a warm parent: a kernel asked for, its process as the asker sees it, a parent started."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import place, wire
from .libraries import LESSONS
from .pressure import BUSY

ANSWER = 4.0  # seconds for a parent to fork or to hand over: on a busy machine still far less than an ordinary start
BOUND = 10.0  # seconds for a new kernel to bind its sockets


class Refused(OSError):
    """This parent does not start the kernel; `stale`: another one, started now, may."""

    def __init__(self, why: str, *, stale: bool = False) -> None:
        super().__init__(why)
        self.stale = stale


class Process:
    """As much of subprocess.Popen as a provisioner uses, for a process whose parent is another one.

    Whether it lives is known from its pidfd, also when the parent is gone; its exit status is told by the parent.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, pidfd: int, connection: socket.socket) -> None:
        self.pid, self.pidfd, self.connection = pid, pidfd, connection
        self.returncode: int | None = None
        self._poll = select.poll()
        self._poll.register(pidfd, select.POLLIN)

    def poll(self, seconds: float = 0.0) -> int | None:
        if self.returncode is None and self._poll.poll(seconds * 1000):
            self.returncode = self._status()
            self.close()
        return self.returncode

    def _status(self) -> int:
        with contextlib.suppress(OSError, wire.Malformed):
            while True:
                message, _none = wire.receive(self.connection, seconds=1.0)
                if message is None:
                    break
                if "exit" in message:
                    return int(message["exit"])
        return -signal.SIGKILL  # the parent is gone as well: nobody knows

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 3600.0 if end is None else end - time.monotonic()
            if (status := self.poll(max(0.0, left))) is not None:
                return status
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def close(self) -> None:
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1
            self.connection.close()

    def __del__(self) -> None:
        if self.pidfd >= 0:  # forgotten, not ended: as with Popen, the kernel lives as long as this program
            self.connection.detach()


@dataclass
class Started:
    """A kernel of a parent. `info`: where a spare listens, None when it listens where it was told to."""

    process: Process
    by: str
    files: list[str] = field(default_factory=list)
    info: dict[str, Any] | None = None


def ask(path: str, head: Mapping[str, Any], request: Mapping[str, Any], output: Sequence[int]) -> Started:
    """A kernel from the parent that listens at `path`. Blocks. Raises Refused, OSError, wire.Malformed.

    Nobody listening is FileNotFoundError or ConnectionRefusedError.
    """
    connection = connect(path)
    pidfds: list[int] = []
    try:
        wire.send(connection, head)
        with contextlib.suppress(BrokenPipeError):  # refused already: why, waits to be read
            wire.send(connection, request, tuple(output))
        message, pidfds = wire.receive(connection, descriptors=1, seconds=ANSWER)
        if not message or "pid" not in message or not pidfds:
            raise _refusal(message)
        process = Process(message["pid"], pidfds.pop(), connection)
    except BaseException:
        connection.close()
        raise
    if message.get("bound"):
        connection.settimeout(None)
        return Started(process, "spare", message["files"], message["info"])
    started = Started(process, "fork")
    try:  # the kernel's sockets are bound when this comes: a client's first try to connect succeeds
        message, _none = wire.receive(connection, seconds=BOUND)
        if message is None or "exit" in message:
            raise _refusal(message)
        started.files = message.get("files", [])
    except TimeoutError:
        pass  # slow, not dead
    except BaseException:
        process.kill()
        process.close()
        raise
    connection.settimeout(None)
    return started


def _refusal(message: Mapping[str, Any] | None) -> Refused:
    if not message:
        return Refused("the parent went away")
    if "exit" in message:
        return Refused(f"the kernel ended with status {message['exit']} while it started")
    return Refused(str(message.get("error")), stale=bool(message.get("stale")))


def connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(ANSWER)
        connection.connect(path)
        if (uid := wire.peer(connection).uid) != os.getuid():
            raise PermissionError(f"{path} is served by uid {uid}")
    except BaseException:
        connection.close()
        raise
    return connection


def question(path: str, op: str, **more: object) -> dict[str, Any]:
    """What a parent answers to "info", "stop" or "prepare". Raises as `ask` does."""
    with connect(path) as connection:
        wire.send(connection, {"op": op, **more})
        message, _none = wire.receive(connection, seconds=ANSWER)
        if message is None:
            raise Refused("the parent went away")
        return dict(message)


def absent(error: OSError) -> bool:
    """Whether an error of `ask` means that nobody listens there."""
    return error.errno in {errno.ENOENT, errno.ECONNREFUSED}


def warm_up(
    path: str,
    python: str,
    flags: Sequence[str],
    variables: Mapping[str, str],
    *,
    preload: Sequence[str] = LESSONS,
    idle: float = 600.0,
    spares: int = 1,
    busy: float = BUSY,
) -> None:
    """Starts a parent that will listen at `path`, unless somebody is doing so; does not wait until it is warm.

    It is given the variables that count when Python starts, and none that could be a secret. Its words are in PATH.log.
    """
    with _alone(path) as lock:
        if lock < 0:
            return
        log = os.open(f"{path}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            subprocess.run(
                [python, *flags, "-m", "proboost_kernel.forkserver", "--socket", path, "--lock", str(lock),
                 "--preload", ",".join(preload), "--idle", str(idle), "--spares", str(spares), "--busy", str(busy)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", pass_fds=(lock,), check=False, timeout=20,
                env={**place.at_setup(variables), **place.ONE_THREAD},
            )  # fmt: skip
        finally:
            os.close(log)


@contextlib.contextmanager
def _alone(path: str) -> Iterator[int]:
    """A descriptor with the lock of those who start a parent here; -1 when somebody has it."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield -1
            return
        with contextlib.suppress(OSError):
            connect(path).close()
            yield -1  # it came up since we were told that nobody was there
            return
        yield lock
    finally:
        os.close(lock)
