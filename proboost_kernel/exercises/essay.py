"""Kind `essay`: a text that a grader reads, by a rubric that its writer sees too."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises import rubric
from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement, NeedsGrader
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.rubric import Criterion
from proboost_kernel.i18n import _

NAME = "essay"
PUBLIC = ("rubric",)
NEEDS_SANDBOX = False
BY_SUBMISSION = True
DEFAULT_PENALTY = (1.0,)


@dataclass(frozen=True)
class Essay:
    """`notes` are for graders, and private."""

    rubric: tuple[Criterion, ...] = ()
    notes: str = ""


def read(reader: Reader, *, public: bool) -> Essay:
    return Essay(rubric.read(reader), "" if public else reader.text("notes").strip("\n"))


def write(spec: Essay) -> Json:
    written: Json = {"rubric": rubric.write(spec.rubric)}
    return {**written, "notes": spec.notes} if spec.notes else written


def without_private(public: Json) -> Json:
    return {**public, "rubric": rubric.public(public["rubric"])}


def show(public: Json) -> Json:
    return {"rubric": rubric.show(public["rubric"])}


def check(public: Mapping[str, Any], response: Json) -> None:  # noqa: ARG001  # a kind's signature
    if set(response) != {"text"} or not isinstance(response["text"], str) or not response["text"].strip():
        raise BadResponse(_("The answer must be a text."))


def judge(spec: Essay, response: Json) -> Judgement:  # noqa: ARG001  # a kind's signature
    raise NeedsGrader("an essay is read by a grader")


def told(spec: Essay, response: Json) -> str:  # noqa: ARG001  # a kind's signature
    """The text as it was typed: nothing in it is markup."""
    parts = re.split(r"\n\s*\n", response["text"].strip())
    return "".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in parts)
