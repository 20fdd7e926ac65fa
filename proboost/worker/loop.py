"""The worker's loop: several jobs at once, each claimed, kept, done, and held on to until the platform has it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from proboost.grading.rooms import SandboxBroken
from proboost.worker.platform import Away, Door, Platform, Refused, patience

log = logging.getLogger("proboost.worker")

RENEW = 5.0  # seconds; a quarter of the lease
LONG = ("notebook",)  # kinds of jobs that may take minutes
RESERVE = 0.2  # seconds between two looks of the thread that is kept for Checks
AHEAD, PAUSE = 5.0, 0.25  # seconds between looks at what is published, and between two programs of it
Json = dict[str, Any]


class Loop:
    """`tasks` names the kinds of jobs, the urgent ones first, and what finds out about one payload; it is called from
    `jobs` threads, and from one more for those that do not take long, while all others have one that does. `tend` is
    called about once a second; `prepare` for each program that is published, while no job is under way.
    """

    def __init__(
        self,
        door: Door,
        worker: str,
        *,
        jobs: int,
        tasks: Mapping[str, Callable[[Json], Json]],
        tend: Callable[[], None],
        prepare: Callable[[Json], None] | None = None,
    ) -> None:
        self.door = door
        self.worker = worker
        self.tasks = tasks
        self.tend = tend
        self.prepare = prepare
        self.stopping = threading.Event()
        self._giving_up = threading.Event()
        self.jobs = jobs
        self._busy: set[int] = set()
        self._long: set[int] = set()
        self._lock = threading.Lock()
        self.shares = shares(tasks, jobs)
        self._threads = [
            threading.Thread(target=self._serve, args=(some,), name=f"job-{n}", daemon=True)
            for n, some in enumerate(self.shares)
        ]
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._preparer = threading.Thread(target=self._look_ahead, name="ahead", daemon=True)

    def start(self) -> None:
        """Says that it holds nothing (what a predecessor of this name held is free at once), then asks for jobs."""
        platform = Platform(self.door, self.worker)
        for _ in patience(self.stopping):
            try:
                platform.release(untried=False)
                break
            except Away as error:
                log.info("the platform is away: %s", error)
            except Refused as error:
                log.warning("%s", error)
                break
        platform.close()
        for thread in (*self._threads, self._keeper, self._preparer):
            thread.start()

    def stop(self, seconds: float) -> None:
        """No new job; what is under way may end within `seconds`, and is given back otherwise."""
        end = time.monotonic() + seconds
        self.stopping.set()
        platform = Platform(self.door, self.worker)
        with contextlib.suppress(Away, Refused):
            platform.leave()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))
        self._giving_up.set()
        with contextlib.suppress(Away, Refused):
            platform.release(untried=True)
        platform.close()

    def _serve(self, kinds: tuple[str, ...]) -> None:
        platform = Platform(self.door, self.worker, kinds)
        reserve = kinds != tuple(self.tasks)
        while not self.stopping.is_set():
            if reserve and len(self._long) < self.jobs:  # the others can do it: one claim less for the platform
                self.stopping.wait(RESERVE)
                continue
            job = self._claim(platform)
            if job is None:
                continue
            number = int(job["id"])
            if self.stopping.is_set():
                with contextlib.suppress(Away, Refused):
                    platform.release(number, untried=True)
                break
            with self._lock:
                self._busy.add(number)
                if job["kind"] in LONG:
                    self._long.add(number)
            try:
                self._do(platform, number, str(job["kind"]), job["payload"])
            finally:
                with self._lock:
                    self._busy.discard(number)
                    self._long.discard(number)
        platform.close()

    def _claim(self, platform: Platform) -> Json | None:
        for _ in patience(self.stopping):
            try:
                return platform.claim()
            except Away as error:
                log.debug("the platform is away: %s", error)
            except Refused as error:
                log.error("%s", error)
        return None

    def _do(self, platform: Platform, job: int, kind: str, payload: Json) -> None:
        try:
            found = self.tasks[kind](payload)
            self._until_heard(lambda: self._bring(platform, job, kind, found))
        except SandboxBroken as error:
            if self._giving_up.is_set():  # we let go of it; it was given back
                return
            log.error("job %s: %s", job, error)
            reason = str(error)
        except Exception as error:  # one job's trouble is not the next one's
            log.exception("job %s", job)
            reason = f"{type(error).__name__}: {error}"
        else:
            return
        self._until_heard(lambda: platform.failed(job, reason))

    def _bring(self, platform: Platform, job: int, kind: str, found: Json) -> None:
        if not platform.bring(job, kind, found):
            log.info("job %s: the finding was not needed any more", job)

    def _until_heard(self, tell: Callable[[], None]) -> None:
        """Holds on to a finding until the platform has it, however long it is away."""
        for _ in patience(self._giving_up):
            try:
                tell()
            except Away as error:
                log.debug("the platform is away: %s", error)
            except Refused as error:
                log.error("%s", error)
                return
            else:
                return

    def _keep(self) -> None:
        """Renews the leases of what is under way, and looks after the sandbox."""
        platform = Platform(self.door, self.worker)
        since = 0.0
        while not self._giving_up.wait(1.0):
            since += 1.0
            if since >= RENEW:
                since = 0.0
                with self._lock:
                    under_way = sorted(self._busy)
                for job in under_way:
                    with contextlib.suppress(Away, Refused):
                        platform.renew(job)
            try:
                self.tend()
            except (SandboxBroken, OSError) as error:  # leases are kept all the same
                if not self.stopping.is_set():
                    log.error("%s", error)

    def _look_ahead(self) -> None:
        """Has the references of what is published run by and by, so that no learner's first check waits for one."""
        platform = Platform(self.door, self.worker)
        digest = ""
        while self.prepare is not None and not self.stopping.wait(AHEAD):
            try:
                told = platform.programs(digest)
                for program in told["programs"]:
                    while self._busy and not self.stopping.is_set():
                        self.stopping.wait(0.1)
                    if self.stopping.wait(PAUSE):
                        return
                    self.prepare(program)
                digest = told["digest"]
            except (Away, Refused, SandboxBroken) as error:
                log.debug("nothing was prepared: %s", error)
        platform.close()


def shares(kinds: Iterable[str], jobs: int) -> list[tuple[str, ...]]:
    """Which kinds of jobs each thread takes: one more than `jobs` is always there for a Check."""
    known = tuple(kinds)
    short = tuple(kind for kind in known if kind not in LONG)
    return [known] * jobs + ([short] if jobs and short and short != known else [])
