"""Engines to grade with: one of this process's own uid, and one that started as an unprivileged account."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import proboost
from proboost.grading.engine import Engine
from proboost.settings import Settings
from proboost.supervisor import programs

WORKER = 991
PRELOAD = ("numpy", "pandas")
SECRET = "7f3a91c5e2"  # stands in the hidden tests and nowhere else
DRIVER = """
import json, sys
from proboost.grading.engine import Engine
from proboost_kernel.forkserver import seccomp
if sys.argv[2] == "shut":
    seccomp.install()
with Engine(sys.argv[1], jobs=1, preload=("numpy", "pandas")) as engine:
    print(json.dumps(str(engine.tier)), flush=True)
    for line in sys.stdin:
        print(json.dumps(engine.grade(json.loads(line))), flush=True)
"""
ROOT = Path(next(iter(proboost.__path__))).parent
Json = dict[str, Any]


class NoEngine(Exception):
    """It ended instead of answering."""


class Unprivileged:
    """An engine in a process that is started as the supervisor starts the worker: its uid, its view of the machine."""

    def __init__(self, tier: str, *, shut: bool = False) -> None:
        """`shut`: in a process that may make no namespaces, as in a strict container."""
        command = (sys.executable, "-c", DRIVER, tier, "shut" if shut else "open")
        confined = replace(programs.worker(Settings(data=Path("/nowhere"))), command=command)
        self.process = subprocess.Popen(
            confined.argv(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        )
        self.tier = self._answer()

    def grade(self, payload: Mapping[str, Any]) -> Json:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(payload) + "\n")
        self.process.stdin.flush()
        return dict(self._answer())

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise NoEngine(self.process.returncode)
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.fixture(scope="session")
def own_engine() -> Iterator[Engine]:
    with Engine("A", uid=WORKER, preload=PRELOAD) as engine:
        yield engine


@pytest.fixture(scope="session")
def unprivileged_engine() -> Iterator[Unprivileged]:
    engine = Unprivileged("A")
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def shut_engine() -> Iterator[Unprivileged]:
    engine = Unprivileged("C", shut=True)
    yield engine
    engine.close()


@pytest.fixture(params=["own", "unprivileged"])
def engine(request: pytest.FixtureRequest) -> Any:
    """The test runs in a sandbox that was started by this user, and in one that an unprivileged account started."""
    return request.getfixturevalue(f"{request.param}_engine")


def job(code_: str, *tests: Mapping[str, Any], solution: str = "", setup: str = "", **more: Any) -> Json:
    """A worker's payload."""
    return {
        "attempt": 1,
        "code": code_,
        "setup": setup,
        "tests": [{"hidden": False, "points": 1, "feedback": "", "trust": "", **test} for test in tests],
        "solution": solution,
        "timeout": 5,
        "memory": 256,
        "key_hash": "key",
        "language": "en",
        **more,
    }


TOTAL = "def total(xs):\n    return sum(xs)\n"


def total(code_: str, **more: Any) -> Json:
    """The exercise that attacks are made on: `total(xs)`, with a secret in its hidden tests."""
    return job(
        code_,
        {"name": "small", "code": "assert total([1, 2]) == 3"},
        {"name": "secret", "hidden": True, "points": 2, "code": f"x = 0x{SECRET}\nassert total([x, 1]) == x + 1"},
        {"name": "prices", "hidden": True, "code": f"assert total(prices) == 16, '{SECRET}'"},
        solution=TOTAL,
        setup="prices = [3, 5, 8]\n",
        **more,
    )
