"""The warm parent may die: another takes its place, and no verdict is guessed meanwhile."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proboost.grading.engine import Engine
from proboost.grading.rooms import Rooms, SandboxBroken

from .conftest import TOTAL, WORKER, total


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine("A", uid=WORKER, preload=()) as engine:
        yield engine


def kill_parent(rooms: Rooms) -> None:
    assert rooms._parent is not None
    rooms._parent.send_signal(signal.SIGKILL)
    rooms._parent.wait()


def test_a_job_after_its_death_is_graded_all_the_same(engine: Engine) -> None:
    assert engine.grade(total(TOTAL))["state"] == "passed"
    for _ in range(2):
        kill_parent(engine.rooms)
        assert engine.grade(total(TOTAL))["state"] == "passed"


def test_tending_starts_it_again(engine: Engine) -> None:
    kill_parent(engine.rooms)
    engine.tend()
    assert engine.rooms._parent is not None
    assert engine.rooms._parent.poll() is None


def test_all_processes_end_with_the_engine() -> None:
    with Engine("A", uid=WORKER, preload=()) as engine:
        assert engine.rooms._parent is not None
        parent = engine.rooms._parent.pid
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            children = [int(child) for child in file.read().split()]
        assert children
    for process in (parent, *children):
        assert not Path(f"/proc/{process}").exists()


def test_a_python_that_cannot_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    rooms = Rooms("A", uid=WORKER, preload=(), spare=0)
    with pytest.raises(SandboxBroken, match="did not start"):
        rooms.take()
    rooms.stop()
