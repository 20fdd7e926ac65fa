from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from proboost.launcher.register import AlreadyRunning, Register


def test_a_name_is_held_once_and_by_a_living_process(tmp_path: Path) -> None:
    register = Register(str(tmp_path))
    assert register.status("lea") == {"running": False, "status": None, "reason": ""}
    lock = register.take("lea")
    assert register.running("lea") == {}
    register.describe(lock, keeper=os.getpid(), server=1)
    assert register.status("lea") == {"running": True, "keeper": os.getpid(), "server": 1}
    assert register.names() == ["lea"]
    with pytest.raises(AlreadyRunning):
        register.take("lea")
    register.ended("lea", -9, "home")
    os.close(lock)
    status = register.status("lea")
    assert (status["running"], status["status"], status["reason"]) == (False, -9, "home")
    assert register.names() == []


def test_asking_is_never_in_the_way_of_a_start(tmp_path: Path) -> None:
    """A question asked by taking the lock for a moment would make a start at that moment fail."""
    register = Register(str(tmp_path))
    os.close(register.take("lea"))
    asking = os.fork()
    if asking == 0:
        while True:
            register.running("lea")
    try:
        for _again in range(2000):
            os.close(register.take("lea"))
    finally:
        os.kill(asking, signal.SIGKILL)
        os.waitpid(asking, 0)


def test_a_start_forgets_the_last_end(tmp_path: Path) -> None:
    register = Register(str(tmp_path))
    register.ended("lea", 1, "")
    os.close(register.take("lea"))
    assert register.status("lea")["status"] is None


def test_a_signal_reaches_the_keeper_and_nobody_else(tmp_path: Path) -> None:
    register = Register(str(tmp_path))
    assert not register.signal("lea", signal.SIGTERM)
    reading, writing = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        lock = register.take("lea")
        register.describe(lock, keeper=os.getpid())
        os.write(writing, b"x")
        signal.pause()
        os._exit(1)
    os.read(reading, 1)
    assert register.signal("lea", signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1]) == -signal.SIGTERM
    assert not register.signal("lea", signal.SIGTERM)
    os.close(reading)
    os.close(writing)


def test_a_pid_used_anew_is_not_hit(tmp_path: Path) -> None:
    """The file still names a pid, but nobody holds the lock."""
    register = Register(str(tmp_path))
    lock = register.take("lea")
    register.describe(lock, keeper=os.getpid())
    os.close(lock)
    assert not register.signal("lea", signal.SIGKILL)
