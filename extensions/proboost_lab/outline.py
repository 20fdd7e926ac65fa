"""The outline of a lesson: its headings get names that can be linked to, its tables a place to scroll in. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from proboost_lab.lesson import Part

TAG = re.compile(r'<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?P<rest>(?:[^">]|"[^"]*")*)>')
HEADINGS = {"h1": 1, "h2": 2, "h3": 3}
# Names of the page itself; and those that scripts look for in `window`, where an element's name would stand as well.
TAKEN = re.compile(r"(?:(?:ex|slot|out|cell|native|pb|proboost|jupyter|hand-in)(?:-.*)?|lesson|lessons)\Z")
TAKEN_WORDS = frozenset({"process", "module", "exports", "define", "require", "global", "jupyter", "browser"})


@dataclass(frozen=True)
class Entry:
    """A heading: `id` is its anchor, `depth` 0 or 1."""

    id: str
    text: str
    depth: int = 0


def outlined(found: Iterable[Part]) -> tuple[list[Part], list[Entry]]:
    """The parts with anchors at their headings, and the table of contents: empty when it would have one line.

    The lesson's own title, a first heading of level 1, is not in it. Anchors are made as JupyterLab makes them (spaces
    become hyphens), so that an author's links to a section work in both; of equal ones the later get a number.
    """
    headings: list[tuple[int, str, str]] = []
    used: set[str] = set()
    parts: list[Part] = []
    for part in found:
        if part.kind in ("prose", "native"):
            before = len(headings)
            shown = _placed(part.html, headings, used)
            said = headings[before:][:1] or headings[:before][-1:]  # its own, else the one above
            parts.append(replace(part, html=shown, heading=said[0][2] if said else ""))
        else:
            parts.append(part)
    if headings and headings[0][0] == 1:
        headings = headings[1:]
    top = min((level for level, _id, _text in headings), default=1)
    entries = [Entry(id_, text, min(level - top, 1)) for level, id_, text in headings if level <= top + 1]
    return parts, entries if len(entries) > 1 else []


def _placed(shown: str, headings: list[tuple[int, str, str]], used: set[str]) -> str:
    """Sanitised HTML with ids at its headings, which are appended to `headings`, and each table in a box of its own."""
    pieces: list[str] = []
    end = 0
    opened: re.Match[str] | None = None
    for tag in TAG.finditer(shown):
        name, closing = tag["name"].lower(), bool(tag["close"])
        if name == "table" and opened is None:
            pieces += [shown[end : tag.start()], "</table></div>" if closing else f'<div class="pb-wide">{tag[0]}']
            end = tag.end()
        elif name in HEADINGS and not closing:
            pieces += [shown[end : tag.start()]]
            end, opened = tag.start(), tag
        elif name in HEADINGS and opened is not None:
            inner = shown[opened.end() : tag.start()]
            text = " ".join(html.unescape(TAG.sub("", inner)).split())
            id_ = _name(text, used)
            if text:
                headings.append((HEADINGS[name], id_, text))
            pieces += [f'<{name} id="{html.escape(id_)}"{opened["rest"]}>{inner}</{name}>']
            end, opened = tag.end(), None
    return "".join([*pieces, shown[end:]])


def _name(text: str, used: set[str]) -> str:
    wanted = text.replace(" ", "-")[:120] or "section"
    if TAKEN.match(wanted) or wanted in TAKEN_WORDS:
        wanted = f"section-{wanted}"
    name, n = wanted, 1
    while name in used:
        n += 1
        name = f"{wanted}-{n}"
    used.add(name)
    return name
