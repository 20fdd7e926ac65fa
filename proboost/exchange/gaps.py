"""Texts with words to be put or chosen into them: Moodle's ddwtos and gapselect, with [[1]] for the first word."""

from __future__ import annotations

import re
from collections.abc import Sequence

from proboost.exchange.question import Answer, Gap, Rich, Untaken, mark
from proboost.i18n import _

PLACE = re.compile(r"\[\[(\d{1,3})\]\]")


def read(text: str, options: Sequence[tuple[str, str]]) -> tuple[str, tuple[Gap, ...], tuple[str, ...]]:
    """(the text with `mark(n)`, the gaps, the words to choose among). `options`: (word, group) in their order.

    Where there is one group its words are told once; else each gap has its own `menu`. Raises Untaken.
    """
    groups = {group for _word, group in options}
    gaps: list[Gap] = []

    def gap(match: re.Match[str]) -> str:
        number = int(match[1])
        if not 1 <= number <= len(options):
            raise Untaken(_("Its text asks for word {n}, and there is none.").format(n=number))
        word, group = options[number - 1]
        menu = _sorted(options, group) if len(groups) > 1 else ()
        gaps.append(Gap((Answer(Rich(word, "plain")),), menu))
        return mark(len(gaps))

    shown = PLACE.sub(gap, text)
    if not gaps:
        raise Untaken(_("There is no gap in its text."))
    return shown, tuple(gaps), _sorted(options, next(iter(groups))) if len(groups) == 1 else ()


def _sorted(options: Sequence[tuple[str, str]], group: str) -> tuple[str, ...]:
    """By the alphabet: their order in the file would tell which are right."""
    return tuple(sorted({word for word, other in options if other == group and word}))
