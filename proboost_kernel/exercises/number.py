"""Kind `number`: a number to be typed; the key is what it is, how far it may be off, and what near misses are worth."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises import accepted, numeric
from proboost_kernel.exercises.accepted import Accepted
from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.i18n import _

NAME = "number"
PUBLIC = ("unit",)
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0,)


@dataclass(frozen=True)
class Number:
    """`answers` are private."""

    unit: str = ""
    answers: tuple[Accepted, ...] = ()


def read(reader: Reader, *, public: bool) -> Number:
    unit = reader.text("unit", limit=40).strip()
    if public:
        return Number(unit)
    return Number(unit, accepted.numbers(reader, "answer", accepted.tolerance(reader)))


def write(spec: Number) -> Json:
    return {"unit": spec.unit, **({"answer": accepted.write(spec.answers)} if spec.answers else {})}


def show(public: Json) -> Json:
    return {"unit": public["unit"]}


def check(public: Mapping[str, Any], response: Json) -> None:
    given = response.get("number")
    if set(response) != {"number"} or not isinstance(given, str) or numeric.number(given, public["unit"]) is None:
        raise BadResponse(_("The answer must be a number of at most {n} digits.").format(n=numeric.MAX_DIGITS))


def judge(spec: Number, response: Json) -> Judgement:
    return accepted.judge(spec.answers, response["number"], unit=spec.unit)


def told(spec: Number, response: Json) -> str:
    return html.escape(f"{response['number']} {spec.unit}".strip())
