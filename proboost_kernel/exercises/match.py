"""Kind `match`: halves to be put together; the key is which belong together, with shares and words for near misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises import answers, options
from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.markup import public_text
from proboost_kernel.exercises.options import Option, item_name
from proboost_kernel.exercises.prose import markdown, words
from proboost_kernel.exercises.yaml import Fields, Text
from proboost_kernel.i18n import _, ngettext

NAME = "match"
PUBLIC = ("left", "right")
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0,)


@dataclass(frozen=True)
class Pair:
    left: str
    right: str
    share: float = 1.0
    feedback: str = ""


@dataclass(frozen=True)
class Match:
    """Halves are sorted by item; a right half may belong to several left ones. `pairs` and `feedback` are private;
    the latter is keyed by right half and told where that one is wrong.
    """

    left: tuple[Option, ...] = ()
    right: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    feedback: tuple[tuple[str, str], ...] = ()


def read(reader: Reader, *, public: bool) -> Match:
    listed = public or "left" in reader or "right" in reader  # else the halves are those that the pairs name
    left = options.read(reader, "left") if listed else []
    right = options.read(reader, "right") if listed else []
    pairs: list[Pair] = []
    feedback: dict[str, str] = {}
    if not public:
        pairs = _pairs(reader, left, right, listed=listed)
        feedback = _distractors(reader, right) if not listed else {}
        if len(right) < 2 and not reader.problems:
            reader.wrong("pairs", "too-few", _("At least two different right halves are needed."))
        feedback |= options.feedback(reader, right)
    return Match(
        options.ordered(left, shuffle=True),
        options.ordered(right, shuffle=True),
        tuple(sorted(pairs, key=lambda pair: (pair.left, pair.right))),
        tuple(sorted(feedback.items())),
    )


def _pairs(reader: Reader, left: list[Option], right: list[Option], *, listed: bool) -> list[Pair]:
    """`{left: right}`, a right half bare or long, one or a list; halves that are not listed are made here."""
    inner = reader.fields("pairs") if reader.need("pairs") else None
    found: dict[tuple[str, str], Pair] = {}
    for name in inner.node.values if inner else ():
        assert inner is not None
        field, line = name, inner.node.lines.get(name) or None
        here = options.meant(inner, field, name, line, left) if listed else _added(inner, field, name, line, left)
        shares = []
        for answer in answers.read(inner, name, said=("text", "item")):
            if listed:
                there = options.meant(answer.reader, answer.field, answer.text, answer.line, right)
            else:
                there = _half(answer.reader, answer.field, answer.text, answer.line, right)
            if here is not None and there is not None:
                found[here, there] = Pair(here, there, answer.share, answer.feedback)
                shares.append(answer.share)
        if shares:
            answers.complete(inner, name, shares)
    alone = {option.item: option.text for option in left} if listed else {}
    for item in alone.keys() - {pair.left for pair in found.values()}:
        reader.wrong("pairs", "no-answer", _("“{text}” belongs to nothing.").format(text=alone[item][:80]))
    if not listed and len(left) < 2 and not reader.problems:
        reader.wrong("pairs", "too-few", _("At least two pairs are needed."))
    if len(left) > options.MAX_OPTIONS:
        message = _("There are more than {n} values here.").format(n=options.MAX_OPTIONS)
        reader.wrong("pairs", "too-many", message)
    return list(found.values())


def _added(reader: Reader, field: str, text: str, line: int | None, halves: list[Option]) -> str | None:
    """The item of a new left half; a text that learners would see twice is told."""
    if any(public_text(half.text).strip() == public_text(text).strip() for half in halves):
        reader.wrong(field, "duplicate", _("This half is written twice."), line)
        return None
    return _half(reader, field, text, line, halves)


def _half(reader: Reader, field: str, text: str, line: int | None, halves: list[Option]) -> str:
    """The item of a half, which is among `halves` from now on; equal ones are one."""
    if not public_text(text).strip():
        reader.wrong(field, "empty", _("A half has no text."), line)
    item = item_name(text)
    if all(half.item != item for half in halves):
        halves.append(Option(item, text))
    return item


def _distractors(reader: Reader, right: list[Option]) -> dict[str, str]:
    """Right halves that belong to nothing, and what their authors say of them, by item."""
    said: dict[str, str] = {}
    for position, node in enumerate(reader.items("distractors", limit=options.MAX_OPTIONS)):
        name = f"distractors[{position}]"
        if isinstance(node, Text):
            _half(reader, name, node.value, node.line or None, right)
        elif isinstance(node, Fields) and (inner := reader.inner(name, node)) is not None:
            text, feedback = inner.text("text") if inner.need("text") else "", inner.text("feedback")
            inner.close()
            item = _half(inner, "text", text, node.line or None, right)
            said |= {item: feedback} if feedback else {}
        else:
            reader.wrong(name, "type", _("A text is expected here."), node.line)
    return said


def write(spec: Match) -> Json:
    written: Json = {"left": options.write(spec.left), "right": options.write(spec.right)}
    pairs: dict[str, list[Json]] = {}
    for pair in spec.pairs:
        long = answers.written("item", pair.right, share=pair.share, feedback=pair.feedback)
        pairs.setdefault(pair.left, []).append(long)
    if pairs:
        written["pairs"] = pairs
    if spec.feedback:
        written["feedback"] = dict(spec.feedback)
    return written


def without_private(public: Json) -> Json:
    return {**public, "left": options.public(public["left"]), "right": options.public(public["right"])}


def show(public: Json) -> Json:
    return {"left": options.show(public["left"]), "right": options.show(public["right"])}


def check(public: Mapping[str, Any], response: Json) -> None:
    left, right = ({half["item"] for half in public[name]} for name in ("left", "right"))
    pairs = response.get("pairs")
    if (
        set(response) != {"pairs"}
        or not isinstance(pairs, dict)
        or not pairs
        or not pairs.keys() <= left
        or not all(isinstance(item, str) and item in right for item in pairs.values())
    ):
        raise BadResponse(_("The answer must name pairs of the exercise's halves."))


def judge(spec: Match, response: Json) -> Judgement:
    """The share of right pairs. Its words are the author's on what is not wholly right, else how many pairs are."""
    given, feedback = response["pairs"], dict(spec.feedback)
    known = {(pair.left, pair.right): pair for pair in spec.pairs}
    shares: list[float] = []
    said: list[str] = []
    for half in spec.left:
        chosen = given.get(half.item, "")
        pair = known.get((half.item, chosen))
        shares.append(pair.share if pair else 0.0)
        said.append(pair.feedback if pair else feedback.get(chosen, ""))
    right = sum(share == 1 for share in shares)
    score = 1.0 if right == len(shares) else sum(shares) / len(shares)
    text = "\n\n".join(dict.fromkeys(filter(None, said)))
    if not text and score < 1:
        text = ngettext("{n} of {total} pairs is right.", "{n} of {total} pairs are right.", right)
        text = text.format(n=right, total=len(shares))
    return Judgement(score, words(text), markdown(text))


def told(spec: Match, response: Json) -> str:
    """What was put together, a pair a line."""
    right = {half.item: markdown(half.text, inline=True) for half in spec.right}
    pairs = [
        (markdown(half.text, inline=True), right.get(response["pairs"].get(half.item, ""), "")) for half in spec.left
    ]
    return f"<ul>{''.join(f'<li>{one} → {other or chr(8212)}</li>' for one, other in pairs)}</ul>"
