"""Requests to the launcher, and servers that outlive it."""

from __future__ import annotations

import os
import signal
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from proboost_kernel.forkserver import wire

from .conftest import LEA, MAX, Place, until


def test_a_server_outlives_kill_9_of_the_launcher_with_its_kernel(place: Place) -> None:
    started = place.start("lea")
    kernel = place.kernel("lea")
    assert kernel.run("x = 41") == ""
    place.kill_launcher()
    assert place.answers("lea")
    assert kernel.run("print(x + 1)") == "42"
    place.up()
    status = place.status("lea")
    assert (status["running"], status["keeper"], status["server"]) == (True, started["keeper"], started["server"])
    assert place.ask({"op": "signal", "name": "lea", "signal": "TERM"}) == {"sent": True}
    until(lambda: not place.status("lea")["running"])
    assert place.status("lea")["status"] == 0


def test_sigterm_ends_the_launcher_and_no_server(place: Place) -> None:
    place.start("lea")
    assert place.process is not None
    place.process.send_signal(signal.SIGTERM)
    assert place.process.wait(10) == 0
    assert place.answers("lea")


def test_a_status_is_kept_though_the_launcher_was_away_when_the_server_ended(place: Place) -> None:
    started = place.start("lea")
    place.kill_launcher()
    os.kill(started["server"], signal.SIGKILL)
    until(lambda: not os.path.exists(f"/proc/{started['keeper']}") or b"Z" in _state(started["keeper"]))
    assert not place.server_socket("lea").exists()
    place.up()
    status = place.status("lea")
    assert (status["running"], status["status"], status["reason"]) == (False, -9, "")


def _state(pid: int) -> bytes:
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()[0]


def test_a_killed_keeper_takes_its_server_along(place: Place) -> None:
    started = place.start("lea")
    os.kill(started["keeper"], signal.SIGKILL)
    until(lambda: not place.status("lea")["running"])
    assert place.status("lea")["status"] is None
    until(lambda: not os.path.exists(f"/proc/{started['server']}"))
    place.start("lea")


def test_exit_statuses(place: Place) -> None:
    assert place.status("lea") == {"running": False, "status": None, "reason": ""}
    place.start("lea")
    assert place.ask({"op": "signal", "name": "lea", "signal": "KILL"}) == {"sent": True}
    until(lambda: not place.status("lea")["running"])
    assert place.status("lea")["status"] == -9
    assert place.ask({"op": "signal", "name": "lea", "signal": "KILL"}) == {"sent": False}
    order = place.order("lea", LEA)
    place.ask({**order, "args": ["--no-such-option=1", "--ServerApp.port=x"]})
    until(lambda: not place.status("lea")["running"])
    assert place.status("lea")["status"] not in (0, None)


def test_of_two_fast_starts_one_runs(place: Place) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(place.ask, [place.order("lea", LEA)] * 4))
    assert sorted(answer.get("error", "") for answer in answers) == ["", "running", "running", "running"]
    until(lambda: place.answers("lea"))
    assert place.ask({"op": "list"}).keys() == {"lea"}


@pytest.mark.parametrize("name", ["", "../max", "Lea", "a/b", "lea--x", "lea.", "0lea", "l" * 40, "lea\n", 7, None])
def test_names_that_are_refused(place: Place, name: object) -> None:
    assert place.ask({**place.order("lea", LEA), "name": name})["error"] in {"name", "malformed"}
    assert sorted(os.listdir(place.data / "homes")) == []


@pytest.mark.parametrize("uid", [0, 1, 990, 199_999, 300_000, -1, 2**31, "x", None])
def test_uids_that_are_refused(place: Place, uid: object) -> None:
    assert place.ask({**place.order("lea", LEA), "uid": uid})["error"] in {"uid", "malformed"}
    assert sorted(os.listdir(place.data / "homes")) == []


def test_a_home_stays_with_its_uid(place: Place) -> None:
    place.start("lea", LEA)
    assert place.ask(place.order("max", LEA))["error"] == "uid"
    place.ask({"op": "signal", "name": "lea", "signal": "KILL"})
    until(lambda: not place.status("lea")["running"])
    assert place.ask(place.order("lea", MAX, language="ru"))["error"] == "home"


def test_a_link_in_the_place_of_a_home_is_refused(place: Place) -> None:
    (place.data / "homes" / "lea").symlink_to("/etc")
    assert place.ask(place.order("lea", LEA))["error"] == "home"


def test_malformed_requests_are_answered_and_harm_nothing(place: Place) -> None:
    for bad in (
        {},
        {"op": "nothing", "name": "lea"},
        [],
        "x",
        {"op": "start"},
        {"op": "signal", "name": "lea", "signal": 9},
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(place.run / "launcher.sock"))
            wire.send(connection, bad)
            answer, _none = wire.receive(connection, seconds=10)
            assert answer["error"] == "malformed"
    for raw in (
        b"",
        b"\x00",
        struct.pack("!I", 1 << 31),
        struct.pack("!I", 5) + b"{{{{{",
        struct.pack("!I", 100) + b"{",
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(place.run / "launcher.sock"))
            connection.sendall(raw)
    assert place.ready()


def test_variables_are_an_allow_list(place: Place) -> None:
    place.start("lea")
    kernel = place.kernel("lea")
    found = kernel.run(
        "import os; print('LD_PRELOAD' in os.environ, os.environ['HOME'], os.environ['JUPYTER_CONFIG_DIR'])"
    )
    assert found == "False /home/lea /run/jupyter/config"


def test_stop_all_asks_first_and_leaves_none(place: Place) -> None:
    for name, uid in (("lea", LEA), ("max", MAX)):
        place.start(name, uid)
    started = place.status("max")
    os.kill(started["server"], signal.SIGSTOP)  # max does not react: it is killed after the deadline
    assert place.ask({"op": "stop_all", "seconds": 3}) == {"left": []}
    assert place.status("lea")["status"] == 0
    assert place.status("max")["status"] == -9
    assert place.ask({"op": "list"}) == {}


def test_orphans_are_buried(place: Place) -> None:
    place.start("lea")
    kernel = place.kernel("lea")
    kernel.run("import subprocess\nfor _ in range(20): subprocess.run(['sh', '-c', 'sleep 0.1 &'])")
    count = """
import os
print(sum('(sleep)' in open(f'/proc/{p}/stat').read() for p in os.listdir('/proc') if p.isdigit()))  # zombies too
"""
    until(lambda: kernel.run(count) == "0", 10)
