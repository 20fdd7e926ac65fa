"""Control groups of both versions: 1 is this machine's where it has it, 2 a folder that looks like one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from proboost.launcher import cgroups
from proboost.launcher.bounds import Bounds

BOUNDS = Bounds(memory_mb=300, pids=77, cpus=1.5, home_mb=10, files=10, reserve_mb=0)


def looks(tmp_path: Path, mounts: str, own: str) -> str:
    (tmp_path / "mounts").write_text(mounts)
    (tmp_path / "cgroup").write_text(own)
    return str(tmp_path)


def test_version_1_controllers_lie_in_mounts_of_their_own(tmp_path: Path) -> None:
    top = tmp_path / "sys"
    (top / "memory" / "box").mkdir(parents=True)
    (top / "cpu").mkdir()
    proc = looks(
        tmp_path,
        f"cgroup {top}/memory cgroup rw,memory 0 0\ncgroup {top}/cpu cgroup rw,cpu,cpuacct 0 0\n",
        "4:memory:/box\n2:cpu,cpuacct:/elsewhere\n1:name=systemd:/\n0::/\n",
    )
    assert cgroups.places(proc) == {
        "memory": cgroups.Place(1, f"{top}/memory/box"),
        "cpu": cgroups.Place(1, f"{top}/cpu"),  # its path lies outside of what this group namespace shows
    }


def unified(tmp_path: Path) -> Path:
    own = tmp_path / "unified" / "our.scope"
    own.mkdir(parents=True)
    (own / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (own / "cgroup.subtree_control").write_text("")
    (own / "cgroup.procs").write_text("")
    return own


def test_version_2_names_its_controllers(tmp_path: Path) -> None:
    own = unified(tmp_path)
    proc = looks(tmp_path, f"cgroup2 {tmp_path}/unified cgroup2 rw 0 0\n", "0::/our.scope\n")
    assert cgroups.places(proc) == dict.fromkeys(cgroups.CONTROLLERS, cgroups.Place(2, str(own)))


def test_version_2_limits_are_written_into_one_group(tmp_path: Path) -> None:
    where = dict.fromkeys(cgroups.CONTROLLERS, cgroups.Place(2, str(tmp_path)))
    group = tmp_path / "proboost-x-lea"
    group.mkdir()
    (group / "memory.swap.max").touch()
    (group / "cpu.weight").touch()
    cage = cgroups.cage("x-lea", BOUNDS, where)
    assert (cage.directories, cage.missing) == ((str(group),), {})
    written = {path.name: path.read_text() for path in group.iterdir()}
    assert written == {
        "memory.max": str(300 << 20), "memory.swap.max": "0", "pids.max": "77", "cpu.max": "150000 100000",
        "cpu.weight": "50",
    }  # fmt: skip


def test_in_version_2_our_own_processes_move_into_a_leaf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel lets a group have limited children only while it has no processes itself."""
    own = unified(tmp_path)
    (own / "cgroup.procs").write_text("11\n12\n")
    moved: list[str] = []

    def kernel(path: str, value: str) -> None:
        if path.endswith("cgroup.subtree_control"):
            if not moved:
                raise OSError(16, "Device or resource busy")
            with open(path, "a") as file:
                file.write(value.lstrip("+") + " ")
        else:
            assert path == f"{own}/{cgroups.LEAF}/cgroup.procs"
            moved.append(value)

    monkeypatch.setattr(cgroups, "_write", kernel)
    ready = cgroups.prepare({name: cgroups.Place(2, str(own)) for name in ("memory", "pids")})
    assert ready == dict.fromkeys(("memory", "pids"), cgroups.Place(2, str(own)))
    assert moved == ["11", "12"]
    again = cgroups.prepare({"memory": cgroups.Place(2, f"{own}/{cgroups.LEAF}")})
    assert again == {"memory": cgroups.Place(2, str(own))}


def test_what_cannot_be_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cage = cgroups.cage(
        "x", BOUNDS, {"memory": cgroups.Place(1, f"{tmp_path}/file"), "pids": cgroups.Place(1, "/proc")}
    )
    assert cage.directories == ()
    assert set(cage.missing) == {"memory", "pids", "cpu"}
    assert all(cage.missing.values())


def test_real_groups_hold_real_processes() -> None:
    where = cgroups.prepare()
    if os.geteuid() != 0 or not where:
        pytest.skip("no controllers that are ours")
    cage = cgroups.cage(f"test-{os.getpid()}", BOUNDS, where)
    try:
        child = os.fork()
        if child == 0:
            cage.enter()
            with open("/proc/self/cgroup") as file:
                inside = sum(f"proboost-test-{os.getppid()}" in line for line in file)
            os._exit(inside)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == len(cage.directories)
    finally:
        cage.remove()
    assert not any(os.path.exists(directory) for directory in cage.directories)


def test_sweep_takes_only_our_own_empty_groups(tmp_path: Path) -> None:
    for name in ("proboost-aa-lea", "proboost-bb-lea", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "proboost-aa-max").mkdir()
    (tmp_path / "proboost-aa-max" / "busy").mkdir()
    cgroups.sweep("aa-", {"pids": cgroups.Place(1, str(tmp_path))})
    assert sorted(os.listdir(tmp_path)) == ["other", "proboost-aa-max", "proboost-bb-lea"]
