"""Elements of Moodle's XML: texts in their format with the files that lie in them, flags, weighted answers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from proboost.exchange.question import NOTHING, Answer, Format, Rich, Untaken
from proboost.i18n import _

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMATS: dict[str, Format] = {
    "html": "html",
    "moodle_auto_format": "moodle",
    "plain_text": "plain",
    "markdown": "markdown",
    "0": "moodle",
    "1": "html",
    "2": "plain",
    "4": "markdown",
}


def pictured(element: Element) -> Rich:
    """The question's text, with the picture that Moodle 1 kept beside it."""
    text = rich_of(element.find("questiontext"))
    picture = dict(_decoded([(text_of(element, "image").rpartition("/")[2], text_of(element, "image_base64"))]))
    shown = "".join(f'<br><img src="@@PLUGINFILE@@/{quote(name)}" alt="">' for name in picture)
    return Rich(text.text + shown, text.format, {**text.files, **picture}) if picture else text


def answer_of(element: Element, usual: Format | None = None) -> Answer:
    try:
        share = float(element.get("fraction") or 0) / 100
    except ValueError:
        raise Untaken(_("A weight of its answers is not a number.")) from None
    if not -10 <= share <= 10:
        raise Untaken(_("A weight of its answers is not a number."))
    return Answer(rich_of(element, usual), share, rich_of(element.find("feedback")))


def rich_of(element: Element | None, usual: Format | None = None) -> Rich:
    """The text of an element in its format, with the files that lie in it."""
    if element is None:
        return NOTHING
    given = element.get("format")  # banks of Moodle 1 have none
    format_ = usual or ("moodle" if given is None else FORMATS.get(given.strip(), "html"))
    return Rich(text_of(element), format_, dict(_files(element)))


def _files(element: Element) -> Iterator[tuple[str, bytes]]:
    given = []
    for file in element.findall("file"):
        name = (file.get("path") or "/").strip("/")
        name = f"{name}/{file.get('name')}" if name else file.get("name") or ""
        if (file.get("encoding") or "base64") == "base64":
            given.append((name, file.text or ""))
    yield from _decoded(given)


def _decoded(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """The files whose base64 is sound; a text that shows another one says that it is not there."""
    for name, written in files:
        try:
            content = base64.b64decode("".join(written.split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        if name and content:
            yield name, content


def text_of(element: Element, name: str = "") -> str:
    """What stands in the element, or in its child of that name: in a <text>, or bare."""
    found = element.find(name) if name else element
    if found is None:
        return ""
    inner = found.find("text")
    return ((inner.text if inner is not None else found.text) or "").strip()


def flag(element: Element, name: str, usual: bool) -> bool:
    text = text_of(element, name).lower()
    return usual if not text else text in ("1", "true")
