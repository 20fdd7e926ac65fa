"""Check → verdict at the platform's API: learners who all program, each checking every three seconds.

The platform's two applications and a worker run as processes, as they do under `proboost up`; learners are another.
What is measured is a POST of an attempt until its verdict is in the answer. Every second program is wrong, so that
cases are told; one learner's loops without end once in a while, as learners' do. The first check of an exercise is
shown by itself: by then the worker has run its reference, which it does when the exercise is published.

A peer for the same work: a kernel started for each check, as autograders do (see spine.py), takes a second and more.

usage: python benchmarks/checks.py [--learners N] [--seconds S] [--every S] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from fakes import FakeHub, Platform  # noqa: E402 -- the tests know how to serve the platform without a Hub
from school import School  # noqa: E402

from proboost.blobs import Blobs  # noqa: E402
from proboost.db import Database  # noqa: E402
from proboost.settings import SECRETS, Settings  # noqa: E402

PROGRAMS = ("def sum_even(xs):\n    return sum(x for x in xs if x % 2 == 0)  # {}", "def sum_even(xs):\n    return {}")
LEARNERS = """
import json, sys, threading, time, uuid
import httpx
asked = json.loads(sys.argv[1])
took, lock = [], threading.Lock()
def learner(number, token):
    client = httpx.Client(base_url=asked["url"], headers={"Authorization": f"token {token}"}, timeout=30)
    began = time.monotonic() + 1 + number * asked["every"] / asked["learners"]
    for turn in range(asked["turns"]):
        time.sleep(max(0.0, began + turn * asked["every"] - time.monotonic()))
        code = asked["programs"][turn % 2].format(number * 1000 + turn)
        body = {"id": str(uuid.uuid4()), "ref": asked["ref"], "public_hash": asked["hash"],
                "response": {"code": code}, "surface": "lab"}
        sent = time.monotonic()
        answer = client.post("/api/attempts", json=body)
        seconds = time.monotonic() - sent
        with lock:
            took.append([answer.status_code, answer.json().get("state"), seconds])
threads = [threading.Thread(target=learner, args=one) for one in enumerate(asked["tokens"])]
[one.start() for one in threads]
[one.join() for one in threads]
print(json.dumps(took))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--learners", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=3.05)  # 20 checks a minute are taken, no more
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proboost-bench-", dir="/tmp") as folder:
        conf = installation(Path(folder))
        database = Database(f"sqlite:///{folder}/bench.sqlite")
        database.migrate()
        with FakeHub(conf) as hub, Platform(conf, database, hub) as platform:
            school = School(database, Blobs(conf.blobs_dir))
            school.publish()
            names = [f"learner{number}" for number in range(asked.learners)]
            for name in names:
                school.enrol(name)
            worker = start_worker(conf)
            try:
                told = run(platform, school, [hub.token(name, server=True) for name in names], asked)
            finally:
                worker.terminate()
                worker.wait(20)
        database.close()
    return report(told, asked)


def installation(folder: Path) -> Settings:
    conf = Settings(
        data=folder / "data", run=folder / "run", hub_port=port(), platform_port=port(), port=port(), sandbox="A"
    )
    for path in (conf.secrets_dir, conf.run, conf.platform_dir):
        path.mkdir(parents=True)
    for name in SECRETS:
        (conf.secrets_dir / name).write_text(secrets.token_hex(32), "ascii")
    return conf


def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_worker(conf: Settings) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PROBOOST_DATA": str(conf.data),
        "PROBOOST_RUN": str(conf.run),
        "PROBOOST_LOG_LEVEL": "warning",
    }
    return subprocess.Popen([sys.executable, "-m", "proboost.worker"], cwd="/", env=environment)


def run(platform: Platform, school: School, tokens: list[str], asked: argparse.Namespace) -> list[list[Any]]:
    ref = "python/start#sum-even"
    order = {
        "url": platform.settings.platform_url,
        "ref": ref,
        "hash": school.hash(ref),
        "tokens": tokens,
        "learners": len(tokens),
        "every": asked.every,
        "turns": int(asked.seconds / asked.every),
        "programs": PROGRAMS,
    }
    first = {**order, "tokens": tokens[:1], "turns": 1}
    begin = time.monotonic()
    while True:  # the worker is up when it has found something
        took = learners(first)
        if took[0][0] == 200:
            break
        assert time.monotonic() - begin < 60, took
        time.sleep(3.1)
    print(f"first check of the exercise that was answered at once: {took[0][2] * 1000:.0f} ms")
    time.sleep(60 if asked.every >= 3 else 0)  # what was tried until now counts for twenty a minute too
    return learners(order)


def learners(order: dict[str, Any]) -> list[list[Any]]:
    done = subprocess.run(
        [sys.executable, "-c", LEARNERS, json.dumps(order)], capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def report(told: list[list[Any]], asked: argparse.Namespace) -> int:
    took = sorted(seconds for status, _state, seconds in told if status == 200)
    others = [status for status, _state, _seconds in told if status != 200]
    p95 = took[int(len(took) * 0.95)]
    found = {
        "checks": len(told),
        "pending": len(others),
        "median": statistics.median(took),
        "p95": p95,
        "max": took[-1],
    }
    states = {state for _status, state, _seconds in told}
    print(
        f"{asked.learners} learners, a check every {asked.every:.0f} s: {len(told)} checks, {len(others)} not at once; "
        f"median {found['median'] * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms ({states})"
    )
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
