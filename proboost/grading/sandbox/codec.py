"""What may cross between a learner's program and the tests: exact built-in, NumPy and pandas data, as tagged JSON.

No pickle and no class of anybody's: what is not plain data is handed to `refer`, which makes a handle of it, and what
comes back as a handle is handed to `resolve`. JSON's own null, true, numbers, text and lists mean themselves;
everything else is an object `{"t": tag, "v": …}`.
"""

from __future__ import annotations

import base64
import collections
import datetime
import decimal
import fractions
from collections.abc import Callable, Iterable
from typing import Any

from proboost.grading.sandbox import arrays
from proboost.grading.sandbox.tagged import Inner, NotData, Tagged, pack, tag

__all__ = ["LIMIT", "NotData", "Tagged", "decode", "encode", "tag"]

LIMIT = 8 << 20  # bytes of one message
DEPTH = 60
_EXACT = 2**53  # integers below it are the same number in every JSON


def encode(value: object, refer: Callable[[object], Tagged], depth: int = 0) -> Any:
    """JSON for `value`. Raises NotData for what is nested too deeply."""
    if depth > DEPTH:
        raise NotData("nested too deeply")
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is str:
        return _text(value)  # type: ignore[arg-type]  # its type is exactly str
    if kind is int:
        return value if -_EXACT < value < _EXACT else tag("I", hex(value))  # type: ignore[operator,arg-type]

    def inner(item: object) -> Any:
        return encode(item, refer, depth + 1)

    writer = _WRITERS.get(kind)
    if writer is not None:
        return writer(value, inner)
    if value is Ellipsis:
        return tag("el")
    if value is NotImplemented:
        return tag("ni")
    written = arrays.write(value, inner)
    return refer(value) if written is None else written


def decode(written: Any, resolve: Callable[[Tagged], object]) -> Any:
    """The value again. Raises NotData, whatever was sent."""
    try:
        return _decode(written, resolve, 0)
    except (NotData, MemoryError):
        raise
    except Exception as error:
        raise NotData(f"{type(error).__name__} while reading data") from error


def _decode(written: Any, resolve: Callable[[Tagged], object], depth: int) -> Any:
    if depth > DEPTH + 4:
        raise NotData("nested too deeply")
    if written is None or type(written) in (bool, str, int, float):
        return written

    def inner(item: Any) -> Any:
        return _decode(item, resolve, depth + 1)

    if type(written) is list:
        return [inner(item) for item in written]
    if type(written) is not dict or type(written.get("t")) is not str:
        raise NotData("not a tagged value")
    reader = _READERS.get(written["t"])
    return reader(written, inner) if reader else resolve(written)


# -- built-in types


def _text(value: str) -> Any:
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return tag("u", pack(value.encode("utf-8", "surrogatepass")))
    return value


def _items(name: str) -> Callable[[Any, Inner], Tagged]:
    return lambda value, inner: tag(name, [inner(item) for item in value])


def _pairs(name: str) -> Callable[[Any, Inner], Tagged]:
    return lambda value, inner: tag(name, [[inner(key), inner(item)] for key, item in value.items()])


def _span(name: str) -> Callable[[Any, Inner], Tagged]:
    return lambda value, inner: tag(name, [inner(value.start), inner(value.stop), inner(value.step)])


_WRITERS: dict[type, Callable[[Any, Inner], Any]] = {
    list: lambda value, inner: [inner(item) for item in value],
    tuple: _items("tu"),
    set: _items("s"),
    frozenset: _items("fs"),
    dict: _pairs("d"),
    collections.Counter: _pairs("ctr"),
    collections.OrderedDict: _pairs("od"),
    collections.defaultdict: _pairs("d"),
    collections.deque: lambda value, inner: tag("dq", [inner(item) for item in value], n=value.maxlen),
    complex: lambda value, _inner: tag("c", [value.real, value.imag]),
    bytes: lambda value, _inner: tag("b", pack(value)),
    bytearray: lambda value, _inner: tag("ba", pack(value)),
    range: _span("r"),
    slice: _span("sl"),
    decimal.Decimal: lambda value, _inner: tag("dec", str(value)),
    fractions.Fraction: lambda value, inner: tag("fr", [inner(value.numerator), inner(value.denominator)]),
    datetime.date: lambda value, _inner: tag("date", value.isoformat()),
    datetime.datetime: lambda value, _inner: _moment("datetime", value),
    datetime.time: lambda value, _inner: _moment("time", value),
    datetime.timedelta: lambda value, _inner: tag("td", [value.days, value.seconds, value.microseconds]),
}


def _moment(name: str, value: Any) -> Tagged:
    zone = value.tzinfo
    if zone is not None and type(zone) is not datetime.timezone:  # a named zone is rules, not only an offset
        return tag(name, value.replace(tzinfo=None).isoformat(), z=str(zone), f=value.fold)
    return tag(name, value.isoformat(), f=value.fold)


def _read_moment(kind: Any) -> Callable[[Tagged, Inner], Any]:
    def read(written: Tagged, _inner: Inner) -> Any:
        value = kind.fromisoformat(written["v"]).replace(fold=int(written["f"]))
        if "z" in written:
            import zoneinfo

            value = value.replace(tzinfo=zoneinfo.ZoneInfo(written["z"]))
        return value

    return read


def _each(make: Callable[[Iterable[Any]], Any]) -> Callable[[Tagged, Inner], Any]:
    return lambda written, inner: make(inner(item) for item in written["v"])


def _mapping(make: Callable[[Iterable[Any]], Any]) -> Callable[[Tagged, Inner], Any]:
    return lambda written, inner: make((inner(key), inner(item)) for key, item in written["v"])


_READERS: dict[str, Callable[[Tagged, Inner], Any]] = {
    "I": lambda written, _inner: int(written["v"], 16),
    "u": lambda written, _inner: base64.b64decode(written["v"]).decode("utf-8", "surrogatepass"),
    "tu": _each(tuple),
    "s": _each(set),
    "fs": _each(frozenset),
    "d": _mapping(dict),
    "ctr": _mapping(lambda pairs: collections.Counter(dict(pairs))),
    "od": _mapping(collections.OrderedDict),
    "dq": lambda written, inner: collections.deque((inner(item) for item in written["v"]), inner(written["n"])),
    "c": lambda written, _inner: complex(*written["v"]),
    "b": lambda written, _inner: base64.b64decode(written["v"], validate=True),
    "ba": lambda written, _inner: bytearray(base64.b64decode(written["v"], validate=True)),
    "r": lambda written, inner: range(*map(inner, written["v"])),
    "sl": lambda written, inner: slice(*map(inner, written["v"])),
    "el": lambda _written, _inner: Ellipsis,
    "ni": lambda _written, _inner: NotImplemented,
    "dec": lambda written, _inner: decimal.Decimal(written["v"]),
    "fr": lambda written, inner: fractions.Fraction(*map(inner, written["v"])),
    "date": lambda written, _inner: datetime.date.fromisoformat(written["v"]),
    "datetime": _read_moment(datetime.datetime),
    "time": _read_moment(datetime.time),
    "td": lambda written, _inner: datetime.timedelta(*written["v"]),
}


_READERS.update(arrays.READERS)
