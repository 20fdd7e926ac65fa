"""A whole ProBoost for tests: `proboost up` on a folder and a port of its own, and people's browsers without a screen.

def test_x(platform: Running) -> None:      # the one that a whole test session shares
    with platform.browser("lea") as lea: ...

with running(tmp_path, demo=False) as mine: ...   # one of your own
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from proboost.settings import Settings
from proboost.supervisor import leftovers

START = 180.0  # seconds; much more than it takes, since other tests may run beside
STOP = 60.0
PASSWORD = "demo-demo"


@dataclass
class Running:
    """`proboost up` as a process. `told` is what it said when it was ready."""

    process: subprocess.Popen[bytes]
    data: Path
    port: int
    log: Path
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def platform_url(self) -> str:
        return f"{self.origin}/services/proboost"

    @property
    def settings(self) -> Settings:
        """With the ports that were chosen."""
        conf = Settings(data=self.data)
        return conf.model_copy(update=json.loads((conf.run / "ports.json").read_text()))

    @property
    def pids(self) -> dict[str, int]:
        """The programs' processes now: launcher, proxy, hub, platform, worker."""
        return leftovers.recall(self.settings.run / "programs.json")

    def user_origin(self, name: str) -> str:
        return f"http://{name}.localhost:{self.port}"

    def user_url(self, name: str) -> str:
        return f"{self.user_origin(name)}/user/{name}/"

    def browser(self, name: str = "", password: str = PASSWORD, language: str = "en") -> Browser:
        """Somebody's browser; with a name it is logged in."""
        made = Browser(self, language)
        try:
            if name:
                made.log_in(name, password)
        except BaseException:
            made.close()
            raise
        return made

    def cli(self, *arguments: str, language: str = "en", text: str | None = None) -> subprocess.CompletedProcess[str]:
        """`proboost ARGUMENTS…` as the operator calls it, about this installation."""
        return subprocess.run(
            [sys.executable, "-m", "proboost", *arguments],
            env={**os.environ, "PROBOOST_DATA": str(self.data), "PROBOOST_LANG": language},
            capture_output=True,
            text=True,
            input=text,
            timeout=120,
            check=False,
        )

    def internal(self) -> httpx.Client:
        """The internal API; paths begin with /internal."""
        transport = httpx.HTTPTransport(uds=str(self.settings.internal_socket))
        return httpx.Client(transport=transport, base_url="http://platform", timeout=60)

    def hub(self) -> httpx.Client:
        """The Hub's API with the platform's token; paths begin with /hub/api."""
        conf = self.settings
        return httpx.Client(
            base_url=f"http://127.0.0.1:{conf.hub_port}",
            headers={"Authorization": f"token {conf.secret('hub_token')}"},
            timeout=60,
        )

    def restarted(self, name: str, old: int, seconds: float = 60) -> int:
        """Waits until another process than `old` is that program, and gives its pid."""
        for _ in patiently(seconds):
            now = self.pids.get(name)
            if now is not None and now != old:
                return now
        raise AssertionError(f"{name} did not come back")

    def signal(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def stop(self, seconds: float = STOP) -> int:
        """Ctrl-C, and the exit status; killed when it takes too long, which is an error."""
        if self.process.poll() is None:
            self.signal()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"proboost up did not stop in {seconds} s:\n{self.said()}") from None
        return self.process.returncode

    def said(self) -> str:
        """What it wrote to the terminal, and the ends of the logs: for messages of failed tests."""
        logs = "".join(
            f"\n== {file.name}\n{file.read_text(errors='replace')[-3000:]}"
            for file in sorted((self.data / "logs").glob("*.log"))
        )
        return self.log.read_text(errors="replace") + logs


