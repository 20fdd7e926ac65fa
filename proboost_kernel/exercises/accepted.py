"""What a typed answer is held against: texts, patterns and numbers, each with its share and its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proboost_kernel.exercises import answers, numeric, wording
from proboost_kernel.exercises.answers import Written
from proboost_kernel.exercises.exercise import Json, Judgement
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.i18n import _

MAX_TYPED = 2000  # characters of one typed answer


@dataclass(frozen=True)
class Accepted:
    """One answer of an author. `kind` is "text" (or a pattern) or "value"; `tolerance` is of the latter, as written."""

    kind: str
    text: str
    tolerance: str = ""
    share: float = 1.0
    feedback: str = ""


def texts(reader: Reader, name: str) -> tuple[Accepted, ...]:
    """Answers in words; long ones may be numbers too (`value`), with a tolerance."""
    return _complete(
        reader, name, [_one(one) for one in answers.read(reader, name, said=("text", "value"), tolerance=True)]
    )


def numbers(reader: Reader, name: str, tolerance: str) -> tuple[Accepted, ...]:
    """Answers in numbers; `tolerance` goes for those that have none of their own."""
    found = answers.read(reader, name, said=("value", "text"), tolerance=True)
    return _complete(reader, name, [_value(one, one.tolerance or tolerance) for one in found])


def tolerance(reader: Reader, name: str = "tolerance") -> str:
    """The tolerance of a whole exercise; empty when there is none."""
    text = reader.text(name, limit=60).strip()
    _check_tolerance(reader, name, text, None)
    return text


def _complete(reader: Reader, name: str, found: list[Accepted]) -> tuple[Accepted, ...]:
    answers.complete(reader, name, (one.share for one in found))
    return tuple(found)


def _one(one: Written) -> Accepted:
    if one.said == "value":
        return _value(one, one.tolerance)
    if one.tolerance:
        one.reader.wrong("tolerance", "tolerance", _("A text has no tolerance; write the number as “value”."))
    text = one.text.strip()
    if not text:
        one.reader.wrong(one.field, "empty", _("An answer has no text."), one.line)
    elif len(text) > MAX_TYPED:
        one.reader.wrong(
            one.field, "too-long", _("The text is longer than {n} characters.").format(n=MAX_TYPED), one.line
        )
    elif wording.is_pattern(text) and not one.reader.is_template(text) and (reason := wording.wrong_pattern(text)):
        message = _("This pattern cannot be used: {reason}.").format(reason=reason)
        one.reader.wrong(one.field, "pattern", message, one.line)
    return Accepted("text", text, "", one.share, one.feedback)


def _value(one: Written, tolerance: str) -> Accepted:
    text = one.text.strip()
    if not one.reader.is_template(text) and numeric.number(text) is None:
        message = _("A number is expected here, of at most {n} digits.").format(n=numeric.MAX_DIGITS)
        one.reader.wrong(one.field, "number", message, one.line)
    if one.tolerance:
        _check_tolerance(one.reader, "tolerance", one.tolerance, None)
    return Accepted("value", text, tolerance, one.share, one.feedback)


def _check_tolerance(reader: Reader, name: str, text: str, line: int | None) -> None:
    if text and not reader.is_template(text) and numeric.allowance(text) is None:
        message = _("A tolerance is a number (0.5) or a share of the answer (2%), not below 0.")
        reader.wrong(name, "tolerance", message, line)


def write(accepted: Iterable[Accepted]) -> list[Json]:
    return [
        answers.written(one.kind, one.text, share=one.share, feedback=one.feedback, tolerance=one.tolerance)
        for one in accepted
    ]


def judge(
    accepted: Iterable[Accepted], given: str, *, case: bool = False, strict: bool = False, unit: str = ""
) -> Judgement:
    """The best of what `given` matches. Raises wording.NoPatterns where a pattern cannot be tried."""
    return answers.judgement(
        (one.share, one.feedback) for one in accepted if _matches(one, given, case=case, strict=strict, unit=unit)
    )


def _matches(one: Accepted, given: str, *, case: bool, strict: bool, unit: str) -> bool:
    if one.kind == "text":
        return wording.matches(one.text, given, case=case, strict=strict)
    wanted, said = numeric.number(one.text), numeric.number(given, unit)
    return wanted is not None and said is not None and numeric.near(said, wanted, one.tolerance)
