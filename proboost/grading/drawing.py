"""Runs an author's generator in a room of the sandbox: a learner's drawn values in, the values made of them out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from proboost.grading.engine import LIBRARIES, Engine
from proboost.grading.reference import said
from proboost.grading.rooms import SandboxBroken

LIMIT = 5.0  # seconds
START = 5.0  # seconds more until a silent room is given up
MEMORY = 512  # MiB

Json = dict[str, Any]


def draw(engine: Engine, job: Mapping[str, Any]) -> Json:
    """{"values": {name: text}}, or {"failed": why} where the author's program does not give them. `job` is what
    `params.job` made, and may hold more. Raises SandboxBroken; then nothing was found out.
    """
    rooms = engine.libraries if LIBRARIES.search(str(job["generator"])) else engine.rooms
    asked = {name: job[name] for name in ("generator", "values", "seed", "names")}
    room = rooms.take()
    try:
        plan = {"part": "generator", "job": asked, "limit": LIMIT, "cpu": math.ceil(LIMIT) + 2, "memory": MEMORY}
        room.begin(plan, watched_mb=MEMORY)
        try:
            told = room.receive(LIMIT + START)
        except TimeoutError:
            return {"failed": "slow"}
        if told is None:
            fate = room.fate()
            if fate == "lost" or fate.startswith("broken"):
                raise SandboxBroken(f"a room was lost: {fate}")
            return {"failed": fate or "slow"}
    finally:
        room.close()
        rooms.refill()
    values = told.get("values")
    if isinstance(values, dict) and all(isinstance(value, str) for value in values.values()):
        return {"values": values}
    failed = told.get("failed")
    return {"failed": said(failed)[:500] if isinstance(failed, dict) else "nothing was told"}
