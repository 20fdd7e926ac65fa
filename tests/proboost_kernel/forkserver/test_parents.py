"""Whatever becomes of a warm parent, its user has a kernel: an ordinary one at the worst, and at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.ioloop import AsyncIOLoopKernelManager

from proboost_kernel.forkserver import asking, hygiene, parent, place, wire
from proboost_kernel.forkserver.provisioner import ForkProvisioner

from .kernels import Kernel, Place, gone, parent_of, until


@pytest.fixture
def spot(place: Place) -> Iterator[Place]:
    """The module's place, whose parents are gone when a test has done something to them."""
    yield place
    for one in place.kernels:
        one.close()
    place.kernels.clear()


def state(place: Place, kernel: Kernel) -> dict[str, object]:
    (found,) = [one for one in place.parents().values() if kernel.pid in one["kernels"]]
    return found


def stop(place: Place) -> None:
    for path, one in place.parents().items():
        asking.question(path, "stop")
        until(lambda pid=one["pid"]: gone(pid))  # type: ignore[misc]  # bound now


def test_a_parent_is_small_private_and_alone(spot: Place) -> None:
    one = spot.start("fork")
    found = state(spot, one)
    assert found["tasks"] == 1
    assert found["failed"] == {}
    (path,) = [Path(path) for path, other in spot.parents().items() if other["pid"] == found["pid"]]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
    kinds = [os.readlink(f"/proc/{found['pid']}/fd/{number}") for number in os.listdir(f"/proc/{found['pid']}/fd")]
    sockets = [kind for kind in kinds if kind.startswith("socket:")]
    assert len(sockets) <= 3  # it listens, one kernel's asker, and us
    assert "anon_inode:[eventpoll]" not in kinds


def test_a_forked_kernel_imports_nothing_that_its_parent_had_not(spot: Place) -> None:
    code = "import sys; before = set(sys.modules)"
    one = spot.start("fork")
    one.run(code)
    one.run("import numpy, pandas, matplotlib.pyplot as plt, ipywidgets as w\nplt.plot([1]); w.IntSlider()")
    one.client.complete("numpy.lins", reply=True, timeout=30)
    one.client.inspect("numpy.linspace", reply=True, timeout=30)
    one.client.execute("1/0", reply=True, timeout=30)
    late = set(json.loads(one.run("import json; print(json.dumps(sorted(set(sys.modules) - before)))")))
    assert late <= {"json", "matplotlib_inline.backend_inline"} or len(late) < 8, late


def test_another_users_requests_are_not_read(spot: Place) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    spot.start("fork")
    (path, *_others) = spot.parents()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setresuid(65534, 65534, 65534)
            mine = socket.socket(socket.AF_UNIX)
            mine.connect(path)
        except PermissionError:
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_peer_is_checked_whatever_the_folder_allows(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    with asked_parent(tmp_path) as path:
        child = os.fork()
        if child == 0:
            status = 2
            try:
                os.setresuid(65534, 65534, 65534)
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(path)
                connection.settimeout(10)
                wire.send(connection, {"op": "info"})
                status = 1 if connection.recv(1) else 0
            except ConnectionError:
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def asked_parent(tmp_path: Path, *, mode: int = 0o666, before: str = "", **how: object) -> _Served:
    return _Served(tmp_path, mode, before, how)


class _Served:
    """A parent without libraries, started by the test; connect to what `with` gives."""

    def __init__(self, folder: Path, mode: int, before: str, how: dict[str, object]) -> None:
        self.path = f"/tmp/k-{os.urandom(5).hex()}"
        code = dedent(f"""
            import os, sys, threading
            sys.path[:0] = {sys.path!r}
            from proboost_kernel.forkserver import parent, wire
            listening = wire.listen({self.path!r}, mode={mode})
            {before}
            parent.serve(listening, preload=(), **{how!r})
        """)
        self.process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **place.ONE_THREAD})

    def __enter__(self) -> str:
        until(self.answers, 60)
        return self.path

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(asking.question(self.path, "info"))
        return False

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        os.unlink(self.path)


