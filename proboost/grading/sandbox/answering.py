"""A frozen copy of the learner's program answers one test's questions, with data or handles.

It answers whoever holds the other end of its socket, which is the tester. It is the learner's process: it may lie, and
gains nothing by it, for the tester believes plain data only.
"""

from __future__ import annotations

import builtins
import inspect
import operator
import socket
import sys
from collections.abc import Callable
from typing import Any

from proboost.grading.sandbox import codec
from proboost_kernel.forkserver import wire

PRINTED = 256 << 10  # characters of output that go back to a test
_PLAIN = ("str", "repr", "len", "bool", "float", "int", "hash", "dir", "iter", "next", "reversed", "complex", "bytes")
_OPERATORS = [
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and_",
    "or_",
    "xor",
    "lshift",
    "rshift",
    "neg",
    "pos",
    "abs",
    "invert",
    "getitem",
    "setitem",
    "delitem",
    "contains",
    "index",
]


class Snapshot:
    """One test's questions, in order, until it hangs up."""

    def __init__(
        self,
        questions: socket.socket,
        space: dict[str, Any],
        output: Callable[[int], Any],
        describe: Callable[[BaseException], dict[str, Any]],
        execute: Callable[[str], Any] | None = None,
    ) -> None:
        self.questions = questions
        self.space = space
        self.output = output
        self.describe = describe
        self.execute = execute or self._execute
        self.objects: list[object] = []
        self.known: dict[int, int] = {}  # id of an object -> its handle; `objects` keeps it alive

    def serve(self) -> None:
        self._until_hung_up()

    def _until_hung_up(self, wanted: str | None = None) -> dict[str, Any]:
        while True:
            question, _ = wire.receive(self.questions, limit=codec.LIMIT)
            if question is None:
                raise SystemExit
            if wanted in question or "error" in question:
                return dict(question)
            self._reply(question)

    def _reply(self, question: dict[str, Any]) -> None:
        printed = self.output(PRINTED)
        before = sys.stdout, sys.stderr, builtins.input
        sys.stdout = sys.stderr = printed
        builtins.input = lambda prompt="": self._ask_tester("input", (str(prompt),), {})
        try:
            answer = self._do(question)
        except BaseException as error:  # noqa: BLE001 -- whatever the program raises is the answer
            answer = {"error": {**self.describe(error), "args": self._arguments(error)}}
        finally:
            sys.stdout, sys.stderr, builtins.input = before
        answer["out"] = printed.taken()
        try:
            wire.send(self.questions, answer, limit=codec.LIMIT)
        except (wire.Malformed, UnicodeEncodeError):
            wire.send(self.questions, {"error": {"kinds": ["TooLarge"], "text": ""}})

    def _arguments(self, error: BaseException) -> Any:
        try:
            return [self.encode(item) for item in error.args][:10]
        except Exception:  # noqa: BLE001 -- the learner's own class
            return []

    # -- data and handles

    def encode(self, value: object) -> Any:
        return codec.encode(value, self._refer)

    def decode(self, written: Any) -> Any:
        return codec.decode(written, self._resolve)

    def _refer(self, value: object) -> codec.Tagged:
        if id(value) not in self.known:
            self.objects.append(value)
            self.known[id(value)] = len(self.objects) - 1
        kind = "x" if isinstance(value, type) and issubclass(value, BaseException) else "c" if callable(value) else "o"
        own = getattr(value, "__name__", None)
        more: dict[str, Any] = {"k": kind, "n": own if isinstance(own, str) else "", "y": type(value).__name__}
        if isinstance(value, type) and kind == "x":
            more["m"] = [kind.__name__ for kind in value.__mro__[:-1]]
        return codec.tag("h", self.known[id(value)], **more)

    def _resolve(self, written: codec.Tagged) -> Any:
        if written["t"] == "h":
            return self.objects[written["v"]]
        if written["t"] == "cb":
            number = written["v"]
            return lambda *args, **kwargs: self._ask_tester(number, args, kwargs)
        raise codec.NotData("an unknown tag")

    def _ask_tester(self, number: int | str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The program calls a function that the test handed to it, or input()."""
        wire.send(
            self.questions,
            {
                "cb": number,
                "a": [self.encode(item) for item in args],
                "k": {name: self.encode(item) for name, item in kwargs.items()},
            },
            limit=codec.LIMIT,
        )
        answer = self._until_hung_up(wanted="value")
        if "error" in answer:
            kind = getattr(builtins, str(answer["error"]), RuntimeError)
            raise kind(str(answer.get("text", "")))
        return self.decode(answer["value"])

    # -- questions

    def _do(self, question: dict[str, Any]) -> dict[str, Any]:
        op = question["op"]
        if op == "get":
            if question["n"] not in self.space:
                return {"missing": True}
            return {"value": self.encode(self.space[question["n"]])}
        if op == "set":
            self.space[question["n"]] = self.decode(question["v"])
            return {"value": None}
        if op == "del":
            self.space.pop(question["n"], None)
            return {"value": None}
        if op == "exec":  # a test that cannot be split from the program; findings say so
            return {"value": self.encode(self.execute(question["code"]))}
        args = [self.decode(item) for item in question["a"]]
        kwargs = {name: self.decode(item) for name, item in question.get("k", {}).items()}
        result = self._operate(op, args, kwargs)
        return {"value": self._result(result, args), "changed": self._changed(question, args, kwargs)}

    def _execute(self, code: str) -> None:
        exec(compile(code, "<test>", "exec", dont_inherit=True), self.space)  # noqa: S102

    def _operate(self, op: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if op == "call":
            return args[0](*args[1:], **kwargs)
        if op == "attr":
            return getattr(args[0], args[1])
        if op == "setattr":
            setattr(*args)
            return None
        if op == "isinstance":
            return isinstance(args[0], args[1])
        if op == "issubclass":
            return issubclass(args[0], args[1])
        if op == "signature":
            parameters = inspect.signature(args[0]).parameters.values()
            return [[item.name, int(item.kind), item.default is not item.empty] for item in parameters]
        if op in _PLAIN:
            return getattr(builtins, op)(args[0])
        if op in _OPERATORS:
            return getattr(operator, op)(*args)
        raise codec.NotData("an unknown question")

    def _result(self, result: object, args: list[Any]) -> Any:
        for place, item in enumerate(args):
            if result is item and _can_change(item):
                return codec.tag("arg", place)  # the very object that was passed, not one like it
        return self.encode(result)

    def _changed(self, question: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> list[Any]:
        """What the call did to the lists, dicts … that it was given: [place or name, new value]."""
        changed: list[Any] = []
        for place, item in enumerate(args):
            if _can_change(item) and (now := self.encode(item)) != question["a"][place]:
                changed.append([place, now])
        for name, item in kwargs.items():
            if _can_change(item) and (now := self.encode(item)) != question["k"][name]:
                changed.append([name, now])
        return changed


def _can_change(value: object) -> bool:
    kind = type(value)
    if kind in (list, dict, set, bytearray):
        return True
    return kind.__module__.partition(".")[0] in ("numpy", "pandas", "collections") and kind.__name__ in (
        "ndarray", "DataFrame", "Series", "deque", "Counter", "OrderedDict", "defaultdict",
    )  # fmt: skip
