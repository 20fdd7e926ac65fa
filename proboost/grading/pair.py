"""Two rooms for one learner's notebooks: cells run in one, the author's tests in the other. Nothing is counted here.

The cells of all notebooks run to their end first, leaving a frozen copy at each test cell; only then is the first test
begun, so what hidden tests ask can appear in no output.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proboost.grading.rooms import Room, Rooms, SandboxBroken
from proboost.grading.sandbox import belongings
from proboost.grading.sandbox.notebook import AT_ONCE, PLAN_LIMIT, SAID

LIMIT = 30.0  # seconds of a cell, and of a test
TOTAL = 180.0  # seconds of a notebook's cells together, and of its tests
MEMORY = 1024  # MiB, in each room
MOST_TESTS = 500
START = 5.0
ALL_OUTPUT = 32 << 20  # bytes that a notebook's outputs may take

Told = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """What the learner's room said. `outputs` by piece: {outputs, count, failed?}; `names` by test (of the reference).

    `over`: "0" when every cell was run, "slow", "memory", or how the program ended before; `at` the piece it was at.
    """

    outputs: Mapping[int, Told] = field(default_factory=dict)
    names: Mapping[int, Told] = field(default_factory=dict)
    over: str = "0"
    at: int | None = None


@dataclass(frozen=True)
class Sat:
    """A notebook that was run, and a socket to each test's frozen copy."""

    ran: Ran
    questions: tuple[socket.socket, ...]


class Pair:
    """The rooms are taken when first needed. `tests`: of all notebooks together. `lost`: the learner's room ended, and
    with it every frozen copy.
    """

    def __init__(self, rooms: Rooms, tests: int) -> None:
        self.rooms = rooms
        self.tests = tests
        self.lost = False
        self.learner: Room | None = None
        self.tester: Room | None = None
        self._sockets: list[socket.socket] = []

    def close(self) -> None:
        for one in self._sockets:
            one.close()
        for room in (self.learner, self.tester):
            if room is not None:
                room.close()
        self.learner = self.tester = None
        self.rooms.refill()

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, steps: Sequence[Told], tests: int, files: Mapping[str, bytes], *, names: bool = False) -> Sat:
        """Runs a notebook's steps. All of a learner's notebooks are run before the first test is asked: what a test
        hands to one could appear in the next one's output. Raises SandboxBroken, belongings.TooMuch.
        """
        fresh = self.learner is None
        room = self.learner = self.learner or self._room("notebook")
        pairs = [socket.socketpair() for _ in range(tests)]
        self._sockets += [pair[1] for pair in pairs]
        try:
            plan = {"steps": list(steps), "tests": tests, "limit": LIMIT, "total": TOTAL, "names": names}
            self._hand(room, plan, files)
            for first in range(0, tests, AT_ONCE):
                theirs = tuple(pair[0].fileno() for pair in pairs[first : first + AT_ONCE])
                room.send({"sockets": len(theirs)}, theirs)
        except SandboxBroken:
            if fresh:
                raise
            self.lost = True  # by the notebook before
            return Sat(Ran(over="ended"), tuple(pair[1] for pair in pairs))
        finally:
            for pair in pairs:
                pair[0].close()
        return Sat(self._listen(room, steps), tuple(pair[1] for pair in pairs))

    def _listen(self, room: Room, steps: Sequence[Told]) -> Ran:
        outputs: dict[int, Told] = {}
        names: dict[int, Told] = {}
        ours = {int(step["cell"]) for step in steps if "cell" in step}
        end, said = time.monotonic() + TOTAL + START, 0
        over = ""
        while not over:
            try:
                told = room.receive(max(0.001, end - time.monotonic()), SAID)
            except TimeoutError:
                over = "slow"
                self.lost = True
                break
            if told is None or said > ALL_OUTPUT:
                over = self._fate(room)
                self.lost = True
            elif isinstance(told.get("over"), str):
                over = told["over"]
            elif isinstance(told.get("outputs"), list) and told.get("cell") in ours:
                outputs.setdefault(told["cell"], told)
                said += sum(len(str(output)) for output in told["outputs"])
            elif isinstance(told.get("names"), dict):
                names[int(told["test"])] = told["names"]
        left = [int(step["cell"]) for step in steps if "cell" in step and step["cell"] not in outputs]
        if over == "0" and left:  # its own polite end
            over = "ended"
        return Ran(outputs, names, over, left[0] if over != "0" and left else None)

    def _fate(self, room: Room) -> str:
        fate = room.fate()
        if fate == "lost" or fate.startswith("broken"):
            raise SandboxBroken(f"a room was lost: {fate}")
        return "memory" if fate == "memory" else fate.removeprefix("ended ") or "nonsense"

    # -- tests

    def paper(self, steps: Sequence[Told], source: str, files: Mapping[str, bytes]) -> None:
        """Begins a notebook's tests in the tester's room. Raises SandboxBroken, belongings.TooMuch."""
        plan = {"steps": list(steps), "source": source, "limit": LIMIT}
        if self.tester is not None:
            try:
                self._hand(self.tester, plan, files)
            except SandboxBroken:  # the notebook before was too much for it
                self._drop_tester()
            else:
                return
        self.tester = self._room("notebook tests")
        self._hand(self.tester, plan, files)

    def ask(self, test: Told, questions: socket.socket) -> Told | None:
        """The verdict on one test; None when the room did not give one: it is gone then, and `paper` begins again."""
        assert self.tester is not None
        try:
            if self.tester.send(test, (questions.fileno(),), PLAN_LIMIT):
                told = self.tester.receive(2 * LIMIT + START)
                if told is not None:
                    return told
        except TimeoutError:
            pass
        self._drop_tester()
        return None

    # -- rooms

    def _room(self, part: str) -> Room:
        room = self.rooms.take()
        try:
            plan = {"part": part, "cpu": int(3 * TOTAL), "memory": MEMORY, "more": self.tests}
            room.begin(plan, watched_mb=MEMORY)
        except BaseException:
            room.close()
            raise
        return room

    def _hand(self, room: Room, plan: Told, files: Mapping[str, bytes]) -> None:
        entries, memory = belongings.packed(files) if files else ([], -1)
        try:
            if not room.send({**plan, "files": entries}, (memory,) if files else (), PLAN_LIMIT):
                raise SandboxBroken(f"a room ended before it began: {room.fate()}")
        finally:
            if files:
                os.close(memory)

    def _drop_tester(self) -> None:
        if self.tester is not None:
            self.tester.close()
            self.tester = None
