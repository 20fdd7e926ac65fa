"""Learners' servers: the Hub asks the launcher for them, keeps no process and no pid, and needs no privilege."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from jupyterhub.spawner import Spawner
from traitlets import Float, Unicode

from proboost.i18n import _, language, using
from proboost.settings import Settings, settings
from proboost_kernel.forkserver import wire

AWAY = 20.0  # seconds to wait for a launcher that is being restarted
HANDING_ON = 10.0  # seconds that a server may take to end: it hands on the answers that it keeps


class CannotSpawn(Exception):
    """Why a server is not started, in the learner's language; the Hub's page shows it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.jupyterhub_message = message


@dataclass(frozen=True)
class Learner:
    """What the platform says of a user."""

    uid: int
    language: str
    staff: bool
    active: bool


class People:
    """Asks the platform who a user is; what it said last holds while it is away."""

    def __init__(self, conf: Settings) -> None:
        self.socket = str(conf.internal_socket)
        self.copies = conf.hub_dir / "uids"

    async def find(self, name: str) -> Learner:
        """Raises CannotSpawn when the platform is away and never spoke of the user."""
        transport = httpx.AsyncHTTPTransport(uds=self.socket, retries=2, verify=False)  # no TLS, no certificates
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://platform", timeout=10) as client:
                answer = await client.post(f"/internal/users/{name}/spawn")
                answer.raise_for_status()
                facts = answer.json()
            learner = Learner(int(facts["uid"]), str(facts["language"]), bool(facts["staff"]), bool(facts["active"]))
        except (httpx.HTTPError, OSError, KeyError, ValueError) as error:
            return self._remembered(name, error)
        self._remember(name, learner)
        return learner

    def _remember(self, name: str, learner: Learner) -> None:
        self.copies.mkdir(mode=0o700, exist_ok=True)
        fresh = self.copies / f".{name}"
        fresh.write_text(json.dumps(asdict(learner)))
        fresh.replace(self.copies / name)

    def _remembered(self, name: str, error: Exception) -> Learner:
        try:
            return Learner(**json.loads((self.copies / name).read_text()))
        except (OSError, ValueError, TypeError):
            raise CannotSpawn(_("The course platform does not answer just now. Try again in a minute.")) from error


