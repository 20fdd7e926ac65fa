"""The tests' part: holds their code and what they expect, and asks the learner's program through a socket.

Names resolve in this order: the test's own, those that the reference solution defines (asked of the learner's program,
or imported here when they are a library's), Python's built-in ones. So nobody's program can put another `len` under a
test. Each test but the last runs in a fork of its own, after the author's set-up; only its verdict comes back.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import io
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from proboost.grading.sandbox import cases, codec
from proboost.grading.sandbox.copies import LIMIT, Copies
from proboost.grading.sandbox.faults import Died, Raised, Shape, Slow, UntrustedOperation
from proboost.grading.sandbox.link import Link
from proboost.grading.sandbox.remote import Remote, named
from proboost_kernel.forkserver import wire

GRACE = 0.5  # seconds that a test may take beyond the learner's limit
MESSAGE = 500  # characters
TEST = "<test>"
VERDICT = 1 << 15

Verdict = dict[str, Any]


class Names(dict[str, Any]):
    """The globals of a test."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.manifest = manifest
        self.link: Link | None = None

    def __missing__(self, name: str) -> Any:
        way = self.manifest.get(name)
        if way is None or self.link is None:
            raise KeyError(name)
        if "module" in way:
            value = importlib.import_module(way["module"])
        elif "from" in way:
            value = getattr(importlib.import_module(way["from"][0]), way["from"][1])
        else:
            return self._learners(name)
        super().__setitem__(name, value)
        return value

    def _learners(self, name: str) -> Any:
        link = self.link
        assert link is not None
        if name not in link.held:
            try:
                link.held[name] = link.ask("get", of=name)
            except KeyError:
                raise MissingName(f"name '{name}' is not defined", name=name) from None
        return link.held[name]

    def __setitem__(self, name: str, value: Any) -> None:
        """A test that rebinds a name of the program's does so there too, where it is data."""
        link = self.link
        if link is None or "remote" not in self.manifest.get(name, ()):
            super().__setitem__(name, value)
        elif isinstance(value, Remote) or _is_data(value):
            link.ask("set", of=name, n=name, v=link.encode(value))
            self.pop(name, None)
        else:  # a function that takes the place of the program's, say: the program calls it, and so does the test
            if callable(value):
                link.ask("set", of=name, n=name, v=link.encode(value))
            super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if self.link is not None and "remote" in self.manifest.get(name, ()):
            self.link.ask("del", of=name, n=name)
            self.pop(name, None)
        else:
            super().__delitem__(name)


class MissingName(NameError):
    """The learner's program has no such name."""


def _is_data(value: object) -> bool:
    def refuse(_value: object) -> codec.Tagged:
        raise codec.NotData

    try:
        codec.encode(value, refuse)
    except codec.NotData:
        return False
    return True


def main(control: socket.socket, plan: dict[str, Any]) -> None:
    """Plan: setup, names (the manifest), source (of the learner, for inspect.getsource), limit, copies (as the
    learner's part has it).
    """
    names = Names(plan["names"])
    sys.stdout = sys.stderr = io.StringIO()
    learners_source(plan["source"])
    wire.send(control, _set_up(plan, names))

    def judged(test: dict[str, Any], questions: int, link: socket.socket) -> None:
        wire.send(link, judge(names, test, socket.socket(fileno=questions)), limit=VERDICT)

    copies = Copies(judged, control)
    if plan.get("copies"):
        copies.make_ahead()
    while True:
        message, descriptors = wire.receive(control, descriptors=1, limit=LIMIT)
        if message is None:
            copies.end(all_of_them=True)
            return
        if message.get("last"):  # nobody comes after it
            copies.end(all_of_them=True)
            verdict = judge(names, message, socket.socket(fileno=descriptors[0]))
        else:
            end = time.monotonic() + message["limit"] + 2 * GRACE
            with copies.begin(message, descriptors[0]) as link:
                os.close(descriptors[0])
                if message.get("more"):
                    copies.make_ahead()
                verdict = _verdict(link, end)
            copies.end()
        wire.send(control, verdict)


