"""A worker on another machine: let in by its token alone, over the public door, and for jobs alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fakes import Platform
from school import School

from proboost import __version__
from proboost.grading.routes import claims
from proboost.models import Result
from proboost.settings import PREFIX, Settings

from .conftest import ROOT, Workers, findings, leased, school_of, until
from .test_worker import RIGHT, SLOW


@pytest.fixture
def class_(platform_app: Platform) -> School:
    return school_of(platform_app)


Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run(settings_: Settings, tmp_path: Path) -> Iterator[Run]:
    """`run("worker", …)`: the command line, on an installation of its own that holds nothing ("elsewhere") or ours."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, elsewhere: bool = True, language: str = "en") -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PROBOOST_LANG": language,
            "PROBOOST_DATA": str(tmp_path / "elsewhere" if elsewhere else settings_.data),
            **({} if elsewhere else {"PROBOOST_RUN": str(settings_.run)}),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "proboost", *map(str, arguments)],
            cwd="/", env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def said(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, error = process.communicate(timeout=60)
    return process.returncode, out, error


def token_of(run: Run, name: str) -> str:
    status, out, error = said(run("worker", "add", name, "--json", elsewhere=False))
    assert status == 0, error
    return str(json.loads(out)["token"])


def door(platform: Platform, token: str, version: str = __version__) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}", "ProBoost-Version": version}
    return httpx.Client(base_url=f"{platform.settings.platform_url}/api/worker", headers=headers, timeout=30)


@pytest.mark.slow
def test_it_grades_and_when_it_is_killed_another_does(
    class_: School, platform_app: Platform, run: Run, workers: Workers, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(token_of(run, "far-1") + "\n")
    address = platform_app.settings.platform_url.removesuffix(PREFIX)
    far = run("worker", "run", address, "--token-file", file, "--jobs", "1")
    lea = class_.person("lea")
    class_.program(lea, RIGHT)
    until(lambda: len(findings(class_)) == 1, "the far worker's finding")
    class_.program(lea, SLOW)
    until(lambda: leased(class_), "it has the second job")
    assert {row.worker for row in class_.jobs() if row.state == "leased"} == {"far-1"}
    far.kill()
    status, out, _error = said(run("worker", "list", "--json", elsewhere=False))
    assert status == 0
    assert [(row["name"], row["seen_at"] is None) for row in json.loads(out)] == [("far-1", False)]
    status, _out, error = said(run("worker", "remove", "far-1", elsewhere=False))  # what it held is free at once
    assert (status, error) == (0, "far-1 may come no more; jobs given to others: 1.\n")
    workers.start(jobs=1)
    until(lambda: len(findings(class_)) == 2, "the near worker's finding")
    assert [(row.state, row.attempts, row.points) for row in class_.rows(Result)] == [("passed", 2, 3.0)]
    status, _out, error = said(run("worker", "run", address, "--token-file", file))
    assert status == 1
    assert "This token is no worker’s" in error


def test_a_token_opens_its_own_workers_jobs_and_nothing_else(class_: School, platform_app: Platform, run: Run) -> None:
    token, other = token_of(run, "far-1"), token_of(run, "far-2")
    class_.program(class_.person("lea"), RIGHT)
    with door(platform_app, token) as mine, door(platform_app, other) as theirs:
        assert mine.get("/me").json() == {"name": "far-1"}
        claimed = mine.post("/jobs/claim", json={"worker": "far-1", "kinds": ["grade"], "wait": 5})
        assert claimed.status_code == 200, claimed.text
        job = claimed.json()["id"]
        for path, body in (
            ("claim", {"kinds": ["grade"]}),
            ("release", {"untried": False}),
            ("leave", {}),
            (f"{job}/renew", {}),
            (f"{job}/release", {"untried": True}),
            (f"{job}/failed", {"reason": "x"}),
            (f"{job}/finding", {"finding": {"state": "passed", "score": 1}}),
        ):
            as_mine = theirs.post(f"/jobs/{path}", json={"worker": "far-1", **body})
            assert as_mine.status_code == 403, (path, as_mine.text)
        brought = {"worker": "far-2", "finding": {"state": "passed", "score": 1}}
        assert theirs.post(f"/jobs/{job}/finding", json=brought).json() == {"counted": False}  # it is not theirs
        assert mine.post("/jobs/claim", content=b"[1]").status_code == 422
        assert mine.post("/jobs/claim", content=b"\xff").status_code == 422
        assert [row.worker for row in leased(class_)] == ["far-1"]
        for path in ("/api/me", "/api/lessons/python/start/state", "/gradebook/python", "/internal/users"):
            refused = mine.get(f"{platform_app.settings.platform_url}{path}")
            assert refused.status_code in (401, 403, 404), (path, refused.status_code)
    for wrong in ("x", token + "x", str(uuid4())):
        with door(platform_app, wrong) as nobody:
            assert nobody.get("/me").status_code == 401
            assert nobody.post("/jobs/claim", json={"worker": "far-1"}).status_code == 401
    with door(platform_app, "x") as nobody:  # refused before its body is taken
        assert nobody.post("/jobs/claim", content=b"[" * (1 << 20)).status_code == 401
    with door(platform_app, token, version="0.0.1") as old:
        assert (old.get("/me").status_code, old.get("/me").json()["code"]) == (409, "version")
    with ThreadPoolExecutor() as beside, door(platform_app, other) as theirs:
        waits = beside.submit(theirs.post, "/jobs/claim", json={"worker": "far-2", "kinds": ["notebook"], "wait": 25})
        until(lambda: "far-2" in claims, "the claim is held open")
        assert said(run("worker", "remove", "far-2", elsewhere=False))[0] == 0
        assert waits.result(10).status_code == 204  # shut out, it is given nothing more
        assert theirs.get("/me").status_code == 401
    anna = platform_app.client("lea", server=True)
    assert anna.post("/api/worker/jobs/claim", json={"worker": "far-1"}).status_code == 401


@pytest.mark.usefixtures("class_")
def test_names_and_addresses_that_cannot_be_are_said_in_the_readers_language(run: Run, tmp_path: Path) -> None:
    token_of(run, "far-1")
    for arguments, told in (
        (("add", "far-1"), "Исполнитель «far-1» уже есть"),
        (("add", "Far/1"), "строчные латинские буквы"),
        (("remove", "nobody"), "Исполнителя «nobody» нет"),
    ):
        status, _out, error = said(run("worker", *arguments, elsewhere=False, language="ru"))
        assert (status, told in error) == (1, True), error
    file = tmp_path / "token"
    file.write_text("two words")
    status, _out, error = said(run("worker", "run", "https://school.example", "--token-file", file, language="ru"))
    assert (status, "нет токена" in error) == (1, True), error
    file.write_text("x")
    for address, told in (
        ("http://school.example", "--plain-http"),
        ("ftp://school.example", "https://school.example"),
        ("school.example:abc", "https://school.example"),
        ("https://[::1", "https://school.example"),
        ("http://127.0.0.1:1", "не отвечает"),
    ):
        status, _out, error = said(run("worker", "run", address, "--token-file", file, language="ru"))
        assert (status, told in error) == (1, True), error


def test_what_is_no_proboost_is_said(run: Run, tmp_path: Path) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    file = tmp_path / "token"
    file.write_text("x")
    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        status, _out, error = said(run("worker", "run", address, "--token-file", file))
        server.shutdown()
        serving.join()
    assert status == 1
    assert "is no ProBoost" in error
    assert "404" in error
