"""Learners' objects as the tests see them: opaque, and asked nothing that the reference solution did not need.

Plain data arrives as data and is compared here. What is not data arrives as a handle; to compare it, to ask whether it
is true or to take it where data is expected would be to ask the learner's program for its own mark, so each such
operation raises UntrustedOperation unless the reference solution needed the same one in the same test (the lock on its
shape).
"""

from __future__ import annotations

import builtins
import inspect
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from proboost.grading.sandbox import codec
from proboost_kernel.forkserver import wire

_BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift"]
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_FREE = ("get", "set", "del", "call", "signature", "exec")  # asked of any program
_KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)
_EXCEPTIONS = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)}


class UntrustedOperation(BaseException):
    """The test relied on something that only the learner's program could answer."""


class Died(BaseException):
    """The learner's program ended, or said what is not of our protocol, in the middle of a question."""


class Raised:
    """Mixed into an exception that the learner's program raised; `told` is what it said of it."""

    told: dict[str, Any]


class Slow(BaseException):
    """No answer in time. A BaseException, so that a test's `except Exception` does not make a pass of it."""

    line: int | None = None  # of the learner's program, where it was when its time was over


class Shape:
    """Which operations on handles a test may use. `allowed` None: any, and they are written down (the reference's
    run).
    """

    def __init__(self, allowed: list[str] | None) -> None:
        self.allowed = None if allowed is None else set(allowed)
        self.used: set[str] = set()

    def need(self, operation: str) -> None:
        if self.allowed is not None and operation not in self.allowed:
            raise UntrustedOperation(operation)
        self.used.add(operation)


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
        self._operation = ""
        self._args: tuple[Any, ...] = ()

    # -- data and handles

    def _refer(self, value: object) -> codec.Tagged:
        if isinstance(value, Remote):
            return codec.tag("h", object.__getattribute__(value, "_number"))
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
            args = [item for item in (self.decode(item) for item in told.get("args") or []) if not _is_remote(item)]
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


def _is_remote(value: object) -> bool:
    return isinstance(value, Remote)


class Remote:
    """A handle: an object that lives in the learner's process."""

    def __init__(self, link: Link, number: int, name: str, kind: str) -> None:
        for slot, value in (("_link", link), ("_number", number), ("_name", name), ("_kind", kind)):
            object.__setattr__(self, slot, value)

    def __getattr__(self, name: str) -> Any:
        dunder = name.startswith("__") and name.endswith("__")
        if dunder and name not in ("__name__", "__doc__", "__dict__", "__len__", "__annotations__"):
            raise AttributeError(name)
        return _link(self).ask("attr", self, name, of=name)

    def __setattr__(self, name: str, value: Any) -> None:
        _link(self).ask("setattr", self, name, value, of=name)

    def __getitem__(self, key: Any) -> Any:
        return _link(self).ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _link(self).ask("setitem", self, key, value)

    def __contains__(self, item: Any) -> bool:
        return bool(_link(self).ask("contains", self, item))

    def __iter__(self) -> Iterator[Any]:
        return iter(_Items(_link(self).ask("iter", self)))

    def __next__(self) -> Any:
        return _link(self).ask("next", self)

    def __len__(self) -> int:
        return int(_link(self).ask("len", self))

    def __str__(self) -> str:
        return str(_link(self).ask("str", self))

    def __repr__(self) -> str:
        return str(_link(self).ask("repr", self))

    def __float__(self) -> float:
        return float(_link(self).ask("float", self))

    def __int__(self) -> int:
        return int(_link(self).ask("int", self))

    def __bool__(self) -> bool:
        return bool(_link(self).ask("bool", self))

    def __neg__(self) -> Any:
        return _link(self).ask("neg", self)

    def __abs__(self) -> Any:
        return _link(self).ask("abs", self)

    def __instancecheck__(self, other: object) -> bool:
        return isinstance(other, Remote) and bool(_link(self).ask("isinstance", other, self))

    def __subclasscheck__(self, other: type) -> bool:
        return isinstance(other, Remote) and bool(_link(self).ask("issubclass", other, self))

    __hash__ = object.__hash__


class _Items:
    """Items of a handle, one question each."""

    def __init__(self, remote: Any) -> None:
        self.remote = remote

    def __iter__(self) -> Iterator[Any]:
        if not isinstance(self.remote, Remote):
            return iter(self.remote)
        return self

    def __next__(self) -> Any:
        try:
            return next(self.remote)
        except StopIteration:
            raise StopIteration from None


class RemoteCallable(Remote):
    """A handle of something that can be called."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _link(self).ask("call", self, *args, of=named(self), kwargs=kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        told = _link(self).ask("signature", self)
        return inspect.Signature(
            [
                inspect.Parameter(str(name), _KINDS[kind], default=None if optional else inspect.Parameter.empty)
                for name, kind, optional in told
            ]
        )

    @property
    def __doc__(self) -> Any:  # type: ignore[override]  # the class's own one would be found first
        return _link(self).ask("attr", self, "__doc__", of="__doc__")


def _link(remote: Remote) -> Link:
    return object.__getattribute__(remote, "_link")  # type: ignore[no-any-return]  # set in __init__


def named(remote: Remote) -> str:
    """The name a handle's object has in the learner's program."""
    return str(object.__getattribute__(remote, "_name"))


def kind_of(remote: Remote) -> str:
    """The name of the object's class."""
    return str(object.__getattribute__(remote, "_kind"))


def _comparison(op: str) -> Callable[[Remote, Any], Any]:
    return lambda self, other: _link(self).ask(op, self, other)


def _reflected(op: str) -> Callable[[Remote, Any], Any]:
    return lambda self, other: _link(self).ask(op, other, self)


for _op in _COMPARISONS:
    setattr(Remote, f"__{_op}__", _comparison(_op))
for _op in _BINARY:
    setattr(Remote, f"__{_op.strip('_')}__", _comparison(_op))
    setattr(Remote, f"__r{_op.strip('_')}__", _reflected(_op))
