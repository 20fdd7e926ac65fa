"""A school with the platform really serving, and workers as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import Platform
from school import School

import proboost
from proboost.blobs import Blobs
from proboost.models import Finding, Outbox
from proboost.settings import Settings

ROOT = Path(next(iter(proboost.__path__))).parent
PATIENCE = 60.0
SHUT = (
    "import sys; from proboost_kernel.forkserver import seccomp; seccomp.install(['socket']); "
    "from proboost.worker.__main__ import main; sys.exit(main())"
)


class Workers:
    """Starts `python -m proboost.worker`; all have ended when the test has."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *, name: str = "worker", jobs: int = 2, shut: bool = False) -> subprocess.Popen[bytes]:
        """`shut`: where no namespace can be made."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PROBOOST_DATA": str(self.settings.data),
            "PROBOOST_RUN": str(self.settings.run),
            "PROBOOST_WORKER_NAME": name,
            "PROBOOST_WORKER_JOBS": str(jobs),
        }
        command = ["-c", SHUT] if shut else ["-m", "proboost.worker"]
        process = subprocess.Popen([sys.executable, *command], cwd="/", env=environment)
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.terminate()
        for process in self.running:
            process.wait(20)


@pytest.fixture
def workers(settings_: Settings) -> Iterator[Workers]:
    found = Workers(settings_)
    yield found
    found.stop()


@pytest.fixture
def school(sqlite_platform: Platform) -> School:
    return school_of(sqlite_platform)


def school_of(platform: Platform) -> School:
    """Published and with a learner; the platform serves."""
    found = School(platform.database, Blobs(platform.settings.blobs_dir))
    found.publish()
    found.enrol("lea")
    return found


def until(true: Callable[[], Any], what: str) -> Any:
    """Waits, bounded, for something that another process brings about."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not in {PATIENCE:.0f} s: {what}")


def leased(school: School) -> list[Outbox]:
    return [row for row in school.jobs() if row.state == "leased"]


def findings(school: School) -> list[Finding]:
    return school.rows(Finding)
