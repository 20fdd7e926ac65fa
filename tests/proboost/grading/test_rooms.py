"""The warm parent may die: another takes its place, and no verdict is guessed meanwhile."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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


def test_what_its_death_interrupts_is_no_verdict(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        grading = pool.submit(engine.grade, total("import time\ntime.sleep(4)\n" + TOTAL))
        while not engine._references or engine.rooms._ready:  # both rooms of the program are taken
            assert not grading.done()
        kill_parent(engine.rooms)
        with pytest.raises(SandboxBroken):
            grading.result(30)


def test_nonsense_from_a_program_is_its_own_end(engine: Engine) -> None:
    code = (
        "import os\nfor fd in range(3, 30):\n    try: os.write(fd, b'\\xff' * 64)\n    except OSError: pass\n" + TOTAL
    )
    found = engine.grade(total(code))
    assert found["state"] == "failed"
    assert "ended itself" in found["message"]


def test_rooms_for_the_next_job_are_there_and_tending_makes_the_others() -> None:
    with Engine("A", uid=WORKER, preload=(), jobs=2) as engine:
        assert engine.grade(total(TOTAL))["state"] == "passed"  # and its reference: none was left, four were made
        assert len(engine.rooms._ready) == 4
        assert engine.grade(total(TOTAL))["state"] == "passed"
        assert len(engine.rooms._ready) == 2
        engine.tend()
        assert len(engine.rooms._ready) == 4


def test_tending_starts_it_again(engine: Engine) -> None:
    kill_parent(engine.rooms)
    engine.tend()
    assert engine.rooms._parent is not None
    assert engine.rooms._parent.poll() is None


def test_one_that_is_still_starting_can_be_stopped() -> None:
    rooms = Rooms("A", uid=WORKER, preload=("numpy", "pandas", "matplotlib.pyplot"), spare=0)
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(rooms.start)
        while rooms._parent is None:
            assert not starting.done()
        rooms.stop()
        with pytest.raises(SandboxBroken):
            starting.result(10)
    with pytest.raises(SandboxBroken, match="stopped"):
        rooms.take()


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
