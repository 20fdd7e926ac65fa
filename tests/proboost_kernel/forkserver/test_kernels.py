"""A forked kernel behaves as one that was started as a program of its own: whatever its user may notice."""

from __future__ import annotations

import os

from .kernels import Kernel, Place, until


def test_it_answers(kernel: Kernel) -> None:
    assert kernel.run("print(6 * 7)") == "42"


def test_its_death_is_seen_at_once_with_its_status(place: Place) -> None:
    for name in ("fork", "spare"):
        killed, left = place.start(name), place.start(name)
        os.kill(killed.pid, 9)
        until(killed.ended, 2)
        process = left.manager.provisioner.process
        left.client.execute("import os; os._exit(3)")
        until(left.ended, 5)
        assert process.returncode == 3
