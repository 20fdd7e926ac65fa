"""The whole installation under fire: programs and the supervisor itself are killed while people are at work."""

import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import Browser, Running, patiently, running, start, wait_ready
from websockets.sync.client import ClientConnection, unix_connect

LONGEST = 10.0  # seconds that a request may fail for, whatever dies, on a machine that is not overloaded


def bound() -> float:
    """LONGEST, times the processes that wait for each processor: tests run beside others."""
    return LONGEST * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Kernel:
    """A kernel on a learner's server, spoken to over its websocket, past the proxy: it must outlive everything."""

    def __init__(self, platform: Running, browser: Browser, name: str) -> None:
        self.base = f"/user/{name}/api/kernels"
        url = platform.user_origin(name)
        made = browser.fetch("POST", url + self.base, json={"name": "python3"})
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        cookies = "; ".join(f"{k[3]}={v}" for k, v in browser.cookies.items() if k[0] == f"{name}.localhost")
        self.socket: ClientConnection = unix_connect(
            str(platform.settings.server_sockets / name),
            uri=f"ws://{name}.localhost:{platform.port}{self.base}/{self.id}/channels",
            additional_headers={"Cookie": cookies},
            origin=url,  # type: ignore[arg-type]  # its NewType
            max_size=None,
            legacy=True,  # it lives as long as the tests of this file
        )

    def run(self, code: str) -> str:
        """What the code prints."""
        number = secrets.token_hex(8)
        header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": "t", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self.socket.send(json.dumps(message))
        printed, waiting = "", {"execute_reply", "idle"}
        while waiting:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer["parent_header"].get("msg_id") != number:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            waiting.discard(answer["msg_type"])
            waiting.discard(answer["content"].get("execution_state", ""))
        return printed


