"""How much room a cell's outputs take on a lesson's page, to be kept free until they come. Pure; an estimate."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Iterable
from typing import Any

MOST = 4000  # pixels
# As extensions/lesson/lesson.css draws them on a wide screen, in pixels.
COLUMN, BESIDE = 752, 34  # the text's width, and what frame and padding take of it
LINE, CHARACTER, FRAME = 23.04, 8.64, 26
ROW, PARAGRAPH = 30.5, 44
GAP, BELOW = 8, 16
UNKNOWN = 64  # a widget, a formula
TAG = re.compile(r"<[^>]*>")


def room(outputs: object) -> int:
    """Pixels that these outputs (nbformat 4) take, margins included; 0 for none, at most MOST."""
    heights = [_of(output) for output in _streams_joined(outputs)]
    shown = [height for height in heights if height]
    return min(MOST, round(sum(shown) + GAP * (len(shown) - 1) + BELOW)) if shown else 0


def _streams_joined(outputs: object) -> Iterable[dict[str, Any]]:
    """A program's prints are one block, however many messages brought them."""
    last: dict[str, Any] | None = None
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        if output.get("output_type") != "stream":
            if last is not None:
                yield last
            last = None
            yield output
        elif last is not None and last.get("name") == output.get("name"):
            last = {**last, "text": _text(last.get("text")) + _text(output.get("text"))}
        else:
            if last is not None:
                yield last
            last = output
    if last is not None:
        yield last


def _of(output: dict[str, Any]) -> float:
    if output.get("output_type") == "stream":
        return _lines(_text(output.get("text")))
    if output.get("output_type") == "error":
        return _lines("\n".join(map(str, output.get("traceback") or ())))
    data = output.get("data")
    if not isinstance(data, dict):
        return 0
    if "application/vnd.jupyter.widget-view+json" in data:
        return UNKNOWN
    if "text/html" in data:
        return _html(_text(data["text/html"]))
    if "image/png" in data:
        return _picture(_text(data["image/png"]))
    if "text/plain" in data and len(data) == 1:
        return _lines(_text(data["text/plain"]))
    return UNKNOWN


def _lines(text: str) -> float:
    if not text.strip():
        return 0
    fits = int((COLUMN - BESIDE) / CHARACTER)
    return LINE * sum(max(1, math.ceil(len(line) / fits)) for line in text.rstrip("\n").split("\n")) + FRAME


def _html(text: str) -> float:
    rows = text.count("<tr")
    if rows:
        return ROW * rows + PARAGRAPH * len(re.findall(r"<(?:p|caption)\b", text))
    return LINE * max(1, math.ceil(len(TAG.sub("", text)) / 80))


def _picture(content: str) -> float:
    """The height of a PNG at its own size, or as narrow as the column."""
    try:
        head = base64.b64decode(content[:64].replace("\n", ""), validate=False)
        width, height = struct.unpack(">II", head[16:24])
    except (binascii.Error, struct.error):
        return UNKNOWN
    return float(height if width <= COLUMN else height * COLUMN / width)


def _text(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
