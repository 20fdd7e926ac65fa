"""The shape of tagged JSON, which every part of the codec writes and reads."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

Tagged = dict[str, Any]
Inner = Callable[[Any], Any]  # encodes or decodes what lies inside


class NotData(ValueError):
    """The bytes are not what this codec writes: the other side is broken, or tries something."""


def tag(name: str, value: object = None, **more: object) -> Tagged:
    return {"t": name, "v": value, **more}


def pack(value: bytes | bytearray) -> str:
    """Bytes as text."""
    return base64.b64encode(value).decode("ascii")
