"""The launcher's loop: one request a connection, answered from files; a start is answered by the keeper that it forks.

Requests are JSON objects (`forkserver.wire`), only from root and the service account:
start {name, uid, env, args, language} · status {name} · signal {name, signal: INT|TERM|KILL} · list · describe ·
stop_all {seconds}. A refusal is {"error": code, "message": a sentence in the asker's language}.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import sys
import time
from typing import Any

from proboost import i18n
from proboost.i18n import _
from proboost_kernel.forkserver import hygiene, wire

from . import cgroups
from .config import Config
from .isolation import Isolation, choose
from .keeper import Order, answer
from .nursery import Nursery
from .register import FORCE, Register

NAME = re.compile(r"[a-z](?:-?[a-z0-9]){0,30}\Z")
_SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "KILL": FORCE}
_MOST = 64 << 10  # bytes of a server's variables and arguments: they wait in a socket until the server reads them
_PATIENCE = 1.0  # seconds that a client may take to say what it wants


class Launcher:
    """Holds what does not change; every fact about servers is asked anew."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.register = Register(config.state)
        self.way, self.why = choose(config.uid_min)
        self.places = cgroups.prepare() if config.control_groups else {}
        # bubblewrap's servers start cold: nothing is forked for them
        self.nursery = None if self.way is Isolation.BUBBLEWRAP else Nursery(config, self.way, self.places)
        self.stopping: int | None = None  # pidfd of the fork that is stopping every server
        self.over = False

    def folders(self) -> None:
        """The folders that are the launcher's, with the rights they must have."""
        config = self.config
        os.makedirs(config.run, mode=0o711, exist_ok=True)
        service = config.service_uid if config.root else -1
        wanted = [(config.state, 0o700, -1), (config.sockets, 0o750, service), (config.notices, 0o711, -1)]
        for folder, mode, group in [*wanted, (config.homes, 0o711, -1)]:
            os.makedirs(folder, exist_ok=True)
            os.chown(folder, 0 if config.root else -1, group if group >= 0 else 0 if config.root else -1)
            os.chmod(folder, mode)
        cgroups.sweep(f"{config.mark}-", self.places)

    def serve(self) -> None:
        """Until SIGTERM or SIGINT; servers live on."""
        config = self.config
        self.listening = wire.listen(
            config.socket,
            uid=config.service_uid if config.root else -1,
            gid=config.service_uid if config.root else -1,
        )
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are nobody's to wait for
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        reading, self.wakes = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self.wakes, warn_on_full_buffer=False)
        ready = select.poll()
        ready.register(reading, select.POLLIN)
        ready.register(self.listening, select.POLLIN)
        while not self.over:
            events = dict(ready.poll())
            if reading in events:
                with contextlib.suppress(BlockingIOError):
                    os.read(reading, 4096)
            if self.listening.fileno() in events and not self.over:
                connection, _address = self.listening.accept()
                with connection:
                    self._converse(connection)

    def _end(self, _number: int, _frame: object) -> None:
        self.over = True

    def _converse(self, connection: socket.socket) -> None:
        try:
            message, _none = wire.receive(connection, seconds=_PATIENCE)
            if message is None:
                return
            allowed = (0, self.config.service_uid) if self.config.root else (0, os.geteuid())
            if wire.peer(connection).uid not in allowed:
                said: dict[str, Any] | None = {"error": "not-for-you", "message": ""}
            else:
                said = self._answer(message, connection)
            if said is not None:
                wire.send(connection, said)
        except (wire.Malformed, KeyError, TypeError, ValueError) as error:
            with contextlib.suppress(OSError):
                wire.send(connection, {"error": "malformed", "message": str(error)})
        except OSError as error:
            print(f"launcher: {error}", file=sys.stderr, flush=True)

    def _answer(self, message: dict[str, Any], connection: socket.socket) -> dict[str, Any] | None:
        """The answer; None when a fork gives it."""
        match message["op"]:
            case "list":
                return {name: self.register.status(name) for name in self.register.names()}
            case "describe":
                return {"isolation": self.way, "why": self.why, "pid": os.getpid()}
            case "stop_all":
                return self._stop_all(float(message.get("seconds", 10)), connection)
        name = message["name"]
        if not isinstance(name, str) or not NAME.match(name):
            return {"error": "name", "message": "not a user's name"}
        match message["op"]:
            case "status":
                return self.register.status(name)
            case "signal":
                return {"sent": self.register.signal(name, _SIGNALS[message["signal"]])}
            case "start":
                with i18n.using(str(message.get("language", self.config.language))):
                    return self._start(message, connection)
        raise ValueError(f"no such request: {message['op']}")

    # -- start

    def _start(self, message: dict[str, Any], connection: socket.socket) -> dict[str, Any] | None:
        order = self._order(message)
        if isinstance(order, dict):
            return order
        if self._is_stopping():
            return {"error": "stopping", "message": _("ProBoost is being stopped. Try again in a few minutes.")}
        if self.nursery is not None:
            self.nursery.order(order, i18n.language(), connection)
        elif os.fork() == 0:
            self._leave()
            answer(self.config, self.way, self.places, order, connection, i18n.language())
        return None  # the keeper answers by itself

    def _order(self, message: dict[str, Any]) -> Order | dict[str, Any]:
        config, name = self.config, message["name"]
        uid = int(message["uid"]) if config.root else os.geteuid()
        if config.root and not config.uid_min <= uid <= config.uid_max:
            return {"error": "uid", "message": f"uid {uid} is not a learner's"}
        env, args = message.get("env", {}), message.get("args", [])
        if not all(isinstance(text, str) and "\0" not in text for text in (*env, *env.values(), *args)):
            raise ValueError("env and args hold text")
        if self.way is Isolation.NONE and not config.accept_shared_risk:
            others = [other for other in os.listdir(config.homes) if other != name]
            if others:
                return {"error": "shared", "message": _(
                    "This machine cannot keep learners apart, so only one learner is served. "
                    "An administrator finds out more with: proboost doctor"
                )}  # fmt: skip
        if len(wire.encode([env, args])) > _MOST:
            raise ValueError("env and args are too long")
        return Order(name, uid, dict(env), list(args))

    def _leave(self) -> None:
        """In a fork: nothing of the launcher's own is left open."""
        if self.nursery is not None:
            self.nursery.let_go()
        signal.set_wakeup_fd(-1)
        self.listening.close()
        os.close(self.wakes)
        if self.stopping is not None:
            os.close(self.stopping)

    # -- the end of all servers

    def _is_stopping(self) -> bool:
        if self.stopping is None:
            return False
        if select.select([self.stopping], [], [], 0)[0]:
            os.close(self.stopping)
            self.stopping = None
        return self.stopping is not None

    def _stop_all(self, seconds: float, connection: socket.socket) -> dict[str, Any] | None:
        if self._is_stopping():
            return {"error": "stopping", "message": "already stopping"}
        child = os.fork()
        if child:
            self.stopping = os.pidfd_open(child)
            return None
        try:
            self._leave()
            hygiene.own_session()
            wire.send(connection, {"left": stop_all(self.register, seconds)})
        except OSError as error:
            print(f"launcher: {error}", file=sys.stderr, flush=True)
        os._exit(0)


def stop_all(register: Register, seconds: float) -> list[str]:
    """Ends every server: asked first, so that they hand on what they keep; killed after `seconds`. Those left: none."""
    asked: set[str] = set()
    deadline = time.monotonic() + seconds
    last = deadline + 10
    while (left := register.names()) and time.monotonic() < last:
        for name in left:
            if time.monotonic() >= deadline:
                register.signal(name, FORCE)
            elif name not in asked and register.signal(name, signal.SIGTERM):
                asked.add(name)
        select.select([], [], [], 0.05)
    return left


def run(config: Config) -> None:
    """The whole life of the launcher."""
    os.umask(0o077)
    launcher = Launcher(config)
    launcher.folders()
    if launcher.nursery is not None:
        launcher.nursery.wait()
    print(f"launcher: {launcher.way} {launcher.why}; {config.bounds}", flush=True)
    launcher.serve()
    if launcher.nursery is not None:
        launcher.nursery.end()
