"""Markdown as learners may get its source: no comments, HTML of the allowed kind only, code and formulas kept."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import urlsplit

from proboost_kernel.exercises.prose import ATTRIBUTES, CLASSES, MATH, TAGS, formula

FENCE = re.compile(
    r"(?P<mark>`{3,}|~{3,})[ \t]*[\w+#.{}=-]*[ \t]*$", re.MULTILINE
)  # in a list or a table it may end early
MARK = re.compile(r"`|~~~")
HTML_LINE = re.compile(r"[ \t>*+0-9.)-]*<(?!https?:|mailto:)[A-Za-z/!?]")  # opens a block where backticks mean nothing
HTML = (
    r"(?P<comment><!--[\s\S]*?(?:-->|\Z))"
    r"|(?P<tag></?(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r"""(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*\s*/?>)"""
    r"|(?P<loose><(?=[A-Za-z/!?]))"
)
MARKDOWN = (
    r"(?P<code>(?<![`\\])(?P<ticks>`+)(?!`)[^\n|]+?(?<!`)(?P=ticks)(?!`))"  # in one line; a bar may end it
    r"|(?P<math>\$\$(?:[^$\\]|\\.|\$(?!\$))+\$\$|(?<![\\$])\$(?![\s$])(?:\\.|[^$\\\n])*?(?:\\.|[^$\\\s])\$(?![0-9]))"
    r"|(?P<auto><(?:https?://|mailto:)[^\s<>]*>)"
)
HTML_TOKENS = re.compile(HTML)
TOKENS = re.compile(f"{MARKDOWN}|{HTML}")
Part = Literal["text", "html", "code"]
ADDRESSES = frozenset({"href", "src"})
SCHEMES = frozenset({"", "http", "https", "mailto"})


def public_text(text: str) -> str:
    """The same Markdown without comments and without HTML that a page may not show. Twice is the same as once."""
    if "<" not in text:
        return text
    for _round in range(5):
        cleaned = _once(text)
        if cleaned == text:
            return text
        text = cleaned
    return text.replace("<", "&lt;")  # built to confuse: nothing of it is HTML


def outside_code(text: str) -> str:
    """The text with its code blocks and code spans blanked: what links, images and headings are looked for in."""
    return "".join(" " if kind == "code" else _without_code(kind, part) for kind, part in _parts(text))


def formulas(text: str) -> list[str]:
    """The LaTeX of a text's formulas, without their dollars."""
    if "$" not in text:
        return []
    matches = (match for kind, part in _parts(text) if kind == "text" for match in TOKENS.finditer(part))
    return [match["math"].strip("$").strip() for match in matches if match["math"]]


def bad_formulas(text: str) -> list[str]:
    """Formulas of a text that cannot be shown as such."""
    return [latex for latex in formulas(text) if _is_bad(latex)]


@lru_cache(maxsize=4096)
def _is_bad(latex: str) -> bool:
    return 'class="math-error"' in formula(latex)


def _once(text: str) -> str:
    pieces = list(_parts(text))
    if _is_doubtful(pieces):
        return "".join(HTML_TOKENS.sub(_html_token, part) for _kind, part in pieces)
    return "".join(part if kind == "code" else _cleaned(kind, part) for kind, part in pieces)


def _cleaned(kind: Part, part: str) -> str:
    return HTML_TOKENS.sub(_html_token, part) if kind == "html" else TOKENS.sub(_token, part)


def _is_doubtful(pieces: Iterable[tuple[Part, str]]) -> bool:
    """Whether another renderer could see code begin or end elsewhere: a mark of code is no part of any that we saw."""
    return any(MARK.search(_without_code(kind, part)) for kind, part in pieces if kind != "code")


def _without_code(kind: Part, part: str) -> str:
    return part if kind == "html" else TOKENS.sub(lambda match: " " if match["code"] else match[0], part)


def _parts(text: str) -> Iterator[tuple[Part, str]]:
    """The text in pieces: fenced code, blocks that begin with HTML, and all the rest. Joined they are the whole.

    A fence counts at the start of a line only.
    """
    kind: Part = "text"
    lines: list[str] = []
    fence = ""
    preformatted = False
    for line in text.splitlines(keepends=True):
        opening = FENCE.match(line) if kind == "text" else None
        if kind == "code":
            lines.append(line)
            if line.strip().startswith(fence) and not line.strip(" \t\r\n`~"):
                yield kind, "".join(lines)
                kind, lines = "text", []
        elif opening:
            yield kind, "".join(lines)
            kind, lines, fence = "code", [line], opening["mark"]
        elif kind == "text" and HTML_LINE.match(line):
            yield kind, "".join(lines)
            kind, lines, preformatted = "html", [line], _is_open(line, preformatted=False)
        elif kind == "html" and not line.strip(" \t>\r\n") and not preformatted:
            yield kind, "".join(lines)
            kind, lines = "text", [line]
        else:
            lines.append(line)
            preformatted = kind == "html" and _is_open(line, preformatted=preformatted)
    yield kind, "".join(lines)


def _is_open(line: str, *, preformatted: bool) -> bool:
    """Whether a <pre>, in which blank lines end no block, is open after this line."""
    opened, closed = line.lower().rfind("<pre"), line.lower().rfind("</pre")
    return opened > closed or (preformatted and closed < 0)


def _token(match: re.Match[str]) -> str:
    if match["code"] or match["auto"]:
        return match[0]
    if match["math"]:
        return re.sub(r"<(?=[A-Za-z/!?])", "< ", match[0])  # the same formula, and no tag for any renderer
    return _html_token(match)


def _html_token(match: re.Match[str]) -> str:
    if match["comment"]:
        return ""
    if match["tag"] and match["name"].lower() in TAGS | MATH:
        return _tag(match[0], match["name"].lower())
    return "&lt;" + match[0][1:]


def _tag(written: str, name: str) -> str:
    if written.startswith("</"):
        return f"</{name}>"
    reader = _Attributes(convert_charrefs=True)
    reader.feed(written)
    kept = [(key, value) for key, value in reader.found if (key in ATTRIBUTES["*"] or key in ATTRIBUTES.get(name, ()))]
    shown = "".join(_attribute(key, value) for key, value in kept)
    return f"<{name}{shown}{' /' if written.endswith('/>') else ''}>"


def _attribute(key: str, value: str | None) -> str:
    if value is None:
        return f" {key}"
    if key == "class":
        value = " ".join(part for part in value.split() if CLASSES.match(part))
    if key in ADDRESSES and not safe_address(value):
        return ""
    return f' {key}="{html.escape(value, quote=True)}"' if value else ""


def safe_address(address: str) -> bool:
    """Whether a link may have it: beside the lesson, http(s) or mailto; never a script."""
    try:
        return urlsplit("".join(address.split())).scheme.lower() in SCHEMES
    except ValueError:
        return False


class _Attributes(HTMLParser):
    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self.found: list[tuple[str, str | None]] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = attrs

    def handle_startendtag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = attrs
