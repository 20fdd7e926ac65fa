"""What the probes say of this machine, and of one that lacks something."""

from __future__ import annotations

import os

import psutil
import pytest

from proboost.launcher import isolation, probe
from proboost.launcher.bounds import of
from proboost.settings import Settings


def by_name(conf: Settings) -> dict[str, probe.Mechanism]:
    return {found.name: found for found in probe.probe(conf)}


def test_every_mechanism_is_named_and_what_lacks_has_a_reason_and_a_consequence(settings_: Settings) -> None:
    found = by_name(settings_)
    first = "namespaces" if os.geteuid() == 0 else "bubblewrap"
    assert list(found)[:4] == [first, "cgroup memory", "cgroup pids", "cgroup cpu"]
    for mechanism in found.values():
        assert bool(mechanism.why) == bool(mechanism.consequence) == (not mechanism.works)


def test_probing_leaves_nothing_behind(settings_: Settings) -> None:
    def here() -> tuple[set[str], list[str], set[int]]:
        children = {child.pid for child in psutil.Process().children()}  # zombies too
        return set(os.listdir("/proc/self/fd")), os.listdir("/proc/self/task"), children

    before = here()
    probe.probe(settings_)
    assert here() == before


def test_a_machine_without_namespaces_refuses_a_second_learner(
    settings_: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "choose", lambda _uid: (isolation.Isolation.NONE, "Operation not permitted"))
    assert not probe.isolated(settings_)
    first = next(iter(probe.probe(settings_)))
    assert (first.works, first.why) == (False, "Operation not permitted")
    accepted = next(iter(probe.probe(settings_.model_copy(update={"accept_shared_risk": True})))).consequence
    assert "refused" in first.consequence
    assert "accepted" in accepted


def test_python_that_a_learner_cannot_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("for root")
    assert probe.try_python(210_000) == ""
    monkeypatch.setattr(probe.view, "code", lambda **_how: ((), ()))
    assert probe.try_python(210_000)


def test_a_failing_child_tells_why() -> None:
    def fails() -> None:
        raise PermissionError(1, "no", "/there")

    assert isolation.in_child(fails) == "[Errno 1] no: '/there'"
    assert isolation.in_child(lambda: os._exit(3)) == "ended with status 3"
    assert isolation.in_child(lambda: None) == ""


def test_bounds_come_from_the_machine_unless_they_are_set(settings_: Settings) -> None:
    found = of(settings_)
    assert 512 <= found.memory_mb <= 4096
    assert 256 <= found.home_mb <= 5120
    assert found.cpus >= 0.5
    assert found.tmp_mb * 4 <= found.memory_mb
    assert found.shm_mb * 8 <= found.memory_mb
    chosen = of(settings_.model_copy(update={"memory_mb": 300, "pids": 40, "cpus": 0.3, "home_mb": 20}))
    assert (chosen.memory_mb, chosen.pids, chosen.cpus, chosen.home_mb) == (300, 40, 0.3, 20)
