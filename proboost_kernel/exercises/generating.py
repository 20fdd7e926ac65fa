"""Runs an author's generator. In the platform's sandbox and in the author's own kernel only, never in the platform."""

from __future__ import annotations

import contextlib
import io
import math
import numbers
import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

MAX_VALUE = 2000  # characters


class NotAValue(TypeError):
    """A name that an exercise uses has no number and no text."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(f"{name} = {value!r:.200}: int, float, str")


def run(job: Mapping[str, Any]) -> dict[str, str]:
    """name -> text of what `params.job` asks for. Raises whatever the generator raises, NotAValue, or KeyError.

    The generator finds the drawn values under their names (numbers of ranges as int or float, the rest as str) and
    `random`, which the job's seed has seeded: the same job gives the same values.
    """
    names: dict[str, Any] = {"__name__": "__generator__", "random": random.Random(job["seed"])}  # no secret
    for name, value in job["values"].items():
        names[name] = _number(value["text"]) if value["number"] else value["text"]
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        exec(compile(job["generator"], "<generator>", "exec", dont_inherit=True), names)  # noqa: S102  # the author's own
    return {name: _text(name, names[name]) for name in job["names"]}


def _number(text: str) -> int | float:
    return int(text) if "." not in text else float(text)


def _text(name: str, value: object) -> str:
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():  # a number of numpy's
        value = item()
    if isinstance(value, bool | numbers.Integral | Decimal | Fraction | str):
        return str(value)[:MAX_VALUE]
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    raise NotAValue(name, value)
