"""Questions from elsewhere as exercises: the fields of each kind, and in words what of a question is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from proboost.exchange.question import Answer, Gap, Question, Rich, Untaken, mark
from proboost.exchange.rich import escaped, words_of
from proboost.exchange.shelf import Shelf
from proboost.exchange.ticking import multichoice, true_false
from proboost.exchange.writing import CLOSE, Fields, Writing, long_answer
from proboost.i18n import _

QUOTED = re.compile(r"[!-/:-@\[-`{-~]")  # RE2 takes a backslash before marks of ASCII only
LONG = 200  # characters of a half that no longer is a YAML key with grace


def fields(question: Question, shelf: Shelf) -> tuple[Fields, list[str]]:
    """(the fields of its exercise, in the order in which authors write them, what of it is lost). Raises Untaken."""
    if question.untaken:
        raise Untaken(question.untaken)
    write = KINDS.get(question.kind)
    if write is None:
        raise Untaken(_("Questions of the type “{type}” have no place here.").format(type=question.kind))
    writing = Writing(question, shelf, list(question.lost))
    own = write(writing)
    found: Fields = {"kind": own.pop("kind")}
    if question.points not in ("", "1"):
        found["points"] = question.points
    if question.name:
        found["title"] = question.name[:300]
    prompt = own.pop("prompt", None)
    prompt = writing.text(question.text) if prompt is None else prompt
    if prompt:
        found["prompt"] = prompt
    found |= own
    hints = [hint for rich in question.hints if (hint := writing.text(rich))]
    if hints:
        found["hints"] = hints[:20]
    penalty = question.penalty or ("1" if question.kind == "truefalse" else "")  # of two options the other one is left
    if penalty and found["kind"] not in ("essay", "upload"):
        found["penalty"] = _penalty(float(penalty))
    explanation = writing.text(question.explanation)
    if explanation:
        found["explanation"] = explanation
    return found, [*writing.lost, *shelf.lost]


def _penalty(each: float) -> list[str]:
    """Factors of attempts of which every wrong one costs `each` of the points."""
    factors = [1.0]
    while each > 0 and factors[-1] > 0 and len(factors) < 20:
        factors.append(max(0.0, round(1 - each * len(factors), 4)))
        if factors[-1] < 1e-3:
            factors[-1] = 0.0
    return [f"{factor:g}" for factor in factors]


# -- typed answers


def _short(writing: Writing) -> Fields:
    answers = [found for one in writing.question.answers if (found := _typed(writing, one)) is not None]
    if not answers:
        raise Untaken(_("It has no answer."))
    return {"kind": "text", "answers": answers, **({"case": "yes"} if writing.question.case else {})}


def _typed(writing: Writing, answer: Answer) -> Any:
    """A text or a pattern, bare or long; None for what is worth nothing and says nothing."""
    text = pattern(words_of(answer.text))
    if not text:
        return None
    long = long_answer(writing, {"text": text}, answer)
    if long.get("share") == "0" and "feedback" not in long:
        return None
    return text if long.keys() == {"text"} else long


def pattern(text: str) -> str:
    """Moodle's `*` is anything, `\\*` a star. A text with the former, or one that looks like a pattern, becomes one."""
    parts = [part.replace("\0", "*") for part in text.strip().replace("\\*", "\0").split("*")]
    if len(parts) == 1 and not (len(parts[0]) > 2 and parts[0].startswith("/") and parts[0].endswith("/")):
        return parts[0]
    return "/" + ".*".join(QUOTED.sub(r"\\\g<0>", part) for part in parts) + "/"


def _numerical(writing: Writing) -> Fields:
    answers = []
    for one in writing.question.answers:
        if one.text.text != "*":
            answers.append(_number(writing, one))
        elif one.share > CLOSE:
            raise Untaken(_("Any number at all counts as an answer."))
        elif one.feedback:
            writing.lost.append(_said_of_the_rest(one))
    if not answers:
        raise Untaken(_("It has no answer."))
    only = answers[0]
    bare = {"answer": only["value"], **({"tolerance": only["tolerance"]} if "tolerance" in only else {})}
    simple = len(answers) == 1 and only.keys() <= {"value", "tolerance"}
    unit = {"unit": writing.question.unit} if writing.question.unit else {}
    own: Fields = {"params": dict(writing.question.params)} if writing.question.params else {}
    own |= {"generator": writing.question.generator} if writing.question.generator else {}
    return {"kind": "number", **unit, **(bare if simple else {"answer": answers}), **own}


def _number(writing: Writing, answer: Answer) -> Fields:
    start = {"value": answer.text.text}
    if answer.tolerance not in ("", "0"):
        start["tolerance"] = answer.tolerance
    return long_answer(writing, start, answer)


