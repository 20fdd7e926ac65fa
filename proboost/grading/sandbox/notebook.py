"""The learner's part of a notebook: its cells run in IPython, and a frozen copy at each test cell waits for questions.

One process looks after the others: it holds no cell's text once it is handed on, forks whoever runs them, ends them
when they take too long, and so outlives a cell that ends its own process. No result is made here, only outputs; those
are what the learner's program says of itself.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import time
from typing import Any, NoReturn

from proboost.grading.sandbox import belongings, shell
from proboost.grading.sandbox.answering import Snapshot
from proboost.grading.sandbox.learner import Output, described, fingerprint, fork_exactly, imported, way, with_alarm
from proboost_kernel.forkserver import wire

PLAN_LIMIT = 16 << 20
SAID = 8 << 20  # bytes of one cell's outputs
GRACE = 3.0  # seconds that a cell may take beyond its limit before its process is ended
AT_ONCE = 200  # descriptors in a message
_PLOTS = re.compile(r"matplotlib|pyplot|seaborn|\.plot\b|\.hist\(")
_IPYTHONS = re.compile(r"_+\Z|_i+\Z|_i?\d+\Z|_[dio]h\Z|__\w+__\Z|_exit_code\Z")


def main(control: socket.socket, _plan: dict[str, Any]) -> None:
    """One learner's notebooks after each other: {steps, tests, limit, total, names, files}, then sockets."""
    while True:
        control.setblocking(True)  # whatever the notebook before did to it
        plan, opened = wire.receive(control, descriptors=1, limit=PLAN_LIMIT)
        if plan is None:
            return
        questions: list[socket.socket] = []
        while len(questions) < plan["tests"]:
            _, more = wire.receive(control, descriptors=AT_ONCE)
            questions += [socket.socket(fileno=descriptor) for descriptor in more]
        belongings.lay_out(plan.get("files") or [], opened)
        _watched(control, plan, questions)


def _watched(control: socket.socket, plan: dict[str, Any], questions: list[socket.socket]) -> None:
    """Runs the notebook in a process of its own and says how that ended: done, slow, or a status."""
    beat, beating = os.pipe()
    runner = os.fork()
    if runner == 0:
        try:
            os.close(beat)
            _run(control, plan, questions, beating)
        finally:
            os._exit(1)
    os.close(beating)
    for one in questions:
        one.close()
    ended = os.pidfd_open(runner)
    poller = select.poll()
    poller.register(ended, select.POLLIN)
    poller.register(beat, select.POLLIN)
    last_of_all = time.monotonic() + plan["total"]
    end = time.monotonic() + plan["limit"] + GRACE
    word = ""
    while not word:
        wait = min(end, last_of_all) - time.monotonic()
        happened = {descriptor for descriptor, _ in poller.poll(max(0.0, wait) * 1000)}
        if ended in happened:
            word = str(os.waitstatus_to_exitcode(os.waitpid(runner, 0)[1]))
        elif not happened:
            os.kill(runner, signal.SIGKILL)
            os.waitpid(runner, 0)
            word = "slow"
        elif not os.read(beat, 4096):  # closed by the program: only the whole's limit is left
            poller.unregister(beat)
            end = last_of_all
        else:
            end = time.monotonic() + plan["limit"] + GRACE
    os.close(beat)
    os.close(ended)
    control.setblocking(True)
    with contextlib.suppress(OSError):
        wire.send(control, {"over": word})


def _run(control: socket.socket, plan: dict[str, Any], questions: list[socket.socket], beating: int) -> NoReturn:
    running = shell.present()
    record = shell.Record()
    shell.use(running, record)
    seen = Seen() if plan["names"] else None
    if any(_PLOTS.search(step.get("code", "")) for step in plan["steps"]):
        shell.inline_plots(running)
    for step in plan["steps"]:
        os.write(beating, b".")
        if "test" in step:
            if seen is not None:
                wire.send(control, {"names": seen.taken(running.user_ns), "test": step["test"]}, limit=SAID)
            _freeze(running, questions[step["test"]], (control, *questions), beating, plan["limit"])
        record.begin()
        error = None
        if step["code"]:
            error = shell.run(running, step["code"], lambda act: with_alarm(plan["limit"], act))
        if "test" in step:
            if seen is not None:
                seen.imports |= imported(step["code"])
            continue
        said = {"cell": step["cell"], "outputs": record.outputs, "count": running.execution_count - 1}
        if error is not None:
            said["failed"] = described(error)
        _tell(control, said)
        if seen is not None:
            seen.look(running.user_ns, shell.python(step["code"]), trusted=step["trusted"])
    os._exit(0)


def _tell(control: socket.socket, said: dict[str, Any]) -> None:
    try:
        wire.send(control, said, limit=SAID)
    except (wire.Malformed, UnicodeEncodeError):
        wire.send(control, {**said, "outputs": []}, limit=SAID)


def _freeze(
    running: Any, questions: socket.socket, others: tuple[socket.socket, ...], beating: int, limit: float
) -> None:
    """A copy of the notebook as it stands, waiting for its test's first question."""
    if fork_exactly():
        questions.close()
        return
    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.close(beating)
        for other in others:
            if other is not questions:
                other.close()
        select.select([questions], [], [])

        def execute(code: str) -> Any:
            if error := shell.run(running, code):
                raise error
            return running.last_value

        answering = Snapshot(questions, running.user_ns, Output, described, execute)
        with_alarm(limit, answering.serve)
    finally:
        os._exit(0)


class Seen:
    """Of the reference's run: which names the author's own cells made, and which the solutions. Asked once for all."""

    def __init__(self) -> None:
        self.marks: dict[str, Any] = {}
        self.theirs: set[str] = set()
        self.authors: set[str] = set()
        self.imports: frozenset[str] = frozenset()

    def look(self, space: dict[str, Any], code: str, *, trusted: bool) -> None:
        """After a cell: what changed in it is its owner's."""
        now = {name: (id(value), fingerprint(value)) for name, value in space.items() if _is_users(name, space)}
        for name, mark in now.items():
            if self.marks.get(name) != mark:
                (self.authors if trusted else self.theirs).add(name)
                (self.theirs if trusted else self.authors).discard(name)
        self.theirs &= now.keys()
        self.imports |= imported(code)
        self.marks = now

    def taken(self, space: dict[str, Any]) -> dict[str, Any]:
        """At a test: how each name is got at, and which the solutions have made or changed since the last test.

        Functions of the author's are never asked of the program: it may have others of that name.
        """
        theirs, self.theirs = sorted(self.theirs), set()
        ways = {name: way(name, space[name], self.imports) for name in self.marks if name in space}
        helpers = {name for name in self.authors & ways.keys() if ways[name].get("remote") in ("function", "class")}
        return {"ways": {name: how for name, how in ways.items() if name not in helpers}, "theirs": theirs}


def _is_users(name: str, space: dict[str, Any]) -> bool:
    hidden = shell.present().user_ns_hidden
    return not _IPYTHONS.match(name) and not (name in hidden and hidden[name] is space[name])
