"""Kind `text`: a few words to be typed; the key is which words or patterns are right, and how exactly."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises import accepted
from proboost_kernel.exercises.accepted import MAX_TYPED, Accepted
from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.i18n import _

NAME = "text"
PUBLIC = ()
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0,)


@dataclass(frozen=True)
class Words:
    """All of it is private. `case`: capitals matter; `strict`: ё is not е."""

    answers: tuple[Accepted, ...] = ()
    case: bool = False
    strict: bool = False


def read(reader: Reader, *, public: bool) -> Words:
    if public:
        return Words()
    return Words(accepted.texts(reader, "answers"), reader.flag("case", False), reader.flag("strict", False))


def write(spec: Words) -> Json:
    if not spec.answers:
        return {}
    return {"answers": accepted.write(spec.answers), "case": spec.case, "strict": spec.strict}


def show(public: Json) -> Json:  # noqa: ARG001  # a kind's signature
    return {}


def check(public: Mapping[str, Any], response: Json) -> None:  # noqa: ARG001  # a kind's signature
    given = response.get("text")
    if set(response) != {"text"} or not isinstance(given, str) or not given.strip() or len(given) > MAX_TYPED:
        raise BadResponse(_("The answer must be a text of at most {n} characters.").format(n=MAX_TYPED))


def judge(spec: Words, response: Json) -> Judgement:
    return accepted.judge(spec.answers, response["text"], case=spec.case, strict=spec.strict)


def told(spec: Words, response: Json) -> str:  # noqa: ARG001  # a kind's signature
    return html.escape(response["text"])
