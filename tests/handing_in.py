"""Many learners who hand in at once, with platform, workers and database as processes that can be killed under them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fakes import FakeHub
from school import School
from sqlalchemy import create_engine, func, select, text

import proboost
from proboost.blobs import Blobs
from proboost.courses import release, source
from proboost.courses import service as courses
from proboost.db import Database
from proboost.models import Attempt, Enrolment, Finding, Outbox, Result, Submission, User
from proboost.settings import SECRETS, Settings

ROOT = Path(next(iter(proboost.__path__))).parent
ANSWERS = ("def double(n):\n    return 2 * n", "def double(n):\n    return n")  # by turns right and wrong
POINTS = (2.0, 0.0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def native(name: str, written: str, **flags: Any) -> dict[str, Any]:
    meta = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    cell = {"cell_type": "code", "id": name, "metadata": {"nbgrader": {**meta, **flags}}, "source": written}
    return {**cell, "outputs": [], "execution_count": None}


def notebook(answer: str) -> dict[str, Any]:
    cells = [
        native("double", answer, solution=True),
        native("double-tests", "assert double(4) == 8", grade=True, locked=True, points=2),
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@dataclass
class Stage:
    """One installation without a Hub of its own. `courses`: id -> names of its learners."""

    folder: Path
    database_url: str = ""
    courses: dict[str, list[str]] = field(default_factory=dict)
    jobs: int = 2
    platform: subprocess.Popen[bytes] | None = None
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)  # learner -> the submission's id
    tries: int = 0  # requests that had to be repeated

    def __post_init__(self) -> None:
        self.settings = Settings(
            data=self.folder / "data",
            run=self.folder / "run",
            hub_port=free_port(),
            platform_port=free_port(),
            port=free_port(),
            database=self.database_url,
        )
        for path in (self.settings.secrets_dir, self.settings.run, self.settings.platform_dir):
            path.mkdir(parents=True)
        for name in SECRETS:
            (self.settings.secrets_dir / name).write_text(secrets.token_hex(32), "ascii")
        self.hub = FakeHub(self.settings)
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def running(self, workers: int = 1) -> Iterator[Stage]:
        """Published and enrolled, with everything started."""
        self._prepare()
        with self.hub:
            try:
                self.start_platform()
                for number in range(workers):
                    self.start_worker(f"worker-{number}")
                yield self
            finally:
                for process in (*self.workers.values(), self.platform):
                    if process is not None and process.poll() is None:
                        process.terminate()
                for process in (*self.workers.values(), self.platform):
                    if process is not None:
                        process.wait(30)

    def _prepare(self) -> None:
        database = Database(self.settings.database_url)
        database.migrate()
        school = School(database, Blobs(self.settings.blobs_dir))
        author = notebook(f"### BEGIN SOLUTION\n{ANSWERS[0]}\n### END SOLUTION")
        for course, learners in self.courses.items():
            head = f"id: {course}\ntitle: {course}\nlanguage: en\nlessons:\n  - {{file: 01-start.ipynb}}\n"
            files = {"course.yml": head.encode(), "01-start.ipynb": json.dumps(author).encode()}
            read = source.read(files, name=course)
            with database.transaction() as session:
                courses.publish(session, courses.store(school.blobs, release.build(read)))
                for name in learners:
                    uid = 200_000 + (session.scalar(select(func.count()).select_from(User)) or 0)
                    user = User(name=name, uid=uid, language="en")
                    session.add(user)
                    session.flush()
                    session.add(Enrolment(user_id=user.id, course_id=course))
        database.close()

    # -- processes
    def start_platform(self) -> None:
        self.platform = self._start("proboost.app")
        self.until(self._answers, 60, "the platform")

    def start_worker(self, name: str) -> None:
        self.workers[name] = self._start(
            "proboost.worker", PROBOOST_WORKER_NAME=name, PROBOOST_WORKER_JOBS=str(self.jobs)
        )

    def _start(self, module: str, **more: str) -> subprocess.Popen[bytes]:
        names = ("hub_port", "platform_port", "port", "database")
        given = {f"PROBOOST_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PROBOOST_DATA": str(self.settings.data),
            "PROBOOST_RUN": str(self.settings.run),
            **given,
            **more,
        }
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module], cwd="/", env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.settings.platform_url}/health", timeout=2).status_code == 200
        return False

    def kill_platform(self) -> None:
        assert self.platform is not None
        self.platform.send_signal(signal.SIGKILL)
        self.platform.wait()
        self.start_platform()

    def kill_worker(self, name: str) -> None:
        """With all that it started: its rooms end with it."""
        self.workers[name].send_signal(signal.SIGKILL)
        self.workers[name].wait()
        self.start_worker(name)

    def cut_connections(self) -> None:
        """PostgreSQL ends every connection that the platform has."""
        engine = create_engine(self.database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            others = "from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
            connection.execute(text(f"select pg_terminate_backend(pid) {others}"))
        engine.dispose()

    # -- learners
    def hand_in(self, name: str, course: str, answer: str) -> None:
        """As a learner's server does: the same submission again and again, until the platform has it."""
        id_ = str(uuid4())
        body = {"id": id_, "course": course, "lesson": "start", "notebook": notebook(answer), "surface": "lab"}
        token = self.hub.token(name, server=True)
        with httpx.Client(base_url=self.settings.platform_url, timeout=30) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    answer_ = client.post("/api/submissions", json=body, headers={"Authorization": f"token {token}"})
                    if answer_.status_code == 200:
                        break
                    assert answer_.status_code in (429, 500, 502, 503), answer_.text
                with self._lock:
                    self.tries += 1
                time.sleep(0.2)  # as the relay waits
        with self._lock:
            self.acknowledged[name] = id_

    def all_hand_in(self, threads: int = 6) -> None:
        work = [
            (name, course, ANSWERS[number % 2])
            for course, names in self.courses.items()
            for number, name in enumerate(names)
        ]
        with ThreadPoolExecutor(threads) as pool:
            for future in [pool.submit(self.hand_in, *one) for one in work]:
                future.result()

    # -- what came of it
    def read(self, query: Any) -> list[Any]:
        database = Database(self.settings.database_url)
        try:
            with database.read() as session:
                return list(session.execute(query).all())
        finally:
            database.close()

    def graded(self) -> int:
        return int(self.read(select(func.count()).select_from(Submission).where(Submission.state == "graded"))[0][0])

    def order(self) -> list[str]:
        """Courses, in the order in which their submissions were graded."""
        rows = self.read(select(Attempt.course_id).join(Finding, Finding.attempt_id == Attempt.id).order_by(Finding.id))
        return [course for (course,) in rows]

    def until(self, true: Callable[[], Any], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"not in {seconds:.0f} s: {what}\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.1)

    def faults(self) -> list[str]:
        """What was lost or counted twice; nothing, if all is well."""
        found = []
        everybody = {name: number for names in self.courses.values() for number, name in enumerate(names)}
        rows = self.read(
            select(Submission.client_id, User.name, Submission.state).join(User, User.id == Submission.user_id)
        )
        if sorted(id_ for id_, _name, _state in rows) != sorted(self.acknowledged.values()):
            found.append(f"{len(self.acknowledged)} were acknowledged, {len(rows)} are there")
        found += [f"{name}: {state}" for _id, name, state in rows if state != "graded"]
        counts = self.read(
            select(User.name, func.count(Finding.id))
            .join(Attempt, Attempt.user_id == User.id)
            .outerjoin(Finding, Finding.attempt_id == Attempt.id)
            .group_by(User.name)
        )
        found += [f"{name}: {count} findings" for name, count in counts if count != 1]
        points = self.read(
            select(User.name, Result.points)
            .join(Enrolment, Enrolment.id == Result.enrolment_id)
            .join(User, User.id == Enrolment.user_id)
        )
        found += [f"{name}: {given} points" for name, given in points if given != POINTS[everybody[name] % 2]]
        open_ = self.read(select(Outbox.key, Outbox.state, Outbox.error).where(Outbox.state != "done"))
        return found + [f"job {key}: {state} {error}" for key, state, error in open_]
