"""Which servers run: their keepers' locks, so nothing has to be remembered and nothing adopted after a crash.

STATE/NAME.lock is locked by a keeper for as long as it lives and holds {"keeper", "server", "uid", "started"};
STATE/NAME.exit says how the last server ended: {"status", "reason", "at"}.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import struct
import time
from dataclasses import dataclass
from typing import Any

_FLOCK = struct.Struct("hhqqi4x")  # type, whence, start, length, pid
_WHOLE_FILE = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
FORCE = signal.SIGUSR1  # to a keeper: end the server with SIGKILL, and live to write its status


class AlreadyRunning(RuntimeError):
    """Another keeper holds this name."""


@dataclass(frozen=True)
class Register:
    state: str

    def take(self, name: str) -> int:
        """The name's lock, held until the descriptor (in forks too) is closed. Raises AlreadyRunning."""
        lock = os.open(f"{self.state}/{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK, _WHOLE_FILE)
        except BlockingIOError:
            os.close(lock)
            raise AlreadyRunning(name) from None
        os.ftruncate(lock, 0)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.state}/{name}.exit")
        return lock

    def describe(self, lock: int, **facts: Any) -> None:
        """What `running` tells of this server."""
        os.pwrite(lock, json.dumps(facts).encode() + b"\n", 0)

    def ended(self, name: str, status: int, reason: str) -> None:
        """Writes how the server ended; it is on disk when this returns."""
        path = f"{self.state}/{name}.exit"
        with open(f"{path}.new", "w") as file:
            json.dump({"status": status, "reason": reason, "at": time.time()}, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(f"{path}.new", path)

    def running(self, name: str) -> dict[str, Any] | None:
        """What the holder of the name's lock wrote, {} while it starts; None when nobody holds it."""
        try:
            lock = os.open(f"{self.state}/{name}.lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            held = fcntl.fcntl(lock, fcntl.F_OFD_GETLK, _WHOLE_FILE)  # asks only: a start is never in our way
            if _FLOCK.unpack(held)[0] == fcntl.F_UNLCK:
                return None
            line, newline, _rest = os.pread(lock, 4096, 0).partition(b"\n")
            return dict(json.loads(line)) if newline else {}
        finally:
            os.close(lock)

    def status(self, name: str) -> dict[str, Any]:
        """{"running": true, …} or {"running": false, "status", "reason"}; status null: nobody wrote how it ended."""
        facts = self.running(name)
        if facts is not None:
            return {"running": True, **facts}
        try:
            with open(f"{self.state}/{name}.exit") as file:
                return {"running": False, **json.load(file)}
        except FileNotFoundError:
            return {"running": False, "status": None, "reason": ""}

    def names(self) -> list[str]:
        """The servers that run now."""
        found = sorted(entry[:-5] for entry in os.listdir(self.state) if entry.endswith(".lock"))
        return [name for name in found if self.running(name) is not None]

    def signal(self, name: str, number: int) -> bool:
        """Signals the server's keeper; False when none runs. A pid used anew is never hit."""
        facts = self.running(name)
        if not facts:
            return False
        try:
            keeper = os.pidfd_open(facts["keeper"])
        except ProcessLookupError:
            return False
        try:
            if self.running(name) != facts:  # still locked after the descriptor was opened: it is that process
                return False
            signal.pidfd_send_signal(keeper, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(keeper)
        return True
