"""What may cross between a learner's program and the tests: data of exact built-in, NumPy and pandas types, as tagged
JSON.

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
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

LIMIT = 8 << 20  # bytes of one message
DEPTH = 60
_EXACT = 2**53  # integers below it are the same number in every JSON
_DTYPE = re.compile(r"[<>|=](?:[biufc]\d{1,2}|[SU]\d{1,7}|[Mm]8(?:\[\d{0,6}\w{1,8}\])?)\Z")
_PANDAS = re.compile(
    r"(?:str|string|category|boolean|U?Int\d{1,2}|Float\d{1,2}|datetime64\[\w{1,2}, [\w/+:-]{1,40}\]|object)\Z"
)

Tagged = dict[str, Any]


class NotData(ValueError):
    """The bytes are not what this codec writes: the other side is broken, or tries something."""


def tag(name: str, value: object = None, **more: object) -> Tagged:
    return {"t": name, "v": value, **more}


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
    written = _numpy(value, inner) or _pandas(value, inner)
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

Inner = Callable[[Any], Any]


def _text(value: str) -> Any:
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return tag("u", _bytes(value.encode("utf-8", "surrogatepass")))
    return value


def _bytes(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode("ascii")


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
    bytes: lambda value, _inner: tag("b", _bytes(value)),
    bytearray: lambda value, _inner: tag("ba", _bytes(value)),
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
    "ns": lambda written, inner: _read_array(written["v"], inner)[()],
    "ts": lambda written, _inner: _library("pandas").Timestamp(written["v"], tz=written.get("z")),
    "pdt": lambda written, _inner: _library("pandas").Timedelta(int(written["v"]), "ns"),
    "nat": lambda _written, _inner: _library("pandas").NaT,
    "na": lambda _written, _inner: _library("pandas").NA,
    "ri": lambda written, inner: _library("pandas").RangeIndex(*written["v"], name=inner(written["n"])),
    "mi": lambda written, inner: _library("pandas").MultiIndex.from_tuples(
        [inner(item) for item in written["v"]], names=[inner(name) for name in written["n"]]
    ),
    "ix": lambda written, inner: _library("pandas").Index(_read_column(written["v"], inner), name=inner(written["n"])),
    "se": lambda written, inner: _library("pandas").Series(
        _read_column(written["v"], inner), index=inner(written["i"]), name=inner(written["n"])
    ),
}

# -- NumPy and pandas, when they are loaded at all


def _library(name: str) -> Any:
    module = sys.modules.get(name)
    if module is None:
        raise NotData(f"{name} is not loaded here")
    return module


def _numpy(value: object, inner: Inner) -> Tagged | None:
    np: Any = sys.modules.get("numpy")
    if np is None:
        return None
    if type(value) is np.ndarray:
        return _array(value, inner)
    if type(value).__module__ == "numpy" and isinstance(value, np.generic) and value.dtype.kind in "biufcSUMm":
        return tag("ns", _array(np.asarray(value), inner))
    return None


def _array(value: Any, inner: Inner) -> Tagged | None:
    if value.dtype.kind in "biufcSUMm":
        packed = sys.modules["numpy"].ascontiguousarray(value).tobytes()
        return tag("nd", _bytes(packed), d=value.dtype.str, s=list(value.shape))
    if value.dtype.kind == "O":
        return tag("no", [inner(item) for item in value.ravel().tolist()], s=list(value.shape))
    return None


def _read_array(written: Tagged, inner: Inner) -> Any:
    np = _library("numpy")
    shape = tuple(int(size) for size in written["s"])
    if written["t"] == "no":
        array = np.empty(len(written["v"]), object)
        array[:] = [inner(item) for item in written["v"]]
        return array.reshape(shape)
    if not _DTYPE.match(written["d"]):
        raise NotData("an array of another type")
    flat = np.frombuffer(base64.b64decode(written["v"], validate=True), dtype=np.dtype(written["d"]))
    return flat.reshape(shape).copy()


def _pandas(value: object, inner: Inner) -> Tagged | None:
    pd: Any = sys.modules.get("pandas")
    if pd is None or not type(value).__module__.startswith("pandas"):
        return None
    if value is pd.NaT or value is pd.NA:
        return tag("nat" if value is pd.NaT else "na")
    kind = type(value)
    if kind is pd.DataFrame:
        return _frame(value, inner)
    simple: dict[type, Callable[[Any], Tagged | None]] = {
        pd.Timestamp: _stamp,
        pd.Timedelta: lambda it: tag("pdt", it.value),
        pd.RangeIndex: lambda it: tag("ri", [it.start, it.stop, it.step], n=inner(it.name)),
        pd.MultiIndex: lambda it: tag("mi", [inner(tuple(x)) for x in it.tolist()], n=[inner(n) for n in it.names]),
        pd.Index: lambda it: _columned("ix", it, inner, n=inner(it.name)),
        pd.DatetimeIndex: lambda it: _columned("dx", it, inner, n=inner(it.name), f=it.freqstr),
        pd.Series: lambda it: _columned("se", it, inner, i=inner(it.index), n=inner(it.name)),
    }
    return simple[kind](value) if kind in simple else None


def _stamp(value: Any) -> Tagged:
    return tag("ts", value.isoformat()) if value.tzinfo is None else tag("ts", value.isoformat(), z=str(value.tzinfo))


def _columned(name: str, value: Any, inner: Inner, **more: object) -> Tagged | None:
    column = _column(value, inner)
    return None if column is None else tag(name, column, **more)


def _column(value: Any, inner: Inner) -> list[Any] | None:
    """[array, pandas type or null]; None when the values are of a type that does not cross."""
    np, pd = sys.modules["numpy"], sys.modules["pandas"]
    if isinstance(value.array, pd.arrays.NumpyExtensionArray):
        array = _array(value.array.to_numpy(), inner)
        return None if array is None else [array, None]
    if value.dtype.kind in "mM" and getattr(value.dtype, "tz", None) is None:
        return [_array(value.to_numpy(), inner), None]
    if not _PANDAS.match(str(value.dtype)):
        return None
    if str(value.dtype) == "category":
        categories = _array(np.asarray(value.dtype.categories.astype(object)), inner)
        return [_array(np.asarray(value.array.codes), inner), "category", categories, bool(value.dtype.ordered)]
    return [_array(np.asarray(value.astype(object)), inner), str(value.dtype)]


def _read_column(written: list[Any], inner: Inner) -> Any:
    array, kind = _read_array(written[0], inner), written[1]
    if kind is None:
        return array
    pd = _library("pandas")
    if not _PANDAS.match(kind):
        raise NotData("a column of another type")
    if kind == "category":
        categories = pd.Index(_read_array(written[2], inner).tolist())
        return pd.Categorical.from_codes(array, categories, ordered=bool(written[3]))
    return pd.array(array.tolist(), dtype=kind)


def _read_dates(written: Tagged, inner: Inner) -> Any:
    return _library("pandas").DatetimeIndex(
        _read_column(written["v"], inner), name=inner(written["n"]), freq=written["f"]
    )


def _frame(value: Any, inner: Inner) -> Tagged | None:
    columns = [_column(value.iloc[:, at], inner) for at in range(value.shape[1])]
    return None if None in columns else tag("df", columns, c=inner(value.columns), i=inner(value.index))


def _read_frame(written: Tagged, inner: Inner) -> Any:
    pd = _library("pandas")
    index = inner(written["i"])
    if not written["v"]:
        return pd.DataFrame(index=index, columns=inner(written["c"]))
    columns = {at: pd.Series(_read_column(column, inner), index=index) for at, column in enumerate(written["v"])}
    return pd.DataFrame(columns, index=index).set_axis(inner(written["c"]), axis=1)


_READERS.update(nd=_read_array, no=_read_array, dx=_read_dates, df=_read_frame)
