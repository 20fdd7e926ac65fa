"""Kind `choice`: one of several options; the key is the right option, with shares and words for near misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises import answers, options
from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement
from proboost_kernel.exercises.fields import Reader, plain
from proboost_kernel.exercises.options import Option
from proboost_kernel.exercises.prose import markdown, words
from proboost_kernel.i18n import _

NAME = "choice"
PUBLIC = ("options", "shuffle")
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0, 0.5, 0.25, 0.0)


@dataclass(frozen=True)
class Choice:
    """`shares` and `feedback` are private and keyed by item; an item without a share is worth nothing."""

    options: tuple[Option, ...] = ()
    shuffle: bool = True
    shares: tuple[tuple[str, float], ...] = ()
    feedback: tuple[tuple[str, str], ...] = ()


def read(reader: Reader, *, public: bool) -> Choice:
    written = options.read(reader)
    shuffle = reader.flag("shuffle", True)
    shares: dict[str, float] = {}
    feedback: dict[str, str] = {}
    if not public:
        shares, feedback = options.worth(reader, "answer", written)
        if written:
            answers.complete(reader, "answer", shares.values())
    return Choice(
        options.ordered(written, shuffle=shuffle),
        shuffle,
        tuple(sorted(shares.items())),
        tuple(sorted(feedback.items())),
    )


def write(spec: Choice) -> Json:
    written: Json = {"options": options.write(spec.options), "shuffle": spec.shuffle}
    if spec.shares:
        written["answer"] = [{"item": item, "share": plain(share)} for item, share in spec.shares]
    if spec.feedback:
        written["feedback"] = dict(spec.feedback)
    return written


def without_private(public: Json) -> Json:
    return {**public, "options": options.public(public["options"])}


def show(public: Json) -> Json:
    return {"options": options.show(public["options"]), "shuffle": public["shuffle"]}


def check(public: Mapping[str, Any], response: Json) -> None:
    items = {option["item"] for option in public["options"]}
    if set(response) != {"choice"} or not isinstance(response["choice"], str) or response["choice"] not in items:
        raise BadResponse(_("The answer must name one of the options."))


def judge(spec: Choice, response: Json) -> Judgement:
    chosen = response["choice"]
    said = dict(spec.feedback).get(chosen, "")
    return Judgement(dict(spec.shares).get(chosen, 0.0), words(said), markdown(said))


def told(spec: Choice, response: Json) -> str:
    return options.told(spec.options, [response["choice"]])
