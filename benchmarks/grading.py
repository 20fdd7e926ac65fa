"""Grading handed-in notebooks beside nbgrader and otter-grader: the same work, the same machine, one run.

nbgrader's own quickstart assignment (two notebooks, four tests) and its two example submissions, copied to N students.
Ours runs in the full sandbox, tests apart from learners' programs, and learns the reference first; nbgrader's
`autograde` and otter's in-process grader run everything in one kernel, without any sandbox. Otter is given the
notebook with tests only, as OK tests of the same assertions. Peers are installed from the package registry into
environments of this benchmark's own; what cannot be installed is skipped by name.

CPU is of all processes of a program, by a control group where one may be made, else as the kernel tells at their end.
Scores are compared with nbgrader's, cell by cell.

usage: python benchmarks/grading.py [--students N] [--jobs N] [--only ours,nbgrader,otter] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("PROBOOST_BENCH_CACHE") or Path.home() / ".cache" / "proboost-bench")
PEERS = {"nbgrader": ("nbgrader==0.9.6", "ipykernel"), "otter": ("otter-grader==7.0.0", "ipykernel", "matplotlib")}
EXAMPLES = ("bitdiddle", "hacker")
GUIDE = "lib/python{}.{}/site-packages/nbgrader/docs/source/user_guide".format(*sys.version_info)


@dataclass(frozen=True)
class Cost:
    """Of all submissions together: seconds of wall and processor; the largest memory of all processes, in MB."""

    wall: float
    cpu: float
    memory: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="ours,nbgrader,otter")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    only = set(asked.only.split(","))
    nbgrader = environment("nbgrader")
    if nbgrader is None:
        print("nbgrader cannot be installed here, and its examples come with it: nothing is measured")
        return 0
    found: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory(prefix="proboost-bench-") as folder:
        course = Path(folder) / "course"
        students = make_course(nbgrader, course, asked.students)
        rows: list[dict[str, Any]] = []
        if "ours" in only:
            found["ours"], rows = ours(course, students, asked.jobs)
        if "nbgrader" in only:
            found["nbgrader"] = measured([nbgrader / "bin/nbgrader", "autograde", "ps1"], cwd=course)
            if rows:
                compare(rows, theirs(nbgrader, course))
        if "otter" in only and (otter := environment("otter")) is not None:
            found["otter"] = otter_grades(otter, course, students)
    show(found, asked.students)
    if asked.json:
        asked.json.write_text(json.dumps({name: asdict(cost) for name, cost in found.items()}, indent=1))
    return 0


def show(found: dict[str, Cost], students: int) -> None:
    """A line each, a submission's share."""
    for name, cost in found.items():
        ratio = cost.cpu / found["ours"].cpu if "ours" in found else 0
        cpu, wall = cost.cpu / students * 1000, cost.wall / students * 1000
        less = f"  ours takes {ratio:.1f} times less CPU" if name != "ours" else ""
        print(f"{name:9} {cpu:7.0f} ms CPU a submission  {wall:7.0f} ms wall  {cost.memory:5.0f} MB at most{less}")


