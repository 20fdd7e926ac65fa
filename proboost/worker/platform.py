"""The platform as a worker sees it: a few requests over a unix socket or https, patient while it is away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from proboost import __version__
from proboost.settings import VERSION_HEADER

WAIT = 25.0  # seconds that the platform may hold a claim open
TIMEOUT = httpx.Timeout(10.0, read=WAIT + 10.0)
FIRST, LONGEST = 0.1, 2.0  # seconds between tries while the platform is away

PATHS = {"notebook": ("notebook", "result"), "draw": ("drawing", "drawing")}  # of what else than findings is brought

Json = dict[str, Any]


class Refused(Exception):
    """The platform understood and does not want it: trying again is useless."""


class Away(Exception):
    """The platform did not answer, or not sensibly: try again."""


@dataclass(frozen=True)
class Door:
    """Where workers are let in: the internal socket of this machine, or the platform's address and a token."""

    socket: Path | None = None
    url: str = "http://platform/internal"
    token: str = field(default="", repr=False)

    def client(self) -> httpx.Client:
        """A connection of one's own; paths begin with /jobs."""
        headers = {VERSION_HEADER: __version__}
        if self.socket is not None:
            transport = httpx.HTTPTransport(uds=str(self.socket))
            return httpx.Client(transport=transport, base_url=self.url, headers=headers, timeout=TIMEOUT)
        headers |= {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT)


class Platform:
    """One connection; each thread has its own."""

    def __init__(self, door: Door, worker: str, kinds: Sequence[str] = ("grade",)) -> None:
        self.worker = worker
        self.kinds = list(kinds)
        self._client = door.client()

    def close(self) -> None:
        self._client.close()

    def claim(self, wait: float = WAIT) -> Json | None:
        """The next job, or None when there was none in time. Raises Away, Refused."""
        return self._post("/claim", {"kinds": self.kinds, "wait": wait})

    def renew(self, job: int) -> bool:
        """False when the job has gone to somebody else."""
        return bool((self._post(f"/{job}/renew", {}) or {}).get("counted"))

    def bring(self, job: int, kind: str, found: Json) -> bool:
        """Whether it counted; when it did not, somebody's did before."""
        path, name = PATHS.get(kind, ("finding", "finding"))
        return bool((self._post(f"/{job}/{path}", {name: found}) or {}).get("counted"))

    def failed(self, job: int, reason: str) -> None:
        self._post(f"/{job}/failed", {"reason": reason[:2000]})

    def programs(self, digest: str) -> Json:
        """{"digest", "programs"} of what is published; no programs when that is what we were told last."""
        return self._post("/programs", {"digest": digest}) or {"digest": digest, "programs": []}

    def leave(self) -> None:
        """Ends the claims of a worker of our name that the platform holds open."""
        self._post("/leave", {})

    def release(self, job: int | None = None, *, untried: bool) -> int:
        """Gives one job back, or all that a worker of our name holds. `untried`: through no fault of theirs."""
        path = "/release" if job is None else f"/{job}/release"
        return int((self._post(path, {"untried": untried}) or {}).get("released", 0))

    def _post(self, path: str, body: Json) -> Json | None:
        # What a learner's program says of itself may hold half characters, which no request can carry.
        content = json.dumps({"worker": self.worker, **body}, ensure_ascii=False).encode("utf-8", "replace")
        try:
            answer = self._client.post(f"/jobs{path}", content=content, headers={"Content-Type": "application/json"})
        except httpx.HTTPError as error:
            raise Away(str(error)) from error
        if answer.status_code == 204:
            return None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Away(f"{path}: {answer.status_code}")
        if answer.status_code >= 400:
            raise Refused(f"{path}: {answer.status_code} {answer.text[:500]}")
        try:
            return dict(answer.json())
        except ValueError as error:
            raise Away(f"{path}: not JSON") from error


def patience(stop: threading.Event) -> Iterator[None]:
    """Yields before each try and waits ever longer in between, until `stop` is set."""
    pause = FIRST
    while not stop.is_set():
        yield
        stop.wait(pause)
        pause = min(LONGEST, pause * 2)
