"""Files that questions bring: pictures and what else their texts link to, named for a course's folder."""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from defusedxml import DefusedXmlException, ElementTree

from proboost.courses.course_file import HOST
from proboost.exchange.naming import slug
from proboost.i18n import _
from proboost_kernel.exercises.markup import safe_address

PLUGINFILE = "@@PLUGINFILE@@/"
DATA = re.compile(r"data:(?P<type>[\w/+.-]*)(?:;[\w=-]+)*;base64,(?P<data>[\sA-Za-z0-9+/=_%-]*)\Z", re.IGNORECASE)
ENDING = re.compile(r"[a-z0-9]{1,8}\Z")
RUNS = frozenset({"html", "htm", "xhtml", "xht", "js", "mjs", "php", "exe", "bat", "cmd", "ps1", "sh", "svgz", "xml"})


class Shelf:
    """The files of one question, or of a whole bank once those of its questions are added to it.

    `around`: what lies beside the source, path -> bytes. `lost`: sentences about what cannot be shown.
    """

    def __init__(self, around: Mapping[str, bytes] | None = None) -> None:
        self.around = around or {}
        self.files: dict[str, bytes] = {}
        self.hosts: set[str] = set()
        self.lost: list[str] = []

    def add(self, other: Shelf) -> None:
        self.files |= other.files
        self.hosts |= other.hosts

    def address(self, written: str, given: Mapping[str, bytes], *, image: bool) -> str:
        """Where a lesson finds it: a path in the course's folder or a safe address; empty when there is none."""
        written = written.strip()
        if written.lower().startswith("data:"):
            return self._data(written)
        try:
            parts = urlsplit(written)
        except ValueError:
            return self._gone(written)
        if parts.scheme or parts.netloc:
            return self._outside(written, image=image)
        name = unquote(written.removeprefix(PLUGINFILE).partition("?")[0].partition("#")[0])
        content = self._found(name, given)
        if content is not None:
            return self._put(name, content, image=image)
        if not image and (not name or written.startswith("#")):
            return ""
        return self._gone(name)

    def _found(self, name: str, given: Mapping[str, bytes]) -> bytes | None:
        for files in (given, self.around):
            for path in (name, posixpath.normpath(name).lstrip("/")):
                if path in files:
                    return files[path]
        return None

    def _outside(self, written: str, *, image: bool) -> str:
        if not safe_address(written):
            self.lost.append(_("A link to {address} was left out.").format(address=written[:120]))
            return ""
        if not image:
            return written
        parts = urlsplit(written)
        if parts.scheme == "https" and parts.hostname and HOST.match(parts.hostname):
            self.hosts.add(parts.hostname)
            return written
        message = _("A picture from {address} is not shown: pictures come from the course or over https.")
        self.lost.append(message.format(address=written[:120]))
        return ""

    def _data(self, written: str) -> str:
        match = DATA.match(written)
        try:
            content = base64.b64decode(unquote(match["data"]), validate=False) if match else b""
        except (binascii.Error, ValueError):
            content = b""
        return self._put("picture", content, image=True) if content else self._gone(written[:40])

    def _put(self, name: str, content: bytes, *, image: bool) -> str:
        kind = picture(content)
        stem, _dot, ending = posixpath.basename(name).rpartition(".")
        ending = ending.lower() if ENDING.match(ending.lower()) and stem else ""
        if kind == "svg" and not harmless(content):
            self.lost.append(
                _("The picture {name} holds a program or leads outside; it was left out.").format(name=name)
            )
            return ""
        if image and not kind:
            self.lost.append(_("{name} is not a picture that pages show; it was left out.").format(name=name))
            return ""
        if not kind and ending in RUNS:
            self.lost.append(_("The file {name} could run as a program; it was left out.").format(name=name))
            return ""
        folder = "img" if kind else "files"
        label = slug(stem or name, "file")
        path = f"{folder}/{label}-{hashlib.sha256(content).hexdigest()[:8]}"
        path += f".{kind or ending}" if kind or ending else ""
        self.files[path] = content
        return path

    def _gone(self, name: str) -> str:
        self.lost.append(_("There is no file {name} with the questions.").format(name=name[:120]))
        return ""


def picture(content: bytes) -> str:
    """The ending of the picture that the bytes are: png, jpg, gif, webp or svg; empty for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp"
    return "svg" if re.search(rb"<(?:\w+:)?svg[\s>]", content[:4096]) else ""


def harmless(svg: bytes) -> bool:
    """Whether a drawing is only that: no scripts, handlers, foreign objects or addresses outside itself."""
    try:
        root = ElementTree.fromstring(svg, forbid_dtd=True)
    except (DefusedXmlException, ElementTree.ParseError, ValueError, LookupError):
        return False
    for element in root.iter():
        tag = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else "instruction"
        if tag in {"script", "foreignobject", "iframe", "instruction", "set", "animate", "handler"}:
            return False
        if tag == "style" and re.search(r"@import|url\(", element.text or "", re.IGNORECASE):
            return False
        for key, value in element.attrib.items():
            name = key.rpartition("}")[2].lower()
            inside = value.strip().startswith(("#", "data:image/"))
            if name.startswith("on") or (name in ("href", "src") and not inside):
                return False
            if re.search(r"url\(\s*['\"]?(?!#)", value, re.IGNORECASE):
                return False
    return True
