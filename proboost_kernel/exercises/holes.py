"""Holes in texts, `{{name}}`: blanks that learners fill, and places where a variant's values stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

HOLE = re.compile(r"\{\{[ \t]*(?P<name>[^\W\d]\w{0,39})[ \t]*\}\}")


def names(text: str) -> list[str]:
    """The names of the text's holes, in order, as often as they stand there."""
    return [match["name"] for match in HOLE.finditer(text)]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the values in its holes; a hole of another name stays."""
    return HOLE.sub(lambda match: values.get(match["name"], match[0]), text) if "{{" in text else text


def all_filled(value: Any, values: Mapping[str, str]) -> Any:
    """JSON of the same shape with the values in the holes of every text; names of fields stay."""
    if isinstance(value, str):
        return filled(value, values)
    if isinstance(value, Mapping):
        return {name: all_filled(item, values) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [all_filled(item, values) for item in value]
    return value


def all_names(value: object) -> Iterator[str]:
    """The names of the holes in every text of JSON."""
    if isinstance(value, str):
        yield from names(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from all_names(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from all_names(item)
