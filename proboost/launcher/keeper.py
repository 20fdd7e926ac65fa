"""A keeper: the process that owns one learner's server. It holds the name's lock, watches the bounds, writes the end.

It is a fork of the warm parent and outlives it. It never runs learners' code and keeps nothing that a crash could lose.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from typing import NoReturn

from proboost import i18n
from proboost.i18n import _
from proboost_kernel.forkserver import hygiene, wire

from . import cgroups
from .config import Config
from .guard import Guard
from .isolation import Isolation
from .log import Log
from .notice import Notice
from .register import AlreadyRunning, Register
from .start import launch, start


class Refused(Exception):
    """A start that is not done; `code` is for programs, the text for the log."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Order:
    """A request to start, checked."""

    name: str
    uid: int
    env: dict[str, str]
    args: list[str]


def answer(
    config: Config,
    way: Isolation,
    places: dict[str, cgroups.Place],
    order: Order,
    asking: socket.socket,
    language: str,
    told: socket.socket | None = None,
) -> NoReturn:
    """A fork's whole life: keeps the server, or says why there is none.

    `told`: where the server reads its variables; nobody before it may know them. None: they are in the order.
    """
    with i18n.using(language):
        try:
            keep(config, way, places, order, asking, told)
        except AlreadyRunning:
            refusal = {"error": "running", "message": _("Your server is already running.")}
        except Refused as reason:
            print(f"launcher: {order.name}: {reason}", file=sys.stderr, flush=True)
            message = _("Your home folder is not in order. Ask support for help.")
            refusal = {"error": reason.code, "message": message}
        except BaseException:  # noqa: BLE001 -- the fork's last line: the log says what, the learner that it failed
            traceback.print_exc()
            message = _("Your server could not be started. Ask support for help.")
            refusal = {"error": "broken", "message": message}
    with contextlib.suppress(OSError):
        wire.send(asking, refusal)
    sys.stderr.flush()
    os._exit(1)


def keep(
    config: Config,
    way: Isolation,
    places: dict[str, cgroups.Place],
    order: Order,
    asking: socket.socket,
    told: socket.socket | None,
) -> NoReturn:
    """Starts the server, answers whoever asked, and stays until the server has ended. Raises before the start only."""
    register = Register(config.state)
    lock = register.take(order.name)
    hygiene.own_session()
    log = Log(f"{config.state}/{order.name}.log")
    hygiene.streams(log.file)
    home = own_home(config, order)
    notice = Notice(config, order.name)
    listening = wire.listen(
        f"{config.sockets}/{order.name}",
        mode=0o660 if config.root else 0o600,
        uid=0 if config.root else -1,
        gid=config.service_uid if config.root else -1,
    )
    cage = cgroups.cage(f"{config.mark}-{order.name}", config.bounds, places)
    began = time.monotonic()
    what = launch(config, order.name, order.env, order.args, cage)
    ours = (lock, asking.fileno(), *log.ours)
    started = start(config, way, what, order.uid, listening, told, cage, log.writing, ours)
    listening.close()  # a dead server's connections are refused at once
    if told is not None:
        told.close()
    log.only_read()
    guard = Guard(config, order.uid, started, cage, home, notice, log)
    facts = {"keeper": os.getpid(), "server": started.first, "uid": order.uid, "started": time.time()}
    register.describe(lock, **facts)
    milliseconds = round((time.monotonic() - began) * 1000, 1)
    told_back = {**facts, "socket": f"{config.sockets}/{order.name}", "isolation": way, "unlimited": cage.missing}
    with contextlib.suppress(OSError):
        wire.send(asking, {**told_back, "ms": milliseconds})
    asking.close()
    status = guard.wait()
    register.ended(order.name, status, guard.reason)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{config.sockets}/{order.name}")
    cage.remove()
    log.close()
    os._exit(0)  # lets the lock go: only now is the server "not running"


def own_home(config: Config, order: Order) -> str:
    """The learner's home, made when it is missing. Raises Refused when it is another's."""
    home = f"{config.homes}/{order.name}"
    if not os.path.lexists(home):
        if config.root:
            with os.scandir(config.homes) as others:
                if any(entry.stat(follow_symlinks=False).st_uid == order.uid for entry in others):
                    raise Refused("uid", f"uid {order.uid} owns another home")
        os.mkdir(home, 0o700)
        os.chown(home, order.uid, order.uid if config.root else -1)
    facts = os.lstat(home)
    if facts.st_uid != order.uid or not os.path.isdir(home) or os.path.islink(home):
        raise Refused("home", f"{home} is not a folder of uid {order.uid}")
    return home
