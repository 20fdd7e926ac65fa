"""The warm parent: enters the cage, loads libraries, then forks a room whenever it is asked for one.

Holds no secret and no key, has one thread, and talks to its worker over one socket, which no room inherits.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import sys
from typing import NoReturn

from proboost.grading.sandbox import cage, practice, room, shell
from proboost_kernel.forkserver import hygiene, linux, wire


def main(control: int, tier: str, uid: int, preload: list[str], scratch: str = "") -> NoReturn:
    """Serves until the other end of `control` is closed; everything it started ends with it."""
    linux.close_all_but({0, 1, 2, control})
    hygiene.environment(room.ENVIRONMENT if tier != "C" else {**room.ENVIRONMENT, "MPLCONFIGDIR": scratch})
    socket_ = socket.socket(fileno=control)
    try:
        cage.enter(tier, uid)
    except OSError as error:
        wire.send(socket_, {"failed": str(error)})
        os._exit(1)
    sys.path[:] = [entry for entry in sys.path if os.path.isdir(entry)]  # noqa: PTH112
    os.chdir("/")
    loaded = [name for name in preload if _load(name)]
    if "IPython" in loaded:
        shell.warm()
    practised = False
    with contextlib.suppress(Exception):  # without it, all is slower and as right
        practised = practice.practise()
    signal.signal(signal.SIGCHLD, _bury)
    hygiene.settle()
    wire.send(socket_, {"ready": loaded, "practised": practised, "version": list(sys.version_info[:3])})
    while True:
        message, descriptors = wire.receive(socket_, descriptors=2)
        if message is None:
            os._exit(0)
        if os.fork() == 0:
            socket_.close()
            room.open_room(tier, descriptors[0], descriptors[1], scratch)
        for descriptor in descriptors:
            os.close(descriptor)


def _bury(_number: int, _frame: object) -> None:
    """Collects rooms that ended, so that the time they took is counted as ours; their brokers were told otherwise."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _load(name: str) -> bool:
    """Whether this package is here; one that cannot be loaded is the learner's program's to find out."""
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
        return True
    return False
