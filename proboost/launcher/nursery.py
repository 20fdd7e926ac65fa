"""The machine's warm parent: keepers, learners' servers and their kernels are forked from it, and share what it holds.

It is a program of its own, started by the launcher, because a kernel must never find in its memory what a fork
inherited: the launcher reads requests, and with them every learner's token; here none arrives. What a server is told
goes from the launcher to the server itself, over a socket that only passes through (`order` below).

usage (by the launcher alone): python -m proboost.launcher.nursery CHANNEL CONFIG READY      three descriptors
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, replace
from typing import Any

from proboost_kernel.forkserver import hygiene, libraries, sharing, stale, wire

from . import cgroups, inside
from .bounds import Bounds
from .config import Config
from .isolation import Isolation
from .keeper import Order, answer


class Nursery:
    """The launcher's hold on it. When it has died, the next order starts another; servers do not depend on it."""

    def __init__(self, config: Config, way: Isolation, places: dict[str, cgroups.Place]) -> None:
        self._told = json.dumps(
            {"config": asdict(config), "way": way, "places": {name: asdict(place) for name, place in places.items()}}
        )
        self._channel: socket.socket | None = None
        self._process = -1

    def start(self) -> int:
        """Starts the program; the descriptor ends when it is warm, or dead. Orders may be sent before that."""
        self.end()
        reading, ready = os.pipe2(os.O_CLOEXEC)
        config = os.memfd_create("config", os.MFD_CLOEXEC)  # arguments would be seen by learners
        os.write(config, self._told.encode())
        ours, its = socket.socketpair()
        with its:
            given = (its.fileno(), config, ready)
            command = [sys.executable, "-m", "proboost.launcher.nursery", *map(str, given)]
            process = subprocess.Popen(command, pass_fds=given, cwd="/")
        self._process = os.pidfd_open(process.pid)
        process.returncode = 0  # nobody buries it: the launcher ignores its children's ends
        os.close(ready)
        os.close(config)
        self._channel = ours
        return reading

    def wait(self) -> None:
        """Starts it and returns when it is warm."""
        with open(self.start(), "rb") as ready:
            ready.read()

    def order(self, what: Order, language: str, asking: socket.socket) -> None:
        """Has a server started; whoever holds the other end of `asking` is answered by the server's keeper.

        The server's variables go past everybody else. Raises OSError.
        """
        message = {"name": what.name, "uid": what.uid, "args": what.args, "language": language}
        ours, its = socket.socketpair()
        with ours, its:
            try:
                self._send(message, its.fileno(), asking.fileno())
            except OSError:
                os.close(self.start())
                self._send(message, its.fileno(), asking.fileno())
            wire.send(ours, what.env)

    def _send(self, message: dict[str, Any], *descriptors: int) -> None:
        if self._channel is None:
            raise ConnectionError("there is no warm parent")
        wire.send(self._channel, message, descriptors)

    def end(self) -> None:
        """Ends it, and returns when it is gone; what it has forked lives on."""
        if self._process >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            select.select([self._process], [], [])
        self.let_go()

    def let_go(self) -> None:
        """In a fork: what leads to it is closed here."""
        if self._channel is not None:
            self._channel.close()
            os.close(self._process)
            self._channel, self._process = None, -1


def serve(
    channel: socket.socket,
    told: int,
    config: Config,
    way: Isolation,
    places: dict[str, cgroups.Place],
    seen: stale.Fingerprint,
) -> None:
    """Forks a keeper for each order, until the launcher is gone or our own files have changed on disk.

    `told` is a descriptor that no fork is to have.
    """
    while True:
        select.select([channel], [], [])
        if changed := seen.changed():
            print(f"launcher: {changed} is another one now; starting anew", flush=True)
            return  # the order stays where it is: who comes after us reads it
        message, descriptors = wire.receive(channel, descriptors=2)
        if message is None:
            sys.exit(0)
        child = os.fork()
        if child == 0:
            channel.close()
            os.close(told)
            variables, asking = (socket.socket(fileno=descriptor) for descriptor in descriptors)
            order = Order(message["name"], message["uid"], {}, message["args"])
            answer(config, way, places, order, asking, message["language"], variables)
        for descriptor in descriptors:
            os.close(descriptor)


def main() -> None:
    if sys.path[0] in {"", "/"}:
        del sys.path[0]  # not by -P, which kernels would inherit as a flag
    channel, config_, ready = (int(text) for text in sys.argv[1:4])
    told = json.loads(os.pread(config_, 1 << 20, 0))
    config = replace(
        Config(**told["config"]), bounds=Bounds(**told["config"]["bounds"]), preload=tuple(told["config"]["preload"])
    )
    places = {name: cgroups.Place(**place) for name, place in told["places"].items()}
    os.umask(0o077)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are nobody's to wait for
    began = time.monotonic()
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else the debugger's import warns of what is meant so
    os.environ["MPLCONFIGDIR"] = f"{config.state}/matplotlib"
    inside.warm()
    for name, why in libraries.load(config.preload).items():
        print(f"launcher: {name}: {why}", file=sys.stderr, flush=True)
    with contextlib.suppress(ImportError):
        from proboost_kernel import kernelapp

        kernelapp.rehearse()  # what parents of kernels would each do, and then not share
    libraries.remember()
    sharing.prepare()
    try:
        hygiene.settle()
    except hygiene.NotSingleThreaded as error:
        print(f"launcher: {error}", file=sys.stderr, flush=True)
    print(f"launcher: warm in {time.monotonic() - began:.1f} s", flush=True)
    if ready >= 0:
        os.close(ready)
    with contextlib.suppress(ConnectionError, KeyboardInterrupt):
        opened = socket.socket(fileno=channel)  # open until we are somebody else
        serve(opened, config_, config, Isolation(told["way"]), places, stale.remember())
        os.execv(sys.executable, [*sys.orig_argv[:-1], "-1"])  # noqa: S606 -- ourselves


if __name__ == "__main__":
    main()