def environment(name: str) -> Path | None:
    """A Python environment with this peer, byte-compiled; None, and said, when it cannot be had."""
    place = CACHE / f"{PEERS[name][0].replace('==', '-')}-py{sys.version_info[0]}{sys.version_info[1]}"
    if (place / "ready").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    python = place / "bin/python"
    steps: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", place],
        [python, "-m", "pip", "install", "--quiet", *PEERS[name]],
        [python, "-m", "compileall", "-q", place / "lib"],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode and step is not steps[-1]:  # some packages carry files that are no Python
            print(f"skipped: {name} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
            return None
    (place / "ready").touch()
    return place


def make_course(nbgrader: Path, course: Path, students: int) -> list[str]:
    """nbgrader's quickstart, released, with N submissions; the students' names."""
    quietly([nbgrader / "bin/nbgrader", "quickstart", course.name], course.parent)
    quietly([nbgrader / "bin/nbgrader", "generate_assignment", "ps1"], course)
    names = [f"student{number:03}" for number in range(students)]
    for number, name in enumerate(names):
        example = nbgrader / GUIDE / "submitted" / EXAMPLES[number % 2] / "ps1"
        shutil.copytree(example, course / "submitted" / name / "ps1")
    return names


def ours(course: Path, students: list[str], jobs: int) -> tuple[Cost, list[dict[str, Any]]]:
    out = course / "ours.json"
    folders = [f"submitted/{name}/ps1" for name in students]
    command = [sys.executable, "-m", "proboost", "grade", "--source", "source/ps1", *folders]
    with out.open("w") as file:
        cost = measured([*command, "--json", "--quiet", "--jobs", str(jobs)], cwd=course, stdout=file)
    return cost, json.loads(out.read_text())


_READ = """
import json, sys
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps({s.student.id: {n.name: {g.name: [g.auto_score, bool(g.needs_manual_grade)] for g in n.grades}
        for n in s.notebooks} for s in book.assignment_submissions("ps1")}))
"""


def theirs(nbgrader: Path, course: Path) -> dict[str, Any]:
    told = subprocess.run(
        [nbgrader / "bin/python", "-c", _READ], cwd=course, capture_output=True, text=True, check=True
    )
    return dict(json.loads(told.stdout.splitlines()[-1]))


def compare(rows: list[dict[str, Any]], known: dict[str, Any]) -> None:
    """Raises AssertionError where a score is another one."""
    for row in rows:
        path = Path(row["file"])
        wanted = known[path.parts[-3]][path.stem]
        for name, cell in row["cells"].items():
            score, waits = wanted[name]
            assert cell["score"] == (None if waits else score), (row["file"], name, cell, wanted[name])
    print(f"scores: {len(rows)} notebooks, every cell as nbgrader has it")


_OTTER = """
import json, sys, warnings
warnings.simplefilter("ignore")
from otter.api import grade_submission
for path in sys.argv[2:]:
    print(grade_submission(path, sys.argv[1], quiet=True).total)
"""


def otter_grades(otter: Path, course: Path, students: list[str]) -> Cost:
    """Otter in one process: its own start-up is paid once."""
    tests = course / "otter-tests"
    tests.mkdir()
    for cell in json.loads((course / "source/ps1/problem1.ipynb").read_text())["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and meta.get("grade") and not meta.get("solution"):
            (tests / f"{meta['grade_id']}.py").write_text(ok_test(meta["grade_id"], meta["points"], cell["source"]))
    (course / "otter.json").write_text("{}")
    generate: list[str | Path] = [
        otter / "bin/otter",
        "generate",
        "-t",
        tests,
        "-o",
        "ag.zip",
        "-c",
        "otter.json",
        "--no-environment",
    ]
    quietly(generate, course)
    papers = [f"submitted/{name}/ps1/problem1.ipynb" for name in students]
    return measured([otter / "bin/python", "-c", _OTTER, "ag.zip", *papers], cwd=course)


def ok_test(name: str, points: float, source: list[str] | str) -> str:
    """The cell as one doctest of otter's OK format."""
    lines = "".join(source).split("\n")
    code = "".join(
        (">>> " if line[:1].strip() and not line.startswith(("else", "except", "finally")) else "... ") + line + "\n"
        for line in lines
    )
    case = {"code": code, "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    return f"OK_FORMAT = True\ntest = { ({'name': name, 'points': points, 'suites': [suite]})!r}\n"


def quietly(command: list[str | Path], cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=at(command))


def at(command: list[str | Path]) -> dict[str, str]:
    """The environment of a program: what is installed beside it is found."""
    path = f"{Path(command[0]).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


# -- measuring


def measured(command: list[str | Path], *, cwd: Path, stdout: Any = subprocess.DEVNULL) -> Cost:
    """Runs it, and everything that it starts."""
    with group() as place:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            env=at(command),
            preexec_fn=None if place is None else lambda: (place / "cgroup.procs").write_text(str(os.getpid())),  # noqa: PLW1509
        )
        assert process.stderr is not None
        told = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        if process.returncode:
            raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{told[-2000:]}")
        cpu = used.ru_utime + used.ru_stime
        memory = used.ru_maxrss / 1024
        if place is not None:
            cpu = int((place / "cpuacct.usage").read_text()) / 1e9
    return Cost(wall, cpu, memory)


@contextmanager
def group() -> Iterator[Path | None]:
    """A control group that counts; None where none may be made."""
    place = Path("/sys/fs/cgroup/cpuacct") / f"proboost-bench-{os.getpid()}"
    try:
        place.mkdir()
    except OSError:
        yield None
        return
    try:
        yield place
    finally:
        for _ in range(100):
            try:
                place.rmdir()
                break
            except OSError:
                time.sleep(0.05)


if __name__ == "__main__":
    raise SystemExit(main())
