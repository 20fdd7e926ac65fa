"""The same launcher where nobody is root: servers in bubblewrap, all of one uid, each with its own view."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proboost.launcher import isolation, view

from .conftest import ROOT, Place, until

SOMEBODY = 220_001


class Ordinary(Place):
    """The launcher of an ordinary user. Its Python may lie in root's own home: the user sees a part of the machine."""

    def command(self) -> list[str]:
        if os.geteuid() != 0:
            return super().command()
        for folder in (self.data, self.run):
            folder.mkdir(exist_ok=True, mode=0o700)
            os.chown(folder, SOMEBODY, SOMEBODY)
        code = (
            "import os, sys\n"
            "from proboost.launcher import isolation, view\n"
            "shown, _hidden = view.code(with_courses=False)\n"
            f"paths = ({str(self.data)!r}, {str(self.run)!r})\n"
            "isolation.shut_in(view.View(read=shown, write=tuple((p, p) for p in paths), "
            f"uid={SOMEBODY}, tmp_mb=16), die_with_parent=False)\n"
            "os.execv(sys.executable, [sys.executable, '-m', 'proboost.launcher'])\n"
        )
        return [sys.executable, "-c", code]

    def order(self, name: str, uid: int = 0, **more: object) -> dict[str, object]:
        return super().order(name, uid, **more)


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory, hub: str) -> Iterator[Place]:
    made = Ordinary(tmp_path_factory.mktemp("flat"), hub, memory_mb=500, home_mb=48)
    made.data.parent.chmod(0o755)
    try:
        made.up()
        assert made.ask({"op": "describe"})["isolation"] == "bubblewrap"
        made.start("lea")
        made.start("max")
        yield made
    finally:
        made.down()


def test_other_homes_and_the_platform_are_unseen(flat: Place) -> None:
    kernel = flat.kernel("lea")
    hidden = [flat.data, flat.run, flat.data / "homes" / "max", ROOT / "notebooks", ROOT / ".git", Path("/root/.ssh")]
    assert kernel.run(f"import os; print([p for p in {[str(p) for p in hidden]} if os.path.exists(p)])") == "[]"
    assert kernel.run("print(os.path.expanduser('~'), os.listdir('/home'))") == "/home/lea ['lea']"


def test_nothing_of_another_process_can_be_read(flat: Place) -> None:
    """The learner's server is closed to her kernels; their parent, which was never told a token, is her own."""
    kernel = flat.kernel("lea")
    code = """
import os
everybody = [p for p in os.listdir('/proc') if p.isdigit()]
servers = [p for p in everybody if b'proboost.launcher.inside' in open(f'/proc/{p}/cmdline', 'rb').read()]
opened, told = [], []
for p in everybody:
    for what in ('environ', 'mem', 'maps'):
        try: content = open(f'/proc/{p}/{what}', 'rb').read(1 << 20)
        except OSError: continue
        if p in servers: opened.append((p, what))
        if what == 'environ' and b'TOKEN' in content: told.append(p)
print(len(servers), opened, told, len(everybody) < 10)
"""
    assert kernel.run(code) == "2 [] [] True"


def test_no_capability_and_no_nested_namespace(flat: Place) -> None:
    kernel = flat.kernel("lea")
    status = dict(line.split(":", 1) for line in kernel.run("print(open('/proc/self/status').read())").splitlines())
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert int(status["NoNewPrivs"]) == 1
    assert int(status["Seccomp"]) == 2
    code = "import subprocess; print(subprocess.run(['unshare', '-Ur', 'true'], capture_output=True, text=True).stderr)"
    assert "not permitted" in kernel.run(code)


def test_memory_is_watched_where_no_group_bounds_it(flat: Place) -> None:
    """One process is stopped by its own limit; several together lose the greatest, and the servers live."""
    kernel = flat.kernel("lea")
    assert kernel.run("b = bytearray(600 << 20)") == "MemoryError:"
    together = """
import os, time
children = []
for _ in range(6):
    if (child := os.fork()) == 0:
        b = [bytearray(b'x') * (1 << 20) for _ in range(150)]
        time.sleep(20); os._exit(0)
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children].count(-9) > 0)
"""
    kernel.send(together)
    until(lambda: "memory" in flat.notice("lea"))
    assert flat.answers("lea", seconds=20)
    assert flat.answers("max", seconds=20)


def test_a_full_home_grows_no_more(flat: Place) -> None:
    kernel = flat.kernel("max")
    code = """
import os, time
os.mkdir('/home/max/big')
for n in range(400):
    try:
        with open(f'/home/max/big/{n}', 'wb') as f:
            for _ in range(10): f.write(bytes(1 << 20)); f.flush(); time.sleep(0.02)
    except OSError as e: print(e.strerror); break
"""
    assert kernel.run(code) == "File too large"
    kernel.run("import shutil; shutil.rmtree('/home/max/big')")
    until(lambda: flat.notice("max") == {})


def test_statuses_and_signals(flat: Place) -> None:
    flat.start("tom")
    assert flat.ask({"op": "signal", "name": "tom", "signal": "TERM"}) == {"sent": True}
    until(lambda: not flat.status("tom")["running"])
    assert flat.status("tom")["status"] == 0
    flat.start("tom")
    flat.ask({"op": "signal", "name": "tom", "signal": "KILL"})
    until(lambda: not flat.status("tom")["running"])
    assert flat.status("tom")["status"] == -9


def test_a_server_outlives_its_launcher(flat: Place) -> None:
    kernel = flat.kernel("lea")
    flat.kill_launcher()
    assert kernel.run("print(6 * 7)") == "42"
    flat.up()
    assert flat.status("lea")["running"]


def test_without_any_isolation_a_second_learner_is_refused(
    tmp_path: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Alone(tmp_path, hub)
    tmp_path.chmod(0o755)
    try:
        made.up()
        assert made.ask({"op": "describe"})["isolation"] == "none"
        made.start("lea")
        answer = made.ask(made.order("max", language="ru"))
        assert answer["error"] == "shared"
        assert answer["message"]
        made.kill_launcher()
        made.settings["accept_shared_risk"] = "true"
        made.up()
        made.start("max")
    finally:
        made.down()


class Alone(Ordinary):
    """An ordinary user on a machine whose kernel lets nobody make user namespaces."""

    def command(self) -> list[str]:
        if os.geteuid() != 0:
            pytest.skip("only root can take user namespaces away")
        program, flag, code = super().command()
        return [
            program,
            flag,
            code.replace(
                "os.execv", "from proboost_kernel.forkserver import seccomp; seccomp.install(seccomp.SERVER); os.execv"
            ),
        ]


def test_bubblewrap_is_refused_to_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("for root")
    assert isolation.choose(SOMEBODY)[0] is isolation.Isolation.NAMESPACES
    assert view.code(with_courses=False)
