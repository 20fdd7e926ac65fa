"""Moodle's cloze questions: codes like {1:SHORTANSWER:=Rome#yes~%50%Milan} in a text, as gaps in it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from proboost.exchange.decimals import plain
from proboost.exchange.question import NOTHING, Answer, Gap, Rich, Untaken, mark
from proboost.exchange.rich import words_of
from proboost.i18n import _

START = re.compile(r"\{(?P<weight>\d{0,4}):(?P<kind>[A-Z_]{2,20}):")
TOKEN = re.compile(r"\\(?P<escaped>[\s\S])|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,31});)|(?P<sign>[~#}])")
WEIGHT = re.compile(r"\s*(?:(?P<right>=)|%(?P<percent>-?\d{1,3}(?:[.,]\d*)?)%)")
SHORT = frozenset({"SHORTANSWER", "SA", "MW"})
SHORT_CASE = frozenset({"SHORTANSWER_C", "SAC", "MWC"})
NUMBER = frozenset({"NUMERICAL", "NM"})
MENU = re.compile(r"(?:MULTICHOICE(?:_(?:V|H|S|VS|HS))?|MC(?:V|H|S|VS|HS)?)\Z")
SEVERAL = re.compile(r"(?:MULTIRESPONSE(?:_(?:H|S|HS))?|MR(?:H|S|HS)?)\Z")


def read(text: str) -> tuple[str, tuple[Gap, ...]]:
    """(the text with `mark(n)` for each code, the gaps in order). Raises Untaken."""
    pieces: list[str] = []
    gaps: list[Gap] = []
    end = 0
    while start := START.search(text, end):
        answers, after = _answers(text, start.end())
        gaps.append(_gap(start["kind"], float(start["weight"] or 1), answers))
        pieces += [text[end : start.start()], mark(len(gaps))]
        end = after
    if not gaps:
        raise Untaken(_("There is no gap in its text."))
    return "".join([*pieces, text[end:]]), tuple(gaps)


def _answers(text: str, start: int) -> tuple[list[tuple[str, str]], int]:
    """[(answer, feedback)] of the code whose answers begin here, and where it ends."""
    found: list[list[str]] = [[""]]
    place = start
    while match := TOKEN.search(text, place):
        found[-1][-1] += text[place : match.start()]
        place = match.end()
        if match["sign"] == "}":
            return [(one[0], one[1] if len(one) > 1 else "") for one in found], place
        if match["sign"] == "~":
            found.append([""])
        elif match["sign"] == "#" and len(found[-1]) == 1:
            found[-1].append("")
        else:
            found[-1][-1] += match["escaped"] or match["entity"] or "#"
    raise Untaken(_("A gap in its text is not closed."))


def _gap(kind: str, weight: float, written: list[tuple[str, str]]) -> Gap:
    menu = bool(MENU.match(kind))
    if SEVERAL.match(kind):
        raise Untaken(_("One of its gaps is a list in which several are chosen; there are none in texts here."))
    if not menu and kind not in SHORT | SHORT_CASE | NUMBER:
        raise Untaken(_("A gap of the type “{type}” is not known here.").format(type=kind))
    answers = [_answer(text, said) for text, said in written if text.strip()]
    if kind in NUMBER:
        answers = [_number(answer) for answer in answers]
    if not answers:
        raise Untaken(_("One of its gaps has no answer."))
    options = sorted({answer.text.text for answer in answers}) if menu else ()
    return Gap(tuple(answers), tuple(options), kind in NUMBER, kind in SHORT_CASE, weight)


def _answer(text: str, said: str) -> Answer:
    weight = WEIGHT.match(text)
    share = 0.0
    if weight:
        share = 1.0 if weight["right"] else float(weight["percent"].replace(",", ".")) / 100
        text = text[weight.end() :]
    feedback = Rich(said.strip(), "html") if said.strip() else NOTHING
    return Answer(Rich(words_of(Rich(text, "html")), "plain"), share, feedback)


def _number(answer: Answer) -> Answer:
    value, _colon, tolerance = answer.text.text.partition(":")
    if value.strip() == "*":
        return answer
    try:
        shown = plain(Decimal(value.strip().replace(",", ".")))
        allowed = plain(abs(Decimal(tolerance.strip().replace(",", ".") or 0)))
    except InvalidOperation:
        raise Untaken(_("“{text}” is not a number.").format(text=answer.text.text[:60])) from None
    return Answer(Rich(shown, "plain"), answer.share, answer.feedback, allowed)
