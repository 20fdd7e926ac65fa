"""A real launcher with real servers on this machine, a Hub that only says yes, and a way into a learner's kernel."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import unix_connect

from proboost.launcher.client import ask, stop_all
from proboost.launcher.config import Config, of_settings
from proboost.settings import Settings

ROOT = Path(__file__).parents[3]
ENOUGH = 60.0  # seconds; a loaded machine is slow
LEA, MAX = 210_001, 210_002


def until(what: Callable[[], Any], seconds: float = ENOUGH, message: str = "it did not happen") -> Any:
    """The first true answer of `what`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(0.02)
    raise AssertionError(message)


class _Hub(BaseHTTPRequestHandler):
    """Tokens are learners' names with a secret: whoever comes with one is that learner."""

    def do_GET(self) -> None:
        name = self.headers.get("Authorization", "").removeprefix("token ").partition(":")[0]
        user = {
            "kind": "user", "name": name, "admin": False, "groups": [], "server": None, "servers": None,
            "scopes": [f"access:servers!server={name}/"],
        }  # fmt: skip
        self._say(user if self.path.startswith("/hub/api/user") else {"version": "6.1.1"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._say({})

    def _say(self, message: object) -> None:
        body = json.dumps(message).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture(scope="session")
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Kernel:
    """A learner's kernel, spoken to through the learner's server."""

    def __init__(self, place: Place, name: str) -> None:
        self.place, self.name = place, name
        self.id = place.request(name, "POST", "api/kernels", {})["id"]
        self.connect()

    def connect(self) -> None:
        self.opened = contextlib.ExitStack()
        connection = unix_connect(
            str(self.place.server_socket(self.name)),
            f"ws://server/user/{self.name}/api/kernels/{self.id}/channels",
            additional_headers={"Authorization": f"token {self.place.token(self.name)}"},
            max_size=None,
            open_timeout=ENOUGH,
        )
        self.socket = self.opened.enter_context(connection)

    def send(self, code: str) -> str:
        number = secrets.token_hex(8)
        header = {"msg_id": number, "username": "", "session": "tests", "msg_type": "execute_request", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self.socket.send(json.dumps(message))
        return number

    def run(self, code: str, seconds: float = ENOUGH) -> str:
        """What the code printed, and its error's name and text; `told` is what went to standard error."""
        self.told = ""
        number = self.send(code)
        printed, end = "", time.monotonic() + seconds
        while True:
            message = json.loads(self.socket.recv(timeout=max(0.01, end - time.monotonic())))
            if message["parent_header"].get("msg_id") != number:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                if content["name"] == "stderr":
                    self.told += content["text"]
                else:
                    printed += content["text"]
            elif message["msg_type"] == "error":
                printed += f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return printed.strip()

    def close(self) -> None:
        self.opened.close()


class Place:
    """An installation's folders and its launcher."""

    def __init__(self, base: Path, hub: str, **settings: object) -> None:
        self.data, self.run = base / "data", Path(f"/run/proboost-test-{secrets.token_hex(3)}")
        self.data.mkdir(parents=True)
        self.hub = hub
        self.settings = {"memory_mb": 700, "pids": 200, "cpus": 1.0, "home_mb": 64, "disk_reserve_mb": 0,
                         "preload": "wave", **settings}  # fmt: skip
        self.secret = secrets.token_hex(16)
        self.kernels: list[Kernel] = []
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Config:
        return of_settings(Settings(data=self.data, run=self.run))

    def command(self) -> list[str]:
        return [sys.executable, "-m", "proboost.launcher"]

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{ROOT / 'extensions'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PROBOOST_DATA": str(self.data),
            "PROBOOST_RUN": str(self.run),
            **{f"PROBOOST_{name.upper()}": str(value) for name, value in self.settings.items()},
        }

    def up(self) -> Place:
        log = (self.data / "launcher.out").open("ab")
        with log:
            self.process = subprocess.Popen(
                self.command(), env=self.environment(), cwd="/", stdout=log, stderr=log, start_new_session=True
            )
        until(self.ready, message="no launcher: " + (self.data / "launcher.out").read_text()[-2000:])
        return self

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.data / "launcher.out").read_text()[-3000:]
        try:
            return self.ask({"op": "describe"})["pid"] > 0
        except OSError:
            return False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return ask(self.run / "launcher.sock", request)

    def kill_launcher(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def token(self, name: str) -> str:
        return f"{name}:{self.secret}"

    def order(self, name: str, uid: int, **more: Any) -> dict[str, Any]:
        variables = {
            "JUPYTERHUB_API_TOKEN": self.token(name),
            "JUPYTERHUB_API_URL": f"{self.hub}/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{name}",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([f"access:servers!server={name}/"]),
            "JUPYTERHUB_OAUTH_SCOPES": json.dumps([f"access:servers!server={name}/"]),
            "JUPYTERHUB_SERVICE_PREFIX": f"/user/{name}/",
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:1/user/{name}/",
            "JUPYTERHUB_USER": name,
            "PROBOOST_PLATFORM_URL": "http://127.0.0.1:9/services/proboost",
            "LD_PRELOAD": "/nowhere.so",
        }
        config = f"--config={ROOT / 'extensions' / 'proboost_lab' / 'server_config.py'}"
        return {"op": "start", "name": name, "uid": uid, "env": variables, "args": [config], **more}

    def start(self, name: str, uid: int = LEA) -> dict[str, Any]:
        """Starts a server and waits until it answers."""
        answer = ask(self.run / "launcher.sock", self.order(name, uid), seconds=ENOUGH)
        assert "error" not in answer, (answer, self.log(name))
        until(lambda: self.answers(name), message=f"{name} does not answer: {self.log(name)}")
        return answer

    def log(self, name: str) -> str:
        path = self.data / "launcher" / f"{name}.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def server_socket(self, name: str) -> Path:
        return self.run / "s" / name

    def answers(self, name: str, seconds: float = 2) -> bool:
        try:
            self.request(name, "GET", "api", seconds=seconds)
        except OSError:
            return False
        return True

    def request(self, name: str, method: str, path: str, body: object = None, seconds: float = ENOUGH) -> Any:
        """A request to the learner's own server, with the learner's token."""
        data = b"" if body is None else json.dumps(body).encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(str(self.server_socket(name)))
            head = [
                f"{method} /user/{name}/{path} HTTP/1.0", "Host: server", f"Authorization: token {self.token(name)}",
                "Content-Type: application/json", f"Content-Length: {len(data)}", "", "",
            ]  # fmt: skip
            connection.sendall("\r\n".join(head).encode() + data)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        header, _blank, content = answer.partition(b"\r\n\r\n")
        if not header.startswith(b"HTTP/1.") or header.split()[1][:1] != b"2":
            raise ConnectionError(answer[:500].decode(errors="replace"))
        return json.loads(content or b"null")

    def kernel(self, name: str) -> Kernel:
        kernel = Kernel(self, name)
        self.kernels.append(kernel)
        return kernel

    def status(self, name: str) -> dict[str, Any]:
        return self.ask({"op": "status", "name": name})

    def notice(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.run / "n" / name / "notice.json").read_text()))

    def down(self) -> None:
        for kernel in self.kernels:
            kernel.close()
        try:
            if self.process is not None and self.process.poll() is not None:
                self.up()
            assert stop_all(self.run / "launcher.sock", seconds=5) == []
        finally:
            if self.process is not None:
                self.process.send_signal(signal.SIGTERM)
                assert self.process.wait(20) == 0
            shutil.rmtree(self.run, ignore_errors=True)


@pytest.fixture
def place(tmp_path: Path, hub: str) -> Iterator[Place]:
    """An installation with a launcher that is root."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    made = Place(tmp_path, hub)
    try:
        yield made.up()
    finally:
        made.down()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, hub: str) -> Iterator[Place]:
    """The same for a whole file, with two learners' servers running: lea and max."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    made = Place(tmp_path_factory.mktemp("school"), hub)
    try:
        made.up()
        made.start("lea", LEA)
        made.start("max", MAX)
        yield made
    finally:
        made.down()