def test_native_threads_are_found_and_nothing_is_forked(tmp_path: Path) -> None:
    """ctypes starts one that Python's own count does not know."""
    before = (
        "import ctypes; c = ctypes.CDLL(None); t = ctypes.c_ulong(); "
        "c.pthread_create(ctypes.byref(t), None, ctypes.cast(c.pause, ctypes.c_void_p), None)"
    )
    with asked_parent(tmp_path, mode=0o600, before=before) as path:
        found = asking.question(path, "info")
        assert found["tasks"] == 2
        with pytest.raises(asking.Refused, match="2 threads"):
            ask(path)
        assert asking.question(path, "info")["kernels"] == []


def ask(path: str, **changed: object) -> asking.Started:
    env = dict(os.environ)
    need = {**place.need(sys.executable, [], env), **changed}
    need["start"] = {name: value for name, value in need["start"].items() if name not in place.ONE_THREAD}
    head = {"op": "start", "need": need, "spare": False, "mold": None}
    request = {"env": env, "argv": ["-f", "/nonexistent/x.json"], "module": "proboost_kernel", "cwd": "/",
               "bounds": hygiene.bounds(), "key": "k"}  # fmt: skip
    with open(os.devnull, "w") as nowhere:
        return asking.ask(path, head, request, (nowhere.fileno(), nowhere.fileno()))


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"python": "/usr/bin/python"}, "Python"),
        ({"start": {"PYTHONHASHSEED": "1"}}, "PYTHONHASHSEED"),
        ({"text": "koi8r"}, "encoding"),
        ({"place": {**place.here(), "Seccomp": "9"}}, "Seccomp"),
        ({"place": {**place.here(), "cgroup": "0::/elsewhere"}}, "cgroup"),
        ({"place": {**place.here(), "CapEff": "0"}}, "CapEff"),
    ],
)
def test_a_kernel_that_would_differ_is_refused(bare: str, changed: dict[str, object], what: str) -> None:
    with pytest.raises(asking.Refused, match=what):
        ask(bare, **changed)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with asked_parent(tmp_path_factory.mktemp("bare"), mode=0o600) as path:
        yield path


