"""Markdown as learners may get its source: no comments, HTML of the allowed kind only, code and formulas kept."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

from proboost_kernel.exercises.prose import ATTRIBUTES, CLASSES, MATH, TAGS, formula

FENCE = re.compile(r"[ \t>*+0-9.)-]{0,20}(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)")
TOKENS = re.compile(
    r"(?P<code>(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S])+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<math>\$\$(?:[^$\\]|\\.|\$(?!\$))+\$\$|(?<![\\$])\$(?![\s$])(?:\\.|[^$\\\n])*?(?:\\.|[^$\\\s])\$(?![0-9]))"
    r"|(?P<comment><!--[\s\S]*?(?:-->|\Z))"
    r"|(?P<auto><(?:https?://|mailto:)[^\s<>]*>)"
    r"""|(?P<tag></?(?P<name>[A-Za-z][A-Za-z0-9-]*)(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*\s*/?>)"""
    r"|(?P<loose><(?=[A-Za-z/!?]))"
)
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
    """The text with its code blocks and code spans blanked: what links, images and formulas are looked for in."""
    return "".join(
        " " if code else TOKENS.sub(lambda match: " " if match["code"] else match[0], part)
        for code, part in _parts(text)
    )


def bad_formulas(text: str) -> list[str]:
    """Formulas of a text that cannot be shown as such."""
    matches = (match for is_code, part in _parts(text) if not is_code for match in TOKENS.finditer(part))
    formulas = (match["math"].strip("$").strip() for match in matches if match["math"])
    return [latex for latex in formulas if _is_bad(latex)]


@lru_cache(maxsize=4096)
def _is_bad(latex: str) -> bool:
    return 'class="math-error"' in formula(latex)


def _once(text: str) -> str:
    return "".join(part if code else TOKENS.sub(_token, part) for code, part in _parts(text))


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is a fenced code block, text) in order; joined they are the whole."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        match = FENCE.match(line)
        if not fence and match and not (match["mark"][0] == "`" and "`" in match["info"]):
            yield False, "".join(lines)
            lines, fence = [line], match["mark"]
        elif fence and match and match["mark"].startswith(fence) and not match["info"].strip():
            yield True, "".join([*lines, line])
            lines, fence = [], ""
        else:
            lines.append(line)
    yield bool(fence), "".join(lines)


def _token(match: re.Match[str]) -> str:
    if match["code"] or match["auto"]:
        return match[0]
    if match["math"]:
        return re.sub(r"<(?=[A-Za-z/!?])", "< ", match[0])  # the same formula, and no tag for any renderer
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
