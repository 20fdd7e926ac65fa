"""A notebook of nbgrader's on its way into a course: as it is where it can be, mended and told where it cannot."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Self

from proboost.courses import marks, native
from proboost.courses.native import text_of
from proboost.courses.release import pretty
from proboost.exchange.naming import slug, unique
from proboost.exchange.nbgrader_config import Config
from proboost.i18n import _

Json = dict[str, Any]
DELIMITERS = {  # trait -> what our reader knows
    "ClearSolutions.begin_solution_delimeter": "BEGIN SOLUTION",
    "ClearSolutions.end_solution_delimeter": "END SOLUTION",
    "ClearHiddenTests.begin_test_delimeter": "BEGIN HIDDEN TESTS",
    "ClearHiddenTests.end_test_delimeter": "END HIDDEN TESTS",
    "ClearMarkScheme.begin_mark_scheme_delimeter": "BEGIN MARK SCHEME",
    "ClearMarkScheme.end_mark_scheme_delimeter": "END MARK SCHEME",
}


class BadNotebook(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Taken:
    """`renamed`: grade_id -> ours, where it could not stay. `refused`: (grade_id, reason) of cells not taken."""

    content: bytes
    graded: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """Cells that stand before every notebook."""

    cells: tuple[Json, ...]

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Raises BadNotebook."""
        return cls(tuple(_loaded(content)["cells"]))


def taken(content: bytes, config: Config, header: Header | None) -> Taken:
    """The notebook for a course's folder: the same bytes when nothing had to change. Raises BadNotebook."""
    written = _loaded(content)
    notebook = deepcopy(written)
    found = Taken(content)
    _marks(notebook, config, found)
    _autotests(notebook, found)
    _names(notebook, found)
    if header is not None:
        notebook["cells"][:0] = deepcopy(list(header.cells))
    _ids(notebook)
    if notebook != written or _older(content):
        found.content = pretty(notebook)
    found.graded = sum(cell.graded for cell in native.cells(notebook))
    return found


def _loaded(content: bytes) -> Json:
    try:
        written = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadNotebook(_("This is not a notebook (it is not valid JSON).")) from None
    if isinstance(written, dict) and _older(content):
        written = _upgraded(content)
    if not isinstance(written, dict) or not isinstance(written.get("cells"), list) or written.get("nbformat") != 4:
        raise BadNotebook(_("This is not a notebook of a format that is known here."))
    if not all(isinstance(cell, dict) for cell in written["cells"]):
        raise BadNotebook(_("This notebook is damaged."))
    return written


def _older(content: bytes) -> bool:
    match = re.search(rb'"nbformat"\s*:\s*(\d+)', content)
    return bool(match) and int(match[1]) < 4 if match else False


def _upgraded(content: bytes) -> Json:
    """A notebook of format 3 or older in format 4; the ids that come by chance are taken off again."""
    import nbformat  # takes long to import, and hardly anyone has such a notebook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is told by what is refused here
            node = nbformat.reads(content.decode("utf-8-sig"), as_version=4)  # type: ignore[no-untyped-call]
            made: Json = json.loads(json.dumps(node))
    except Exception:  # noqa: BLE001  # it raises anything on what is no notebook
        raise BadNotebook(_("This notebook is of an old format and cannot be brought up to date.")) from None
    for cell in made["cells"]:
        cell.pop("id", None)
    return made


def _marks(notebook: Json, config: Config, found: Taken) -> None:
    """Marks that the course's configuration calls otherwise get the names that are known here: else they would leak."""
    for trait, known in DELIMITERS.items():
        own = config.text(trait)
        if not own.strip() or known in own:
            continue
        changed = 0
        for cell in notebook["cells"]:
            text = text_of(cell)
            if own in text:
                cell["source"] = text.replace(own, f"### {known}")
                changed += 1
        if changed:
            found.remarks.append(_("the mark “{own}” is written “{known}” here").format(own=own, known=f"### {known}"))


def _autotests(notebook: Json, found: Taken) -> None:
    """Tests that nbgrader would write by running the solution: their cells are put by, for the author to write them."""
    for index, cell in enumerate(notebook["cells"]):
        text = text_of(cell)
        lines = marks.autotests(text)
        if not lines:
            continue
        meta = cell.get("metadata", {}).get("nbgrader", {}) if isinstance(cell.get("metadata"), dict) else {}
        name = meta.get("grade_id") if isinstance(meta, dict) else ""
        hashed = any(is_hashed for _line, is_hashed in lines)
        reason = _(
            "Its tests ({mark}) are written by nbgrader from what the solution returns, which is not done here:"
            " the cell is kept as a raw one that learners do not get. Write its tests as asserts."
        )
        mark = "### HASHED AUTOTEST" if hashed else "### AUTOTEST"
        found.refused.append((str(name or f"cell-{index + 1}"), reason.format(mark=mark)))
        notebook["cells"][index] = {
            "cell_type": "raw",
            **({"id": cell["id"]} if "id" in cell else {}),
            "metadata": {},
            "source": re.sub(r"\b(AUTOTEST|HIDDEN TESTS|SOLUTION|MARK SCHEME)\b", r"(\1)", text),
        }


def _names(notebook: Json, found: Taken) -> None:
    """grade_ids that cannot be ids here, or stand there twice, get new ones."""
    seen: set[str] = set()
    for cell in notebook["cells"]:
        metadata = cell.get("metadata")
        meta = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if not isinstance(meta, dict) or not any(meta.get(flag) for flag in ("grade", "solution", "locked", "task")):
            continue
        given = meta.get("grade_id")
        given = given if isinstance(given, str) else ""
        name = given if native.ID.match(given) else slug(given, "cell")
        name = unique(name, seen)
        seen.add(name)
        if name != given:
            meta["grade_id"] = name
            found.renamed.setdefault(given, name)
            found.remarks.append(_("the cell “{given}” is called “{name}” here").format(given=given, name=name))


def _ids(notebook: Json) -> None:
    """Cells without ids get them: learners' changes are kept apart by them. They follow from the cells themselves."""
    seen = {cell["id"] for cell in notebook["cells"] if isinstance(cell.get("id"), str)}
    if len(seen) == len(notebook["cells"]):
        return
    taken_ids: set[str] = set()
    for place, cell in enumerate(notebook["cells"]):
        given = cell.get("id")
        if not isinstance(given, str) or given in taken_ids:
            text = f"{place}\0{text_of(cell)}".encode("utf-8", "surrogatepass")
            given = unique(hashlib.sha256(text).hexdigest()[:12], seen | taken_ids)
        cell["id"] = given
        taken_ids.add(given)
    minor = notebook.get("nbformat_minor")
    notebook["nbformat_minor"] = max(5, minor) if isinstance(minor, int) else 5
