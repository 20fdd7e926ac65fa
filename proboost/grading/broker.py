"""The broker: brings a learner's program and an author's tests together in two rooms, and is the only one who counts.

The tests run one after the other, visible ones first: what a hidden test hands to the learner's program can then
appear in no visible case. Each test asks a frozen copy of the program; a crash or an endless loop costs one test.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proboost.grading.rooms import Room, Rooms, SandboxBroken

TESTER_MB = 1024
START = 5.0  # seconds beyond its limit until a silent program is given up
ALL_TESTS = 2  # times the limit, for all tests of an exercise together

Told = dict[str, Any]


@dataclass(frozen=True)
class Test:
    """A test as it runs. `shape`: operations allowed on handles, None for any; `inside`: beside the program."""

    __test__ = False  # not for pytest

    name: str
    code: str
    hidden: bool = False
    shape: tuple[str, ...] | None = ()
    inside: bool = False


@dataclass(frozen=True)
class Work:
    """One program and the tests it is put to. `names` None: ask the program which it defines (the reference's run)."""

    setup: str
    code: str
    tests: tuple[Test, ...]
    limit: float
    memory: int
    names: Mapping[str, Any] | None = None


@dataclass
class Outcome:
    """What came of it. `problem`: why the program did not get as far as its tests; `broken`: what is the author's
    fault.
    """

    problem: Told | None = None
    broken: str = ""
    verdicts: dict[str, Told] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)


def run(rooms: Rooms, work: Work) -> Outcome:
    """Raises SandboxBroken when the sandbox failed, never for what the program does."""
    learner = rooms.take()
    try:
        return _run(rooms, learner, work)
    finally:
        learner.close()
        rooms.after_job()


def _run(rooms: Rooms, learner: Room, work: Work) -> Outcome:
    outcome = Outcome()
    seconds = math.ceil(work.limit * (ALL_TESTS + 1)) + 5
    plan = {"part": "learner", "setup": work.setup, "code": work.code, "limit": work.limit, "cpu": seconds}
    plan |= {"names": work.names is None, "memory": work.memory, "copies": len(work.tests) > 1}
    learner.begin(plan, watched_mb=work.memory)
    tester: Room | None = None
    try:
        if work.names is not None and work.tests:
            tester = _tester(rooms, work, work.names)
        told = _listen(learner, work.limit + START)
        if "setup" in told:
            outcome.broken = f"set-up: {told['setup']}"
        elif "ran" not in told:
            outcome.problem = told.get("failed") if isinstance(told.get("failed"), dict) else told
        else:
            names = told["names"] if work.names is None and isinstance(told.get("names"), dict) else work.names or {}
            outcome.names = dict(names)
            if work.tests:
                tester = tester or _tester(rooms, work, names)
                _put_to_tests(rooms, learner, tester, work, outcome)
    finally:
        if tester is not None:
            tester.close()
    return outcome


def _listen(learner: Room, seconds: float) -> Told:
    """What the learner's part says of its run, or why it says nothing: {"why": slow|memory|ended|crashed}."""
    try:
        told = learner.receive(seconds)
    except TimeoutError:
        return {"why": "slow"}
    return told if told is not None else {"why": _ending(learner.fate())}


def _ending(fate: str) -> str:
    if fate == "memory":
        return "memory"
    if fate == "lost" or fate.startswith("broken"):
        raise SandboxBroken(f"a room was lost: {fate}")
    number = fate.removeprefix("ended ")
    if number == "-9":
        return "memory"  # the kernel's doing, when memory was short
    return "slow" if number == "-24" else "crashed" if number.startswith("-") else "ended"


def _tester(rooms: Rooms, work: Work, names: Mapping[str, Any]) -> Room:
    tester = rooms.take()
    try:
        seconds = math.ceil(work.limit * (ALL_TESTS + 1)) + 5
        plan = {"part": "tester", "setup": work.setup, "source": work.code, "limit": work.limit, "cpu": seconds}
        plan |= {"names": dict(names), "memory": TESTER_MB, "copies": len(work.tests) > 1}
        tester.begin(plan, watched_mb=TESTER_MB)
    except BaseException:
        tester.close()
        raise
    return tester


def _ready(tester: Room, limit: float) -> str:
    """Waits for the author's set-up in the tester's room; what went wrong in it."""
    try:
        told = tester.receive(limit + START)
    except TimeoutError:
        raise SandboxBroken("the tester's room does not answer") from None
    if told is None:
        raise SandboxBroken(f"the tester's room ended: {tester.fate()}")
    return str(told.get("setup", ""))


def _put_to_tests(rooms: Rooms, learner: Room, tester: Room, work: Work, outcome: Outcome) -> None:
    outcome.broken = _ready(tester, work.limit)
    end = time.monotonic() + ALL_TESTS * work.limit
    extra: list[Room] = []
    try:
        tests = sorted(work.tests, key=lambda test: test.hidden)
        for number, test in enumerate(tests, 1):
            limit = min(work.limit, end - time.monotonic())
            if outcome.broken or limit <= 0:
                outcome.verdicts[test.name] = {"passed": False, "why": "late"}
                continue
            verdict = _one(learner, tester, test, limit, left=len(tests) - number)
            if verdict is None:  # the room is lost, not the test's fault alone: the others get another
                end_of_room = tester.fate(0.1)
                verdict = {"passed": False, "why": "large" if _ending(end_of_room) == "memory" else "slow"}
                if test is tests[-1]:
                    outcome.verdicts[test.name] = verdict
                    break
                tester = _tester(rooms, work, outcome.names)
                extra.append(tester)
                outcome.broken = _ready(tester, work.limit)
            if verdict.get("why") == "died" and (end_of_room := learner.fate(0.05)):
                verdict["why"] = _ending(end_of_room)
            outcome.verdicts[test.name] = verdict
    finally:
        for room in extra:
            room.close()


def _one(learner: Room, tester: Room, test: Test, limit: float, *, left: int) -> Told | None:
    """One test's verdict; None when the tester's room does not give one. `left`: how many come after it."""
    theirs, ours = socket.socketpair()
    which = {"last": left == 0, "more": left > 1}
    try:
        asked = {
            "code": test.code,
            "limit": limit,
            "visible": not test.hidden,
            "shape": None if test.shape is None else list(test.shape),
            "inside": test.inside,
            **which,
        }
        if not learner.send({"limit": limit, **which}, (theirs.fileno(),)):
            return {"passed": False, "why": "died"}
        theirs.close()
        if not tester.send(asked, (ours.fileno(),)):
            return None
        ours.close()
        told = tester.receive(limit + START)
        if told is not None and "broken" in told:
            raise SandboxBroken(f"the tester's room failed: {told['broken']}")
        return told
    except TimeoutError:
        return None
    finally:
        theirs.close()
        ours.close()
