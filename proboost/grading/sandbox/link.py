"""One test's questions to one frozen copy of the learner's program, over a socket.

Plain data arrives as data and is compared by the test. What is not data arrives as a handle; to compare it, to ask
whether it is true or to take it where data is expected would be to ask the learner's program for its own mark, so each
such operation raises UntrustedOperation unless the reference solution needed the same one in the same test (the lock on
its shape).
"""

from __future__ import annotations

import builtins
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from proboost.grading.sandbox import codec
from proboost.grading.sandbox.faults import Died, Raised, Shape, Slow, UntrustedOperation
from proboost.grading.sandbox.remote import Remote, RemoteCallable, number_of
from proboost_kernel.forkserver import wire

_FREE = ("get", "set", "del", "call", "signature", "exec")  # asked of any program
_EXCEPTIONS = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)}


class Link:
    """The questions of one test to one frozen copy of the program."""

    def __init__(self, questions: socket.socket, shape: Shape, limit: float) -> None:
        self.questions = questions
        self.shape = shape
        self.end = time.monotonic() + limit
        self.callbacks: list[Callable[..., Any]] = []
        self.proxies: dict[int, Remote] = {}
        self.classes: dict[str, type[Exception]] = {}
        self.held: dict[str, Any] = {}  # names fetched since the last operation that could have changed them
        self.fault: BaseException | None = (
            None  # the first thing that makes a pass impossible, also if the test caught it
        )
        self.asked = False  # anything at all
        self._operation = ""
        self._args: tuple[Any, ...] = ()

    # -- data and handles

    def _refer(self, value: object) -> codec.Tagged:
        if isinstance(value, Remote):
            return codec.tag("h", number_of(value))
        if callable(value):
            self.callbacks.append(value)
            return codec.tag("cb", len(self.callbacks) - 1)
        raise UntrustedOperation(f"send:{type(value).__name__}")

    def encode(self, value: object) -> Any:
        return codec.encode(value, self._refer)

    def decode(self, written: Any) -> Any:
        return codec.decode(written, self._resolve)

    def _resolve(self, written: codec.Tagged) -> object:
        if written["t"] == "arg" and type(written["v"]) is int and 0 <= written["v"] < len(self._args):
            passed = self._args[written["v"]]
            if isinstance(passed, Remote):
                raise codec.NotData("a handle passed off as an argument")
            return passed
        if written["t"] != "h" or type(written["v"]) is not int:
            raise codec.NotData("an unknown tag")
        if written.get("k") == "x":
            return self.exception([str(name) for name in written["m"]])
        if not self._operation.startswith("get:"):
            self.shape.need("->" + self._operation)
        number = written["v"]
        if number not in self.proxies:
            kind = RemoteCallable if written.get("k") == "c" else Remote
            self.proxies[number] = kind(self, number, str(written.get("n"))[:80], str(written.get("y"))[:80])
        return self.proxies[number]

    def exception(self, kinds: list[str]) -> type[Exception]:
        """The exception class for these names, the first its own: a built-in one, or a class made after it."""
        name = kinds[0][:80] if kinds else "Exception"
        if name in _EXCEPTIONS:
            return getattr(builtins, name)  # type: ignore[no-any-return]  # it is in _EXCEPTIONS
        if name not in self.classes:
            base = self.exception(kinds[1:20]) if len(kinds) > 1 else Exception
            self.classes[name] = type(name, (base,), {})
        return self.classes[name]

    # -- questions

    def ask(self, op: str, *args: Any, of: str = "", kwargs: dict[str, Any] | None = None, **more: Any) -> Any:
        """The answer as data or handle; an exception of the program is raised here. `of` names what is asked for."""
        try:
            value, error = self._exchange(op, args, of, kwargs or {}, more)
        except BaseException as fault:
            if self.fault is None:
                self.fault = fault
            raise
        if error is not None:
            if isinstance(error, Slow) and self.fault is None:
                self.fault = error
            raise error
        return value

    def _exchange(
        self, op: str, args: tuple[Any, ...], of: str, kwargs: dict[str, Any], more: dict[str, Any]
    ) -> tuple[Any, BaseException | None]:
        operation = f"{op}:{of}"
        if op not in _FREE and operation not in ("attr:__doc__", "attr:__name__"):
            self.shape.need(operation)
        question = {"op": op, **more}
        if op not in ("get", "set", "del", "exec"):
            question["a"] = [self.encode(item) for item in args]
            question["k"] = {name: self.encode(item) for name, item in kwargs.items()}
        if op == "get":
            question["n"] = of
        else:
            self.held.clear()
        self.asked = True
        self._send(question)
        answer = self._answer()
        if isinstance(answer.get("out"), str) and answer["out"]:
            sys.stdout.write(answer["out"])
        if "error" in answer:
            return None, self._raised(answer["error"])
        if answer.get("missing") is True:
            return None, KeyError(of)
        self._restore(answer.get("changed") or [], args, kwargs)
        self._operation, self._args = operation, args
        try:
            return self.decode(answer.get("value")), None
        finally:
            self._operation, self._args = "", ()

    def _send(self, message: dict[str, Any]) -> None:
        self.questions.settimeout(max(0.001, self.end - time.monotonic()))
        try:
            wire.send(self.questions, message, limit=codec.LIMIT)
        except TimeoutError:
            raise Slow from None
        except OSError as error:
            raise Died from error

    def _answer(self) -> dict[str, Any]:
        while True:
            left = self.end - time.monotonic()
            if left <= 0:
                raise Slow
            try:
                answer, _ = wire.receive(self.questions, limit=codec.LIMIT, seconds=left)
            except TimeoutError:
                raise Slow from None
            except (OSError, wire.Malformed) as error:
                raise Died from error
            if type(answer) is not dict:
                raise Died
            if "cb" not in answer:
                return answer
            self._called(answer)

    def _called(self, call: dict[str, Any]) -> None:
        """The program calls a function that the test handed to it."""
        number = call["cb"]
        try:
            if number == "input":
                function: Callable[..., Any] = builtins.input
            elif type(number) is int and 0 <= number < len(self.callbacks):
                function = self.callbacks[number]
            else:
                raise Died
            args = [self.decode(item) for item in call["a"]]
            kwargs = {str(name): self.decode(item) for name, item in call["k"].items()}
            reply = {"value": self.encode(function(*args, **kwargs))}
        except (Died, UntrustedOperation, codec.NotData):
            raise
        except Exception as error:  # noqa: BLE001 -- it is the caller's, as in one process
            reply = {"error": type(error).__name__, "text": ""}
        self._send(reply)

    def _raised(self, told: Any) -> BaseException:
        if type(told) is not dict or type(told.get("kinds")) is not list:
            raise Died
        kinds = [str(kind) for kind in told["kinds"]]
        if kinds and kinds[0] == "TimeIsUp":
            slow = Slow()
            slow.line = told["line"] if type(told.get("line")) is int else None
            return slow
        try:
            args = [
                item for item in (self.decode(item) for item in told.get("args") or []) if not isinstance(item, Remote)
            ]
        except (codec.NotData, UntrustedOperation):
            args = []
        base = self.exception(kinds)
        kind = type(base.__name__, (base, Raised), {})  # `except base` catches it, and its origin is known
        error: BaseException = kind.__new__(kind, *args)
        error.args = tuple(args or [str(told.get("text", ""))])
        error.told = told  # type: ignore[attr-defined]  # declared in Raised
        return error

    def _restore(self, changed: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """The call changed what it was given; so that the test sees it, ours is changed alike."""
        if type(changed) is not list or len(changed) > len(args) + len(kwargs):
            raise Died
        for change in changed:
            place, written = change
            mine = kwargs[place] if type(place) is str else args[place]
            new = self.decode(written)
            if type(mine) is not type(new):
                raise Died
            if type(mine) in (list, bytearray):
                mine[:] = new
            elif isinstance(mine, (dict, set)):
                mine.clear()
                mine.update(new)
            elif hasattr(mine, "_update_inplace"):
                mine._update_inplace(new)  # noqa: SLF001 -- pandas has no public way
            elif hasattr(mine, "extend"):
                mine.clear()
                mine.extend(new)
            elif mine.shape == new.shape:
                mine[...] = new
