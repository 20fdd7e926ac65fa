"""Handing in under fire: 500 submissions while workers, the platform and its database connections are killed in turn.

First on PostgreSQL with two workers, then a course of 60 and one of 6 behind it on one worker: how early is the small
course done. Prints what was lost and what counted twice (both must be nothing), submissions a second from the first
request to the last grade, and the places of the small course. Fails when anything is lost or doubled.

usage: python benchmarks/submissions.py [--submissions N] [--kills N]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from handing_in import Stage  # noqa: E402 -- the tests know how to set this stage

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
NOBODY = 65534


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--kills", type=int, default=12)
    asked = parser.parse_args()
    faults = under_fire(asked.submissions, asked.kills) + fairness()
    return 1 if faults else 0


def under_fire(submissions: int, kills: int) -> int:
    """How many faults there were."""
    with folder() as place, postgres() as url:
        stage = Stage(
            place, url, {f"course-{n % 5}": [f"c{n % 5}-{m}" for m in range(submissions // 5)] for n in range(5)}
        )
        with stage.running(workers=2):
            began = time.monotonic()
            handing_in = threading.Thread(target=stage.all_hand_in, daemon=True)
            handing_in.start()
            total = sum(map(len, stage.courses.values()))
            for number in range(1, kills + 1):
                due = number * total // (kills + 1)
                stage.until(lambda due=due: stage.graded() >= due, 900, f"grade {due}")  # type: ignore[misc]  # a bound default
                how = number % 4
                if how == 0:
                    stage.kill_platform()
                elif how == 2:
                    stage.cut_connections()
                else:
                    stage.kill_worker(f"worker-{number % 2}")
            handing_in.join(600)
            stage.until(lambda: stage.graded() == total, 900, "the last grade")
            seconds = time.monotonic() - began
            faults = stage.faults()
    print(f"{total} submissions, {kills} kills (workers, platform, database connections): {seconds:.0f} s,", end=" ")
    print(f"{total / seconds:.1f} a second; {stage.tries} requests were repeated")
    print(f"lost or counted twice: {len(faults)}" + "".join(f"\n  {fault}" for fault in faults[:20]))
    return len(faults)


def fairness() -> int:
    """60 of a large course are there before 6 of a small one come; one worker with one job at a time."""
    with folder() as place:
        stage = Stage(place, "", {"large": [f"a{n}" for n in range(60)], "small": [f"b{n}" for n in range(6)]}, jobs=1)
        with stage.running(workers=0):
            stage.all_hand_in(threads=1)
            stage.start_worker("worker-0")
            stage.until(lambda: stage.graded() == 66, 600, "the last grade")
            order, faults = stage.order(), stage.faults()
    places = [number for number, course in enumerate(order, 1) if course == "small"]
    print(f"6 submissions behind 60 of another course are graded as numbers {places}")
    return len(faults) + (max(places) > 20)


@contextmanager
def folder() -> Iterator[Path]:
    found = Path(tempfile.mkdtemp(prefix="pb-", dir="/tmp"))
    try:
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own on a unix socket, as nobody when we are root."""
    bin_ = POSTGRES[-1].parent
    place = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    root = os.geteuid() == 0
    if root:
        os.chown(place, NOBODY, NOBODY)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(place)}

    def run(*command: str) -> None:
        as_whom = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if root else {}
        subprocess.run(command, check=True, capture_output=True, cwd=place, env=environment, **as_whom)  # type: ignore[call-overload]

    data = place / "data"
    run(str(bin_ / "initdb"), "-D", str(data), "-U", "proboost", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-k {place} -c listen_addresses='' -c max_connections=100"
    run(str(bin_ / "pg_ctl"), "-D", str(data), "-w", "-l", str(place / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://proboost@/postgres?host={place}"
    finally:
        run(str(bin_ / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
