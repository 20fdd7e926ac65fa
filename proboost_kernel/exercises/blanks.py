"""Kind `blanks`: a text or program with blanks to fill; the key is what may stand in each."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises import accepted, holes
from proboost_kernel.exercises.accepted import MAX_TYPED, Accepted
from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement
from proboost_kernel.exercises.fields import Reader, nearest
from proboost_kernel.exercises.markup import formulas, public_text
from proboost_kernel.exercises.prose import markdown, words
from proboost_kernel.i18n import _, ngettext

NAME = "blanks"
PUBLIC = ("text",)
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0,)
MAX_BLANKS = 50


@dataclass(frozen=True)
class Blanks:
    """`text` has a hole for each blank, once. `answers` (by blank, in the text's order), `case` and `strict` are
    private.
    """

    text: str = ""
    answers: tuple[tuple[str, tuple[Accepted, ...]], ...] = ()
    case: bool = False
    strict: bool = False


def read(reader: Reader, *, public: bool) -> Blanks:
    text = reader.text("text").strip("\n") if reader.need("text") else ""
    if public:
        return Blanks(text)
    blanks = _blanks(reader, text)
    answers: dict[str, tuple[Accepted, ...]] = {}
    inner = reader.fields("answers") if reader.need("answers") else None
    if inner is not None:
        for name in inner.node.values:
            answers[name] = accepted.texts(inner, name)
            if name not in blanks:
                message = _("The text has no blank “{name}”.").format(name=name) + nearest(name, blanks)
                inner.wrong(name, "no-blank", message)
        for name in blanks:
            if name not in answers:
                message = _("The blank “{name}” has no answer.").format(name=name)
                inner.wrong(name, "missing", message, inner.node.line or None)
    ordered = tuple((name, answers[name]) for name in blanks if name in answers)
    return Blanks(text, ordered, reader.flag("case", False), reader.flag("strict", False))


def _blanks(reader: Reader, text: str) -> list[str]:
    """The names of the blanks in the text's order; a hole that has a variant's name is none."""
    found: list[str] = []
    for name in _names(text, reader.holes):
        if name in found:
            message = _("The blank “{name}” stands here twice; give each a name of its own.").format(name=name)
            reader.wrong("text", "duplicate", message)
        else:
            found.append(name)
    for latex in formulas(text):
        for name in set(holes.names(latex)) & set(found):
            message = _("The blank “{name}” stands inside a formula, where nothing can be typed.").format(name=name)
            reader.wrong("text", "in-formula", message)
    if text and not found:
        reader.wrong(
            "text", "no-blank", _("There is no blank here: write {mark} where one belongs.").format(mark="{{name}}")
        )
    elif len(found) > MAX_BLANKS:
        reader.wrong("text", "too-many", _("There are more than {n} values here.").format(n=MAX_BLANKS))
    return found


def _names(text: str, besides: frozenset[str] = frozenset()) -> list[str]:
    return [name for name in holes.names(public_text(text)) if name not in besides]


def own_holes(spec: Blanks) -> set[str]:
    """Names of holes in its text that are not a variant's."""
    return {name for name, _accepted in spec.answers}


def write(spec: Blanks) -> Json:
    written: Json = {"text": spec.text}
    if spec.answers:
        written["answers"] = {name: accepted.write(found) for name, found in spec.answers}
        written |= {"case": spec.case, "strict": spec.strict}
    return written


def without_private(public: Json) -> Json:
    return {**public, "text": public_text(public["text"]).strip("\n")}


def show(public: Json) -> Json:
    """`text_html` holds a word for each blank, which the front end replaces by a field to type in: the only thing that
    goes through Markdown, highlighting and sanitising unharmed wherever it stands. `blanks`: [{name, word}].
    """
    text = public["text"]
    salt = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    blanks = {name: f"blank{salt}n{position}z" for position, name in enumerate(dict.fromkeys(_names(text)))}
    shown = [{"name": name, "word": word} for name, word in blanks.items()]
    return {"text_html": markdown(holes.filled(text, blanks)), "blanks": shown}


def check(public: Mapping[str, Any], response: Json) -> None:
    given = response.get("blanks")
    if (
        set(response) != {"blanks"}
        or not isinstance(given, dict)
        or not given.keys() <= set(_names(public["text"]))
        or not all(isinstance(typed, str) and len(typed) <= MAX_TYPED for typed in given.values())
        or not any(typed.strip() for typed in given.values())
    ):
        raise BadResponse(_("The answer must fill some of the exercise's blanks."))


def judge(spec: Blanks, response: Json) -> Judgement:
    """The share of right blanks. Its words are the author's on what was typed, else how many blanks are right."""
    given: Mapping[str, str] = response["blanks"]
    found = [
        accepted.judge(answers, given.get(name, ""), case=spec.case, strict=spec.strict)
        if given.get(name, "").strip()
        else Judgement(0.0)
        for name, answers in spec.answers
    ]
    if not found:
        return Judgement(0.0)
    right = sum(one.score >= 1 for one in found)
    score = 1.0 if right == len(found) else round(sum(one.score for one in found) / len(found), 9)
    said = list(dict.fromkeys(one.feedback for one in found if one.feedback))
    if said or right == len(found):
        return Judgement(score, "\n".join(dict.fromkeys(one.message for one in found if one.message)), "\n".join(said))
    text = ngettext("{n} of {total} blanks is right.", "{n} of {total} blanks are right.", right)
    text = text.format(n=right, total=len(found))
    return Judgement(score, words(text), markdown(text))


def told(spec: Blanks, response: Json) -> str:
    rows = (
        f"<li>{html.escape(name)}: {html.escape(response['blanks'].get(name, ''))}</li>" for name, _a in spec.answers
    )
    return f"<ul>{''.join(rows)}</ul>"
