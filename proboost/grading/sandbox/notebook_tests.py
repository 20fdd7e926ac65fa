"""The tests' part of a notebook: the author's cells and tests, one after the other, in a process of the author's own.

What the author's cells make is here, made here. What the solutions make or change is asked of the learner's frozen
copy, test by test. So a test finds the names that it would find in one kernel, and nobody's program can alter its own.
"""

from __future__ import annotations

import ast
import io
import signal
import socket
import sys
import types
from typing import Any

from proboost.grading.sandbox import belongings, shell, tester
from proboost.grading.sandbox.faults import Shape, Slow
from proboost.grading.sandbox.link import Link
from proboost.grading.sandbox.remote import Remote
from proboost.grading.sandbox.tester import Names, Verdict
from proboost_kernel.forkserver import wire

PLAN_LIMIT = 16 << 20


def main(control: socket.socket, _plan: dict[str, Any]) -> None:
    """{steps, limit, source, files} begins a notebook; {test, code, names, theirs, …} with a socket: its verdict."""
    paper: Paper | None = None
    while True:
        message, descriptors = wire.receive(control, descriptors=1, limit=PLAN_LIMIT)
        if message is None:
            return
        if "steps" in message:
            belongings.lay_out(message.get("files") or [], descriptors)
            paper = Paper(message)
            continue
        assert paper is not None
        wire.send(control, paper.judge(message, socket.socket(fileno=descriptors[0])))


class Paper:
    """One notebook's tests, on the way from its beginning to its end."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.steps: list[dict[str, Any]] = plan["steps"]
        self.limit = float(plan["limit"])
        self.at = 0
        self.names = Names({})
        self.pending: list[ast.Assign] = []  # of the author's, until there is somebody to ask
        self.drawn = False  # whether names here hold what the learner's work made of the author's statements
        running = shell.present()
        if running is not None:
            dict.__setitem__(self.names, "get_ipython", running.get_ipython)
        tester.learners_source(plan["source"])

    def judge(self, test: dict[str, Any], questions: socket.socket) -> Verdict:
        """Runs the author's cells up to this test, then the test."""
        sys.stdout = sys.stderr = io.StringIO()
        self._until(test["test"])
        for name in test["theirs"]:
            self.names.pop(name, None)
        self.names.manifest = dict(test["names"])
        code = test["code"] if test["inside"] else shell.python(test["code"])
        try:
            verdict = tester.judge(self.names, {**test, "code": code}, questions, self._catch_up)
            return {**verdict, "alone": verdict["alone"] and not self.drawn}
        finally:
            self.names.link = None

    def _until(self, test: int) -> None:
        self.names.manifest = {}
        while self.at < len(self.steps):
            step = self.steps[self.at]
            self.at += 1
            if step.get("test") == test:
                return
            if "code" in step:
                self._author(step["code"])

    def _author(self, code: str) -> None:
        """A cell of the author's own, statement by statement: those that need the learner's work cannot run yet."""
        try:
            body = ast.parse(shell.python(code), "<cell>").body
        except (SyntaxError, ValueError, RecursionError):
            return
        for statement in body:
            if self._ran(statement):
                continue
            if isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets):
                self.pending.append(statement)
            for name in _names(statement):  # half of it may have happened to them
                if _is_data(self.names.get(name)):
                    self.names.pop(name, None)

    def _ran(self, statement: ast.stmt) -> bool:
        def ring(_number: int, _frame: object) -> None:
            raise Slow

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.limit)
        try:
            exec(compile(ast.Module([statement], []), "<cell>", "exec", dont_inherit=True), self.names)  # noqa: S102
        except BaseException:  # noqa: BLE001 -- it ran in the learner's room too
            return False
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return True

    def _catch_up(self, link: Link) -> None:
        """`result = squares(10)` of the author's is worked out here, with the learner's function: so the test's names
        hold what the author's cell made of it, not what the learner's program says that it made.
        """
        shape, link.shape = link.shape, Shape(None)
        self.names.link = link
        self.pending = [statement for statement in self.pending if not self._caught_up(statement)]
        link.shape, link.fault = shape, None

    def _caught_up(self, statement: ast.Assign) -> bool:
        own = {target.id for target in statement.targets if isinstance(target, ast.Name)}
        theirs = {name: self.names.manifest.pop(name) for name in own if name in self.names.manifest}
        try:
            exec(compile(ast.Module([statement], []), "<cell>", "exec", dont_inherit=True), self.names)  # noqa: S102
        except Slow:
            raise
        except BaseException:  # noqa: BLE001 -- then the test will not find the name
            return False
        self.drawn = True
        for name in own:
            if isinstance(self.names.get(name), Remote):  # of this copy only: each test asks for it anew
                self.names.pop(name)
                self.names.manifest.update({name: theirs[name]} if name in theirs else {})
        return True


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _is_data(value: object) -> bool:
    """Not a helper of the author's: that one stays, whatever else the statement did."""
    return value is not None and not callable(value) and not isinstance(value, types.ModuleType)
