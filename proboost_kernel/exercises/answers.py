"""Answers as authors write them: bare, or long (`{text|value, share, feedback, tolerance}`), one or a list of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proboost_kernel.exercises.exercise import Json, Judgement
from proboost_kernel.exercises.fields import Reader, plain
from proboost_kernel.exercises.prose import markdown, words
from proboost_kernel.exercises.yaml import Items, Node, Text
from proboost_kernel.i18n import _


@dataclass(frozen=True)
class Written:
    """One answer of an author. `said` is the field of the long form that held `text`, empty for a bare one; what is
    wrong with the text is told to `reader` under `field` and `line`.
    """

    text: str
    reader: Reader
    field: str
    line: int | None
    said: str = ""
    share: float = 1.0
    feedback: str = ""
    tolerance: str = ""


def read(
    reader: Reader, name: str, *, said: tuple[str, ...] = ("text",), tolerance: bool = False, limit: int = 100
) -> list[Written]:
    """The answers under `name`, in the author's order; none, and a problem, when the field is missing.

    `said`: fields of the long form of which one holds the answer. `tolerance`: whether it may have one.
    """
    if not reader.need(name):
        return []
    node = reader.take(name)
    return [] if node is None else list(_each(reader, name, node, said, tolerance, limit))


def _each(
    reader: Reader, name: str, node: Node, said: tuple[str, ...], tolerance: bool, limit: int
) -> Iterator[Written]:
    values = node.values if isinstance(node, Items) else (node,)
    if len(values) > limit:
        reader.wrong(name, "too-many", _("There are more than {n} values here.").format(n=limit))
        values = ()
    elif not values:
        reader.wrong(name, "no-answer", _("There is no answer here."))
    for position, value in enumerate(values):
        field = f"{name}[{position}]" if isinstance(node, Items) else name
        if isinstance(value, Text):
            yield Written(value.value, reader, field, value.line or None)
        elif (inner := reader.inner(field, value)) is not None:
            found = _long(inner, said, tolerance)
            if found is not None:
                yield found


def _long(inner: Reader, said: tuple[str, ...], tolerance: bool) -> Written | None:
    given = [name for name in said if name in inner]
    text = inner.text(given[0] if given else said[0])
    share = inner.number("share", 1.0, low=0, high=1)
    feedback = inner.text("feedback")
    allowed = inner.text("tolerance", limit=60).strip() if tolerance else ""
    for name in given[1:]:
        message = _("Write either “{one}” or “{other}”.").format(one=given[0], other=name)
        inner.asked.add(name)
        inner.wrong(name, "either", message)
    if not given:
        inner.need(said[0])
    inner.close()
    if not given:
        return None
    return Written(text, inner, given[0], inner.line(given[0]) or None, given[0], share, feedback, allowed)


def complete(reader: Reader, name: str, shares: Iterable[float]) -> None:
    """Tells the author when nothing that a learner can answer is worth the whole points."""
    if not reader.problems and max(shares, default=0) < 1:
        reader.wrong(name, "no-answer", _("No answer is worth the whole points (share 1)."))


def written(said: str, text: str, *, share: float = 1.0, feedback: str = "", tolerance: str = "") -> Json:
    """The long form as JSON, without what is as usual; `read` takes it back equal."""
    found: Json = {said: text, "share": plain(share)}
    if feedback:
        found["feedback"] = feedback
    if tolerance:
        found["tolerance"] = tolerance
    return found


def judgement(matching: Iterable[tuple[float, str]]) -> Judgement:
    """Of the (share, feedback) of every answer that a response matches, the highest share; the first of equals."""
    found = list(matching)
    share, said = max(found, key=lambda answer: answer[0]) if found else (0.0, "")
    return Judgement(share, words(said), markdown(said))
