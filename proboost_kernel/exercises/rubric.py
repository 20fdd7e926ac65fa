"""What a grader judges by: criteria with points, public; notes on them, private. For kinds that people grade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proboost_kernel.exercises.exercise import Json
from proboost_kernel.exercises.fields import Reader, plain
from proboost_kernel.exercises.markup import public_text
from proboost_kernel.exercises.prose import markdown
from proboost_kernel.exercises.yaml import Text
from proboost_kernel.i18n import _

MAX_CRITERIA = 30


@dataclass(frozen=True)
class Criterion:
    criterion: str
    points: float = 0.0
    description: str = ""


def read(reader: Reader) -> tuple[Criterion, ...]:
    """The criteria under `rubric`, in the author's order: `{criterion, points, description}`, or a bare name."""
    found: list[Criterion] = []
    for position, node in enumerate(reader.items("rubric", limit=MAX_CRITERIA)):
        name = f"rubric[{position}]"
        if isinstance(node, Text):
            one = Criterion(node.value.strip())
        else:
            inner = reader.inner(name, node)
            if inner is None:
                continue
            title = inner.text("criterion", limit=300).strip() if inner.need("criterion") else ""
            one = Criterion(title, inner.number("points", 0), inner.text("description").strip("\n"))
            inner.close()
        if not one.criterion:
            reader.wrong(name, "empty", _("A criterion has no name."), node.line)
        elif any(one.criterion == other.criterion for other in found):
            message = _("Two criteria have the name “{name}”.").format(name=one.criterion)
            reader.wrong(name, "duplicate", message, node.line)
        found.append(one)
    _sum(reader, found)
    return tuple(found)


def _sum(reader: Reader, found: Iterable[Criterion]) -> None:
    """The exercise is worth what its criteria are worth together."""
    together = round(sum(one.points for one in found), 6)
    node = reader.node.values.get("points")
    worth = node.value.strip() if isinstance(node, Text) else "1"
    try:
        differ = bool(together) and abs(float(worth) - together) > 1e-6
    except ValueError:
        return  # told where points are read
    if differ:
        message = _("The criteria are worth {sum} points together, the exercise {points}: write “points: {sum}”.")
        reader.wrong("rubric", "points", message.format(sum=plain(together), points=worth))


def write(rubric: Iterable[Criterion]) -> list[Json]:
    return [{"criterion": one.criterion, "points": plain(one.points), "description": one.description} for one in rubric]


def public(written: Iterable[Json]) -> list[Json]:
    """Without what the author noted in comments."""
    return [{**one, "description": public_text(one["description"]).strip("\n")} for one in written]


def show(written: Iterable[Json]) -> list[Json]:
    return [
        {"criterion": one["criterion"], "points": one["points"], "html": markdown(one["description"])}
        for one in written
    ]
