"""Kind `choice`: one of several options; the key is the right option, with shares and words for near misses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement
from proboost_kernel.exercises.fields import Reader, nearest, plain
from proboost_kernel.exercises.markup import public_text
from proboost_kernel.exercises.prose import markdown, words
from proboost_kernel.exercises.yaml import Fields, Items, Node, Text
from proboost_kernel.i18n import _

NAME = "choice"
PUBLIC = ("options", "shuffle")
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0, 0.5, 0.25, 0.0)
MAX_OPTIONS = 50
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


@dataclass(frozen=True)
class Option:
    item: str
    text: str


@dataclass(frozen=True)
class Choice:
    """`shares` and `feedback` are private and keyed by item; an item without a share is worth nothing."""

    options: tuple[Option, ...] = ()
    shuffle: bool = True
    shares: tuple[tuple[str, float], ...] = ()
    feedback: tuple[tuple[str, str], ...] = ()


def item_name(text: str) -> str:
    """The name of an item whose author gave none: it depends on its public text only, never on its place."""
    return hashlib.sha256(public_text(text).strip().encode("utf-8", "surrogatepass")).hexdigest()[:12]


def read(reader: Reader, *, public: bool) -> Choice:
    written = _options(reader)
    shuffle = reader.flag("shuffle", True)
    shares: dict[str, float] = {}
    feedback: dict[str, str] = {}
    if not public:
        _answers(reader, written, shares, feedback)
        _feedback(reader, written, feedback)
        if written and not reader.problems and max(shares.values(), default=0) < 1:
            reader.wrong("answer", "no-answer", _("No option is worth the whole points (share 1)."))
    if shuffle:  # else the author's order is the order that learners see, public like the options
        written.sort(key=lambda option: option.item)
    return Choice(tuple(written), shuffle, tuple(sorted(shares.items())), tuple(sorted(feedback.items())))


def _options(reader: Reader) -> list[Option]:
    """In the author's order, which `#2` counts by."""
    written: list[Option] = []
    if not reader.need("options"):
        return written
    for position, node in enumerate(reader.items("options", limit=MAX_OPTIONS)):
        name = f"options[{position}]"
        option = _option(reader, name, node)
        if option is None:
            continue
        taken = {word for other in written for word in (other.item, other.text.strip())}
        if option.item in taken or option.text.strip() in taken:
            reader.wrong(name, "duplicate", _("This option is written twice."), node.line)
        elif not option.text.strip():
            reader.wrong(name, "empty", _("An option has no text."), node.line)
        written.append(option)
    if len(written) < 2 and not reader.problems:
        reader.wrong("options", "too-few", _("At least two options are needed."))
    return written


def _option(reader: Reader, name: str, node: Node) -> Option | None:
    if isinstance(node, Text):
        return Option(item_name(node.value), node.value)
    inner = reader.inner(name, node)
    if inner is None:
        return None
    text = inner.text("text")
    given, again = inner.text("id"), inner.text("item")
    given = given or again
    if given and not ID.match(given):
        inner.wrong("id", "id", _("An id is made of Latin letters, digits, “.”, “-” and “_”, at most 64 of them."))
    inner.close()
    return Option(given or item_name(text), text)


def _answers(reader: Reader, written: list[Option], shares: dict[str, float], feedback: dict[str, str]) -> None:
    if not reader.need("answer"):
        return
    node = reader.take("answer")
    if node is None:
        return
    answers = node.values if isinstance(node, Items) else (node,)
    for position, answer in enumerate(answers):
        name = f"answer[{position}]" if isinstance(node, Items) else "answer"
        if isinstance(answer, Text):
            item = _item(reader, name, answer.value, answer.line, written)
            if item is not None:
                shares[item] = 1.0
            continue
        inner = reader.inner(name, answer)
        if inner is None:
            continue
        text, given = inner.text("text"), inner.text("item")
        item = _item(inner, "text", given or text, answer.line, written)
        share = inner.number("share", 1.0, low=0, high=1)
        said = inner.text("feedback")
        inner.close()
        if item is not None:
            shares[item] = share
            if said:
                feedback[item] = said


def _feedback(reader: Reader, written: list[Option], feedback: dict[str, str]) -> None:
    node = reader.take("feedback")
    if node is None:
        return
    if not isinstance(node, Fields):
        reader.wrong("feedback", "type", _("Named fields are expected here (lines like “name: value”)."))
        return
    inner = Reader(node, reader.problems, reader.where("feedback"))
    for option in node.values:
        item = _item(inner, option, option, node.lines.get(option, 0), written)
        said = inner.text(option)
        if item is not None:
            feedback[item] = said


def _item(reader: Reader, name: str, said: str, line: int, written: list[Option]) -> str | None:
    """Which option the author means: its id, its text, or `#2` for the second."""
    for option in written:
        if said.strip() in (option.item, option.text.strip()):
            return option.item
    number = said.strip().removeprefix("#")
    if said.strip().startswith("#") and number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= len(written):
        return written[int(number[:6]) - 1].item
    if written:
        message = _("There is no option “{text}”.").format(text=said.strip()[:80])
        reader.wrong(name, "no-option", message + nearest(said.strip(), [option.text for option in written]), line)
    return None


def write(spec: Choice) -> Json:
    written: Json = {
        "options": [{"item": option.item, "text": option.text} for option in spec.options],
        "shuffle": spec.shuffle,
    }
    if spec.shares:
        written["answer"] = [{"item": item, "share": plain(share)} for item, share in spec.shares]
    if spec.feedback:
        written["feedback"] = dict(spec.feedback)
    return written


def without_private(public: Json) -> Json:
    """The options as learners may see them: without what their author noted in comments."""
    options = [{"item": option["item"], "text": public_text(option["text"])} for option in public["options"]]
    return {**public, "options": options}


def show(public: Json) -> Json:
    options = [{"item": option["item"], "html": markdown(option["text"], inline=True)} for option in public["options"]]
    return {"options": options, "shuffle": public["shuffle"]}


def check(public: Mapping[str, Any], response: Json) -> None:
    items = {option["item"] for option in public["options"]}
    if set(response) != {"choice"} or not isinstance(response["choice"], str) or response["choice"] not in items:
        raise BadResponse(_("The answer must name one of the options."))


def judge(spec: Choice, response: Json) -> Judgement:
    chosen = response["choice"]
    said = dict(spec.feedback).get(chosen, "")
    return Judgement(dict(spec.shares).get(chosen, 0.0), words(said), markdown(said))
