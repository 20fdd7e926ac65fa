"""Moodle XML: question banks as Moodle writes them. Read with defusedxml; a file with a DTD is refused whole."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from defusedxml import DefusedXmlException, ElementTree

from proboost.errors import BadInput
from proboost.exchange import cloze, gaps
from proboost.exchange.calculated import Calculation, DataSet
from proboost.exchange.decimals import number, plain
from proboost.exchange.question import NOTHING, Answer, Category, Entry, Format, Question, Rich, Untaken, category_path
from proboost.exchange.rich import words_of
from proboost.i18n import _

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMATS: dict[str, Format] = {
    "html": "html",
    "moodle_auto_format": "moodle",
    "plain_text": "plain",
    "markdown": "markdown",
    "0": "moodle",
    "1": "html",
    "2": "plain",
    "4": "markdown",
}
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
        return Category(category_path(_text(element, "category")), _rich(element.find("info")))
    common = _common(element, kind)
    try:
        own = _own(element, kind)
    except Untaken as error:
        return Question(kind, **common, untaken=error.reason)
    lost = common.pop("lost") + own.pop("lost", ())
    return Question(kind, **{**common, **own}, lost=lost)


def _common(element: Element, kind: str) -> Fields:
    """What questions of every type have."""
    hints = [_rich(hint) for hint in element.findall("hint")]
    said = [
        text for name in COMBINED if not USUAL_WORDS.match(text := words_of(_rich(element.find(name))).strip()) and text
    ]
    lost = []
    if said:
        message = _("what is said with every verdict has no place here (“{text}”)")
        lost.append(message.format(text=" / ".join(said)[:200]))
    return {
        "name": " ".join(_text(element, "name").split()),
        "text": _rich(element.find("questiontext")),
        "explanation": _rich(element.find("generalfeedback")),
        "hints": tuple(filter(None, hints)),
        "points": "" if kind == "description" else number(_text(element, "defaultgrade")),
        "penalty": number(_text(element, "penalty")),
        "id": _text(element, "idnumber"),
        "tags": tuple(filter(None, (_text(tag) for tag in element.findall("tags/tag")))),
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
        "answers": tuple(_answer(one) for one in element.findall("answer")),
        "single": _flag(element, "single", True),
        "shuffle": _flag(element, "shuffleanswers", True),
    }


def _true_false(element: Element) -> Fields:
    found = {_text(one).strip().lower(): _answer(one) for one in element.findall("answer")}
    if found.keys() != {"true", "false"}:
        raise Untaken(_("Its answers are not “true” and “false”."))
    return {"answers": (found["true"], found["false"])}


def _short(element: Element) -> Fields:
    answers = tuple(_answer(one, "plain") for one in element.findall("answer"))
    return {"answers": answers, "case": _flag(element, "usecase", False)}


def _numerical(element: Element) -> Fields:
    answers = []
    for one in element.findall("answer"):
        answer = _answer(one, "plain")
        value = answer.text.text.strip()
        written = "*" if value == "*" else number(value)
        if not written:
            raise Untaken(_("“{text}” is not a number.").format(text=value[:60]))
        tolerance = number(_text(one, "tolerance")) or "0"
        answers.append(
            Answer(Rich(written, "plain"), answer.share, answer.feedback, "" if written == "*" else tolerance)
        )
    return {"answers": tuple(answers), **_units(element)}


def _units(element: Element) -> Fields:
    """The unit that answers are in; other units and what a wrong one costs have no place here."""
    units = [
        (number(_text(one, "multiplier")) or "1", _text(one, "unit_name")) for one in element.findall("units/unit")
    ]
    base = next((name for factor, name in units if factor == "1"), "")
    if units and not base:
        raise Untaken(_("None of its units is the one that its answers are in."))
    lost = []
    if len(units) > 1:
        message = _("answers are expected in “{unit}”; other units are not converted")
        lost.append(message.format(unit=base))
    if units and _text(element, "unitgradingtype") not in ("", "0") and _text(element, "showunits") != "3":
        lost.append(_("the unit “{unit}” is shown instead of being asked for").format(unit=base))
    return {"unit": base, **({"lost": tuple(lost)} if lost else {})}


def _matching(element: Element) -> Fields:
    pairs = [(_rich(one), _rich(one.find("answer"), "plain")) for one in element.findall("subquestion")]
    return {"pairs": tuple(pairs), "shuffle": _flag(element, "shuffleanswers", True)}


def _essay(element: Element) -> Fields:
    files = _text(element, "attachments") not in ("", "0")
    without_text = _text(element, "responseformat") == "noinline"
    lost = []
    if files and not without_text:
        lost.append(_("files beside the text are not asked for"))
    return {
        "notes": _rich(element.find("graderinfo")),
        "template": _rich(element.find("responsetemplate")),
        "accept": (_text(element, "filetypeslist") or "*") if files and without_text else "",
        **({"lost": tuple(lost)} if lost else {}),
    }


def _ordering(element: Element) -> Fields:
    lost = []
    if _text(element, "selecttype") not in ("", "0"):
        lost.append(_("all its lines are shown, not a part of them"))
    answers = tuple(_answer(one) for one in element.findall("answer"))
    return {"answers": answers, **({"lost": tuple(lost)} if lost else {})}


def _cloze(element: Element) -> Fields:
    rich = _rich(element.find("questiontext"))
    text, found = cloze.read(rich.text)
    return {"text": Rich(text, rich.format, rich.files), "gaps": found}


def _gaps(element: Element, choices: str) -> Fields:
    rich = _rich(element.find("questiontext"))
    options = [(words_of(_rich(one)), _text(one, "group") or "1") for one in element.findall(choices)]
    text, found, words = gaps.read(rich.text, options)
    return {"text": Rich(text, rich.format, rich.files), "gaps": found, "words": words}


def _calculated(element: Element) -> Fields:
    sets = {}
    for one in element.findall("dataset_definitions/dataset_definition"):
        name, decimals = _text(one, "name"), _text(one, "decimals")
        if _text(one, "distribution") not in ("", "uniform"):
            raise Untaken(_("What “{name}” is drawn from is no range of numbers.").format(name=name))
        digits = int(decimals) if decimals.isdecimal() else 0
        sets[name] = DataSet(name, _text(one, "minimum"), _text(one, "maximum"), digits)
    found = Calculation(sets)
    rich = _rich(element.find("questiontext"))
    text = found.text(rich.text)
    answers = [_computed(one, found) for one in element.findall("answer")]
    return {
        "text": Rich(text, rich.format, rich.files),
        "answers": tuple(answers),
        "params": found.params,
        "generator": found.generator,
        "lost": (*_units(element).get("lost", ()), _("its values are drawn anew, not taken from its list")),
        "unit": _units(element)["unit"],
    }


def _computed(element: Element, found: Calculation) -> Answer:
    answer = _answer(element, "plain")
    if answer.text.text == "*":
        return answer
    how, length = _text(element, "correctanswerformat"), _text(element, "correctanswerlength")
    name = found.value(answer.text.text, how=how, length=length)
    tolerance, kind = number(_text(element, "tolerance")) or "0", _text(element, "tolerancetype") or "1"
    if kind not in ("1", "2"):
        raise Untaken(_("Its tolerance is a factor, which is not known here."))
    if kind == "1" and tolerance != "0":
        tolerance = f"{plain(Decimal(tolerance) * 100)}%"
    return Answer(Rich(f"{{{{{name}}}}}", "plain"), answer.share, answer.feedback, tolerance)


def _description(_element: Element) -> Fields:
    return {}


READERS: dict[str, Callable[[Element], Fields]] = {
    "multichoice": _choice,
    "truefalse": _true_false,
    "shortanswer": _short,
    "numerical": _numerical,
    "matching": _matching,
    "match": _matching,
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
    "ddmatch": lambda: _("Pairs whose right halves hold form are not read here; make it a matching question."),
    "randomsamatch": lambda: _("It draws its pairs from other questions, which are not in it."),
    "random": lambda: _("It stands for a question drawn from its category; its questions come by themselves."),
    "coderunner": lambda: _("CodeRunner's templates and tests are written for its own server; write it as code."),
    "stack": lambda: _("STACK's questions need a computer algebra system."),
}


def _answer(element: Element, usual: Format | None = None) -> Answer:
    try:
        share = float(element.get("fraction") or 0) / 100
    except ValueError:
        raise Untaken(_("A weight of its answers is not a number.")) from None
    if not -10 <= share <= 10:
        raise Untaken(_("A weight of its answers is not a number."))
    return Answer(_rich(element, usual), share, _rich(element.find("feedback")))


def _rich(element: Element | None, usual: Format | None = None) -> Rich:
    """The text of an element in its format, with the files that lie in it."""
    if element is None:
        return NOTHING
    format_ = usual or FORMATS.get((element.get("format") or "html").strip(), "html")
    return Rich(_text(element), format_, dict(_files(element)))


def _files(element: Element) -> Iterator[tuple[str, bytes]]:
    for file in element.findall("file"):
        name = (file.get("path") or "/").strip("/")
        name = f"{name}/{file.get('name')}" if name else file.get("name") or ""
        if (file.get("encoding") or "base64") != "base64" or not name:
            continue
        try:
            yield name, base64.b64decode("".join((file.text or "").split()), validate=True)
        except (binascii.Error, ValueError):
            continue  # the text that shows it says that it is not there


def _text(element: Element, name: str = "") -> str:
    """What stands in the element, or in its child of that name: in a <text>, or bare."""
    found = element.find(name) if name else element
    if found is None:
        return ""
    inner = found.find("text")
    return ((inner.text if inner is not None else found.text) or "").strip()


def _flag(element: Element, name: str, usual: bool) -> bool:
    text = _text(element, name).lower()
    return usual if not text else text in ("1", "true")
