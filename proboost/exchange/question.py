"""Questions as other systems write them, between their formats and ours. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Format = Literal["moodle", "html", "plain", "markdown"]


class Untaken(Exception):
    """A question that has no place here; the sentence says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Rich:
    """A text in its format. `files` came with it: name -> bytes (Moodle's @@PLUGINFILE@@/name).

    `moodle` is Moodle's own: HTML if it looks so, and line ends are line ends.
    """

    text: str = ""
    format: Format = "moodle"
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.text.strip())


NOTHING = Rich()


@dataclass(frozen=True)
class Answer:
    """`share` is of the whole points, 1 for all, negative for what costs points; `tolerance` as it was written."""

    text: Rich
    share: float = 1.0
    feedback: Rich = NOTHING
    tolerance: str = ""


@dataclass(frozen=True)
class Gap:
    """A place in the text of a cloze question: its answers, the `menu` that they were chosen from, and its weight."""

    answers: tuple[Answer, ...]
    menu: tuple[str, ...] = ()
    numeric: bool = False
    case: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class Question:
    """One question. `kind` is Moodle's name of its type; `untaken` says why it can only be named.

    `pairs` is of match: (left, right), an empty left for what belongs to nothing. `gaps` is of cloze and its like: the
    text holds `mark(n)` for the n-th. `unit` and what is not known of a question stay at their defaults.
    """

    kind: str
    name: str = ""
    text: Rich = NOTHING
    answers: tuple[Answer, ...] = ()
    single: bool = True
    whole: bool = False  # of several options all right ones and no other, or nothing
    shuffle: bool = True
    case: bool = False
    unit: str = ""
    pairs: tuple[tuple[Rich, Rich], ...] = ()
    gaps: tuple[Gap, ...] = ()
    words: tuple[str, ...] = ()  # to be put into gaps
    explanation: Rich = NOTHING
    hints: tuple[Rich, ...] = ()
    notes: Rich = NOTHING
    template: Rich = NOTHING  # of an essay's answer
    points: str = ""
    penalty: str = ""
    id: str = ""
    tags: tuple[str, ...] = ()
    params: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # value -> what it is drawn from
    generator: str = ""  # Python that makes further values
    accept: str = ""  # of files to be uploaded
    lost: tuple[str, ...] = ()  # sentences: what of it has no place here
    untaken: str = ""


@dataclass(frozen=True)
class Category:
    """From here on questions belong to it. `path` from the outermost, without what Moodle puts before it."""

    path: tuple[str, ...]
    info: Rich = NOTHING


Entry = Question | Category


def mark(number: int) -> str:
    """What stands in a text for its n-th gap (from 1): a word that no converter changes."""
    return f"zqgap{number}zq"


def category_path(written: str) -> tuple[str, ...]:
    """`$course$/top/Физика/Свет` -> (Физика, Свет); a slash in a name is written twice."""
    parts = [part.replace("\0", "/").strip() for part in written.replace("//", "\0").split("/")]
    kept = [part for part in parts if part and not (part.startswith("$") and part.endswith("$"))]
    return tuple(kept[1:] if kept and kept[0].lower() == "top" else kept)
