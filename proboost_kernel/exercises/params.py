"""Variants: what an exercise's values are drawn from, and how a seed draws them. Pure; a generator is run elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import keyword
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from proboost_kernel.exercises import holes, numeric
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.generating import MAX_VALUE
from proboost_kernel.exercises.programs import assigned, python
from proboost_kernel.exercises.yaml import Fields, Items, Text
from proboost_kernel.i18n import _

Json = dict[str, Any]
MAX_PARAMS = 30
MAX_CHOICES = 1000
MAX_STEPS = 10**9
MAX_DIGITS = numeric.MAX_DIGITS // 2  # before the comma and behind it


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to at most `high`, `step` apart; each as it is written."""

    low: str
    high: str
    step: str = "1"

    @property
    def size(self) -> int:
        width = numeric.EXACT.subtract(_number(self.high), _number(self.low))
        return int(numeric.EXACT.divide_int(width, _number(self.step))) + 1

    def value(self, position: int) -> str:
        """Written out, with as many decimals as `low` or `step` has."""
        return f"{numeric.EXACT.fma(_number(self.step), Decimal(position), _number(self.low)):f}"


@dataclass(frozen=True)
class Params:
    """All of it is private; that there is something is public. `generator`: Python that makes further values of the
    drawn ones.
    """

    drawn: tuple[tuple[str, Range | tuple[str, ...]], ...] = ()
    generator: str = ""

    def __bool__(self) -> bool:
        return bool(self.drawn or self.generator)

    @property
    def generated(self) -> frozenset[str]:
        """Names that the generator gives values to."""
        return assigned(self.generator)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _source in self.drawn) | self.generated

    @property
    def fingerprint(self) -> str:
        """Changes when the values may."""
        return hashlib.sha256(repr(self).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read(reader: Reader) -> Params:
    inner = reader.fields("params")
    drawn: dict[str, Range | tuple[str, ...]] = {}
    for name in inner.node.values if inner is not None else ():
        assert inner is not None
        if not is_name(name):
            message = _("“{name}” cannot be the name of a value: write a word of letters, digits and “_”.")
            inner.wrong(name, "name", message.format(name=name))
        source = _source(inner, name)
        if source is not None:
            drawn[name] = source
    if len(drawn) > MAX_PARAMS:
        reader.wrong("params", "too-many", _("There are more than {n} values here.").format(n=MAX_PARAMS))
    generator = python(reader, "generator")
    if inner is not None and not inner.node.values and not generator:
        reader.wrong("params", "empty", _("There is nothing to draw here."))
    return Params(tuple(drawn.items()), generator)


def is_name(text: str) -> bool:
    """Whether it may be a variable of a generator and stand in `{{…}}`."""
    return (
        bool(holes.HOLE.fullmatch("{{" + text + "}}"))
        and text.isidentifier()
        and not keyword.iskeyword(text)
        and not text.startswith("_")
        and unicodedata.normalize("NFKC", text) == text  # as Python reads it
    )


def _source(reader: Reader, name: str) -> Range | tuple[str, ...] | None:
    node = reader.take(name)
    if isinstance(node, Items):
        choices = reader.texts(name, limit=MAX_CHOICES)
        if not choices or any(len(choice) > MAX_VALUE for choice in choices):
            reader.wrong(name, "choices", _("A list of short texts is expected here, of which one is drawn."))
        return choices
    if isinstance(node, Fields) and (inner := reader.inner(name, node)) is not None:
        return _range(inner)
    if isinstance(node, Text):
        message = _("Write a list to choose from, or a range: {range}.").format(range="{from: 1, to: 10}")
        reader.wrong(name, "type", message, node.line or None)
    return None


def _range(reader: Reader) -> Range | None:
    found = {}
    for field, default in (("from", ""), ("to", ""), ("step", "1")):
        text = reader.text(field, default, limit=60).strip().replace(",", ".")
        if not default and not reader.need(field):
            continue
        number = numeric.number(text)
        if number is None or not _short(number) or (field == "step" and number <= 0):
            message = _("A number is expected here, of at most {n} digits.").format(n=MAX_DIGITS)
            reader.wrong(field, "number", message)
        else:
            found[field] = text
    reader.close()
    if len(found) < 3:
        return None
    source = Range(found["from"], found["to"], found["step"])
    if _number(source.low) > _number(source.high) or source.size > MAX_STEPS:
        reader.wrong("to", "range", _("The range is empty or too large."))
        return None
    return source


def _short(number: Decimal) -> bool:
    """So that what is drawn is no longer than numbers may be."""
    exponent = number.as_tuple().exponent
    return number.adjusted() < MAX_DIGITS and isinstance(exponent, int) and exponent > -MAX_DIGITS


def _number(text: str) -> Decimal:
    found = numeric.number(text)
    assert found is not None
    return found


def write(params: Params) -> Json:
    """What `read` takes back equal; nothing when there is nothing."""
    written: Json = {}
    if params.drawn:
        written["params"] = {
            name: {"from": source.low, "to": source.high, "step": source.step}
            if isinstance(source, Range)
            else list(source)
            for name, source in params.drawn
        }
    if params.generator:
        written["generator"] = params.generator
    return written


def draw(params: Params, seed: bytes) -> dict[str, str]:
    """The drawn values, as they will stand in texts. A value depends on the seed, its name and its own source only."""
    found = {}
    for name, source in params.drawn:
        chance = int.from_bytes(hmac.digest(seed, name.encode(), "sha256"), "big")
        found[name] = source.value(chance % source.size) if isinstance(source, Range) else source[chance % len(source)]
    return found


def keep(params: Params, before: Mapping[str, str], drawn: Mapping[str, str]) -> dict[str, str]:
    """The drawn values, but those of `before` that may still be drawn as they were."""
    found = dict(drawn)
    for name, source in params.drawn:
        if name in before and _possible(source, before[name]):
            found[name] = before[name]
    return found


def _possible(source: Range | tuple[str, ...], text: str) -> bool:
    if not isinstance(source, Range):
        return text in source
    given = numeric.number(text)
    if given is None or not _number(source.low) <= given <= _number(source.high):
        return False
    offset = numeric.EXACT.subtract(given, _number(source.low))
    return source.value(int(numeric.EXACT.divide_int(offset, _number(source.step)))) == text


def job(params: Params, values: Mapping[str, str], seed: bytes, wanted: frozenset[str]) -> Json:
    """What `generating.run` needs to make the values of `wanted` that no range or list gives."""
    numbers = {name for name, source in params.drawn if isinstance(source, Range)}
    return {
        "generator": params.generator,
        "values": {name: {"text": text, "number": name in numbers} for name, text in values.items()},
        "seed": hmac.digest(seed, b"generator", "sha256").hex(),
        "names": sorted(wanted & params.generated),
    }


def generated(asked: Mapping[str, Any], told: object) -> dict[str, str] | None:
    """What a generator told, when it is what was asked of it: a short text for each name."""
    if not isinstance(told, Mapping) or set(told) != set(asked["names"]):
        return None
    if not all(isinstance(value, str) and len(value) <= MAX_VALUE and "\0" not in value for value in told.values()):
        return None
    return {name: str(value) for name, value in told.items()}
