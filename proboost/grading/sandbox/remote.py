"""Learners' objects as the tests see them: opaque, and each operation on them a question to the learner's program."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proboost.grading.sandbox.link import Link

_BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift"]
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)


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


def number_of(remote: Remote) -> int:
    """What the learner's process calls the object."""
    return int(object.__getattribute__(remote, "_number"))


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