class LauncherSpawner(Spawner):  # type: ignore[misc]  # JupyterHub ships no types
    """One server a user, found by the user's name: what runs is what the launcher says."""

    launcher = Unicode(help="path of the launcher's socket").tag(config=True)
    sockets = Unicode(help="folder of the servers' sockets").tag(config=True)
    stop_seconds = Float(HANDING_ON, help="seconds a server may take to end by itself").tag(config=True)
    _told = ""

    @property
    def address(self) -> str:
        return f"http+unix://{quote(f'{self.sockets}/{self.user.name}', safe='')}"

    @property
    def server(self) -> Any:
        """The Hub's database has no room for a path: it is said again each time, after a restart of the Hub too."""
        server = super().server
        if server is not None and server.proto == "http+unix" and server.bind_url != self.address:
            server.bind_url = self.address
        return server

    @server.setter
    def server(self, value: Any) -> None:
        Spawner.server.fset(self, value)

    async def ask(self, *, patience: float = AWAY, **request: Any) -> dict[str, Any]:
        """One request about this user's server, tried again while the launcher is away. Raises ConnectionError."""
        end = time.monotonic() + patience
        while True:
            try:
                return await _once(self.launcher, {"name": self.user.name, **request})
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                if time.monotonic() > end:
                    raise ConnectionError("the launcher is away") from error
            await asyncio.sleep(0.1)

    async def start(self) -> str:
        learner = await People(settings()).find(self.user.name)
        with using(learner.language or language()):
            if not learner.active:
                raise CannotSpawn(_("This account is closed. Ask support for help."))
            await self._remember_end()
            order = {
                "op": "start",
                "uid": learner.uid,
                "language": language(),
                "env": {**self.get_env(), **environment(settings(), learner)},
                "args": self.get_args(),
            }
            try:
                answer = await self.ask(**order)
                if answer.get("error") == "running":  # of an earlier spawn that the Hub gave up
                    await self.stop(now=True)
                    answer = await self.ask(**order)
            except ConnectionError as error:
                raise CannotSpawn(_("Servers cannot be started just now. Try again in a minute.")) from error
            if "error" in answer:
                self.log.error("launcher: %s: %s", self._log_name, answer)
                raise CannotSpawn(answer.get("message") or _("Your server could not be started. Ask support for help."))
        self.log.info("launcher: %s: %s", self._log_name, answer)
        return self.address

    async def _remember_end(self) -> None:
        """The reason for which the last server was ended by force, for `progress` to say."""
        self._told = ""
        try:
            reason = (await self.ask(op="status")).get("reason")
        except ConnectionError:
            return
        if reason == "home":
            self._told = _(
                "Your server was stopped because your home folder is full. Delete files that you do not need."
            )
        elif reason == "memory":
            self._told = _("Your server was stopped because it needed more memory than a learner may use.")

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        if self._told:
            yield {"progress": 20, "message": self._told}
        yield {"progress": 50, "message": _("Your server is starting.")}

    async def poll(self) -> int | None:
        """None while it runs, or while nobody can tell: an exception here would mean "dead" to a Hub that starts."""
        try:
            answer = await self.ask(op="status", patience=3)
            running, status = bool(answer["running"]), answer.get("status")
        except (ConnectionError, KeyError, ValueError) as error:
            self.log.warning("%s is taken as running: %s", self._log_name, error)
            return None
        return None if running else int(status or 0)

    async def stop(self, now: bool = False) -> None:
        """Asked politely, then killed; returns when its keeper is gone."""
        polite = [] if now else [("TERM", self.stop_seconds)]
        for signal, seconds in [*polite, ("KILL", 5.0)]:
            end, sent = time.monotonic() + seconds, False
            while time.monotonic() < end:
                sent = sent or bool(
                    (await self.ask(op="signal", signal=signal)).get("sent")
                )  # one just starting: later
                if not (await self.ask(op="status"))["running"]:
                    return
                await asyncio.sleep(0.05)
        self.log.error("%s did not stop", self._log_name)


async def _once(path: str, request: dict[str, Any]) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(wire.encode(request))
        await writer.drain()
        async with asyncio.timeout(60):  # a start may wait until the launcher's warm parent is warm again
            (length,) = wire.HEADER.unpack(await reader.readexactly(wire.HEADER.size))
            if length > wire.LIMIT:
                raise ConnectionError("not the launcher")
            return dict(wire.decode(await reader.readexactly(length)))
    finally:
        writer.close()


def environment(conf: Settings, learner: Learner) -> dict[str, str]:
    """What a learner's server is told of us; no secret is in it."""
    return {
        "PROBOOST_PLATFORM_URL": conf.platform_url,
        "PROBOOST_PUBLIC_URL": conf.public_url,
        "PROBOOST_LANG": learner.language or language(),
        "PROBOOST_STAFF": "1" if learner.staff else "0",
        "PROBOOST_IDLE_KERNEL": str(conf.idle_kernel_seconds),
        "PROBOOST_IDLE_SERVER": str(conf.idle_server_seconds),
    }


def server_config() -> Path:
    """The traitlets file of a learner's server, found without importing what a Hub does not need."""
    spec = find_spec("proboost_lab")
    if spec is None or spec.origin is None:
        raise ImportError("proboost_lab is not installed")
    return Path(spec.origin).parent / "server_config.py"


def configure(c: Any, conf: Settings) -> None:
    c.JupyterHub.spawner_class = LauncherSpawner
    c.JupyterHub.cleanup_servers = False  # they outlive the Hub
    c.JupyterHub.allow_named_servers = False
    c.LauncherSpawner.launcher = str(conf.launcher_socket)
    c.LauncherSpawner.sockets = str(conf.server_sockets)
    c.Spawner.ip, c.Spawner.port = "127.0.0.1", 1  # never bound: the server is handed its socket
    c.Spawner.args = [f"--config={server_config()}"]
    c.Spawner.default_url = "/lab"
    c.Spawner.disable_user_config = True
    c.Spawner.poll_interval = 10
    c.Spawner.start_timeout = c.Spawner.http_timeout = 120
