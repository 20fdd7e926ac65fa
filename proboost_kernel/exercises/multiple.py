"""Kind `multiple`: several of several options; the key is which are right, how much each is worth, and how to count."""

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

NAME = "multiple"
PUBLIC = ("options", "shuffle")
NEEDS_SANDBOX = False
DEFAULT_PENALTY = (1.0, 0.5, 0.25, 0.0)
SCORING = ("all", "partial")


@dataclass(frozen=True)
class Multiple:
    """`shares`, `scoring` and `feedback` are private. An item without a share, or with share 0, is a wrong one."""

    options: tuple[Option, ...] = ()
    shuffle: bool = True
    shares: tuple[tuple[str, float], ...] = ()
    scoring: str = "all"
    feedback: tuple[tuple[str, str], ...] = ()


def read(reader: Reader, *, public: bool) -> Multiple:
    written = options.read(reader)
    shuffle = reader.flag("shuffle", True)
    shares: dict[str, float] = {}
    feedback: dict[str, str] = {}
    scoring = "all"
    if not public:
        shares, feedback = options.worth(reader, "answers", written)
        scoring = reader.one_of("scoring", SCORING, "all")
        if written and not reader.problems and not any(shares.values()):
            reader.wrong("answers", "no-answer", _("No option is right: give at least one a share above 0."))
    return Multiple(
        options.ordered(written, shuffle=shuffle),
        shuffle,
        tuple(sorted(shares.items())),
        scoring,
        tuple(sorted(feedback.items())),
    )


def write(spec: Multiple) -> Json:
    written: Json = {"options": options.write(spec.options), "shuffle": spec.shuffle}
    if spec.shares:
        written["answers"] = [answers.written("item", item, share=share) for item, share in spec.shares]
        written["scoring"] = spec.scoring
    if spec.feedback:
        written["feedback"] = dict(spec.feedback)
    return written


def without_private(public: Json) -> Json:
    return {**public, "options": options.public(public["options"])}


def show(public: Json) -> Json:
    return {"options": options.show(public["options"]), "shuffle": public["shuffle"]}


def check(public: Mapping[str, Any], response: Json) -> None:
    items = {option["item"] for option in public["options"]}
    given = response.get("choices")
    if (
        set(response) != {"choices"}
        or not isinstance(given, list)
        or not given
        or not all(isinstance(item, str) and item in items for item in given)
        or len(set(given)) < len(given)
    ):
        raise BadResponse(_("The answer must name some of the options, each once."))


def judge(spec: Multiple, response: Json) -> Judgement:
    """`all`: 1 when just the right ones are ticked. `partial`: (the shares of right ticks - the number of wrong ones) /
    all shares, at least 0. Its words are the author's on what is ticked, in the order of the bundle.
    """
    ticked = set(response["choices"])
    right = {item: share for item, share in spec.shares if share > 0}
    if ticked == right.keys():
        score = 1.0
    elif spec.scoring == "all" or not right:
        score = 0.0
    else:
        earned = sum(share for item, share in right.items() if item in ticked) - len(ticked - right.keys())
        score = min(1.0, max(0.0, plain(round(earned / sum(right.values()), 9))))
    feedback = dict(spec.feedback)
    said = "\n\n".join(feedback[option.item] for option in spec.options if option.item in ticked & feedback.keys())
    return Judgement(float(score), words(said), markdown(said))


def told(spec: Multiple, response: Json) -> str:
    return options.told(spec.options, response["choices"])
