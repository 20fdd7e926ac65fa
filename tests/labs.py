"""A real learner's server with our extension and a small real platform beside it, as processes of the tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

import proboost_lab

HERE = Path(__file__).parent / "proboost_lab"
CONFIG = Path(proboost_lab.__file__).with_name("server_config.py")
ROOT = Path(proboost_lab.__file__).parent.parent.parent
SECRET = "learner-secret-token"
START = (
    "import sys; sys.modules['rfc3987_syntax'] = None; "  # a grammar that takes 1.8 s and that nobody uses
    "from jupyter_server.serverapp import main; sys.argv[0] = 'jupyter-server'; main()"
)
LESSON = json.loads((HERE / "lesson.json").read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(check: Callable[[], Any], seconds: float = 20.0, what: str = "") -> Any:
    """The first true answer; a test fails when none comes in time."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            pytest.fail(f"not in {seconds} s: {what or check}")
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes], how: int = signal.SIGTERM, patience: float = 15) -> int:
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def execute(code: str) -> str:
    """A request to run code, as it goes over a kernel's websocket."""
    header = {
        "msg_id": "1",
        "msg_type": "execute_request",
        "username": "",
        "session": "s",
        "date": "",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
    return json.dumps(
        {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    )


@dataclass
class Double:
    """The platform; `start` again after `kill` keeps its data and its port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/proboost"

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, str(HERE / "double.py"), str(self.port), str(self.folder)])
        until(self.answers, what="the platform")

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None:
            end(self.process, how)

    def mode(self, **how: Any) -> None:
        path = self.folder / "mode.new"
        path.write_text(json.dumps(how))
        path.replace(self.folder / "mode.json")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "double.sqlite", timeout=10)) as db:
            return db.execute(sql).fetchall()

    def attempts(self) -> list[str]:
        """Ids in the order of their first arrival."""
        return [row[0] for row in self.rows("select id from attempt order by n")]

    def lesson(self, name: str, cells: list[dict[str, Any]]) -> Path:
        path = self.folder / "course" / name
        id_ = path.stem.partition("-")[2]
        about = {"course": "demo", "lesson": id_, "title": id_.capitalize(), "language": "en"}
        metadata = {**LESSON["metadata"], "proboost": about}
        path.write_text(json.dumps({**LESSON, "metadata": metadata, "cells": cells}, ensure_ascii=False, indent=1))
        return path


@dataclass
class Lab:
    """A learner's server. `ask` sends the token, as the Hub's browsers send their cookie."""

    home: Path
    runtime: Path
    platform: Double
    uid: int | None = None
    env: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    base: str = "/user/lea/"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"

    def start(self) -> None:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'extensions'}",
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTER_CONFIG_DIR": str(self.runtime / "config"),
            "JUPYTER_DATA_DIR": str(self.runtime / "data"),
            "JUPYTERHUB_API_TOKEN": SECRET,
            "JUPYTER_TOKEN": "browser-token",
            "PROBOOST_PLATFORM_URL": self.platform.url,
            "PROBOOST_PUBLIC_URL": "http://localhost:1/services/proboost",
            "PROBOOST_LANG": "en",
            **self.env,
        }
        self.log = self.home.parent / "server.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-c", START, f"--config={CONFIG}"),
                    *(f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
                    f"--ServerApp.base_url={self.base}",
                ],
                env=environment,
                cwd=self.home.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self.answers, 60, "the learner's server")

    def answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            pytest.fail(self.log.read_text()[-4000:])
        try:
            return self.ask("GET", "api/status").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": "token browser-token", **more.pop("headers", {})}
        with httpx.Client(trust_env=False, timeout=30) as client:
            return client.request(method, self.url + path, json=body, headers=headers, **more)

    def check(self, id_: str, answer: str = "right", exercise: str = "sum-even") -> httpx.Response:
        body = {
            "id": id_,
            "ref": f"demo/welcome#{exercise}",
            "public_hash": "0" * 16,
            "response": {"code": answer},
            "surface": "voila",
            "made_at": "2026-11-25T10:00:00Z",
        }
        return self.ask("POST", "proboost/attempts", body)

    def run(self, code: str, patience: float = 90) -> str:
        """What a new kernel of this server prints for the code; JupyterLab speaks to it the same way."""
        kernel = self.ask("POST", "api/kernels", {"name": "python3"}).json()["id"]

        async def talk() -> str:
            url = self.url.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels?token=browser-token"
            printed = ""
            async with websockets.connect(url, proxy=None) as socket:
                await socket.send(execute(code))
                while True:
                    said = json.loads(await asyncio.wait_for(socket.recv(), patience))
                    mine = said.get("parent_header", {}).get("msg_id") == "1"
                    printed += said["content"].get("text", "") if mine and said["msg_type"] == "stream" else ""
                    if mine and said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                        return printed

        return asyncio.run(talk())

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            end(self.process, how)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # its kernels, when it was killed


@contextlib.contextmanager
def teaching(lessons: Mapping[str, list[dict[str, Any]]]) -> Iterator[Lab]:
    """A learner's server and a platform with these lessons (file name -> cells), for tests that share them."""
    folder = Path(tempfile.mkdtemp(prefix="pb-", dir="/tmp"))  # short: sockets lie below it
    (folder / "platform" / "course").mkdir(parents=True)
    (folder / "home").mkdir()
    platform = Double(folder / "platform")
    for name, cells in lessons.items():
        platform.lesson(name, cells)
    platform.start()
    lab = Lab(folder / "home", folder / "run", platform)
    lab.runtime.mkdir()
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()
        platform.kill()
        shutil.rmtree(folder, ignore_errors=True)
