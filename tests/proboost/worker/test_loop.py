"""The loop's threads outlive what goes wrong around them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from proboost.grading.rooms import SandboxBroken
from proboost.worker.loop import Loop, shares
from proboost.worker.platform import Door, Platform


@pytest.mark.parametrize("trouble", [OSError(11, "no more processes"), SandboxBroken("a room was lost")])
def test_who_keeps_the_leases_outlives_a_sandbox_that_cannot_be_started(tmp_path: Path, trouble: Exception) -> None:
    tended = threading.Semaphore(0)

    def tend() -> None:
        tended.release()
        raise trouble

    loop = Loop(Door(tmp_path / "no.sock"), "w", jobs=0, tasks={}, tend=tend)
    keeping = threading.Thread(target=loop._keep, daemon=True)  # what `start` starts, without a platform
    keeping.start()
    assert all(tended.acquire(timeout=10) for _second in range(2))
    loop._giving_up.set()
    keeping.join(10)
    assert not keeping.is_alive()


def test_somebody_is_there_for_a_check_while_notebooks_are_graded() -> None:
    kinds = ("draw", "grade", "notebook")
    assert shares(kinds, 2) == [kinds, kinds, ("draw", "grade")]
    assert shares(("grade",), 2) == [("grade",), ("grade",)]
    assert shares(("notebook",), 1) == [("notebook",)]
    assert shares(kinds, 0) == []


def test_a_check_is_done_while_every_thread_has_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform's door is left out: what each thread would be given is handed to it here."""
    waiting = {"notebook": ["one"], "grade": ["two"]}
    done: list[str] = []
    checked, let_go = threading.Event(), threading.Event()

    def long(_payload: dict[str, Any]) -> dict[str, Any]:
        assert let_go.wait(30)
        return {}

    def check(payload: dict[str, Any]) -> dict[str, Any]:
        done.append(payload["name"])
        checked.set()
        return {}

    loop = Loop(Door(tmp_path / "no.sock"), "w", jobs=1, tasks={"notebook": long, "grade": check}, tend=lambda: None)

    def claim(platform: Platform) -> dict[str, Any] | None:
        for kind in platform.kinds:
            if waiting[kind]:
                return {
                    "id": len(waiting[kind]) + (kind == "grade"),
                    "kind": kind,
                    "payload": {"name": waiting[kind].pop()},
                }
        loop.stopping.wait(0.01)
        return None

    monkeypatch.setattr(loop, "_claim", claim)
    monkeypatch.setattr(loop, "_bring", lambda *_: None)
    for thread in loop._threads:
        thread.start()
    assert checked.wait(20)
    assert done == ["two"]
    loop.stopping.set()
    let_go.set()
    for thread in loop._threads:
        thread.join(10)
        assert not thread.is_alive()
