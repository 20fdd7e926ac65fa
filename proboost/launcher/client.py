"""Asking the launcher from ordinary code: supervisor, command line. (The Hub's spawner asks without blocking.)"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from proboost_kernel.forkserver import wire


def ask(path: str | Path, request: dict[str, Any], *, seconds: float = 15) -> dict[str, Any]:
    """One request to the launcher at `path` and its answer. OSError: it is away, or did not answer in time."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        connection.connect(str(path))
        wire.send(connection, request)
        answer, _none = wire.receive(connection, seconds=seconds)
    if not isinstance(answer, dict):
        raise ConnectionError("the launcher hung up")
    return answer


def stop_all(path: str | Path, *, seconds: float = 10) -> list[str]:
    """Ends every learner's server: they have `seconds` to hand on what they keep. The names left, normally none.

    OSError: the launcher is away.
    """
    answer = ask(path, {"op": "stop_all", "seconds": seconds}, seconds=seconds + 20)
    return list(answer.get("left", []))
