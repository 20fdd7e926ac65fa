"""The engine: a job's payload in, a finding out. Knows no database and no network; one engine serves many threads."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

import proboost
from proboost import i18n
from proboost.courses import native
from proboost.grading import broker, paper, reference, tiers, words
from proboost.grading.broker import Outcome, Test, Work
from proboost.grading.pair import Pair
from proboost.grading.paper import Paper
from proboost.grading.reference import Reference
from proboost.grading.rooms import NOTEBOOKS, PRELOAD, Rooms

NAME = f"proboost-code/1 proboost/{proboost.__version__}"
REMEMBERED = 512  # references
MESSAGE = 4000  # characters of a sentence that the platform takes
LIBRARIES = re.compile(r"\b(?:numpy|pandas|matplotlib|seaborn|scipy|sklearn)\b")

Json = dict[str, Any]


class Engine:
    """Starts the sandbox when made. Raises tiers.NoSandbox where the machine's is weaker than `wanted`."""

    def __init__(
        self,
        wanted: str = "A",
        *,
        uid: int = 991,
        jobs: int = 1,
        preload: Sequence[str] = PRELOAD,
        only_notebooks: bool = False,
    ) -> None:
        """`preload`: what the parent of programs with libraries loads; the parents are started when first needed."""
        first = NOTEBOOKS[:1] if only_notebooks else ()
        started, self.tier = tiers.start(wanted, uid=uid, preload=first, spare=2 * jobs)

        def later(*modules: str) -> Rooms:
            return Rooms(self.tier.name, uid=uid, preload=modules, spare=2 * jobs)

        self.rooms = later() if only_notebooks else started
        self.notebooks = started if only_notebooks else later(*NOTEBOOKS[:1])
        self.libraries = later(*preload, *NOTEBOOKS)
        self._papers: OrderedDict[str, Paper] = OrderedDict()
        self._references: OrderedDict[str, Reference] = OrderedDict()
        self._learning: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        self.rooms.stop()
        self.libraries.stop()
        self.notebooks.stop()

    def tend(self) -> None:
        """Keeps both warm parents alive, so that no job waits for one; called now and then. Raises SandboxBroken."""
        self.rooms.tend()
        self.libraries.tend()

    def rooms_for(self, payload: Mapping[str, Any]) -> Rooms:
        """Rooms where what is imported is loaded already; they cost more, so only programs that need them get them."""
        sources = [str(payload.get(name) or "") for name in ("setup", "solution", "code")]
        sources += [str(test["code"]) for test in payload["tests"]]
        return self.libraries if any(LIBRARIES.search(source) for source in sources) else self.rooms

    def notebooks_for(self, *sources: Mapping[str, Any]) -> Rooms:
        """Rooms for notebooks, by the same rule."""
        cells = (native.text_of(cell) for source in sources for cell in source["cells"])
        return self.libraries if any(LIBRARIES.search(text) for text in cells) else self.notebooks

    def paper(self, source: Mapping[str, Any], files: Mapping[str, bytes]) -> Paper:
        """An author's notebook with what its reference showed; it runs once. Raises marks.Unbalanced, SandboxBroken."""
        key = paper.fingerprint(source, files)
        with self._learning_of(key):
            with self._lock:
                if key in self._papers:
                    self._papers.move_to_end(key)
                    return self._papers[key]
            tests = sum(cell.role == "tests" for cell in native.cells(source))
            with Pair(self.notebooks_for(source), 2 * tests) as pair:
                found = paper.learn(pair, source, files)
            with self._lock:
                self._papers[key] = found
                while len(self._papers) > REMEMBERED:
                    forgotten, _old = self._papers.popitem(last=False)
                    self._learning.pop(forgotten, None)
            return found

    def _learning_of(self, key: str) -> threading.Lock:
        with self._lock:
            return self._learning.setdefault(key, threading.Lock())

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def grade(self, payload: Mapping[str, Any]) -> Json:
        """The finding of one `code` answer (docs: formats). Raises rooms.SandboxBroken; then nothing was found out."""
        began = time.perf_counter()
        with i18n.using(str(payload.get("language") or "en")):
            work = work_of(payload)
            known = self.reference(payload, work)
            if known.broken:
                finding = self._error(payload, words.broken_exercise())
            else:
                outcome = broker.run(self.rooms_for(payload), replace(work, tests=known.tests, names=known.names))
                if outcome.broken:
                    finding = self._error(payload, words.broken_exercise())
                else:
                    finding = self._finding(payload, work, known, outcome)
        return {**finding, "seconds": round(time.perf_counter() - began, 4)}

    def reference(self, payload: Mapping[str, Any], work: Work) -> Reference:
        """What the reference solution showed; it runs once, and again only while it fails."""
        key = reference.fingerprint(payload)
        with self._learning_of(key):
            with self._lock:
                if key in self._references:
                    self._references.move_to_end(key)
                    return self._references[key]
            found = reference.learn(self.rooms_for(payload), work, str(payload.get("solution") or ""))
            with self._lock:
                if not found.broken:
                    self._references[key] = found
                while len(self._references) > REMEMBERED:
                    forgotten, _old = self._references.popitem(last=False)
                    self._learning.pop(forgotten, None)
            return found

    def prepare(self, payload: Mapping[str, Any]) -> None:
        """Runs the reference of a job that may come. Raises SandboxBroken."""
        self.reference(payload, work_of(payload))

    def _finding(self, payload: Mapping[str, Any], work: Work, known: Reference, outcome: Outcome) -> Json:
        rows: list[Json] = []
        right = whole = 0.0
        for written in payload["tests"]:
            verdict = outcome.verdicts.get(str(written["name"]), {"passed": False, "why": ""})
            passed = verdict.get("passed") is True
            weight = max(0.0, float(written.get("points", 1)))
            whole += weight
            right += weight * passed
            rows.append(_row(written, verdict, passed, work, known))
        score = right / whole if whole else 0.0
        message = (
            "" if outcome.problem is None else words.problem(outcome.problem, limit=work.limit, memory=work.memory)
        )
        return {
            **self._stamp(payload),
            "state": "passed" if score >= 1 else "partial" if score > 0 else "failed",
            "score": score,
            "tests": rows,
            "message": message[:MESSAGE],
            "isolated": _isolated(payload, known),
        }

    def _error(self, payload: Mapping[str, Any], message: str) -> Json:
        return {
            **self._stamp(payload),
            "state": "error",
            "score": 0.0,
            "tests": [],
            "message": message,
            "isolated": True,
        }

    def _stamp(self, payload: Mapping[str, Any]) -> Json:
        return {"tier": str(self.tier), "engine": NAME, "key_hash": str(payload.get("key_hash") or "")}


