"""Two Hubs with the same questions to answer: ours, and a stock one as its documentation starts it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx
import psutil
from websockets.sync.client import connect
from websockets.typing import Origin

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from running import Running, free_port, patiently  # noqa: E402 -- the tests know how to start an installation

from proboost.launcher.client import ask  # noqa: E402 -- after the path is set
from proboost.supervisor.programs import bundle, node  # noqa: E402 -- after the path is set

LIBRARIES = "import numpy, pandas, matplotlib.pyplot, ipywidgets"


class Hub(Protocol):
    """What is compared: a Hub, and what runs for one of its users."""

    def api(self) -> httpx.Client:
        """The Hub's API with the right to start and stop servers."""

    def processes(self, name: str) -> list[psutil.Process]:
        """The user's server and all that it started; empty when there is none."""

    def alone(self, name: str) -> list[psutil.Process]:
        """Those of them that make the server: not its kernels, nor what is ready for them."""

    def open_lesson(self, name: str) -> None:
        """Starts a kernel in the user's server and runs the imports in it."""

    def complete(self, name: str) -> bool:
        """Whether all that belongs to an open lesson is there."""


class Ours:
    """ProBoost as `proboost up` starts it."""

    def __init__(self, at: Running) -> None:
        self.at = at

    def api(self) -> httpx.Client:
        client: httpx.Client = self.at.hub()
        return client

    def processes(self, name: str) -> list[psutil.Process]:
        status = ask(self.at.settings.launcher_socket, {"op": "status", "name": name})
        return tree(int(status["keeper"])) if status["running"] else []

    def alone(self, name: str) -> list[psutil.Process]:
        keeper, first, server = self._line(name)[:3]
        return [keeper, first, server]

    def _line(self, name: str) -> list[psutil.Process]:
        """The keeper, the first process, the server, and the parent of its kernels."""
        status = ask(self.at.settings.launcher_socket, {"op": "status", "name": name})
        first = psutil.Process(int(status["server"]))
        return [psutil.Process(int(status["keeper"])), first, *sorted(first.children(), key=lambda child: child.pid)]

    def complete(self, name: str) -> bool:
        """With the spare."""
        return len(self._line(name)[-1].children()) == 2

    def open_lesson(self, name: str) -> None:
        """Through the proxy, as a browser of its owner."""
        page = self.at.user_url(name)
        with self.at.browser(name) as browser:
            browser.open_server(name, "lab")
            answer = browser.fetch("POST", f"{page}api/kernels", json={})
            answer.raise_for_status()
            origin = self.at.user_origin(name)
            address = channels(origin.replace("http", "ws"), name, str(answer.json()["id"]))
            with (
                socket.create_connection(("127.0.0.1", self.at.port)) as connection,
                connect(
                    address, sock=connection, origin=Origin(origin), open_timeout=120, max_size=None,
                    additional_headers={"Cookie": browser.cookies_for(address)},
                ) as channel,
            ):  # fmt: skip
                execute(channel, LIBRARIES)


class Stock:
    """A JupyterHub as its documentation starts one."""

    def __init__(self, folder: Path, *arguments: str, services: Sequence[dict[str, str]] = ()) -> None:
        """`arguments` are those of its servers; `services` have addresses, which its proxy leads to."""
        self.port, self.hub_port, self.token = free_port(), free_port(), secrets.token_hex(16)
        self.homes = folder / "homes"
        (folder / "config.py").write_text(
            f"""
c.JupyterHub.bind_url = "http://127.0.0.1:{self.port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{self.hub_port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{self.homes}/{{username}}"
c.Spawner.args = {["--allow-root", "--ServerApp.jpserver_extensions=proboost_lab=False", *arguments]}
c.Spawner.disable_user_config = True
c.JupyterHub.concurrent_spawn_limit = 0
c.ConfigurableHTTPProxy.command = ["{node()}", "{bundle()}"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{free_port()}"
c.JupyterHub.services = {[{"name": "bench", "api_token": self.token}, *services]}
c.JupyterHub.load_roles = [
    {{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"]}}
]
"""
        )
        self.log = folder / "hub.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(folder / "config.py")],
                cwd=folder,
                env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
                stdout=log,
                stderr=log,
            )
        for _ in patiently(60):
            with contextlib.suppress(httpx.TransportError), self.api() as client:
                client.get("/hub/api/")
                break

    def api(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.hub_port}", headers={"Authorization": f"token {self.token}"}, timeout=120
        )

    def processes(self, name: str) -> list[psutil.Process]:
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if told(child.pid, "JUPYTERHUB_USER") == name:
                    found += tree(child.pid)
        return found

    def alone(self, name: str) -> list[psutil.Process]:
        return self.processes(name)  # while it has no kernel

    def complete(self, name: str) -> bool:
        return len(self.processes(name)) > 1

    def open_lesson(self, name: str) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=120) as client:
            kernel = start_kernel(client, name, self.token)
        address = channels(f"ws://127.0.0.1:{self.port}", name, kernel)
        with connect(address, additional_headers=bearer(self.token), open_timeout=120) as connection:
            execute(connection, LIBRARIES)

    def close(self) -> None:
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        for process in children:
            with contextlib.suppress(psutil.Error):
                process.kill()


def tree(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def told(pid: int, variable: str) -> str:
    """A variable of the environment that a process was started with."""
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            name, _equals, value = entry.partition(b"=")
            if name.decode(errors="replace") == variable:
                return value.decode(errors="replace")
    return ""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


def start_kernel(client: httpx.Client, name: str, token: str) -> str:
    answer = client.post(f"/user/{name}/api/kernels", json={}, headers=bearer(token))
    answer.raise_for_status()
    return str(answer.json()["id"])


def channels(origin: str, name: str, kernel: str) -> str:
    return f"{origin}/user/{name}/api/kernels/{kernel}/channels"


def execute(connection: Any, code: str) -> None:
    number = secrets.token_hex(8)
    header = {"msg_id": number, "username": "", "session": "bench", "msg_type": "execute_request", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    connection.send(json.dumps(message))
    while True:
        answer = json.loads(connection.recv(timeout=120))
        if answer["msg_type"] == "execute_reply" and answer["parent_header"].get("msg_id") == number:
            if answer["content"]["status"] != "ok":
                raise RuntimeError(answer["content"])
            return


@contextlib.contextmanager
def stock_hub(*arguments: str, services: Sequence[dict[str, str]] = ()) -> Iterator[Stock]:
    folder = Path(tempfile.mkdtemp(prefix="stock-hub-"))
    made = Stock(folder, *arguments, services=services)
    try:
        yield made
    except httpx.HTTPError:
        print(made.log.read_text(errors="replace")[-3000:], file=sys.stderr)
        raise
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
