"""The generator's part: an author's program makes a learner's values, with nobody else's code beside it."""

from __future__ import annotations

import socket
from typing import Any

from proboost.grading.sandbox import learner
from proboost_kernel.exercises import generating
from proboost_kernel.forkserver import wire


def main(control: socket.socket, plan: dict[str, Any]) -> None:
    """Plan: job (what `generating.run` takes), limit (s). Says {"values"} or {"failed": what was raised}."""
    try:
        told: dict[str, Any] = {"values": learner.with_alarm(plan["limit"], lambda: generating.run(plan["job"]))}
    except BaseException as error:  # noqa: BLE001 -- whatever a program raises is told
        told = {"failed": learner.described(error)}
    wire.send(control, told)