def _said_of_the_rest(answer: Answer) -> str:
    message = _("what is said of all other answers has no place here (“{text}”)")
    return message.format(text=words_of(answer.feedback)[:200])


# -- texts with gaps


def _gaps(writing: Writing) -> Fields:
    question = writing.question
    text = writing.text(question.text).replace("{{", "{ {")
    answers: dict[str, list[Any]] = {}
    for number, gap in enumerate(question.gaps, 1):
        name = f"b{number}"
        if text.count(mark(number)) != 1:
            raise Untaken(_("One of its gaps stands where no field can be, in the address of a link or a picture."))
        menu = f" ({' / '.join(escaped(option) for option in gap.menu)})" if gap.menu else ""
        text = text.replace(mark(number), f"{{{{{name}}}}}{menu}")
        answers[name] = [found for one in gap.answers if (found := _filled(writing, gap, one)) is not None]
    if any(gap.menu for gap in question.gaps) or question.words:
        writing.lost.append(_("words that were chosen are typed here; they are listed in the text"))
    if len({gap.weight for gap in question.gaps}) > 1:
        writing.lost.append(_("its gaps had weights of their own; here each counts the same"))
    case = any(gap.case for gap in question.gaps)
    if case and not all(gap.case or gap.numeric for gap in question.gaps):
        writing.lost.append(_("capitals matter in all of its gaps, not in some"))
    if question.words:
        listed = ", ".join(escaped(word) for word in question.words)
        text += "\n\n" + _("Words: {words}").format(words=listed)
    return {"kind": "blanks", "prompt": "", "text": text, "answers": answers, **({"case": "yes"} if case else {})}


def _filled(writing: Writing, gap: Gap, answer: Answer) -> Any:
    if not gap.numeric:
        if gap.menu:  # no star in it means anything
            answer = Answer(Rich(answer.text.text.replace("*", "\\*"), "plain"), answer.share, answer.feedback)
        return _typed(writing, answer)
    if answer.text.text == "*":
        if answer.share > CLOSE:
            raise Untaken(_("Any number at all counts as an answer."))
        return None if not answer.feedback else long_answer(writing, {"text": "/.*/"}, answer)
    return _number(writing, answer)


# -- the rest


def _matching(writing: Writing) -> Fields:
    pairs = [(writing.text(left), writing.text(right)) for left, right in writing.question.pairs]
    taken = [(left, right) for left, right in pairs if left]
    spare = list(dict.fromkeys(right for left, right in pairs if not left and right))
    lefts = [left for left, _right in taken]
    if len(set(lefts)) < len(lefts):
        raise Untaken(_("One of its left halves stands there twice."))
    rights = list(dict.fromkeys([*(right for _left, right in taken), *spare]))
    if any(len(left) > LONG or "\n" in left or left.startswith("#") for left in lefts):
        listed = {f"#{place}": f"#{rights.index(right) + 1}" for place, (_left, right) in enumerate(taken, 1)}
        return {"kind": "match", "left": lefts, "right": rights, "pairs": listed}
    spare = [right for right in spare if right not in dict(taken).values()]
    return {"kind": "match", "pairs": dict(taken), **({"distractors": spare} if spare else {})}


def _ordering(writing: Writing) -> Fields:
    return {
        "kind": "order",
        "lines": [writing.text(one.text) for one in writing.question.answers],
        "scoring": "partial",
    }


def _essay(writing: Writing) -> Fields:
    question = writing.question
    if question.template:
        message = _("the text that answers began with is not taken (“{text}”)")
        writing.lost.append(message.format(text=words_of(question.template)[:200]))
    notes = writing.text(question.notes)
    noted = {"notes": notes} if notes else {}
    if not question.accept:
        return {"kind": "essay", **noted}
    given = re.findall(r"[^\s,;]+", question.accept.lower())
    endings = [one for one in given if re.fullmatch(r"\.[a-z0-9]{1,10}", one)]
    other = [one for one in given if one not in endings and one != "*"]
    if other:
        writing.lost.append(_("files of any type are taken, not only {types}").format(types=", ".join(given)))
    return {"kind": "upload", **({"accept": endings} if endings and not other else {}), **noted}


KINDS: dict[str, Callable[[Writing], Fields]] = {
    "multichoice": multichoice,
    "multichoiceset": multichoice,
    "oumultiresponse": multichoice,
    "truefalse": true_false,
    "shortanswer": _short,
    "numerical": _numerical,
    "calculated": _numerical,
    "calculatedsimple": _numerical,
    "matching": _matching,
    "match": _matching,
    "ddmatch": _matching,
    "ordering": _ordering,
    "essay": _essay,
    "cloze": _gaps,
    "multianswer": _gaps,
    "ddwtos": _gaps,
    "gapselect": _gaps,
}
