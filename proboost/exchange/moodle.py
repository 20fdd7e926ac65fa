"""Moodle XML: question banks as Moodle writes them. Read with defusedxml; a file with a DTD is refused whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from defusedxml import DefusedXmlException, ElementTree

from proboost.errors import BadInput
from proboost.exchange import cloze, gaps
from proboost.exchange.calculated import Calculation, DataSet
from proboost.exchange.decimals import number, plain
from proboost.exchange.elements import answer_of, flag, pictured, rich_of, text_of
from proboost.exchange.question import Answer, Category, Entry, Format, Question, Rich, Untaken, category_path
from proboost.exchange.rich import words_of
from proboost.i18n import _

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

USUAL_WORDS = re.compile(  # what Moodle itself says with a verdict unless an author writes otherwise
    r"(?:your answer is (?:partially )?(?:in)?correct\.?"
    r"|ваш ответ (?:частично )?(?:не)?(?:верный|правильный)\.?|ваш ответ верен\.?)\Z",
    re.IGNORECASE,
)
COMBINED = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
Fields = dict[str, Any]


class BadBank(BadInput):
    code = "question-bank"


def read(text: str) -> Iterator[Entry]:
    """The categories and questions in order; one that cannot be taken says so in `untaken`. Raises BadBank."""
    try:
        root = ElementTree.fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise BadBank(
            _("This XML declares entities or a document type; Moodle writes none, so it is refused.")
        ) from None
    except ElementTree.ParseError as error:
        line = error.position[0] if getattr(error, "position", None) else 0
        raise BadBank(_("This is not valid XML (line {n}).").format(n=line)) from None
    except (ValueError, RecursionError):
        raise BadBank(_("This is not valid XML (line {n}).").format(n=0)) from None
    if root.tag != "quiz":
        raise BadBank(_("This is not a question bank of Moodle: its first element is not <quiz>."))
    for element in root:
        if element.tag == "question":
            yield _entry(element)


def _entry(element: Element) -> Entry:
    kind = (element.get("type") or "").strip()
    if kind == "category":
        return Category(category_path(text_of(element, "category")), rich_of(element.find("info")))
    common = _common(element, kind)
    try:
        own = _own(element, kind)
    except Untaken as error:
        return Question(kind, **common, untaken=error.reason)
    lost = common.pop("lost") + own.pop("lost", ())
    return Question(kind, **{**common, **own}, lost=lost)


def _common(element: Element, kind: str) -> Fields:
    """What questions of every type have."""
    hints = [rich_of(hint) for hint in element.findall("hint")]
    said = [
        text
        for name in COMBINED
        if not USUAL_WORDS.match(text := words_of(rich_of(element.find(name))).strip()) and text
    ]
    lost = []
    if said:
        message = _("what is said with every verdict has no place here (“{text}”)")
        lost.append(message.format(text=" / ".join(said)[:200]))
    return {
        "name": " ".join(text_of(element, "name").split()),
        "text": pictured(element),
        "explanation": rich_of(element.find("generalfeedback")),
        "hints": tuple(filter(None, hints)),
        "points": "" if kind == "description" else number(text_of(element, "defaultgrade")),
        "penalty": number(text_of(element, "penalty")),
        "id": text_of(element, "idnumber"),
        "tags": tuple(filter(None, (text_of(tag) for tag in element.findall("tags/tag")))),
        "lost": tuple(lost),
    }


def _own(element: Element, kind: str) -> Fields:
    """What questions of this type have. Raises Untaken."""
    reader = READERS.get(kind)
    if reader is None:
        reason = UNTAKEN.get(kind)
        raise Untaken(reason() if reason else _("Questions of the type “{type}” have no place here.").format(type=kind))
    return reader(element)


def _choice(element: Element) -> Fields:
    return {
        "answers": tuple(answer_of(one) for one in element.findall("answer")),
        "single": flag(element, "single", True),
        "shuffle": flag(element, "shuffleanswers", True),
    }


def _all_of_them(element: Element, *, whole: bool) -> Fields:
    """Types of plugins in which an option is just right or wrong."""
    found = _choice(element)
    right = sum(one.share > 0 for one in found["answers"]) or 1
    answers = (replace(one, share=(1 if one.share > 0 else -1) / right) for one in found["answers"])
    return {**found, "answers": tuple(answers), "single": False, "whole": whole}


def _true_false(element: Element) -> Fields:
    found = {text_of(one).strip().lower(): answer_of(one) for one in element.findall("answer")}
    if found.keys() != {"true", "false"}:
        raise Untaken(_("Its answers are not “true” and “false”."))
    return {"answers": (found["true"], found["false"])}


def _short(element: Element) -> Fields:
    answers = tuple(answer_of(one, "plain") for one in element.findall("answer"))
    return {"answers": answers, "case": flag(element, "usecase", False)}


def _numerical(element: Element) -> Fields:
    answers = []
    for one in element.findall("answer"):
        answer = answer_of(one, "plain")
        value = answer.text.text.strip()
        written = "*" if value == "*" else number(value)
        if not written:
            raise Untaken(_("“{text}” is not a number.").format(text=value[:60]))
        tolerance = number(text_of(one, "tolerance")) or "0"
        answers.append(
            Answer(Rich(written, "plain"), answer.share, answer.feedback, "" if written == "*" else tolerance)
        )
    return {"answers": tuple(answers), **_units(element)}


def _units(element: Element) -> Fields:
    """The unit that answers are in; other units and what a wrong one costs have no place here."""
    units = [
        (number(text_of(one, "multiplier")) or "1", text_of(one, "unit_name")) for one in element.findall("units/unit")
    ]
    base = next((name for factor, name in units if factor == "1"), "")
    if units and not base:
        raise Untaken(_("None of its units is the one that its answers are in."))
    lost = []
    if len(units) > 1:
        message = _("answers are expected in “{unit}”; other units are not converted")
        lost.append(message.format(unit=base))
    if units and text_of(element, "unitgradingtype") not in ("", "0") and text_of(element, "showunits") != "3":
        lost.append(_("the unit “{unit}” is shown instead of being asked for").format(unit=base))
    return {"unit": base, **({"lost": tuple(lost)} if lost else {})}


def _matching(element: Element, right: Format | None = "plain") -> Fields:
    pairs = [(rich_of(one), rich_of(one.find("answer"), right)) for one in element.findall("subquestion")]
    return {"pairs": tuple(pairs), "shuffle": flag(element, "shuffleanswers", True)}


def _essay(element: Element) -> Fields:
    files = text_of(element, "attachments") not in ("", "0")
    without_text = text_of(element, "responseformat") == "noinline"
    lost = []
    if files and not without_text:
        lost.append(_("files beside the text are not asked for"))
    return {
        "notes": rich_of(element.find("graderinfo")),
        "template": rich_of(element.find("responsetemplate")),
        "accept": (text_of(element, "filetypeslist") or "*") if files and without_text else "",
        **({"lost": tuple(lost)} if lost else {}),
    }


def _ordering(element: Element) -> Fields:
    lost = []
    if text_of(element, "selecttype") not in ("", "0"):
        lost.append(_("all its lines are shown, not a part of them"))
    answers = tuple(answer_of(one) for one in element.findall("answer"))
    return {"answers": answers, **({"lost": tuple(lost)} if lost else {})}


def _cloze(element: Element) -> Fields:
    rich = pictured(element)
    text, found = cloze.read(rich.text)
    return {"text": Rich(text, rich.format, rich.files), "gaps": found}


def _gaps(element: Element, choices: str) -> Fields:
    rich = pictured(element)
    options = [(words_of(rich_of(one)), text_of(one, "group") or "1") for one in element.findall(choices)]
    text, found, words = gaps.read(rich.text, options)
    return {"text": Rich(text, rich.format, rich.files), "gaps": found, "words": words}


def _calculated(element: Element) -> Fields:
    sets = {}
    for one in element.findall("dataset_definitions/dataset_definition"):
        name, decimals = text_of(one, "name"), text_of(one, "decimals")
        if text_of(one, "distribution") not in ("", "uniform"):
            raise Untaken(_("What “{name}” is drawn from is no range of numbers.").format(name=name))
        digits = int(decimals) if decimals.isdecimal() else 0
        sets[name] = DataSet(name, text_of(one, "minimum"), text_of(one, "maximum"), digits)
    found = Calculation(sets)
    rich = pictured(element)
    text = found.text(rich.text)
    said = rich_of(element.find("generalfeedback"))
    answers = [_computed(one, found) for one in element.findall("answer")]
    return {
        "text": Rich(text, rich.format, rich.files),
        "answers": tuple(answers),
        "explanation": Rich(found.text(said.text), said.format, said.files),
        "params": found.params,
        "generator": found.generator,
        "lost": (*_units(element).get("lost", ()), _("its values are drawn anew, not taken from its list")),
        "unit": _units(element)["unit"],
    }


def _computed(element: Element, found: Calculation) -> Answer:
    answer = answer_of(element, "plain")
    if answer.text.text == "*":
        return answer
    how, length = text_of(element, "correctanswerformat"), text_of(element, "correctanswerlength")
    name = found.value(answer.text.text, how=how, length=length)
    tolerance, kind = (
        number(text_of(element, "tolerance")) or "0",
        text_of(element, "tolerancetype") or "1",
    )
    if kind not in ("1", "2"):
        raise Untaken(_("Its tolerance is a factor, which is not known here."))
    if kind == "1" and tolerance != "0":
        tolerance = f"{plain(Decimal(tolerance) * 100)}%"
    said = Rich(found.text(answer.feedback.text), answer.feedback.format, answer.feedback.files)
    return Answer(Rich(f"{{{{{name}}}}}", "plain"), answer.share, said, tolerance)


def _description(_element: Element) -> Fields:
    return {}


READERS: dict[str, Callable[[Element], Fields]] = {
    "multichoice": _choice,
    "truefalse": _true_false,
    "shortanswer": _short,
    "numerical": _numerical,
    "matching": _matching,
    "match": _matching,
    "ddmatch": partial(_matching, right=None),
    "multichoiceset": partial(_all_of_them, whole=True),
    "oumultiresponse": partial(_all_of_them, whole=False),
    "essay": _essay,
    "ordering": _ordering,
    "cloze": _cloze,
    "multianswer": _cloze,
    "ddwtos": partial(_gaps, choices="dragbox"),
    "gapselect": partial(_gaps, choices="selectoption"),
    "calculated": _calculated,
    "calculatedsimple": _calculated,
    "description": _description,
}
UNTAKEN: dict[str, Callable[[], str]] = {
    "calculatedmulti": lambda: _("Its options are formulas over a set of values, which are not read here."),
    "ddimageortext": lambda: _("Things cannot be dragged onto a picture here."),
    "ddmarker": lambda: _("Markers cannot be dragged onto a picture here."),
    "randomsamatch": lambda: _("It draws its pairs from other questions, which are not in it."),
    "random": lambda: _("It stands for a question drawn from its category; its questions come by themselves."),
    "coderunner": lambda: _("CodeRunner's templates and tests are written for its own server; write it as code."),
    "stack": lambda: _("STACK's questions need a computer algebra system."),
}
