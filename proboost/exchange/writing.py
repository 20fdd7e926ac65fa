"""One question being written as an exercise: where its files go, what is lost, how its answers are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proboost.exchange.question import Answer, Question, Rich
from proboost.exchange.rich import markdown_of
from proboost.exchange.shelf import Shelf

Fields = dict[str, Any]
CLOSE = 1e-4  # of weights: Moodle writes a third as 33.33333


@dataclass
class Writing:
    """One question on its way: where its files go, and what is lost."""

    question: Question
    shelf: Shelf
    lost: list[str] = field(default_factory=list)

    def text(self, rich: Rich) -> str:
        return markdown_of(rich, self.shelf)


def long_answer(writing: Writing, start: Fields, answer: Answer, share: float | None = None) -> Fields:
    """An answer written long; a share of 1 and what is empty are left out."""
    worth = min(1.0, max(0.0, answer.share if share is None else share))
    found = dict(start)
    if abs(worth - 1) > CLOSE:
        found["share"] = f"{round(worth, 6):g}"
    said = writing.text(answer.feedback)
    if said:
        found["feedback"] = said
    return found
