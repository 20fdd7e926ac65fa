"""Lines as authors write them, in a list or as one block: named by their text, as deep as they are indented."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from proboost_kernel.exercises.fields import Reader, nearest
from proboost_kernel.exercises.markup import public_text
from proboost_kernel.exercises.options import given_name, item_name
from proboost_kernel.exercises.yaml import Fields, Items, Node, Text
from proboost_kernel.i18n import _

MAX_LINES = 60
MAX_LEVEL = 12
TAB = 4  # columns of a tab in what authors wrote
PROSE = "prose"


@dataclass(frozen=True)
class Line:
    item: str
    text: str


@dataclass
class Written:
    """One line as its author wrote it."""

    text: str
    line: int
    id: str = ""
    width: int = 0  # columns before it
    feedback: str = ""


def read_lines(reader: Reader, name: str, *, indent: bool, language: str) -> list[Written]:
    """Lines written as a list, or as one block of text in which every line that is not blank is one."""
    node = reader.take(name)
    found: list[Written] = []
    if node is None:
        return found
    if isinstance(node, Text):
        values: tuple[Node, ...] = tuple(Text(line, node.line) for line in node.value.split("\n") if line.strip())
    elif isinstance(node, Items):
        values = node.values
    else:
        reader.wrong(name, "type", _("A list is expected here (lines that start with “- ”)."))
        return found
    for position, value in enumerate(values[: MAX_LINES + 1]):
        one = _one(reader, f"{name}[{position}]", value)
        if one is None:
            continue
        if not one.text.strip():
            reader.wrong(f"{name}[{position}]", "empty", _("A line has no text."), one.line)
        body = one.text.lstrip(" \t")
        one.width = len(one.text[: len(one.text) - len(body)].expandtabs(TAB)) if indent else 0
        one.text = (body if indent else one.text).rstrip() if language != PROSE else one.text.strip()
        found.append(one)
    if len(values) > MAX_LINES:
        reader.wrong(name, "too-many", _("There are more than {n} values here.").format(n=MAX_LINES))
    return found


def _one(reader: Reader, name: str, node: Node) -> Written | None:
    if isinstance(node, Text):
        return Written(node.value, node.line)
    inner = reader.inner(name, node)
    if inner is None:
        return None
    text, given = inner.text("text"), given_name(inner)
    feedback = inner.text("feedback") if name.startswith("distractors") else ""
    inner.close()
    return Written(text, inner.node.line, given, feedback=feedback)


def named(reader: Reader, name: str, written: list[Written], language: str, known: list[Line]) -> list[Line]:
    """The lines under their items: equal lines have one, which is theirs wherever they stand."""
    items = {shown_text(line.text, language): line.item for line in known}
    texts = {item: text for text, item in items.items()}
    found = []
    for position, one in enumerate(written):
        text = shown_text(one.text, language)
        item = items.setdefault(text, one.id or _name(text, language))
        if texts.setdefault(item, text) != text:
            reader.wrong(f"{name}[{position}]", "duplicate", _("Two different lines have this id."), one.line)
        found.append(Line(item, one.text))
    return found


def shown_text(text: str, language: str) -> str:
    """What learners get of a line: its author's comments in prose stay here, those of a program are part of it."""
    return public_text(text).strip() if language == PROSE else text


def _name(text: str, language: str) -> str:
    """A line of a program is what it is: nothing in it is a comment that learners do not get."""
    if language == PROSE:
        return item_name(text)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def levels_of(reader: Reader, name: str, written: list[Written]) -> list[int]:
    """How deep each line is: the smallest indentation there is makes a step."""
    step = min((one.width for one in written if one.width), default=TAB)
    for position, one in enumerate(written):
        if one.width % step or one.width // step > MAX_LEVEL:
            message = _("This line's indentation is no multiple of {n} spaces.").format(n=step)
            reader.wrong(f"{name}[{position}]", "indentation", message, one.line)
    return [min(one.width // step, MAX_LEVEL) for one in written]


def placed_lines(reader: Reader, shown: list[Line], *, indent: bool, language: str) -> list[tuple[str, int]]:
    """(item, depth) of the lines under `lines`, written by item, or again as texts."""
    node = reader.node.values["lines"]
    if isinstance(node, Items) and all(isinstance(one, Fields) and "item" in one.values for one in node.values):
        known = {line.item for line in shown}
        placed = []
        for position, value in enumerate(node.values):
            inner = reader.inner(f"lines[{position}]", value)
            assert inner is not None
            name, level = inner.text("item"), inner.whole("indent", 0, high=MAX_LEVEL) or 0
            inner.close()
            if name in known:
                placed.append((name, level))
            else:
                inner.wrong("item", "no-line", _("There is no line “{text}”.").format(text=name[:80]))
        reader.asked.add("lines")
        return placed
    written = read_lines(reader, "lines", indent=indent, language=language)
    items = {shown_text(line.text, language): line.item for line in shown}
    placed = []
    for position, (one, level) in enumerate(zip(written, levels_of(reader, "lines", written), strict=True)):
        item = items.get(shown_text(one.text, language))
        if item is not None:
            placed.append((item, level))
        else:
            message = _("There is no line “{text}”.").format(text=one.text[:80]) + nearest(one.text, items)
            reader.wrong(f"lines[{position}]", "no-line", message, one.line)
    return placed
