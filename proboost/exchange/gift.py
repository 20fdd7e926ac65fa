"""GIFT, Moodle's text format for questions, read as Moodle reads it, and where Moodle only stumbles a little wider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from proboost.exchange.decimals import plain
from proboost.exchange.question import NOTHING, Answer, Category, Entry, Format, Question, Rich, Untaken, category_path
from proboost.i18n import _

ESCAPE = re.compile(r"\\([\\:#={}~n])")
CONTROL = "\\:#={}~n"
FIRST = 0xFDD0  # characters that no text has stand for escaped ones while the others are looked for
SHOWN = {FIRST + place: ("\n" if char == "n" else char) for place, char in enumerate(CONTROL)}
WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d*)?)%")
FORMAT = re.compile(r"\[(moodle|html|plain|markdown)\]")
CATEGORY = re.compile(r"\$CATEGORY:(?P<path>[^\n]*)(?:\n(?P<rest>[\s\S]*))?\Z")
ID = re.compile(r"\[id:((?:\\\]|[^\]\x00-\x1f])+)\]")
TAG = re.compile(r"\[tag:((?:\\\]|[^\]<>`\x00-\x1f])+)\]")
BLANK = "_____"
TRUE, FALSE = frozenset({"T", "TRUE"}), frozenset({"F", "FALSE"})


def read(text: str) -> Iterator[Entry]:
    """The categories and questions of a file in order; one that cannot be read says so in `untaken`."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for paragraph in paragraphs(text.translate(dict.fromkeys(SHOWN))):
        yield from _entries(paragraph)


def paragraphs(text: str) -> Iterator[list[str]]:
    """Questions are parted by blank lines. One whose answers hold blank lines is still one, if they end."""
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    waiting: list[list[str]] = []
    for block in filter(None, blocks):
        opens, closes = _braces(block)
        if waiting and opens != "first":
            waiting.append(block)
            if closes:
                yield [line for part in waiting for line in [*part, ""]]
                waiting = []
            continue
        yield from waiting  # never closed: each for itself
        waiting = []
        if opens and not closes:
            waiting.append(block)
        else:
            yield block
    yield from waiting


def _braces(block: list[str]) -> tuple[str, bool]:
    """How a block opens answers: "first" with its first brace, "" not at all; and whether it closes any after that."""
    text = "\n".join(line for line in block if not line.strip().startswith("//"))
    text = ESCAPE.sub("", text)
    first = re.search(r"[{}]", text)
    opens = "first" if first and first[0] == "{" else ""
    return opens, text.rfind("}") > text.rfind("{") if "}" in text else False


def _entries(lines: list[str]) -> Iterator[Entry]:
    comments = "\n".join(line.strip() for line in lines if line.strip().startswith("//"))
    text = "\n".join(line for line in lines if not line.strip().startswith("//")).strip()
    if not text:
        return
    while match := CATEGORY.match(text):  # the blank line after it is often forgotten
        yield Category(category_path(_shown(_hidden(match["path"]))))
        text = (match["rest"] or "").strip()
    if not text:
        return
    for part in _apart(_hidden(text)):
        yield _question(part, comments)


def _apart(text: str) -> list[str]:
    """Questions whose blank line between them was forgotten, where that is plain to see."""
    parts = re.split(r"(?<=\})[ \t]*\n", text)
    sound = all(part.count("{") == part.count("}") == 1 and part.find("{") < part.find("}") for part in parts)
    return parts if len(parts) > 1 and sound else [text]


def _question(text: str, comments: str) -> Question:
    found = ID.search(comments)
    name_id = found[1].replace("\\]", "]").strip() if found else ""
    tags = tuple(tag.replace("\\]", "]").strip() for tag in TAG.findall(comments))
    name, text = _named(text)
    shown = name or " ".join(_shown(text).split())[:60]
    try:
        question = _read(text)
    except Untaken as error:
        question = Question("", text=_rich(text, "moodle"), untaken=error.reason)
    return replace(question, name=name if question.kind or name else shown, id=name_id, tags=tags)


def _named(text: str) -> tuple[str, str]:
    if not text.startswith("::"):
        return "", text
    name, mark, rest = text[2:].partition("::")
    return (" ".join(_shown(name).split()), rest.strip()) if mark else ("", text[2:])


def _read(text: str) -> Question:
    start, end = text.find("{"), text.find("}")
    if start < 0 and end < 0:
        return Question("description", text=_rich(text, "moodle"))
    if start < 0 or end < start:
        raise Untaken(_("A brace of its answers is missing."))
    answers, rest = text[start + 1 : end].strip(), text[end + 1 :]
    if "{" in answers or re.search(r"[{}]", rest):
        raise Untaken(_("It has more braces than one pair; braces that are text are written \\{ and \\}."))
    blank = BLANK if rest.strip() else ""
    prompt = _rich(text[:start] + blank + rest, "moodle")
    answers, mark, said = answers.rpartition("####") if "####" in answers else (answers, "", "")
    explanation = _rich(said, prompt.format) if mark else NOTHING
    kind, more = _kind(answers.strip(), prompt.format)
    return Question(kind, text=prompt, explanation=explanation, **more)  # type: ignore[arg-type]  # the fields of its kind


