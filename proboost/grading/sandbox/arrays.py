"""NumPy and pandas as tagged JSON, where they are loaded at all: arrays, scalars, columns, indexes, frames."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable
from typing import Any

from proboost.grading.sandbox.tagged import Inner, NotData, Tagged, pack, tag

_DTYPE = re.compile(r"[<>|=](?:[biufc]\d{1,2}|[SU]\d{1,7}|[Mm]8(?:\[\d{0,6}\w{1,8}\])?)\Z")
_PANDAS = re.compile(
    r"(?:str|string|category|boolean|U?Int\d{1,2}|Float\d{1,2}|datetime64\[\w{1,2}, [\w/+:-]{1,40}\]|object)\Z"
)


def write(value: object, inner: Inner) -> Tagged | None:
    """The value's JSON; None when it is not data of these libraries."""
    return _numpy(value, inner) or _pandas(value, inner)


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
        return tag("nd", pack(packed), d=value.dtype.str, s=list(value.shape))
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


READERS: dict[str, Callable[[Tagged, Inner], Any]] = {
    "nd": _read_array,
    "no": _read_array,
    "dx": _read_dates,
    "df": _read_frame,
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
