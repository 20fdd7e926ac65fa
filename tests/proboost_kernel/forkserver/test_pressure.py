"""Room for a kernel that nobody has asked for yet: in memory, in each control group, on the processors."""

from __future__ import annotations

from pathlib import Path

import pytest

from proboost_kernel.forkserver import pressure

MIB = 1 << 20


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "available", lambda: 10_000 * MIB)
    monkeypatch.setattr(pressure, "group_memory", lambda: iter([(1000 * MIB, 100 * MIB)]))
    monkeypatch.setattr(pressure, "stall", lambda _what: 0.0)
    monkeypatch.setattr(pressure, "load", lambda: 0.0)


@pytest.mark.usefixtures("roomy")
def test_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pressure.high() == ""
    monkeypatch.setattr(pressure, "available", lambda: -1)  # a system that does not say
    assert pressure.high() == ""


@pytest.mark.usefixtures("roomy")
def test_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "available", lambda: 100 * MIB)
    assert pressure.high() == "100 MiB of memory are free"


@pytest.mark.usefixtures("roomy")
def test_the_learners_own_limit_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "group_memory", lambda: iter([(9000 * MIB, 0), (1000 * MIB, 900 * MIB)]))
    assert pressure.high() == "100 MiB are left in the control group"


@pytest.mark.usefixtures("roomy")
def test_processors_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "stall", lambda what: 80.0 if what == "cpu" else 0.0)
    assert pressure.high() == ""  # one busy program is no reason
    monkeypatch.setattr(pressure, "load", lambda: 3.0)
    assert pressure.high() == "processors are waited for 80% of the time"
    assert pressure.high(busy=101) == ""


@pytest.mark.parametrize("version", [1, 2])
def test_control_groups_above_us_count(tmp_path: Path, version: int) -> None:
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if version == 1 else ("memory.max", "memory.current")
    root = tmp_path / "memory" if version == 1 else tmp_path
    for folder, limit, used in (("", "max", 5), ("a", 300, 200), ("a/b", "max" if version == 2 else 1 << 62, 100)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / names[0]).write_text(f"{limit}\n")
        (root / folder / names[1]).write_text(f"{used}\n")
    groups = tmp_path / "cgroup"
    groups.write_text("5:cpu,cpuacct:/x\n4:memory:/a/b\n" if version == 1 else "0::/a/b\n")
    assert list(pressure.group_memory(str(tmp_path), str(groups))) == [(300, 200)]


def test_this_machine_says_something() -> None:
    assert pressure.available() > 0
    assert 0 <= pressure.stall("cpu") <= 100
    assert pressure.stall("nothing") == 0
    assert pressure.load() >= 0
