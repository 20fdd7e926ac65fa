"""Links and images of a course: where they lead, and whether learners have what is there. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from proboost.courses.flaws import Flaw, Severity
from proboost.courses.notebook import Cell
from proboost.courses.places import line_in
from proboost.courses.source import Lesson, Source
from proboost.courses.texts import public_texts
from proboost.i18n import _
from proboost_kernel.exercises.markup import outside_code, safe_address
from proboost_kernel.exercises.prose import allowed_media

INLINE = re.compile(
    r"(?P<image>!?)\[(?:[^\[\]\\]|\\.|!?\[[^\]]{0,300}\](?:\([^)]{0,300}\))?){0,500}+\]\(\s*(?:<(?P<angle>[^<>\n]*)>|(?P<plain>[^\s()]*(?:\([^\s()]*\)[^\s()]*)*))"
)
DEFINED = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*<?(?P<address>[^\s>]+)", re.MULTILINE)
TITLE = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<atx>.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
MEDIA = {"img", "audio", "video", "source"}


def check(source: Source) -> Iterator[Flaw]:
    """Every link and image that learners would find leading nowhere, or that may not be shown."""
    released = {*source.handed_out, *(lesson.file for lesson in source.lessons)}
    hosts = source.course.embed_hosts
    for lesson, cell, field, text in public_texts(source):
        if "](" not in text and "<" not in text and "]:" not in text:
            continue
        for address, media in addresses(text):
            found = _wrong(source, released, hosts, lesson, cell, address, media)
            if found:
                severity, code, message = found
                line = None if field else line_in(text, address)
                yield Flaw(lesson.file, cell.number, line, field, severity, code, message)


def addresses(text: str) -> Iterator[tuple[str, bool]]:
    """(address, whether an image or media) of a Markdown text, outside its code."""
    shown = outside_code(text)
    for match in INLINE.finditer(shown):
        yield (match["angle"] if match["angle"] is not None else match["plain"]), bool(match["image"])
    for match in DEFINED.finditer(shown):
        yield match["address"], False
    if "<" in shown:
        reader = _Tags()
        reader.feed(shown)
        yield from reader.found


def _wrong(
    source: Source, released: set[str], hosts: tuple[str, ...], lesson: Lesson, cell: Cell, address: str, media: bool
) -> tuple[Severity, str, str] | None:
    shown = address[:120]
    if address.startswith("attachment:"):
        known = unquote(address.removeprefix("attachment:")) in cell.attachments
        return (
            None
            if known
            else ("error", "no-attachment", _("The pasted image “{name}” is not in this cell.").format(name=shown))
        )
    if not safe_address(address):
        return "error", "unsafe-link", _("A link may lead to http, https or mail only: {address}").format(address=shown)
    parts = urlsplit(address)
    if media and (parts.scheme or parts.netloc or address.startswith(("/", "\\"))):
        if allowed_media(address, hosts):
            return None
        message = _("Images and media come from the course's files, or over https from its `embed_hosts`: {address}")
        return "error", "outside-media", message.format(address=shown)
    if parts.scheme or parts.netloc:
        return None
    if not parts.path and not parts.fragment:
        return "error", "no-target", _("A link leads nowhere.")
    aim = _lesson_at(source, lesson, unquote(parts.path))
    if aim is not None and parts.fragment and unquote(parts.fragment).casefold() not in _anchors(aim):
        message = _("There is no heading “{heading}” in “{file}”.")
        return "warning", "no-heading-there", message.format(heading=unquote(parts.fragment)[:80], file=aim.file)
    if not parts.path:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(lesson.file), unquote(parts.path)))
    if path in released:
        return None
    if path in source.files:
        message = _("“{path}” is in the folder, but not under `files` of course.yml, so learners do not get it.")
        return "error", "unreleased", message.format(path=path)
    return "error", "no-target", _("There is no file “{path}” in the course's folder.").format(path=path[:120])


def _lesson_at(source: Source, lesson: Lesson, path: str) -> Lesson | None:
    """The lesson that a link from `lesson` leads to; itself where there is no path."""
    if not path:
        return lesson
    file = posixpath.normpath(posixpath.join(posixpath.dirname(lesson.file), path))
    return next((other for other in source.lessons if other.file == file), None)


def _anchors(lesson: Lesson) -> frozenset[str]:
    """The names that JupyterLab gives to headings: their text with hyphens for spaces."""
    return _named(tuple(cell.source for cell in lesson.notebook.cells if cell.kind == "markdown"))


@lru_cache(maxsize=256)
def _named(texts: tuple[str, ...]) -> frozenset[str]:
    titles = (match["atx"] for text in texts for match in TITLE.finditer(outside_code(text)))
    return frozenset(re.sub(r"\s+", "-", re.sub(r"[*_`]|<[^>]*>", "", title).strip()).casefold() for title in titles)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (name == "src" and tag in MEDIA) or (name == "href" and tag == "a"):
                self.found.append((value or "", tag in MEDIA))
