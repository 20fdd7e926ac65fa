"""No attack gets a point, no hidden test is seen, nothing gets out; and the canaries that must succeed do."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from proboost.grading.engine import Engine
from proboost.grading.rooms import Rooms

from .attacks import ESCAPES, FORGERIES, LEAKS
from .conftest import ROOT, SECRET, TOTAL, WORKER, total

SEEN = (SECRET, str(int(SECRET, 16)))
KILLED = {"a fork bomb", "more memory in many processes", "kills its guard"}  # the whole room may be let go


@pytest.mark.parametrize("name", FORGERIES)
def test_no_point_is_forged(engine: Any, name: str) -> None:
    found = engine.grade(total(FORGERIES[name], timeout=1))
    assert found["state"] == "failed", found
    assert found["score"] == 0
    assert found["isolated"] is True


@pytest.mark.parametrize("name", LEAKS)
def test_no_hidden_test_is_seen(engine: Any, name: str) -> None:
    found = engine.grade(total(LEAKS[name]))
    assert found["score"] == 0, found
    assert not any(secret in str(found) for secret in SEEN), found


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_gets_out(engine: Any, name: str) -> None:
    code = ESCAPES[name].replace("{root!r}", repr(str(ROOT))).replace("{worker}", str(os.getpid()))
    found = engine.grade(total(code, timeout=8))
    row = found["tests"][0]
    assert found["score"] == 0, found
    if row.get("case") is None:
        assert name in KILLED, found
        assert row["message"], found
    else:
        assert row["case"]["got"] == "'held'", found


def test_the_canary(engine: Any) -> None:
    """The sandbox really runs programs: they write their files, fork, use NumPy, and get their points."""
    code = """
import os, tempfile, numpy
with tempfile.TemporaryFile('w+') as file:
    file.write('x' * 1_000_000)
child = os.fork()
if child == 0:
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
def total(xs):
    return int(numpy.sum(xs))
"""
    assert engine.grade(total(code))["state"] == "passed"


def test_the_next_program_is_not_touched(engine: Any) -> None:
    engine.grade(total("import os\nopen('/tmp/left', 'w').write('x')\nopen('/home/l/left', 'w').write('x')"))
    looks = "import os\nfound = os.listdir('/tmp') + os.listdir('/home/l') + os.listdir('/dev/shm')\n"
    found = engine.grade(total(looks + "def total(xs): return found"))
    # Python itself may lie below /tmp: then the way to it is there, and nothing else.
    ways = sorted({Path(way).parts[2] for way in (sys.prefix, sys.base_prefix) if way.startswith("/tmp/")})
    assert found["tests"][0]["case"]["got"] == repr(ways)
    assert engine.grade(total(TOTAL))["state"] == "passed"


OUTLIVES = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True: time.sleep(1)
    os._exit(0)
def total(xs): return sum(xs)
"""


@pytest.mark.parametrize("tier", ["A", "B"])
def test_nothing_outlives_its_run(tier: str) -> None:
    with Engine(tier, preload=()) as engine:
        rooms = Rooms(tier, uid=WORKER, preload=(), spare=1)
        rooms.start()
        try:
            engine.rooms, before = rooms, engine.rooms
            before.stop()
            assert engine.grade(total(OUTLIVES))["state"] == "passed"
            idle = 1 + 2  # the warm parent, and the spare room's guard and part
            end = time.monotonic() + 20
            while family(rooms) != idle and time.monotonic() < end:
                time.sleep(0.02)
            assert family(rooms) == idle
        finally:
            rooms.stop()


def family(rooms: Rooms) -> int:
    """Processes of the sandbox, spare rooms included."""
    assert rooms._parent is not None
    waiting, count = [rooms._parent.pid], 0
    while waiting:
        pid = waiting.pop()
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                children = [int(child) for child in file.read().split()]
        except OSError:
            continue
        count += len(children)
        waiting += children
    return count


def test_two_rooms_draw_different_numbers(own_engine: Engine) -> None:
    code = (
        "import random, numpy, uuid\n"
        "v = (random.random(), numpy.random.rand(), uuid.uuid4().hex)\n"
        "def total(xs): return v"
    )
    drawn = {own_engine.grade(total(code))["tests"][0]["case"]["got"] for _ in range(3)}
    assert len(drawn) == 3