def _set_up(plan: dict[str, Any], names: Names) -> dict[str, Any]:
    def ring(_number: int, _frame: object) -> None:
        raise Slow

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, plan["limit"])
    try:
        exec(compile(plan["setup"], "<setup>", "exec", dont_inherit=True), names)  # noqa: S102 -- the author's
    except BaseException as error:  # noqa: BLE001 -- told to the broker: the exercise is broken
        return {"setup": f"{type(error).__name__}: {error}"[:MESSAGE]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    for name in names.manifest:  # what the program defines anew is asked of it
        names.pop(name, None)
    return {"ready": True}


_source = [""]
_getsource = inspect.getsource


def learners_source(source: str) -> None:
    """inspect.getsource of a learner's function works as it does in one process."""
    _source[:] = [source]
    inspect.getsource = _getsource_of  # type: ignore[assignment]  # it takes one kind of object more


def _getsource_of(value: Any) -> str:
    if not isinstance(value, Remote):
        return _getsource(value)
    try:
        definitions = [node for node in ast.walk(ast.parse(_source[0])) if isinstance(node, _DEFINITIONS)]
    except (SyntaxError, RecursionError, ValueError):
        definitions = []
    for node in reversed(definitions):
        if node.name == named(value):
            return (ast.get_source_segment(_source[0], node) or "") + "\n"
    raise OSError("could not get source code")


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _verdict(link: socket.socket, end: float) -> Verdict:
    """Of one test, found in a copy; whatever becomes of the copy, there is one."""
    try:
        verdict, _none = wire.receive(link, limit=VERDICT, seconds=max(0.001, end - time.monotonic()))
    except TimeoutError:
        return {"passed": False, "why": "slow"}
    except (OSError, wire.Malformed):
        verdict = None
    return verdict if isinstance(verdict, dict) else {"passed": False, "why": "tester"}


def judge(
    names: Names, test: dict[str, Any], questions: socket.socket, before: Callable[[Link], None] | None = None
) -> Verdict:
    """Runs one test: code, limit (s), visible, shape (allowed operations, or null), inside (run it beside the
    program).

    `value` of the verdict is that of the last expression, if it is a number; `at` the test's line that failed; `alone`
    (of a reference's run): the program was asked for nothing.
    `before` may ask the program first, within the same time.
    """
    shape = Shape(test["shape"])
    link = Link(questions, shape, test["limit"] + GRACE / 2)
    kept = cases.Cases()

    def ring(_number: int, _frame: object) -> None:
        raise Slow

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, test["limit"] + GRACE, 0.1)
    try:
        if before is not None and not test.get("inside"):
            before(link)
        value = link.ask("exec", code=test["code"]) if test.get("inside") else _run(test["code"], names, link, kept)
        verdict: Verdict = {"passed": True, "value": number(value)} if link.fault is None else _failure(link.fault)
    except BaseException as error:  # noqa: BLE001 -- each end of a test is a verdict
        verdict = _failure(error if link.fault is None else link.fault) | {"at": _line(error)}
        if test["visible"] and isinstance(error, (AssertionError, Raised)) and kept.last is not None:
            verdict["case"] = kept.last
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if not test["visible"]:
        verdict = {name: value for name, value in verdict.items() if name in ("passed", "why", "value")}
    verdict["used"] = sorted(shape.used)[:200] if test["shape"] is None else []
    verdict["alone"] = test["shape"] is None and not link.asked
    return verdict


class _Helper:
    """What a rewritten assertion calls."""

    def __init__(self, kept: cases.Cases) -> None:
        self.check = kept.check
        self.text = cases.text_of

    def __call__(self, *parts: Any) -> Any:
        return self.check(*parts)


def _run(code: str, names: Names, link: Link, kept: cases.Cases) -> Any:
    """The value of the test's last expression, if that is what it ends with and no semicolon hushes it."""
    tree = cases.rewrite(ast.parse(code, TEST))
    dict.__setitem__(names, cases.NAME, _Helper(kept))
    names.link = link
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or code.rstrip().endswith(";"):
        exec(compile(tree, TEST, "exec", dont_inherit=True), names)  # noqa: S102 -- the author's test
        return None
    exec(compile(ast.Module(tree.body[:-1], []), TEST, "exec", dont_inherit=True), names)  # noqa: S102
    return eval(compile(ast.Expression(last.value), TEST, "eval", dont_inherit=True), names)  # noqa: S307


def number(value: Any) -> bool | float | None:
    """A number of Python's or NumPy's own, as a notebook's test cell may end with one; None for all else."""
    if type(value) is bool or type(value) is float:
        return value
    if type(value) is int:
        return float(max(-_LARGE, min(_LARGE, value)))
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.generic):
        return None
    if isinstance(value, numpy.bool_):
        return bool(value)
    return float(value) if isinstance(value, (numpy.integer, numpy.floating)) else None


_LARGE = 10**18


def _line(error: BaseException) -> int | None:
    """Of the test's own text, the outermost line under way."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == TEST and trace.tb_frame.f_code.co_name == "<module>":
            return trace.tb_lineno
        trace = trace.tb_next
    return error.lineno if isinstance(error, SyntaxError) else None


def _failure(error: BaseException) -> Verdict:
    """Why a test did not pass, in a word for the broker, with what a sentence about it needs."""
    if isinstance(error, Raised):
        told = error.told
        if "MemoryError" in told["kinds"]:
            return {"passed": False, "why": "memory"}
        if told["kinds"][0] in ("TooMuchOutput", "TooLarge"):
            return {"passed": False, "why": "output" if told["kinds"][0] == "TooMuchOutput" else "large"}
        line = told.get("line")
        return {
            "passed": False,
            "why": "raised",
            "kind": cases.shortened(str(told["kinds"][0]), 80),
            "text": cases.shortened(str(told.get("text", "")), MESSAGE),
            "line": line if type(line) is int else None,
            "name": cases.shortened(str(told.get("name") or ""), 80),
        }
    if isinstance(error, AssertionError):
        return {"passed": False, "why": "assert", "text": cases.shortened(str(error), MESSAGE)}
    if isinstance(error, MissingName):
        return {"passed": False, "why": "missing", "name": str(error.name)}
    if isinstance(error, UntrustedOperation):
        return {"passed": False, "why": "object", "text": cases.shortened(str(error), 100)}
    if isinstance(error, Slow):
        return {"passed": False, "why": "slow", "line": error.line}
    simple = {Died: "died", codec.NotData: "unreadable", MemoryError: "large", wire.Malformed: "large"}
    for kind, why in simple.items():
        if isinstance(error, kind):
            return {"passed": False, "why": why}
    return {"passed": False, "why": "error", "text": cases.shortened(f"{type(error).__name__}: {error}", MESSAGE)}