def work_of(payload: Mapping[str, Any]) -> Work:
    """The job as the broker takes it; what a test may do is decided by the reference."""
    tests = tuple(
        Test(str(test["name"]), str(test["code"]), bool(test.get("hidden")), shape=()) for test in payload["tests"]
    )
    limit = min(max(float(payload.get("timeout") or 10), 0.1), 120.0)
    memory = min(max(int(payload.get("memory") or 512), 32), 8192)
    return Work(str(payload.get("setup") or ""), str(payload["code"]), tests, limit, memory)


def _row(written: Mapping[str, Any], verdict: Mapping[str, Any], passed: bool, work: Work, known: Reference) -> Json:
    """A test as the learner may see it: of a hidden one its name, whether it passed, and the author's own words."""
    hidden = bool(written.get("hidden"))
    said = ""
    row: Json = {"name": str(written["name"]), "passed": passed, "message": "", "hidden": hidden}
    if not passed:
        if not hidden and verdict.get("why"):
            said = words.test(verdict, known.names, limit=work.limit, memory=work.memory)
        row["message"] = " ".join(part for part in (said, str(written.get("feedback") or "").strip()) if part)[:MESSAGE]
        case = verdict.get("case")
        if not hidden and isinstance(case, dict):
            row["case"] = {part: str(case.get(part, ""))[:500] for part in ("call", "got", "wanted")}
    return row


def _isolated(payload: Mapping[str, Any], known: Reference) -> bool:
    trusted = {str(test["name"]) for test in payload["tests"] if test.get("trust") == "in-process"}
    return known.inside <= trusted


def cores() -> int:
    return len(os.sched_getaffinity(0))
