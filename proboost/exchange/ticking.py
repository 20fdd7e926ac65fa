"""Questions with options as exercises: one or several right ones, weights, true and false."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from proboost.exchange.question import Answer, Untaken
from proboost.exchange.writing import CLOSE, Fields, Writing, long_answer
from proboost.i18n import _


def multichoice(writing: Writing) -> Fields:
    question = writing.question
    if not question.single:
        return _multiple(writing)
    shares = [one.share for one in question.answers]
    if max(shares, default=0) < 1 - CLOSE:
        raise Untaken(_("None of its options is worth the whole points."))
    if min(shares) < -CLOSE:
        writing.lost.append(_("options that cost points cost none: they are worth 0"))
    texts = _options(writing)
    return {
        "kind": "choice",
        "options": texts,
        **({} if question.shuffle else {"shuffle": "no"}),
        "answer": _shares(writing, texts, question.answers),
    }


def _options(writing: Writing) -> list[str]:
    texts = [writing.text(one.text) for one in writing.question.answers]
    if any(not text for text in texts):
        raise Untaken(_("One of its options has no text."))
    twice = [text for text, count in Counter(texts).items() if count > 1]
    if twice:
        raise Untaken(_("Two of its options are the same: “{text}”.").format(text=twice[0][:80]))
    return texts


def _shares(writing: Writing, texts: Sequence[str], answers: Sequence[Answer]) -> Any:
    """Bare where only one text is right and nothing is said, else long."""
    long = [long_answer(writing, {"text": text}, one) for text, one in zip(texts, answers, strict=True)]
    told = [one for one in long if one.get("share") != "0" or "feedback" in one]
    if len(told) == 1 and told[0].keys() == {"text"}:
        return told[0]["text"]
    return told


def _multiple(writing: Writing) -> Fields:
    question = writing.question
    texts = _options(writing)
    shares, exact = ticks([one.share for one in question.answers])
    if not any(shares):
        raise Untaken(_("None of its options is right."))
    if not exact and not question.whole:
        writing.lost.append(_("its weights are counted otherwise: a wrong tick costs as much as a right one earns"))
    answers = []
    for text, one, share in zip(texts, question.answers, shares, strict=True):
        long = long_answer(writing, {"text": text}, one, share)
        if share > 0 or "feedback" in long:
            answers.append(long["text"] if long.keys() == {"text"} else long)
    return {
        "kind": "multiple",
        "options": texts,
        **({} if question.shuffle else {"shuffle": "no"}),
        "answers": answers,
        "scoring": "all" if question.whole else "partial",
    }


def ticks(weights: Sequence[float]) -> tuple[list[float], bool]:
    """(shares of the options so that `partial` counts as the weights do, whether it does so exactly).

    Here a score is (shares of right ticks - number of wrong ones) / all shares; in Moodle it is the sum of weights.
    """
    right = [weight for weight in weights if weight > CLOSE]
    wrong = [weight for weight in weights if weight <= CLOSE]
    if not right:
        return [0.0 for _weight in weights], False
    most = max(right)
    cost = -wrong[0] if wrong else most
    exact = (
        abs(sum(right) - 1) < 100 * CLOSE
        and all(abs(weight + cost) < CLOSE for weight in wrong)
        and cost > CLOSE
        and most <= cost + CLOSE
    )
    unit = cost if exact else most
    return [min(1.0, weight / unit) if weight > CLOSE else 0.0 for weight in weights], exact


def true_false(writing: Writing) -> Fields:
    texts = [_("True"), _("False")]
    return {
        "kind": "choice",
        "options": texts,
        "shuffle": "no",
        "answer": _shares(writing, texts, writing.question.answers),
    }
