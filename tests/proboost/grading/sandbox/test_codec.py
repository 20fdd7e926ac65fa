"""Data crosses whole and only data crosses; what is sent by somebody else's hand is refused, never obeyed."""

from __future__ import annotations

import collections
import contextlib
import datetime
import decimal
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost.grading.sandbox import codec
from proboost.grading.sandbox.codec import NotData


class Handle(Exception):
    """Something that is not data."""


def refuse(value: Any) -> codec.Tagged:
    raise Handle(type(value).__name__)


def crossed(value: Any) -> Any:
    """There, through JSON as it is sent, and back."""
    return codec.decode(json.loads(json.dumps(codec.encode(value, refuse))), refuse)


def same(left: Any, right: Any) -> bool:
    """Equal and of the same types all the way down; nan is nan."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return (left == right and math.copysign(1, left) == math.copysign(1, right)) or (
            left != left and right != right
        )
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, decimal.Decimal):
        return str(left) == str(right)
    if isinstance(left, dict):
        return len(left) == len(right) and all(
            same(a, b) and same(left[a], right[b]) for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, (list, tuple, collections.deque)):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return bool(left == right)


zones = st.one_of(st.none(), st.just(datetime.UTC), st.just(datetime.timezone(datetime.timedelta(hours=5, minutes=30))))
keys = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.tuples(st.integers(), st.text()), st.dates()
)
atoms = st.one_of(
    keys,
    st.floats(),
    st.complex_numbers(allow_nan=False),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.datetimes(timezones=zones),
    st.times(),
    st.timedeltas(),
    st.text(st.characters()),
    st.text(st.characters(categories=["Cs"]), max_size=3),
    st.builds(range, st.integers(-100, 100), st.integers(-100, 100), st.integers(1, 9)),
    st.builds(slice, st.none() | st.integers(), st.integers()),
    st.builds(bytearray, st.binary()),
    st.just(Ellipsis),
)
values = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(keys, inner),
        st.dictionaries(keys, inner).map(collections.OrderedDict),
        st.lists(inner).map(collections.deque),
        st.sets(keys),
        st.frozensets(keys),
        st.dictionaries(st.text(), st.integers()).map(collections.Counter),
    ),
    max_leaves=20,
)


@given(values)
@settings(deadline=None, max_examples=300)
def test_what_is_data_comes_back_the_same(value: Any) -> None:
    assert same(crossed(value), value)


@pytest.mark.parametrize(
    "dtype",
    ["?", "i1", "u2", "i4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "U3", "S3", "M8[ns]", "M8[D]", "m8[s]", "O"],
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 2)])
def test_arrays(dtype: str, shape: tuple[int, ...]) -> None:
    size = int(np.prod(shape))
    array = np.arange(size).reshape(shape).astype(dtype) if size else np.zeros(shape, dtype)
    back = crossed(array)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert np.array_equal(back, array)
    assert back.flags.writeable


@pytest.mark.parametrize(
    "array", [np.zeros((4, 6))[::2, ::3], np.asfortranarray(np.arange(6).reshape(2, 3)), np.zeros(3, ">f8")]
)
def test_arrays_that_lie_otherwise_in_memory(array: Any) -> None:
    assert np.array_equal(crossed(array), array)


@pytest.mark.parametrize(
    "value", [np.float64(0.1), np.int32(7), np.bool_(True), np.str_("я"), np.datetime64("2026-01-01")]
)
def test_scalars_of_numpy_keep_their_types(value: Any) -> None:
    back = crossed(value)
    assert type(back) is type(value)
    assert back == value


FRAMES = {
    "numbers": pd.DataFrame({"a": [1, 2], "b": [0.5, None]}),
    "texts": pd.DataFrame({"name": ["Ада", None, "Лев"]}, index=["x", "y", "z"]),
    "times": pd.DataFrame({"at": pd.date_range("2026-01-01", periods=3)}),
    "zones": pd.DataFrame({"at": pd.date_range("2026-01-01", periods=3, tz="Europe/Berlin")}),
    "categories": pd.DataFrame({"c": pd.Categorical(["b", "a", "b"], categories=["b", "a", "z"], ordered=True)}),
    "nullable": pd.DataFrame({"i": pd.array([1, None], dtype="Int64"), "t": pd.array([True, None], dtype="boolean")}),
    "index of dates": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026-01-01", periods=2, freq="D", name="day")),
    "two levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None])),
    "columns twice": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "no columns": pd.DataFrame(index=[1, 2]),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="float64")}),
    "numbered columns": pd.DataFrame(np.eye(2)),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name: str) -> None:
    pd.testing.assert_frame_equal(crossed(FRAMES[name]), FRAMES[name])


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1, 2], name="n"),
        pd.Series(["a", "b"], index=[5, 6]),
        pd.Series([0.1, np.nan]),
        pd.Series([], dtype=object),
    ],
)
def test_series(series: Any) -> None:
    pd.testing.assert_series_equal(crossed(series), series)


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2026-03-01 12:00"),
        pd.Timestamp("2026-03-01", tz="Europe/Berlin"),
        pd.Timedelta("1 days 2 ns"),
        pd.NaT,
        pd.NA,
    ],
)
def test_scalars_of_pandas(value: Any) -> None:
    back = crossed(value)
    assert back is value or back == value
    assert type(back) is type(value)


class Text(str):
    __slots__ = ()


class Whole(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Pretender(np.ndarray):
    pass


Pretender.__module__ = "numpy"
Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        Text("x"),
        Whole(1),
        Point(1, 2),
        np.zeros(1).view(Pretender),
        np.zeros(1, [("a", "i4")]),
        np.ma.masked_array([1]),
        object(),
        len,
        lambda: 0,
        (item for item in ()),
        ValueError("x"),
        collections.UserList([1]),
        pd.Series([pd.Period("2026-01")]),
        [1, {"a": Text("x")}],
    ],
)
def test_what_is_not_exactly_data_is_referred(value: Any) -> None:
    with pytest.raises(Handle):
        codec.encode(value, refuse)


def test_nesting_has_an_end() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(NotData):
        codec.encode(value, refuse)
    deep: Any = []
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(NotData):
        codec.decode(deep, refuse)


@pytest.mark.parametrize(
    "sent",
    [
        {"t": "I", "v": "import os"},
        {"t": "I"},
        {"t": "tu", "v": 5},
        {"t": "d", "v": [[1]]},
        {"t": "d", "v": [[[1], 2]]},
        {"t": "s", "v": [[]]},
        {"t": "b", "v": "*"},
        {"t": "dec", "v": "abc"},
        {"t": "fr", "v": [1, 0]},
        {"t": "date", "v": "tomorrow"},
        {"t": "datetime", "v": "2026-01-01", "f": 0, "z": "../../etc/passwd"},
        {"t": "nd", "v": "AAAA", "d": "O", "s": [1]},
        {"t": "nd", "v": "AAAA", "d": "V4", "s": [1]},
        {"t": "nd", "v": "AAAA", "d": "<i4", "s": [1 << 62, 1 << 62]},
        {"t": "nd", "v": "AAAA", "d": "<i4", "s": [-1, -1]},
        {"t": "no", "v": [1], "s": [1 << 40]},
        {"t": "ns", "v": {"t": "evil"}},
        {"t": "df", "v": [[{"t": "nd", "v": "", "d": "<f8", "s": [0]}, "Sparse[int]"]], "c": [], "i": [1]},
        {"t": "se", "v": [{"t": "nd", "v": "", "d": "<f8", "s": [0]}, "period[D]"], "i": [], "n": None},
        {"t": "ri", "v": ["a", 1, 1], "n": None},
        {"t": ["tu"], "v": []},
        {"v": 1},
        {},
    ],
)
def test_what_nobody_of_us_sends_is_not_data(sent: Any) -> None:
    with pytest.raises((NotData, Handle)):
        codec.decode(sent, refuse)


def test_an_unknown_tag_is_the_callers_to_resolve() -> None:
    assert codec.decode([{"t": "h", "v": 3}], lambda tagged: tagged["v"]) == [3]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["t", "v", "s", "d", "n", "i", "c", "f", "z"]), inner)
    ),
    max_leaves=30,
)
tags = st.sampled_from(sorted(codec._READERS))


@given(tags, json_values, json_values)
@settings(deadline=None, max_examples=500)
def test_any_json_is_data_or_refused(tag: str, first: Any, second: Any) -> None:
    """Nothing but NotData (or what `resolve` raises) comes out of decode."""
    with contextlib.suppress(NotData, Handle, MemoryError):
        codec.decode(
            {"t": tag, "v": first, "s": second, "d": "<i4", "n": None, "i": second, "c": first, "f": 0}, refuse
        )
