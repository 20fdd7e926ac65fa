"""The Hub's spawner against a real launcher and a platform that answers on its internal socket."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from hub_config import spawner as module
from hub_config.spawner import AWAY, CannotSpawn, LauncherSpawner, Learner, People, environment, server_config
from proboost.launcher.client import ask, stop_all
from proboost.settings import Settings

ROOT = Path(__file__).parents[2]


class Platform(BaseHTTPRequestHandler):
    people: ClassVar[dict[str, dict[str, Any]]] = {}

    def do_POST(self) -> None:
        name = self.path.split("/")[3]
        found = self.people.get(name)
        body = json.dumps(found or {"message": "no"}).encode()
        self.send_response(200 if found else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return ""

    def log_message(self, *_words: object) -> None:
        pass


class Server(ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture
def conf(tmp_path: Path) -> Iterator[Settings]:
    run = Path(f"/tmp/pb-{secrets.token_hex(3)}")
    made = Settings(data=tmp_path / "data", run=run, memory_mb=500, pids=200, disk_reserve_mb=0)
    made.hub_dir.mkdir(parents=True)
    run.mkdir(mode=0o711)
    yield made
    shutil.rmtree(run)


@pytest.fixture
def platform(conf: Settings) -> Iterator[dict[str, dict[str, Any]]]:
    Platform.people = {"lea": {"uid": 230_001, "language": "ru", "staff": False, "active": True}}
    with Server(str(conf.internal_socket), Platform) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Platform.people
        server.shutdown()
        thread.join()


def run(what: Any) -> Any:
    return asyncio.run(what)


def test_what_the_platform_said_last_holds_while_it_is_away(conf: Settings) -> None:
    people = People(conf)
    with pytest.raises(CannotSpawn):
        run(people.find("lea"))
    Platform.people = {"lea": {"uid": 230_001, "language": "ru", "staff": True, "active": True}}
    with Server(str(conf.internal_socket), Platform) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert run(people.find("lea")) == Learner(230_001, "ru", True, True)
        server.shutdown()
        thread.join()
    assert run(people.find("lea")) == Learner(230_001, "ru", True, True)
    with pytest.raises(CannotSpawn):
        run(people.find("max"))


def test_a_server_is_told_no_secret(conf: Settings) -> None:
    told = environment(conf, Learner(1, "ru", True, True))
    assert told == {
        "PROBOOST_PLATFORM_URL": conf.platform_url,
        "PROBOOST_PUBLIC_URL": conf.public_url,
        "PROBOOST_LANG": "ru",
        "PROBOOST_STAFF": "1",
        "PROBOOST_IDLE_KERNEL": "1800",
        "PROBOOST_IDLE_SERVER": "7200",
    }
    assert server_config().name == "server_config.py"


class Spawner(LauncherSpawner):
    """Without a Hub around it: what the Hub gives a spawner is said here."""

    def get_env(self) -> dict[str, str]:
        return {  # a Hub that does not answer: the server waits for it
            "JUPYTERHUB_API_TOKEN": "t",
            "JUPYTERHUB_API_URL": "http://127.0.0.1:9/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-lea",
            "JUPYTERHUB_SERVICE_PREFIX": "/user/lea/",
            "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:1/user/lea/",
            "JUPYTERHUB_USER": "lea",
        }

    def get_args(self) -> list[str]:
        return []


def spawner(conf: Settings, name: str = "lea") -> LauncherSpawner:
    made = Spawner(launcher=str(conf.launcher_socket), sockets=str(conf.server_sockets))
    made.user = SimpleNamespace(name=name, escaped_name=name, settings={})
    return made


@pytest.fixture
def launcher(conf: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    monkeypatch.setattr(module, "settings", lambda: conf)
    running: list[subprocess.Popen[bytes]] = []
    start_launcher(conf, running)
    yield running
    if running[-1].poll() is not None:
        start_launcher(conf, running)
    assert stop_all(conf.launcher_socket, seconds=1) == []
    running[-1].send_signal(signal.SIGTERM)
    running[-1].wait()


def start_launcher(conf: Settings, running: list[subprocess.Popen[bytes]]) -> None:
    env = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT / 'extensions'}", "PROBOOST_DATA": str(conf.data),
        "PROBOOST_RUN": str(conf.run), "PROBOOST_MEMORY_MB": "500", "PROBOOST_DISK_RESERVE_MB": "0",
    }  # fmt: skip
    running.append(subprocess.Popen([sys.executable, "-m", "proboost.launcher"], env=env, cwd="/"))
    end = time.monotonic() + 60
    while True:
        try:
            ask(conf.launcher_socket, {"op": "describe"})
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_start_poll_stop(conf: Settings, platform: dict[str, Any], launcher: list[subprocess.Popen[bytes]]) -> None:
    lea = spawner(conf)

    async def life() -> None:
        assert await lea.poll() == 0  # never started
        url = await lea.start()
        assert url == f"http+unix://{str(conf.server_sockets / 'lea').replace('/', '%2F')}"
        assert await lea.poll() is None
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(conf.server_sockets / "lea"))
        await lea.start()  # of an earlier spawn that the Hub gave up: replaced
        assert await lea.poll() is None
        await lea.stop()
        assert isinstance(await lea.poll(), int)

    run(life())


def test_a_launcher_that_is_away_means_running(
    conf: Settings, platform: dict[str, Any], launcher: list[subprocess.Popen[bytes]]
) -> None:
    lea = spawner(conf)

    async def life() -> None:
        await lea.start()
        launcher[-1].kill()
        launcher[-1].wait()
        assert await lea.poll() is None
        start_launcher(conf, launcher)
        assert await lea.poll() is None
        await lea.stop(now=True)
        assert await lea.poll() == -9

    run(life())


def test_refusals_are_sentences_in_the_learners_language(
    conf: Settings, platform: dict[str, Any], launcher: list[subprocess.Popen[bytes]]
) -> None:
    platform["max"] = {"uid": 230_002, "language": "en", "staff": False, "active": False}
    with pytest.raises(CannotSpawn) as refused:
        run(spawner(conf, "max").start())
    assert refused.value.jupyterhub_message == "This account is closed. Ask support for help."
    platform["tom"] = {"uid": 7, "language": "en", "staff": False, "active": True}
    with pytest.raises(CannotSpawn) as refused:
        run(spawner(conf, "tom").start())
    assert refused.value.jupyterhub_message


def test_patience_has_an_end(conf: Settings) -> None:
    with pytest.raises(ConnectionError):
        run(spawner(conf).ask(op="status", patience=0.2))
    assert AWAY > 10


def test_the_reason_of_a_forced_end_is_told(
    conf: Settings, platform: dict[str, Any], launcher: list[subprocess.Popen[bytes]]
) -> None:
    (conf.launcher_dir / "lea.exit").write_text(json.dumps({"status": 0, "reason": "home", "at": 1}))
    lea = spawner(conf)

    async def life() -> list[dict[str, Any]]:
        await lea.start()
        return [event async for event in lea.progress()]

    events = run(life())
    assert len(events) == 2
    assert all(event["message"] for event in events)
