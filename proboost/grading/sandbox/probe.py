"""The sandbox tries to break out of itself: what it manages to do is what the machine does not prevent."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from proboost_kernel.forkserver import landlock, linux, wire

_GET_NO_NEW_PRIVS, _GET_SECCOMP = 39, 21


def main(control: socket.socket, plan: dict[str, Any]) -> None:
    """Tells whether what must work does (`canary`), what worked and must not (`holes`), which mechanisms are there."""
    holes = [name for name, attempt in ATTEMPTS.items() if _succeeds(partial(attempt, plan))]
    wire.send(
        control,
        {
            "canary": _succeeds(_canary),
            "holes": holes,
            "landlock": landlock.version(),
            "seccomp": linux.libc.prctl(_GET_SECCOMP, 0, 0, 0, 0) == 2,
            "no_new_privileges": linux.libc.prctl(_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        },
    )


def _succeeds(act: Callable[[], object]) -> bool:
    try:
        act()
    except Exception:  # noqa: BLE001 -- prevented, in whatever way
        return False
    return True


def _canary() -> None:
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("here")
    child = os.fork()
    if child == 0:
        os._exit(7)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 7:
        raise OSError("a fork did not end as it should")


def _outside(plan: dict[str, Any]) -> None:
    for path in plan["secrets"]:
        if os.path.exists(path):  # noqa: PTH110
            Path(path).read_bytes()
            return
    raise FileNotFoundError


def _write(_plan: dict[str, Any]) -> None:
    (Path(sys.prefix) / ".proboost-probe").write_text("")


def _network(_plan: dict[str, Any]) -> None:
    socket.socket(socket.AF_INET).close()


def _namespace(_plan: dict[str, Any]) -> None:
    linux.unshare(linux.CLONE_NEWUSER)


def _mount(_plan: dict[str, Any]) -> None:
    linux.mount("tmpfs", "/usr", "tmpfs", 0)


def _signal(plan: dict[str, Any]) -> None:
    """The worker's own processes, by the numbers they have outside."""
    for process in plan["processes"]:
        os.kill(process, 0)
        return
    os.kill(os.getppid(), signal.SIGCONT)


def _look(plan: dict[str, Any]) -> None:
    for process in plan["processes"]:
        Path(f"/proc/{process}/environ").read_bytes()
        return
    raise FileNotFoundError


def _memory_file(_plan: dict[str, Any]) -> None:
    linux.checked(linux.libc.memfd_create(b"probe", 0), "memfd_create")


def _trace(_plan: dict[str, Any]) -> None:
    linux.checked(linux.libc.ptrace(ctypes.c_long(0), 0, 0, 0), "ptrace")


ATTEMPTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "files": _outside,
    "write": _write,
    "network": _network,
    "namespaces": _namespace,
    "mounts": _mount,
    "signals": _signal,
    "processes": _look,
    "hidden memory": _memory_file,
    "tracing": _trace,
}
