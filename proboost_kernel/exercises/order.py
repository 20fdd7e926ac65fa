"""Kind `order`: lines to be put in order (Parsons), indented where asked; the key is the order and what misleads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement
from proboost_kernel.exercises.fields import Reader, plain
from proboost_kernel.exercises.lines import (
    MAX_LEVEL,
    MAX_LINES,
    PROSE,
    TAB,
    Line,
    levels_of,
    named,
    placed_lines,
    read_lines,
    shown_text,
)
from proboost_kernel.exercises.prose import highlighted, highlighted_line, markdown, words
from proboost_kernel.i18n import _, ngettext

NAME = "order"
PUBLIC = ("lines", "indent", "language")
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0,)
LANGUAGES = (PROSE, "python", "text", "bash", "c", "cpp", "css", "html", "java", "javascript", "json", "sql")


@dataclass(frozen=True)
class Right:
    """An order that earns `share`: (item, level of indentation) from the first line to the last."""

    lines: tuple[tuple[str, int], ...]
    share: float = 1.0
    feedback: str = ""


@dataclass(frozen=True)
class Order:
    """`lines` are all that a learner sees, sorted by item, equal ones as often as they were written; the rest, but for
    `indent` and `language`, is private. `feedback` is keyed by item and told when that line is used and misleads.
    """

    lines: tuple[Line, ...] = ()
    indent: bool = False
    language: str = PROSE
    scoring: str = "all"
    answers: tuple[Right, ...] = ()
    feedback: tuple[tuple[str, str], ...] = ()


def read(reader: Reader, *, public: bool) -> Order:
    indent = reader.flag("indent", False)
    language = reader.one_of("language", LANGUAGES, "python" if indent else PROSE)
    if public or "answer" in reader:  # every line under one name, the orders beside
        shown = named(reader, "lines", read_lines(reader, "lines", indent=indent, language=language), language, [])
        rights = [] if public else _rights(reader, "answer", shown, indent=indent, language=language)
        feedback = {} if public else _feedback(reader, shown)
    else:
        shown, rights, feedback = _authors(reader, indent=indent, language=language)
    scoring = "all" if public else reader.one_of("scoring", ("all", "partial"), "all")
    if not public and not reader.problems and not any(right.share == 1 for right in rights):
        reader.wrong("answer", "no-answer", _("No order is worth the whole points (share 1)."))
    lines = tuple(sorted(shown, key=lambda line: line.item))
    return Order(lines, indent, language, scoring, tuple(rights), tuple(sorted(feedback.items())))


def _authors(reader: Reader, *, indent: bool, language: str) -> tuple[list[Line], list[Right], dict[str, str]]:
    """`lines` in the right order, `distractors` that belong nowhere, `also`: other orders that count."""
    if not reader.need("lines"):
        return [], [], {}
    right = read_lines(reader, "lines", indent=indent, language=language)
    if len(right) < 2 and not reader.problems:
        reader.wrong("lines", "too-few", _("At least two lines are needed."))
    misleading = read_lines(reader, "distractors", indent=indent, language=language)
    shown = named(reader, "lines", right, language, [])
    levels = levels_of(reader, "lines", right)
    extra = named(reader, "distractors", misleading, language, shown)
    if len(shown) + len(extra) > MAX_LINES:
        reader.wrong("lines", "too-many", _("There are more than {n} values here.").format(n=MAX_LINES))
    rights = [Right(tuple((line.item, level) for line, level in zip(shown, levels, strict=True)))]
    rights += _rights(reader, "also", shown + extra, indent=indent, language=language)
    said = {line.item: one.feedback for line, one in zip(extra, misleading, strict=True) if one.feedback}
    return shown + extra, rights, said


def _rights(reader: Reader, name: str, shown: list[Line], *, indent: bool, language: str) -> list[Right]:
    """Orders written out: `{lines, share, feedback}`, their lines by text or by item."""
    found = []
    for position, node in enumerate(reader.items(name, limit=20)):
        inner = reader.inner(f"{name}[{position}]", node)
        if inner is None:
            continue
        share, feedback = inner.number("share", 1.0, low=0, high=1), inner.text("feedback")
        if inner.need("lines"):
            placed = placed_lines(inner, shown, indent=indent, language=language)
            over = Counter(item for item, _level in placed) - Counter(line.item for line in shown)
            if over:
                inner.wrong("lines", "too-often", _("A line stands here more often than it was written."))
            found.append(Right(tuple(placed), share, feedback))
        inner.close()
    return found


def _feedback(reader: Reader, shown: list[Line]) -> dict[str, str]:
    """Item -> what is said when that line misleads; a key's way to write it."""
    inner = reader.fields("feedback")
    if inner is None:
        return {}
    known = {line.item for line in shown}
    for item in inner.node.values:
        if item not in known:
            inner.wrong(item, "no-line", _("There is no line “{text}”.").format(text=item[:80]))
    return {item: inner.text(item) for item in inner.node.values}