@pytest.mark.parametrize(
    "sent", [b"", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x05[1,2]", b"\xff\xff\xff\xff", b"\x00\x00\x00\x04null"]
)
def test_nonsense_is_answered_and_survived(bare: str, sent: bytes) -> None:
    with asking.connect(bare) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(10)
        while connection.recv(1000):
            pass
    assert asking.question(bare, "info")["kernels"] == []


def test_a_slow_asker_does_not_hold_others_up_for_long(bare: str) -> None:
    with asking.connect(bare) as slow:
        slow.sendall(b"\x00\x00")
        began = time.monotonic()
        assert asking.question(bare, "info")
        assert time.monotonic() - began < parent.HURRY + 2


def test_a_killed_parent_costs_nothing_but_the_next_ones_warmth(spot: Place) -> None:
    one = spot.start("spare")
    one.run("x = 1")
    mine = state(spot, one)
    spare = until(spot.ready)
    os.kill(int(str(mine["pid"])), signal.SIGKILL)
    until(lambda: gone(spare), 10, "the spare's end")
    assert not list(spot.runtime.glob("spare-*"))
    assert one.manager.is_alive()
    assert one.run("print(x)") == "1"
    one.client.execute("print('runs', flush=True)\nwhile True: pass")
    one.until_printed("runs")
    one.manager.interrupt_kernel()
    assert one.client.get_shell_msg(timeout=20)["content"]["ename"] == "KeyboardInterrupt"
    assert one.run("print(x)") == "1"
    second = spot.start_one("spare", spot.environment(), None, {})
    assert second.by == "fork"
    os.kill(one.pid, 9)
    until(one.ended, 2)


def test_a_hung_parent_is_not_waited_for(spot: Place) -> None:
    one = spot.start("fork")
    parent_pid = parent_of(one.pid)
    os.kill(parent_pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        second = spot.start_one("fork", spot.environment(), None, {})
        assert second.by == "program"
        assert time.monotonic() - began < 30
        one.manager.shutdown_kernel()  # nobody buries it: its end is seen all the same
    finally:
        os.kill(parent_pid, signal.SIGCONT)
    until(lambda: state_of(spot, parent_pid)["kernels"] == [], what="kernels that nobody wanted any more are gone")
    assert spot.start("fork").by == "fork"


def state_of(place: Place, pid: int) -> dict[str, object]:
    return next(one for one in place.parents().values() if one["pid"] == pid)


def test_a_hung_or_broken_spare_is_an_ordinary_start(spot: Place) -> None:
    spot.start("spare").close()
    spare = until(spot.ready)
    os.kill(spare, signal.SIGSTOP)
    one = spot.start_one("spare", spot.environment(), None, {})
    assert one.by == "program"
    until(lambda: gone(spare), 10, "a spare that nobody could have")


def test_every_error_of_a_spare_that_is_adopted_is_told_at_once(spot: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Its folder is gone meanwhile: the ordinary start then fails as well, as it should, and says why."""
    spot.start("spare").close()
    spare = until(spot.ready)
    manager = spot.manager("spare")
    began = time.monotonic()
    with pytest.raises(FileNotFoundError):
        manager.start_kernel(cwd="/nonexistent", env=spot.environment())
    assert time.monotonic() - began < parent.HURRY
    assert "No kernel from a warm parent" in caplog.text
    until(lambda: gone(spare))
    manager.cleanup_resources()


def test_trouble_is_told_once(spot: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForkProvisioner, "told", set())
    monkeypatch.setenv("PROBOOST_KERNEL_PARENT", "/nonexistent/socket")
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        assert spot.start("fork").by == "fork"  # its own parent is there
    assert caplog.text.count("/nonexistent/socket") == 1


def test_the_parent_that_is_named_is_asked_first(spot: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    one = spot.start("fork")
    (path,) = [path for path, other in spot.parents().items() if one.pid in other["kernels"]]
    monkeypatch.setenv("PROBOOST_KERNEL_PARENT", path)
    two = spot.start_one("spare", spot.environment(), None, {})
    assert parent_of(two.pid) == parent_of(one.pid)
    assert two.run("import os; print('PROBOOST_KERNEL_PARENT' in os.environ)") == "False"


def test_a_spare_is_made_only_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listening, its = socket.socketpair()
    crowded = "no room"
    one = parent.Parent(listening, "", None, lambda: crowded, _Same(), {}, {})  # type: ignore[arg-type]  # a stand-in
    one._mold({"variables": {}, "argv": [], "module": "proboost_kernel", "transport": "tcp", "ip": "127.0.0.1",
               "folder": str(tmp_path)})  # fmt: skip
    one._rest()
    assert one.spare is None
    assert one.why_no_spare == "no room"

    def no_more() -> int:
        raise BlockingIOError("as many processes as may be")

    crowded = ""
    monkeypatch.setattr(parent.os, "fork", no_more)
    one._rest()
    assert one.spare is None
    assert "as many processes" in one.why_no_spare
    listening.close()
    its.close()


class _Same:
    def changed(self) -> str:
        return ""


def test_one_spare_is_the_most_and_it_is_in_its_users_control_group(spot: Place) -> None:
    one = spot.start("spare")
    spare = until(spot.ready)
    pid = parent_of(one.pid)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert sorted(map(int, children)) == sorted([one.pid, spare])
    assert Path(f"/proc/{spare}/cgroup").read_text() == Path("/proc/self/cgroup").read_text()


def test_many_at_once_have_one_parent_and_a_kernel_each(spot: Place) -> None:
    stop(spot)

    async def one(number: int) -> AsyncKernelManager:
        manager = spot.manager("spare", cls=AsyncKernelManager)
        await manager.start_kernel(stdout=spot.log, stderr=spot.log, env=spot.environment())
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=120)
        reply = await client.execute(f"{number}", reply=True, timeout=60)
        assert reply["content"]["status"] == "ok"
        client.stop_channels()
        return manager

    async def main() -> set[int]:
        managers = await asyncio.gather(*[one(number) for number in range(8)])
        pids = [manager.provisioner.pid for manager in managers]
        assert len(set(pids)) == 8
        found = {parent_of(pid) for pid in pids}
        await asyncio.gather(*[manager.shutdown_kernel() for manager in managers])
        assert all(gone(pid) for pid in pids)
        return found

    assert len(asyncio.run(main())) == 1
    assert len(spot.parents()) == 1


def test_one_that_dies_is_started_again_by_whoever_watches_it(spot: Place) -> None:
    async def main() -> None:
        manager = spot.manager("fork", cls=AsyncIOLoopKernelManager)
        await manager.start_kernel(stdout=spot.log, stderr=spot.log, env=spot.environment())
        again = asyncio.Event()
        manager.add_restart_callback(again.set, "restart")
        before = manager.provisioner.pid
        os.kill(before, 9)
        await asyncio.wait_for(again.wait(), 30)
        while not await manager.is_alive():  # nobody tells when it is there again
            await asyncio.sleep(0.05)
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=30)
        assert manager.provisioner.pid != before
        client.stop_channels()
        await manager.shutdown_kernel(now=True)

    asyncio.run(main())


@pytest.mark.parametrize("independent", [False, True])
def test_a_kernel_ends_with_its_asker_unless_it_is_independent(spot: Place, independent: bool) -> None:
    spot.start("fork").close()
    code = """
        import os, sys
        sys.path[:0] = sys.argv[1].split(":")
        import json, time
        from jupyter_client import KernelManager
        from jupyter_client.kernelspec import KernelSpecManager
        specs = KernelSpecManager(kernel_dirs=[sys.argv[2]], ensure_native_kernel=False)
        manager = KernelManager(kernel_name="fork", kernel_spec_manager=specs)
        manager.start_kernel(independent=sys.argv[3] == "True", env=json.loads(sys.argv[4]))
        print(manager.provisioner.pid, manager.provisioner.started_by, flush=True)
        time.sleep(60)
    """
    arguments = [":".join(sys.path), str(spot.folder / "kernels"), str(independent), json.dumps(spot.environment())]
    asker = subprocess.Popen([sys.executable, "-c", dedent(code), *arguments], stdout=subprocess.PIPE, text=True)
    assert asker.stdout is not None
    pid, by = asker.stdout.readline().split()
    assert by == "fork"
    asker.kill()
    asker.wait()
    asker.stdout.close()
    if independent:
        parent_pid = parent_of(int(pid))
        asking.question(next(iter(spot.parents())), "info")  # its parent has seen the end of the connection by now
        assert not gone(int(pid))
        os.kill(int(pid), 9)
        until(lambda: state_of(spot, parent_pid)["kernels"] == [])
    else:
        until(lambda: gone(int(pid)), 5)


def test_an_idle_parent_ends_and_takes_its_spare_and_socket_along(spot: Place) -> None:
    spot.write("brief", idle=2.0, preload=[])
    one = spot.start("brief")
    pid = parent_of(one.pid)
    spare = until(lambda: state_of(spot, pid)["spare"])
    one.close()
    until(lambda: gone(pid) and gone(spare), 20)
    assert [path for path, other in spot.parents().items() if other["pid"] == pid] == []


def test_a_parent_whose_socket_was_removed_ends_after_its_kernels(spot: Place) -> None:
    one = spot.start("fork")
    found = state(spot, one)
    (path,) = [path for path, other in spot.parents().items() if other["pid"] == found["pid"]]
    os.unlink(path)
    time_of_look = parent.LATER + 2
    assert one.run("print(1)") == "1"
    one.close()
    until(lambda: gone(int(str(found["pid"]))), time_of_look + 5)
