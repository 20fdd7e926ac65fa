"""Kind `upload`: a file that a grader looks at, of the types and the size that its author allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises import rubric
from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement, NeedsGrader
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.rubric import Criterion
from proboost_kernel.exercises.yaml import Text
from proboost_kernel.i18n import _

NAME = "upload"
PUBLIC = ("rubric", "accept", "max_size")
NEEDS_SANDBOX = False
BY_SUBMISSION = True
DEFAULT_PENALTY = (1.0,)
MIB = 2**20
USUAL = 10 * MIB  # bytes
MOST = 64 * MIB
SIZE = re.compile(r"(?P<n>\d{1,9}(?:\.\d{1,3})?)\s*(?P<unit>B|KB|KiB|MB|MiB|К[Бб]|М[Бб])?\Z", re.IGNORECASE)
UNITS = {"b": 1, "kb": 1000, "kib": 1024, "кб": 1000, "mb": 1000**2, "mib": MIB, "мб": 1000**2}
TYPE = re.compile(r"\.[a-z0-9][a-z0-9.+_-]{0,15}\Z|(?:image|audio|video|text|application)/(?:\*|[a-z0-9.+-]{1,80})\Z")
ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


@dataclass(frozen=True)
class Upload:
    """`accept`: endings (`.pdf`) and media types (`image/*`), none for any; `max_size`: bytes; `notes` are private."""

    rubric: tuple[Criterion, ...] = ()
    accept: tuple[str, ...] = ()
    max_size: int = USUAL
    notes: str = ""


def read(reader: Reader, *, public: bool) -> Upload:
    criteria = rubric.read(reader)
    return Upload(criteria, _accept(reader), _size(reader), "" if public else reader.text("notes").strip("\n"))


def _accept(reader: Reader) -> tuple[str, ...]:
    """A list, or one text with commas; an ending may be written without its dot."""
    node = reader.node.values.get("accept")
    one = isinstance(node, Text)
    given = tuple(filter(None, reader.text("accept").split(","))) if one else reader.texts("accept", limit=30)
    found: list[str] = []
    for position, written in enumerate(given):
        kind = written.strip().lower()
        kind = kind if "/" in kind or kind.startswith(".") else f".{kind}"
        if not TYPE.match(kind):
            message = _("“{type}” is no type of file: write an ending (.pdf) or a media type (image/*).")
            reader.wrong("accept" if one else f"accept[{position}]", "type", message.format(type=written.strip()[:40]))
        elif kind not in found:
            found.append(kind)
    return tuple(found)


def _size(reader: Reader) -> int:
    written = reader.text("max_size", limit=40).strip()
    if not written:
        return USUAL
    match = SIZE.match(written)
    size = round(float(match["n"]) * UNITS[(match["unit"] or "B").lower()]) if match else 0
    if not 1 <= size <= MOST:
        message = _("A size of at most {n} MiB is expected here, like “5 MB”.").format(n=MOST // MIB)
        reader.wrong("max_size", "size", message)
        return USUAL
    return size


def write(spec: Upload) -> Json:
    written: Json = {"rubric": rubric.write(spec.rubric), "accept": list(spec.accept), "max_size": spec.max_size}
    return {**written, "notes": spec.notes} if spec.notes else written


def without_private(public: Json) -> Json:
    return {**public, "rubric": rubric.public(public["rubric"])}


def show(public: Json) -> Json:
    return {**{name: public[name] for name in ("accept", "max_size")}, "rubric": rubric.show(public["rubric"])}


def check(public: Mapping[str, Any], response: Json) -> None:
    """`name` and `size` are what the learner's page shows of the file again; the platform knows them by its id."""
    named = isinstance(response.get("name", ""), str) and type(response.get("size", 0)) is int
    file = response.get("file")
    if not {"file"} <= set(response) <= {"file", "name", "size"} or not named or not isinstance(file, str):
        raise BadResponse(_("The answer must be a file that was uploaded."))
    if not ID.match(file) or len(response.get("name", "")) > 300 or response.get("size", 0) > public["max_size"]:
        raise BadResponse(_("The answer must be a file that was uploaded."))


def judge(spec: Upload, response: Json) -> Judgement:  # noqa: ARG001  # a kind's signature
    raise NeedsGrader("an uploaded file is looked at by a grader")
