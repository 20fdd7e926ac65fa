"""Items that learners choose among: named by their author or by a hash of their public text, never by their place."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proboost_kernel.exercises import answers
from proboost_kernel.exercises.exercise import Json
from proboost_kernel.exercises.fields import Reader, nearest
from proboost_kernel.exercises.markup import public_text
from proboost_kernel.exercises.prose import markdown
from proboost_kernel.exercises.yaml import Fields, Node, Text
from proboost_kernel.i18n import _

MAX_OPTIONS = 50
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


@dataclass(frozen=True)
class Option:
    item: str
    text: str


def item_name(text: str) -> str:
    """The name of an item whose author gave none: it depends on its public text only, never on its place."""
    return hashlib.sha256(public_text(text).strip().encode("utf-8", "surrogatepass")).hexdigest()[:12]


def read(reader: Reader, name: str = "options") -> list[Option]:
    """In the author's order, which `#2` counts by; an item is a text, or `{id, text}`."""
    written: list[Option] = []
    if not reader.need(name):
        return written
    for position, node in enumerate(reader.items(name, limit=MAX_OPTIONS)):
        field = f"{name}[{position}]"
        option = _option(reader, field, node)
        if option is None:
            continue
        taken = {word for other in written for word in (other.item, other.text.strip())}
        if option.item in taken or option.text.strip() in taken:
            reader.wrong(field, "duplicate", _("This option is written twice."), node.line)
        elif not option.text.strip():
            reader.wrong(field, "empty", _("An option has no text."), node.line)
        written.append(option)
    if len(written) < 2 and not reader.problems:
        reader.wrong(name, "too-few", _("At least two options are needed."))
    return written


def _option(reader: Reader, name: str, node: Node) -> Option | None:
    if isinstance(node, Text):
        return Option(item_name(node.value), node.value)
    inner = reader.inner(name, node)
    if inner is None:
        return None
    text, given = inner.text("text"), given_name(inner)
    inner.close()
    return Option(given or item_name(text), text)


def given_name(inner: Reader) -> str:
    """The name that an item was given: its author's `id`, or `item` as bundles have it; empty when there is none."""
    given, again = inner.text("id"), inner.text("item")
    given = given or again
    if given and not ID.match(given):
        inner.wrong("id", "id", _("An id is made of Latin letters, digits, “.”, “-” and “_”, at most 64 of them."))
    return given


def meant(reader: Reader, name: str, said: str, line: int | None, options: Sequence[Option]) -> str | None:
    """Which item the author means: its id, its text, or `#2` for the second. None, and a problem, when none is."""
    for option in options:
        if said.strip() in (option.item, option.text.strip()):
            return option.item
    number = said.strip().removeprefix("#")
    if said.strip().startswith("#") and number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= len(options):
        return options[int(number[:6]) - 1].item
    if options:
        message = _("There is no option “{text}”.").format(text=said.strip()[:80])
        reader.wrong(name, "no-option", message + nearest(said.strip(), [option.text for option in options]), line)
    return None


def feedback(reader: Reader, options: Sequence[Option], name: str = "feedback") -> dict[str, str]:
    """item -> the author's words on it, written as `{option: words}`."""
    node = reader.take(name)
    inner = None if node is None else reader.inner(name, node)
    found: dict[str, str] = {}
    if inner is None or not isinstance(node, Fields):
        return found
    for option in node.values:
        item = meant(inner, option, option, node.lines.get(option) or None, options)
        said = inner.text(option)
        if item is not None:
            found[item] = said
    return found


def worth(reader: Reader, name: str, options: Sequence[Option]) -> tuple[dict[str, float], dict[str, str]]:
    """(item -> share, item -> the author's words): the answers under `name`, each option once, and `feedback`."""
    shares: dict[str, float] = {}
    said: dict[str, str] = {}
    for answer in answers.read(reader, name, said=("text", "item")):
        item = meant(answer.reader, answer.field, answer.text, answer.line, options)
        if item is None:
            continue
        if item in shares:
            answer.reader.wrong(answer.field, "duplicate", _("This option is written twice."), answer.line)
        shares[item] = answer.share
        if answer.feedback:
            said[item] = answer.feedback
    return shares, said | feedback(reader, options)


def ordered(options: Iterable[Option], *, shuffle: bool) -> tuple[Option, ...]:
    """As the bundle holds them: by name, or in the author's order, which is then public like the options."""
    return tuple(sorted(options, key=lambda option: option.item)) if shuffle else tuple(options)


def write(options: Iterable[Option]) -> list[Json]:
    return [{"item": option.item, "text": option.text} for option in options]


def public(written: Iterable[Json]) -> list[Json]:
    """The written items as learners may see them: without what their author noted in comments."""
    return [{"item": option["item"], "text": public_text(option["text"])} for option in written]


def show(written: Iterable[Json]) -> list[Json]:
    return [{"item": option["item"], "html": markdown(option["text"], inline=True)} for option in written]


def told(options: Iterable[Option], chosen: Iterable[str]) -> str:
    """What a learner chose, as HTML for a grader; an option that is no more is told by its name."""
    texts = {option.item: option.text for option in options}
    shown = [markdown(texts[item], inline=True) if item in texts else html.escape(item) for item in chosen]
    return shown[0] if len(shown) == 1 else f"<ul>{''.join(f'<li>{one}</li>' for one in shown)}</ul>"
