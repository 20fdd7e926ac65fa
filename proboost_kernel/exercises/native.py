"""Kind `cell`: a graded cell of nbgrader's sort; learners work in the notebook, which is handed in whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proboost_kernel.exercises.exercise import BadResponse, Json, Judgement, NeedsSandbox
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.prose import highlighted, markdown
from proboost_kernel.i18n import _

NAME = "cell"
PUBLIC = ("role", "cell_type", "source")
NEEDS_SANDBOX = False
BY_SUBMISSION = True
DEFAULT_PENALTY = (1.0,)
ROLES = ("tests", "manual", "task")


@dataclass(frozen=True)
class NativeCell:
    """`source` is what learners get; `author`, private, is the cell with its solution, hidden tests or mark scheme."""

    role: str = "tests"
    cell_type: str = "code"
    source: str = ""
    author: str = ""


def read(reader: Reader, *, public: bool) -> NativeCell:
    if reader.node.line:  # written by hand: only a notebook's metadata makes such a cell
        message = _("A cell of nbgrader is no “%%exercise”: give an ordinary cell its metadata instead.")
        reader.wrong("kind", "native", message)
    return NativeCell(
        reader.one_of("role", ROLES, "tests"),
        reader.one_of("cell_type", ("code", "markdown", "raw"), "code"),
        reader.text("source", limit=256 * 1024),
        "" if public else reader.text("author", limit=256 * 1024),
    )


def write(spec: NativeCell) -> Json:
    written: Json = {"role": spec.role, "cell_type": spec.cell_type, "source": spec.source}
    return {**written, "author": spec.author} if spec.author else written


def show(public: Json) -> Json:
    source = public["source"]
    is_code = public["cell_type"] == "code"
    return {"role": public["role"], "html": highlighted(source.strip("\n")) if is_code else markdown(source)}


def check(public: Mapping[str, Any], response: Json) -> None:  # noqa: ARG001  # a kind's signature
    raise BadResponse(_("This cell counts by the notebook that is handed in; there is nothing to check here."))


def judge(spec: NativeCell, response: Json) -> Judgement:  # noqa: ARG001  # a kind's signature
    raise NeedsSandbox("a native cell is graded in its notebook by proboost.grading")
