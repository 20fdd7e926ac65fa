"""What came of an import: how much was taken, what was not and why, and what is to be known of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """A question that was not taken: its name as people know it, and a sentence."""

    question: str
    reason: str


@dataclass
class Report:
    lessons: int = 0
    exercises: int = 0
    texts: int = 0  # of questions that ask nothing
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def refuse(self, question: str, reason: str) -> None:
        self.refused.append(Refusal(question, reason))

    def remark(self, sentence: str) -> None:
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def json(self) -> dict[str, Any]:
        """{"lessons", "exercises", "refused": [{"question", "reason"}], "remarks"}: docs/explanation/formats.md."""
        return {
            "lessons": self.lessons,
            "exercises": self.exercises,
            "refused": [{"question": one.question, "reason": one.reason} for one in self.refused],
            "remarks": self.remarks,
        }


@dataclass(frozen=True)
class Made:
    """A course folder that was made, not yet written: path -> bytes. `private` paths are for its owner only."""

    files: Mapping[str, bytes]
    report: Report
    private: frozenset[str] = frozenset()