@contextmanager
def running(
    folder: Path,
    *,
    demo: bool = True,
    port: int | None = None,
    arguments: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Iterator[Running]:
    """Starts, waits until it says that it is ready, and stops at the end, whatever happened."""
    made = start(folder, demo=demo, port=port, arguments=arguments, environment=environment)
    try:
        wait_ready(made)
        yield made
    finally:
        made.stop()


def start(
    folder: Path,
    *,
    demo: bool = True,
    port: int | None = None,
    arguments: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Running:
    """`proboost up --json` without waiting."""
    data, chosen = folder / "data", port or free_port()
    log = folder / "up.log"
    command = [sys.executable, "-m", "proboost", "up", "--data", str(data), "--port", str(chosen), "--json"]
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*command, *(["--demo"] if demo else []), *arguments],
            env={**os.environ, "PROBOOST_LANG": "en", "PROBOOST_UID_MIN": _uids(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    return Running(process, data, chosen, log)


def _uids() -> str:
    """Where the uids of this run's learners begin: limits by uid are not shared with what runs beside."""
    return str(200_000 + os.getpid() % 900 * 100)


def wait_ready(made: Running, seconds: float = START) -> None:
    """Until the line of JSON that it prints when people can come in."""
    assert made.process.stdout is not None
    ready, _, _ = select.select([made.process.stdout], [], [], seconds)
    line = made.process.stdout.readline() if ready else b""
    if not line:
        made.process.kill()
        made.process.wait()
        raise AssertionError(f"proboost up did not become ready:\n{made.said()}")
    made.told = json.loads(line)
    made.process.stdout.close()


@pytest.fixture(scope="session")
def platform() -> Iterator[Running]:
    """One demo for the whole session: tests use their own people or put back what they change."""
    folder = Path(tempfile.mkdtemp(prefix="proboost-"))
    try:
        with running(folder) as made:
            yield made
    finally:
        if os.environ.get("PROBOOST_KEEP"):
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def patiently(seconds: float, pause: float = 0.05) -> Iterator[None]:
    """Looks again and again at a state that others bring about, for so long at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(pause)


class Browser:
    """Cookies and redirects as a browser has them, for hosts that only browsers resolve (NAME.localhost).

    Every request is a navigation unless `fetch` is used. URLs may be paths on the Hub's and platform's origin.
    """

    def __init__(self, at: Running, language: str = "en") -> None:
        self.at = at
        self.language = language
        self.cookies: dict[tuple[str, bool, str, str], str] = {}  # domain, host only, path, name
        self.url = at.origin + "/"
        self._client = httpx.Client(timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Through the log-in page to the catalogue."""
        page = self.get(self.at.platform_url + "/")
        answer = self.submit(page, {"username": name, "password": password})
        assert answer.url.path.startswith("/services/proboost"), answer.text
        return answer

    def open_server(self, name: str, path: str = "lab", seconds: float = 180) -> httpx.Response:
        """A page of the learner's own server, waited for as the page that says that it starts does."""
        for _ in patiently(seconds, 0.3):
            page = self.get(self.at.user_url(name) + path)
            if page.url.host != "localhost":
                return page
        raise AssertionError(f"the server of {name} did not start: {page.url}\n{self.at.said()}")

    def submit(self, page: httpx.Response, data: dict[str, str], action: str = "") -> httpx.Response:
        """Sends the form of a page of the Hub, with its hidden token."""
        token = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        found = re.search(r'<form method="post" action="([^"]*)"', page.text)
        assert token, page.text
        where = action or (found[1].replace("&amp;", "&") if found else str(page.url))
        return self.post(urljoin(self.url, where), data={"_xsrf": token[1], **data})

    def get(self, url: str, **more: Any) -> httpx.Response:
        return self.navigate("GET", url, **more)

    def post(self, url: str, **more: Any) -> httpx.Response:
        return self.navigate("POST", url, **more)

    def navigate(self, method: str, url: str, *, follow: bool = True, site: str = "", **more: Any) -> httpx.Response:
        """A page is opened; redirects are followed as browsers do."""
        for _ in range(20):
            target = urljoin(self.url, url)
            headers = {
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "document",
                "Sec-Fetch-Site": site or self._site(target),
                "Accept": "text/html,*/*;q=0.8",
                **more.pop("headers", {}),
            }
            if method == "POST":
                headers.setdefault("Origin", "/".join(self.url.split("/")[:3]))
            answer = self.send(method, target, headers=headers, **more)
            if not (follow and answer.has_redirect_location):
                self.url = target
                return answer
            if answer.status_code not in {307, 308}:
                method, more = "GET", {}
            url = urljoin(target, answer.headers["location"])
        raise AssertionError(f"too many redirects, last to {url}")

    def fetch(self, method: str, url: str, **more: Any) -> httpx.Response:
        """A script of the present page asks; the XSRF token of a learner's server goes with it."""
        target = urljoin(self.url, url)
        headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": self._site(target), "Sec-Fetch-Dest": "empty"}
        headers["Origin"] = "/".join(self.url.split("/")[:3])
        token = self.cookie("_xsrf", target)
        if token:
            headers["X-XSRFToken"] = token
        return self.send(method, target, headers={**headers, **more.pop("headers", {})}, **more)

    def send(self, method: str, url: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        """One request with the cookies that belong to it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        sent = "; ".join(f"{name}={value}" for (_, _, _, name), value in self._matching(host, parts.path or "/"))
        request = self._client.build_request(
            method,
            f"http://127.0.0.1:{parts.port or 80}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else ""),
            headers={
                "Host": parts.netloc,
                "Accept-Language": self.language,
                "User-Agent": "ProBoost tests",
                **({"Cookie": sent} if sent else {}),
                **headers,
            },
            **more,
        )
        answer = self._client.send(request)
        self._client.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            self._keep(host, parts.path or "/", line)
        answer.request.url = httpx.URL(url)  # what the person sees
        return answer

    def cookie(self, name: str, url: str) -> str | None:
        parts = urlsplit(url)
        found = [value for (_, _, _, key), value in self._matching(parts.hostname or "", parts.path) if key == name]
        return found[0] if found else None

    def cookies_for(self, url: str) -> str:
        """The Cookie header that goes with `url`, for what is asked without this class (a websocket)."""
        parts = urlsplit(url)
        return "; ".join(
            f"{name}={value}" for (_, _, _, name), value in self._matching(parts.hostname or "", parts.path)
        )

    def _matching(self, host: str, path: str) -> list[tuple[tuple[str, bool, str, str], str]]:
        fitting = [
            (key, value)
            for key, value in self.cookies.items()
            if (host == key[0] or (not key[1] and host.endswith("." + key[0])))
            and (path == key[2] or path.startswith(key[2] if key[2].endswith("/") else key[2] + "/"))
        ]
        return sorted(fitting, key=lambda pair: -len(pair[0][2]))

    def _keep(self, host: str, path: str, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            domain = morsel["domain"].lstrip(".")
            if domain and not (host == domain or host.endswith("." + domain)):
                continue
            key = (domain or host, not domain, morsel["path"] or path.rpartition("/")[0] or "/", name)
            if morsel["max-age"] == "0" or not morsel.value or _past(morsel["expires"]):
                self.cookies.pop(key, None)
            else:
                self.cookies[key] = morsel.value

    def _site(self, target: str) -> str:
        here, there = urlsplit(self.url), urlsplit(target)
        if (here.scheme, here.netloc) == (there.scheme, there.netloc):
            return "same-origin"
        return "cross-site"


def _past(expires: str) -> bool:
    return bool(expires) and parsedate_to_datetime(expires).timestamp() < time.time()
