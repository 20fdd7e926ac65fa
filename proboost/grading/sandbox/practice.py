"""What each test does, done by the warm parent before there is one: rooms are forks of it, and none is the first."""

from __future__ import annotations

import gc
import io
import signal
import socket
import sys
import threading
import time
from typing import Any

from proboost.grading.sandbox import tester
from proboost.grading.sandbox.answering import Snapshot
from proboost_kernel.forkserver import hygiene

ROUNDS = 12  # Python makes code quicker that it has run eight times
LIMIT = 5.0  # seconds of one test
_PROGRAM = """
def plain(values):
    return [value + 1 for value in values]

def table(values):
    return values.assign(total=values.one + values.two)
"""
_PLAIN = "found = plain([1, 2.5])\nassert found == [2, 3.5]\nassert plain([]) == []"
_TABLE = """
found = table(values)
assert list(found["total"]) == [5.0, 7.0, 9.0]
assert list(found.columns) == ["one", "two", "total"]
"""


def practise() -> bool:
    """Puts a program to tests as they are put to learners'; whether all of them passed. This process has one thread
    before and after.
    """
    program: dict[str, Any] = {}
    exec(_PROGRAM, program)  # noqa: S102 -- our own, as it stands above
    names = tester.Names({"plain": {"remote": "function"}, "table": {"remote": "function"}})
    tests = [_PLAIN]
    if pandas := sys.modules.get("pandas"):
        names["values"] = pandas.DataFrame({"one": [1.0, 2.0, 3.0], "two": [4, 5, 6]})
        tests.append(_TABLE)
    passed = [_passes(names, program, test) for _round in range(ROUNDS) for test in tests]
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    end = time.monotonic() + LIMIT
    while hygiene.tasks() > 1 and time.monotonic() < end:  # a thread that was joined is not quite gone yet
        time.sleep(0.001)
    gc.collect()  # what is left would be kept for good
    return all(passed)


def _passes(names: tester.Names, program: dict[str, Any], code: str) -> bool:
    theirs, ours = socket.socketpair()
    snapshot = Snapshot(theirs, program, lambda _most: _Output(), lambda _error: {"kinds": ["Exception"]})
    answering = threading.Thread(target=snapshot.serve, name="practice")  # unnamed ones are counted
    answering.start()
    test = {"code": code, "limit": LIMIT, "visible": True, "shape": None, "inside": False}
    with ours:
        verdict = tester.judge(names, test, ours)
    answering.join()  # it has heard that nobody asks any more
    theirs.close()
    return verdict["passed"] is True


class _Output(io.StringIO):
    def taken(self) -> str:
        return self.getvalue()
