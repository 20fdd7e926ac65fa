"""The loop's threads outlive what goes wrong around them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from proboost.grading.rooms import SandboxBroken
from proboost.worker.loop import Loop, shares


@pytest.mark.parametrize("trouble", [OSError(11, "no more processes"), SandboxBroken("a room was lost")])
def test_who_keeps_the_leases_outlives_a_sandbox_that_cannot_be_started(tmp_path: Path, trouble: Exception) -> None:
    tended = threading.Semaphore(0)

    def tend() -> None:
        tended.release()
        raise trouble

    loop = Loop(tmp_path / "no.sock", "w", jobs=0, tasks={}, tend=tend)
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