def write(spec: Order) -> Json:
    written: Json = {
        "lines": [{"item": line.item, "text": line.text} for line in spec.lines],
        "indent": spec.indent,
        "language": spec.language,
    }
    if spec.answers:
        written["scoring"] = spec.scoring
        written["answer"] = [_right(right) for right in spec.answers]
    if spec.feedback:
        written["feedback"] = dict(spec.feedback)
    return written


def _right(right: Right) -> Json:
    row: Json = {"lines": [{"item": item, "indent": level} for item, level in right.lines], "share": plain(right.share)}
    return {**row, "feedback": right.feedback} if right.feedback else row


def without_private(public: Json) -> Json:
    """Lines of prose without what their author noted in comments."""
    language = public["language"]
    lines = [{"item": line["item"], "text": shown_text(line["text"], language)} for line in public["lines"]]
    return {**public, "lines": lines}


def show(public: Json) -> Json:
    language = public["language"]
    lines = [{"item": line["item"], "html": _html(line["text"], language)} for line in public["lines"]]
    return {"lines": lines, "indent": public["indent"], "program": language != PROSE}


def _html(text: str, language: str) -> str:
    return markdown(text, inline=True) if language == PROSE else highlighted_line(text, language)


def check(public: Mapping[str, Any], response: Json) -> None:
    wrong = BadResponse(_("The answer must be a list of the exercise's lines."))
    lines = response.get("lines")
    if set(response) != {"lines"} or not isinstance(lines, list) or not lines:
        raise wrong
    left = Counter(line["item"] for line in public["lines"])
    for line in lines:
        if not isinstance(line, dict) or set(line) != {"item", "indent"} or not isinstance(line["item"], str):
            raise wrong
        level = line["indent"]
        if type(level) is not int or not 0 <= level <= (MAX_LEVEL if public["indent"] else 0):
            raise wrong
        left[line["item"]] -= 1
        if left[line["item"]] < 0:
            raise wrong


def judge(spec: Order, response: Json) -> Judgement:
    given = tuple((line["item"], line["indent"]) for line in response["lines"])
    for right in sorted(spec.answers, key=lambda right: -right.share):
        if right.lines == given:
            return Judgement(right.share, words(right.feedback), markdown(right.feedback))
    said = _misled(spec, given)
    if spec.scoring != "partial":
        return Judgement(0.0, words(said), markdown(said))
    share, prefix = max((_partial(right, given) for right in spec.answers), default=(0.0, 0))
    if not said and prefix:
        said = ngettext("The first line is right.", "The first {n} lines are right.", prefix).format(n=prefix)
    return Judgement(share, words(said), markdown(said))


def _misled(spec: Order, given: tuple[tuple[str, int], ...]) -> str:
    """What its author says of the first line used that misleads."""
    feedback = dict(spec.feedback)
    return next((feedback[item] for item, _level in given if item in feedback), "")


def _partial(right: Right, given: tuple[tuple[str, int], ...]) -> tuple[float, int]:
    """(share, length) of the longest right beginning: of the longer of both, so that a line too many costs as one
    that is missing.
    """
    prefix = 0
    for wanted, got in zip(right.lines, given, strict=False):
        if wanted != got:
            break
        prefix += 1
    return right.share * prefix / max(len(right.lines), len(given)), prefix


def told(spec: Order, response: Json) -> str:
    """The lines as they were put: a program whole, else a numbered list."""
    texts = {line.item: line.text for line in spec.lines}
    lines = [(texts.get(line["item"], ""), line["indent"]) for line in response["lines"]]
    if spec.language == PROSE:
        return f"<ol>{''.join(f'<li>{markdown(text, inline=True)}</li>' for text, _level in lines)}</ol>"
    return highlighted("\n".join(" " * TAB * level + text for text, level in lines), spec.language)
