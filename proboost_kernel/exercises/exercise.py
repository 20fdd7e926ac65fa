"""What an exercise of any kind is: its common fields, and what a kind must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.params import Params

Json = dict[str, Any]  # JSON objects: public parts, keys, responses; checked where they enter


@dataclass(frozen=True)
class Common:
    """Fields of every kind. `attempts` and `penalty` are None when the course's policy decides."""

    points: float = 1
    title: str = ""
    prompt: str = ""
    hints: tuple[str, ...] = ()
    required: bool = True
    attempts: int | None = None
    penalty: tuple[float, ...] | None = None
    explanation: str = ""  # private
    was: str = ""  # private: `lesson#id` before it was moved or renamed


@dataclass(frozen=True)
class Exercise:
    """One exercise. From a learner's bundle it has `ref` and `hash`, and no private field."""

    id: str
    kind: str
    common: Common
    spec: Any  # the kind's own frozen dataclass
    ref: str = ""
    hash: str = ""
    params: Params = field(default_factory=Params)  # private
    varies: bool = False  # each learner has values of their own
    hosts: tuple[str, ...] = ()  # of a learner's copy: where else its media may come from

    @property
    def is_public(self) -> bool:
        return bool(self.hash)

    @property
    def points(self) -> float:
        return self.common.points

    @property
    def title(self) -> str:
        return self.common.title

    @property
    def explanation(self) -> str:
        """Markdown; `explanation_html` of the package is what people are shown."""
        return self.common.explanation


@dataclass(frozen=True)
class Judgement:
    """What an answer is worth: score 0..1; the author's words on it as plain text and as sanitised HTML."""

    score: float
    message: str = ""
    feedback: str = ""


class BadResponse(ValueError):
    """A response whose shape no front end of ours sends; the sentence is for a developer and translated anyway."""


class NeedsSandbox(TypeError):
    """Asked to judge in this process what only a sandbox may run."""


class NeedsGrader(TypeError):
    """Asked to judge what only a person may."""


class Kind(Protocol):
    """One module a kind. PUBLIC is the allow-list: what is not named there never leaves the platform.

    What a kind may have besides: BY_SUBMISSION = True when it counts by the lesson's last submission, not by its
    attempts; `without_private(public)`, which cleans its part of what PUBLIC lets through, as of authors' comments;
    `told(spec, response)`, a checked response as safe HTML for a grader where it is not shown as it was sent;
    `own_holes(spec)`, the names of holes in its texts that are no variant's.
    """

    NAME: str
    PUBLIC: tuple[str, ...]
    NEEDS_SANDBOX: bool
    DEFAULT_PENALTY: tuple[float, ...]

    def read(self, reader: Reader, *, public: bool) -> Any:
        """The kind's spec; problems go to the reader. `public`: a learner's cell, which has no private field."""

    def write(self, spec: Any) -> Json:
        """Every field of the spec as JSON that `read` takes back; public ones under their names in PUBLIC."""

    def show(self, public: Json) -> Json:
        """The kind's part of the view: Markdown turned into HTML."""

    def check(self, public: Mapping[str, Any], response: Json) -> None:
        """Raises BadResponse when the response's shape is wrong."""

    def judge(self, spec: Any, response: Json) -> Judgement:
        """The score of a checked response. Raises what `judge` of the package does, but for ValueError."""
