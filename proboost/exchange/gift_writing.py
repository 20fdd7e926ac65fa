"""A course's questions as GIFT, for Moodle: what the format can say; the rest is named with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from proboost.courses.source import Source
from proboost.exchange.decimals import plain
from proboost.exchange.question import Untaken
from proboost.exchange.report import Refusal
from proboost.i18n import _
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise, holes
from proboost_kernel.exercises.numeric import allowance, number
from proboost_kernel.exercises.prose import INLINE_MATH

CONTROL = re.compile(r"[\\#=~{}:]")
FORMAT = re.compile(r"\s*\[(?:moodle|html|plain|markdown)\]")
PATTERN = re.compile(r"/(?P<body>(?:\\[!-/:-@\[-`{-~]|\.\*|[\w\s]|[^\x00-\x7f])+)/\Z")
Json = dict[str, Any]
PLACE = "\ufdef"  # where the answers stand in the text, when not at its end


@dataclass
class Written:
    """The text of the file, the questions that GIFT cannot say, and sentences on what of the others it cannot."""

    text: str = ""
    questions: int = 0
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def write(source: Source) -> Written:
    """Every exercise of the course is in the text or among the refused; lessons are categories."""
    made = Written()
    blocks: list[str] = []
    for lesson in source.lessons:
        found = []
        for _cell, exercise in lesson.notebook.exercises:
            name = f"{lesson.id}#{exercise.id}"
            lost: list[str] = []
            try:
                found.append(question(exercise, lost))
            except Untaken as error:
                made.refused.append(Refusal(name, error.reason))
                continue
            made.questions += 1
            made.remarks += [f"{name}: {sentence}" for sentence in lost]
        if found:
            blocks += [f"$CATEGORY: {_escaped(lesson.title.replace('/', '//'))}", *found]
    made.text = "\n\n".join(blocks) + "\n" if blocks else ""
    return made


def question(exercise: Exercise, lost: list[str]) -> str:
    """One question; what of it is lost is added to `lost`. Raises Untaken."""
    if exercise.params:
        raise Untaken(_("Its values are each learner's own; GIFT has none such."))
    write_kind = KINDS.get(exercise.kind)
    if write_kind is None:
        raise Untaken(_("GIFT has no questions of the kind “{kind}”.").format(kind=exercise.kind))
    key = exercises.key(exercise)
    prompt, answers = write_kind(key, lost)
    if "](" in prompt and re.search(r"!\[[^\]]*\]\((?!https:)", prompt):
        lost.append(_("its pictures do not go with a GIFT file"))
    if key["hints"]:
        lost.append(_("its hints have no place in GIFT"))
    if exercise.points != 1:
        lost.append(_("its points have no place in GIFT"))
    explanation = _rich(key.get("explanation", ""))
    closing = f"\n\t####{explanation}" if explanation else ""
    body = "".join(f"\n\t{answer}" for answer in answers) + closing
    start, mark, end = prompt.partition(PLACE)
    text = _rich(start) + "{" + body + ("\n}" if body else "}") + (_rich(end) if mark else "")
    title = " ".join(exercise.title.split()) or exercise.id
    return f"// [id:{exercise.id}]\n::{_escaped(title)}::[markdown]{text}"


def _choice(key: Json, lost: list[str]) -> tuple[str, list[str]]:  # noqa: ARG001  # a kind's signature
    shares = {one["item"]: one["share"] for one in key["answer"]}
    said = key.get("feedback", {})
    answers = []
    for option in key["options"]:
        share = shares.get(option["item"], 0)
        sign = "=" if share == 1 else "~" if share == 0 else f"~%{_percent(share)}%"
        answers.append(_answer(sign, option["text"], said.get(option["item"], "")))
    return key["prompt"], answers


def _multiple(key: Json, lost: list[str]) -> tuple[str, list[str]]:
    shares = {one["item"]: one["share"] for one in key["answers"] if one["share"] > 0}
    said = key.get("feedback", {})
    together = sum(shares.values())
    if key["scoring"] == "all":
        lost.append(_("Moodle gives a part of the points for a part of the right ticks"))
    answers = []
    for option in key["options"]:
        share = shares.get(option["item"], -1) / together
        answers.append(_answer(f"~%{_percent(max(share, -1))}%", option["text"], said.get(option["item"], "")))
    return key["prompt"], answers


def _number(key: Json, lost: list[str]) -> tuple[str, list[str]]:
    answers = []
    for one in key["answer"]:
        value = number(one.get("value", one.get("text", "")))
        assert value is not None
        tolerance = _tolerance(value, one.get("tolerance", ""))
        start = f"=%{_percent(one['share'])}%{plain(value)}:{tolerance}"
        said = _rich(one.get("feedback", ""))
        answers.append(start + (f"#{said}" if said else ""))
    unit = key["unit"]
    if unit:
        lost.append(_("its unit stands in the text"))
    return key["prompt"] + (f" ({unit})" if unit else ""), ["#", *answers]


def _tolerance(value: Decimal, written: str) -> str:
    allowed = allowance(written) if written else Decimal(0)
    assert allowed is not None
    return plain(abs(value) * allowed / 100 if written.strip().endswith("%") else allowed)


def _text(key: Json, lost: list[str]) -> tuple[str, list[str]]:
    if key["case"]:
        lost.append(_("GIFT does not say that capitals matter"))
    return key["prompt"], [_typed(one) for one in key["answers"]]


def _typed(one: Json) -> str:
    if "value" in one:
        raise Untaken(_("One of its answers is a number among words."))
    said = _rich(one.get("feedback", ""))
    return f"=%{_percent(one['share'])}%{_escaped(_stars(one['text']))}" + (f"#{said}" if said else "")


def _stars(text: str) -> str:
    """An answer as Moodle writes it: `*` is anything, `\\*` a star. Raises Untaken for patterns beyond that."""
    if not (len(text) > 2 and text.startswith("/") and text.endswith("/")):
        return text.replace("*", "\\*")
    match = PATTERN.match(text)
    if not match:
        raise Untaken(_("One of its answers is a pattern that GIFT cannot say: {text}").format(text=text[:80]))
    return re.sub(
        r"\\(.)|\.\*",
        lambda part: "*" if part[1] is None else "\\*" if part[1] == "*" else part[1],
        match["body"],
    )


def _match(key: Json, lost: list[str]) -> tuple[str, list[str]]:
    left, right = ({half["item"]: half["text"] for half in key[name]} for name in ("left", "right"))
    pairs = {
        item: [one["item"] for one in answers if one["share"] == 1 and "feedback" not in one]
        for item, answers in key["pairs"].items()
    }
    if any(len(found) != 1 for found in pairs.values()) or any(len(found) != 1 for found in key["pairs"].values()):
        raise Untaken(_("One of its halves has several right ones, or near misses; GIFT has none such."))
    if key.get("feedback"):
        lost.append(_("what is said of single halves has no place in GIFT"))
    used = {found[0] for found in pairs.values()}
    answers = [f"={_half(left[item])} -> {_half(right[found[0]])}" for item, found in pairs.items()]
    answers += [f"= -> {_half(text)}" for item, text in right.items() if item not in used]
    return key["prompt"], answers


def _half(text: str) -> str:
    if "->" in text:
        raise Untaken(_("“->” stands in one of its halves."))
    return _guarded(text)


def _blanks(key: Json, lost: list[str]) -> tuple[str, list[str]]:
    text = "\n\n".join(filter(None, (key["prompt"], key["text"])))
    if len(key["answers"]) != 1 or len(holes.names(text)) != 1:
        raise Untaken(_("GIFT has one blank in a text at most."))
    if key["case"]:
        lost.append(_("GIFT does not say that capitals matter"))
    ((name, found),) = key["answers"].items()
    return holes.filled(text, {name: PLACE}), [_typed(one) for one in found]


def _essay(key: Json, lost: list[str]) -> tuple[str, list[str]]:
    if key.get("rubric") or key.get("notes"):
        lost.append(_("its rubric and the notes for graders have no place in GIFT"))
    return key["prompt"], []


KINDS: dict[str, Callable[[Json, list[str]], tuple[str, list[str]]]] = {
    "choice": _choice,
    "multiple": _multiple,
    "number": _number,
    "text": _text,
    "match": _match,
    "blanks": _blanks,
    "essay": _essay,
}


def _answer(sign: str, text: str, said: str) -> str:
    feedback = _rich(said)
    if sign == "~" and text.lstrip().startswith("%"):
        sign = "~%0%"
    return f"{sign}{_guarded(text)}" + (f"#{feedback}" if feedback else "")


def _guarded(text: str) -> str:
    """Text whose beginning could be taken for the name of a format says its own."""
    return ("[markdown]" if FORMAT.match(text) else "") + _rich(text)


def _rich(text: str) -> str:
    """Markdown with formulas as Moodle's pages know them."""
    text = re.sub(rf"(?<![\\$]){INLINE_MATH}(?!\$)", r"\\\\(\g<math_text>\\\\)", text)
    return _escaped(text)


def _escaped(text: str) -> str:
    return CONTROL.sub(r"\\\g<0>", text.strip()).replace("\n", "\\n")


def _percent(share: float) -> str:
    """Moodle knows thirds and their like by five decimals."""
    return f"{round(share * 100, 5):.5f}".rstrip("0").rstrip(".")