class Asking:
    """Somebody who asks for a page again and again; remembers for how long at a stretch it went wrong."""

    def __init__(self, platform: Running, path: str, host: str = "localhost", cookie: str = "") -> None:
        self.longest = 0.0
        self.good = 0
        self._url = f"http://127.0.0.1:{platform.port}{path}"
        self._headers = {"Host": f"{host}:{platform.port}", "Cookie": cookie, "Accept": "text/html"}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        since = None
        with httpx.Client(timeout=bound(), trust_env=False) as client:
            while not self._over.is_set():
                began = time.monotonic()
                try:
                    well = client.get(self._url, headers=self._headers).status_code < 400
                except httpx.HTTPError:
                    well = False
                if well:
                    self.good += 1
                    waited = time.monotonic() - (began if since is None else since)
                    self.longest = max(self.longest, waited)
                    since = None
                elif since is None:
                    since = began
                self._over.wait(0.05)
        if since is not None:
            self.longest = max(self.longest, time.monotonic() - since)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An installation that may be treated badly."""
    with running(tmp_path_factory.mktemp("fire")) as made:
        yield made


@pytest.fixture(scope="module")
def lea(mine: Running) -> Iterator[Browser]:
    with mine.browser("lea") as browser:
        browser.open_server("lea")
        yield browser


@pytest.fixture(scope="module")
def kernel(mine: Running, lea: Browser) -> Iterator[Kernel]:
    made = Kernel(mine, lea, "lea")
    made.run("x = 41")
    yield made
    made.socket.close()


@pytest.mark.parametrize("name", ["launcher", "proxy", "hub", "platform", "worker"])
def test_a_killed_program_is_back_by_itself(mine: Running, lea: Browser, kernel: Kernel, name: str) -> None:
    session = "; ".join(f"{k[3]}={v}" for k, v in lea.cookies.items() if k[0] == "localhost")
    server = "; ".join(f"{k[3]}={v}" for k, v in lea.cookies.items() if k[0] == "lea.localhost")
    asking = [
        Asking(mine, "/hub/login", cookie="proboost-lang=en"),
        Asking(mine, "/services/proboost/", cookie=session),
        Asking(mine, "/user/lea/lab", host="lea.localhost", cookie=server),
    ]
    before = mine.pids
    with asking[0], asking[1], asking[2]:
        for _ in patiently(30):
            if all(one.good for one in asking):
                break
        os.kill(before[name], signal.SIGKILL)
        mine.restarted(name, before[name])
        reached = [one.good + 3 for one in asking]
        for _ in patiently(60):
            if all(one.good >= enough for one, enough in zip(asking, reached, strict=True)):
                break
    assert all(one.good >= enough for one, enough in zip(asking, reached, strict=True)), mine.said()
    assert max(one.longest for one in asking) < bound(), [one.longest for one in asking]
    after = mine.pids
    assert {key: pid for key, pid in after.items() if key != name} == {
        key: pid for key, pid in before.items() if key != name
    }
    assert kernel.run("x += 1; print(x)").strip().isdigit()


def test_nothing_was_lost_in_the_kernel(kernel: Kernel) -> None:
    assert kernel.run("print(x)").strip() == "46"


def test_a_second_up_on_the_same_data_is_refused(mine: Running) -> None:
    second = subprocess.run(
        ["proboost", "up", "--data", str(mine.data), "--demo"],
        executable=str(Path(os.sys.executable).parent / "proboost"),  # type: ignore[attr-defined]
        env={**os.environ, "PROBOOST_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert mine.origin in second.stderr
    assert "Traceback" not in second.stderr


def test_a_supervisor_that_was_killed_is_followed_by_one_that_takes_over(
    mine: Running, lea: Browser, kernel: Kernel, tmp_path: Path
) -> None:
    before = mine.pids
    mine.process.kill()
    mine.process.wait()
    for _ in patiently(20):
        if not any(Path(f"/proc/{pid}").exists() for pid in before.values()):
            break
    assert not [name for name, pid in before.items() if Path(f"/proc/{pid}").exists()]
    assert kernel.run("print(x)").strip() == "46"  # the learner has not noticed
    again = start(mine.data.parent, port=mine.port)
    mine.process = again.process
    wait_ready(mine)
    assert kernel.run("print(x + 1)").strip() == "47"
    lea.open_server("lea")
    assert lea.fetch("GET", mine.user_url("lea") + "api/kernels").json()[0]["id"] == kernel.id


def test_ctrl_c_leaves_no_process_and_a_second_start_keeps_everything(mine: Running, lea: Browser) -> None:
    everyone = descendants(mine.process.pid)
    server = json.loads((mine.data / "launcher" / "lea.lock").read_text().splitlines()[0])
    keepers = {server["keeper"], server["server"]}
    assert set(mine.pids.values()) < everyone | keepers
    assert mine.stop() == 0
    left = [pid for pid in everyone | keepers if alive(pid)]
    assert left == [], mine.said()

    again = start(mine.data.parent, port=mine.port)
    mine.process = again.process
    wait_ready(mine)
    with mine.browser("lea") as browser:
        assert browser.url == mine.platform_url + "/"


def descendants(pid: int) -> set[int]:
    """The process and all below it."""
    import psutil

    return {pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a further one, which is ended with the test."""
    started: list[Running] = []

    def make(**how: Any) -> Running:
        started.append(start(tmp_path, **how))
        return started[-1]

    yield make
    for one in started:
        one.stop()
        assert one.process.stdout is not None
        one.process.stdout.close()


def test_a_taken_port_is_said_at_once(mine: Running, another: Callable[..., Running]) -> None:
    other = another(port=mine.port)
    assert other.process.wait(60) == 1
    assert f"Port {mine.port} is taken" in other.log.read_text()


def test_ctrl_c_during_the_start_leaves_nothing(another: Callable[..., Running]) -> None:
    other = another(demo=False)
    for _ in patiently(60):
        book = other.data / "lock"
        if book.exists() and book.read_text() and len(descendants(other.process.pid)) > 3:
            break
    everyone = descendants(other.process.pid)
    assert other.stop() == 0
    assert not [pid for pid in everyone if alive(pid)]


def test_a_second_ctrl_c_does_not_wait(mine: Running) -> None:
    """The last of this file: the installation is stopped, without patience."""
    everyone = descendants(mine.process.pid)
    mine.signal()
    mine.signal()  # make passes Ctrl-C on to what it runs: that is still the first
    for _ in patiently(30):
        if "Ctrl-C once more" in mine.log.read_text().rpartition("is ready")[2]:
            break
    time.sleep(0.6)  # what comes later is a second one
    mine.signal()
    began = time.monotonic()
    mine.process.wait(30)
    assert time.monotonic() - began < bound()
    assert not [pid for pid in everyone if alive(pid)]