def _kind(answers: str, usual: Format) -> tuple[str, dict[str, object]]:
    """The type of question that its answers make it, as Moodle tells them apart, and its fields."""
    if not answers:
        return "essay", {}
    if answers.startswith("#"):
        return "numerical", {"answers": tuple(_numbers(answers[1:], usual))}
    if "~" in answers:
        single, options = _options(answers, usual)
        return "multichoice", {"answers": options, "single": single}
    if "=" in answers and "->" in answers:
        return "matching", {"pairs": tuple(_pairs(answers, usual))}
    word = answers.partition("#")[0].strip()
    if word.upper() in TRUE | FALSE:
        return "truefalse", {"answers": _true_false(answers, usual)}
    found = tuple(_typed(part, usual) for part in _parts(answers, "="))
    if not found:
        raise Untaken(_("It has no answer."))
    return "shortanswer", {"answers": found}


def _options(answers: str, usual: Format) -> tuple[bool, tuple[Answer, ...]]:
    """(whether one is chosen, the options)."""
    single = "=" in answers
    found = []
    for part in _parts(answers.replace("=", "~="), "~"):
        right = part.startswith("=")
        found.append(_said(part[1:].strip(), 1.0, usual) if right else _answer(part, 0.0, usual))
    if len(found) < 2:
        raise Untaken(_("It has fewer than two options."))
    return single, tuple(found)


def _pairs(answers: str, usual: Format) -> Iterator[tuple[Rich, Rich]]:
    for part in _parts(answers, "="):
        left, arrow, right = part.partition("->")
        if not arrow:
            raise Untaken(_("One of its pairs has no “->”."))
        yield _rich(left, usual), _rich(right, "plain")


def _true_false(answers: str, usual: Format) -> tuple[Answer, ...]:
    """First what is true, then what is false; feedback is written for the wrong one, then for the right one."""
    word, _mark, said = answers.partition("#")
    wrong, _mark, right = said.partition("#")
    true = word.strip().upper() in TRUE
    for_right, for_wrong = _rich(right, usual), _rich(wrong, usual)
    return (
        Answer(Rich("true"), float(true), for_right if true else for_wrong),
        Answer(Rich("false"), float(not true), for_wrong if true else for_right),
    )


def _numbers(answers: str, usual: Format) -> Iterator[Answer]:
    right, mark, wrong = answers.partition("~")
    parts = list(_parts(right, "="))
    if not parts:
        raise Untaken(_("It has no answer."))
    for part in parts:
        answer = _typed(part, usual)
        value, tolerance = _number(answer.text.text)
        yield Answer(Rich(value, "plain"), answer.share, answer.feedback, tolerance)
    if mark:
        said = _answer(wrong.partition("~")[0], 0.0, usual)
        yield Answer(Rich("*", "plain"), 0.0, said.feedback)


def _number(written: str) -> tuple[str, str]:
    """(value, tolerance) of `3`, `3:0.1` or `2.9..3.1`."""
    if written.strip() == "*":
        return "*", ""
    try:
        if ".." in written:
            low, high = (Decimal(part.strip()) for part in written.split("..", 1))
            middle = (low + high) / 2
            return plain(middle), plain(abs(high - middle))
        value, colon, tolerance = written.partition(":")
        return plain(Decimal(value.strip())), plain(abs(Decimal(tolerance.strip()))) if colon else ""
    except InvalidOperation:
        raise Untaken(_("“{text}” is not a number.").format(text=written.strip()[:60])) from None


def _parts(answers: str, mark: str) -> Iterator[str]:
    """What stands after each mark; what stands before the first counts when it is anything."""
    for part in answers.split(mark):
        if part.strip():
            yield part.strip()


def _answer(part: str, share: float, usual: Format) -> Answer:
    weight = WEIGHT.match(part)
    if weight:
        share, part = float(weight[1]) / 100, part[weight.end() :]
    return _said(part, share, usual)


def _said(part: str, share: float, usual: Format) -> Answer:
    text, mark, said = part.partition("#")
    return Answer(_rich(text, usual), share, _rich(said, usual) if mark else NOTHING)


def _typed(part: str, usual: Format) -> Answer:
    """What learners type has no form, whatever the question is written in."""
    found = _answer(part, 1.0, usual)
    return replace(found, text=Rich(found.text.text, "plain"))


def _rich(text: str, usual: Format) -> Rich:
    text = text.strip()
    match = FORMAT.match(text)
    if match:
        usual, text = match[1], text[match.end() :]  # type: ignore[assignment]  # one of the formats
    return Rich(_shown(text).strip(), usual)


def _hidden(text: str) -> str:
    """Escaped characters as ones that mean nothing."""
    return ESCAPE.sub(lambda match: chr(FIRST + CONTROL.index(match[1])), text)


def _shown(text: str) -> str:
    return text.translate(SHOWN)
