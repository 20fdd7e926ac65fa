"""Nobody is there: an idle kernel is stopped, then the server ends by itself, its answers delivered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from labs import Double, Lab, until


@pytest.mark.slow
def test_an_idle_server_ends_politely_with_its_answers_delivered(
    make_lab: Callable[..., Lab], platform: Double
) -> None:
    lab = make_lab(PROBOOST_IDLE_SERVER="5", PROBOOST_IDLE_KERNEL="5")
    lab.run("print(1)")
    assert len(lab.ask("GET", "api/kernels").json()) == 1
    assert lab.check("11111111-1111-4111-8111-111111111111").status_code in (200, 202)
    process = lab.process
    assert process is not None
    # Both looks are taken once a minute, by Jupyter's own clocks.
    until(lambda: process.poll() is not None, 240, "an idle server's end")
    assert process.returncode == 0
    assert platform.attempts() == ["11111111-1111-4111-8111-111111111111"]
