"""Writes YAML that `yaml.load` reads back: programs and prose as blocks. The same value is the same bytes for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

PLAIN = re.compile(
    r"[^\W_](?:[\w .,;!?()/+*=<>^~–—…«»\"'%$-]|:(?=\S))*\Z"
)  # what begins like a word and holds no mark of YAML
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
STEP = 2


def dump(value: Mapping[str, object]) -> str:
    """The document of a mapping of texts, numbers, flags, None, lists and mappings."""
    return "".join(f"{line}\n" for line in _fields(value, 0))


def _fields(value: Mapping[str, object], indent: int) -> Iterator[str]:
    for name, item in value.items():
        yield from _entry(f"{name if NAME.match(name) else _quoted(name)}:", item, indent)


def _items(values: list[object] | tuple[object, ...], indent: int) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping) and value:
            lines = _fields(value, indent + STEP)
            yield " " * indent + "- " + next(lines)[indent + STEP :]
            yield from lines
        else:
            yield from _entry("-", value, indent)


def _entry(head: str, value: object, indent: int) -> Iterator[str]:
    start = " " * indent + head
    if isinstance(value, Mapping) and value:
        yield start
        yield from _fields(value, indent + STEP)
    elif isinstance(value, (list, tuple)) and value:
        yield start
        yield from _items(value, indent + STEP)
    elif isinstance(value, str) and _fits_block(value):
        yield f"{start} {'|' if value.endswith(chr(10)) else '|-'}"
        yield from (" " * (indent + STEP) + line if line else "" for line in value.removesuffix("\n").split("\n"))
    else:
        yield f"{start} {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value if PLAIN.match(value) and not value.endswith(" ") and " #" not in value else _quoted(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    return json.dumps(value, allow_nan=False)


def _fits_block(value: str) -> bool:
    """More than one line of printable text that neither begins nor ends with space."""
    return (
        "\n" in value.removesuffix("\n")
        and not value[0].isspace()
        and not value.removesuffix("\n")[-1].isspace()
        and all(_shown(char) or char == "\n" for char in value)
    )


def _quoted(value: str) -> str:
    """In double quotes, with JSON's escapes, which are YAML's too, and YAML's own for what JSON needs two for."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if _shown(char) else _escape(char) for char in escaped) + '"'


def _shown(char: str) -> bool:
    return char.isprintable() or char == "\N{NO-BREAK SPACE}"


def _escape(char: str) -> str:
    return json.dumps(char)[1:-1] if char < "\U00010000" else f"\\U{ord(char):08x}"
