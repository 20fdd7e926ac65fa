"""Splicing: the author's notebook with nothing of the learner's in it but answers and cells of their own. Pure.

What a submission says about tests, points or read-only cells is never used, only remarked on. Answers are found by
`grade_id` (of copies the last counts, as in nbgrader); a cell whose id was changed is found by where it stands.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proboost.courses import marks, native
from proboost.courses.native import NativeCell
from proboost.grading.result import Remark
from proboost.i18n import _
from proboost_kernel import exercises

MAX_BYTES = 32 << 20
MAX_CELLS = 3000
MAX_CELL = 512 << 10  # characters
MAX_TEXT = 8 << 20  # of all cells together
ALIKE = 0.6  # of two texts, until one counts as the other, edited
COMPARED = 4000  # characters that are compared at most

Json = dict[str, Any]


class Unreadable(Exception):
    """What was handed in is no notebook that could be graded; `code` for programs."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass
class Piece:
    """A cell of the notebook that is run. `trusted`: the text is the author's; tests are not run by the learner."""

    kind: str  # code, markdown, raw
    text: str
    trusted: bool
    native: NativeCell | None = None
    attachments: Json = field(default_factory=dict)
    missing: bool = False  # the learner deleted it

    @property
    def runs(self) -> bool:
        return self.kind == "code" and not self.is_test and bool(self.text.strip())

    @property
    def is_test(self) -> bool:
        return self.native is not None and self.native.role == "tests"


@dataclass(frozen=True)
class Spliced:
    """`pieces` in the order in which they run; `unanswered`: grade_ids of answers that are still the stub."""

    pieces: tuple[Piece, ...]
    remarks: tuple[Remark, ...]
    unanswered: frozenset[str]


def read(submitted: Mapping[str, Any] | bytes | str) -> Json:
    """The submitted notebook as JSON. Raises Unreadable."""
    if isinstance(submitted, (bytes, str)):
        if len(submitted) > MAX_BYTES:
            raise Unreadable("too-large", _("The file is larger than {n} MiB.").format(n=MAX_BYTES >> 20))
        try:
            submitted = json.loads(submitted.decode("utf-8-sig") if isinstance(submitted, bytes) else submitted)
        except (ValueError, RecursionError):
            raise Unreadable("not-a-notebook", _("This is not a notebook (it is not valid JSON).")) from None
    cells = submitted.get("cells") if isinstance(submitted, dict) else None
    if not isinstance(cells, list) or submitted.get("nbformat") != 4:  # type: ignore[union-attr]  # cells would be None
        raise Unreadable("not-a-notebook", _("This is not a notebook of format 4."))
    if len(cells) > MAX_CELLS:
        raise Unreadable("too-large", _("The notebook has more than {n} cells.").format(n=MAX_CELLS))
    size = 0
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            raise Unreadable("not-a-notebook", _("A cell of this notebook is damaged."))
        size += len(native.text_of(cell))
        if size > MAX_TEXT:
            raise Unreadable(
                "too-large", _("The cells of this notebook have more than {n} characters.").format(n=MAX_TEXT)
            )
        if len(native.text_of(cell)) > MAX_CELL:
            message = _("A cell of this notebook has more than {n} characters.").format(n=MAX_CELL)
            raise Unreadable("too-large", message)
    return dict(submitted)  # type: ignore[arg-type]  # a mapping by now


def splice(source: Mapping[str, Any], submitted: Mapping[str, Any]) -> Spliced:
    """Both were read before. Raises marks.Unbalanced when the author's marks are."""
    return _Splice(source, submitted).done()


def whole(source: Mapping[str, Any]) -> Spliced:
    """The author's notebook with its own solutions, as the reference runs it."""
    known = _natives(source)
    pieces = [_piece(cell, known.get(index)) for index, cell in enumerate(source["cells"])]
    for piece in pieces:
        piece.trusted = piece.native is None or piece.native.locked
    return Spliced(tuple(pieces), (), frozenset())


def _natives(notebook: Mapping[str, Any]) -> dict[int, NativeCell]:
    return {found.index: found for found in native.cells(notebook)}


def _piece(cell: Mapping[str, Any], known: NativeCell | None) -> Piece:
    text = clean(native.text_of(cell))
    kind = str(cell["cell_type"])
    if kind == "code" and exercises.is_exercise(text):
        kind = "raw"  # it is answered elsewhere, and no Python
    attachments = cell.get("attachments")
    return Piece(kind, text, True, known, dict(attachments) if isinstance(attachments, dict) else {})


def clean(text: str) -> str:
    """The text with half characters replaced: no message could carry them."""
    return text.encode("utf-8", "replace").decode()


class _Splice:
    """One splicing: first which cells of the two notebooks are the same, then who is taken."""

    def __init__(self, source: Mapping[str, Any], submitted: Mapping[str, Any]) -> None:
        self.language = native.language(source)
        self.pieces = list(whole(source).pieces)
        self.cell_ids = [str(cell.get("id") or "") for cell in source["cells"]]
        self.theirs = [_piece(cell, None) for cell in submitted["cells"]]
        self.their_ids = [str(cell.get("id") or "") for cell in submitted["cells"]]
        self.their_cells: list[Json] = list(submitted["cells"])
        self.known = _natives(submitted)
        self.remarks: list[Remark] = []
        self.checksums: dict[str, bool] = {}  # of locked cells: whether it is the one we would have given
        self.same: dict[int, int] = {}  # their index -> ours
        self.after: dict[int, list[int]] = {}  # our index, or -1 -> theirs that stand behind it

    def done(self) -> Spliced:
        self._by_grade_id()
        self._by_text()
        self._place()
        self._by_place()
        taken = {ours: theirs for theirs, ours in self.same.items()}
        unanswered = set()
        for ours, piece in enumerate(self.pieces):
            if piece.native is None:
                self._untagged(piece, taken.get(ours))
            elif self._tagged(piece, ours, taken.get(ours)):
                unanswered.add(piece.native.grade_id)
        self._checksums()
        made: list[Piece] = self._extra(-1)
        for ours, piece in enumerate(self.pieces):
            made += [piece, *self._extra(ours)]
        return Spliced(tuple(made), tuple(self.remarks), frozenset(unanswered))

    # -- which is which

    def _by_grade_id(self) -> None:
        ours = {piece.native.grade_id: index for index, piece in enumerate(self.pieces) if piece.native is not None}
        last: dict[str, int] = {}
        for index, known in self.known.items():
            if known.grade_id in last:
                self._remark("duplicate", known.grade_id, _("The cell is there more than once; the last one counts."))
            last[known.grade_id] = index
        for name, index in last.items():
            if name in ours:
                self.same[index] = ours[name]

    def _by_text(self) -> None:
        """Cells that nobody tagged: by nbformat's id, else by their text."""
        free = [index for index, piece in enumerate(self.pieces) if piece.native is None]
        by_id = {self.cell_ids[index]: index for index in free if self.cell_ids[index]}
        texts: dict[tuple[str, str], list[int]] = {}
        for index in free:
            texts.setdefault((self.pieces[index].kind, self.pieces[index].text.strip()), []).append(index)
        used: set[int] = set()
        for theirs, piece in enumerate(self.theirs):
            if theirs in self.same or theirs in self.known:
                continue
            found = by_id.get(self.their_ids[theirs])
            if found is None or found in used or self.pieces[found].kind != piece.kind:
                alike = [index for index in texts.get((piece.kind, piece.text.strip()), ()) if index not in used]
                found = alike[0] if alike else None
            if found is not None:
                used.add(found)
                self.same[theirs] = found

    def _place(self) -> None:
        here = -1
        for theirs in range(len(self.theirs)):
            if theirs in self.same:
                here = self.same[theirs]
            else:
                self.after.setdefault(here, []).append(theirs)

    def _by_place(self) -> None:
        """Answers whose id was changed, and author's cells that were edited, stand where the author's stood."""
        missing = set(range(len(self.pieces))) - set(self.same.values())
        for here, extra in self.after.items():
            for ours in range(here + 1, len(self.pieces)):
                if ours not in missing:
                    break
                found = next((theirs for theirs in extra if self._may_be(theirs, ours)), None)
                if found is not None:
                    extra.remove(found)
                    self.same[found] = ours

    def _may_be(self, theirs: int, ours: int) -> bool:
        piece, mine, known = self.pieces[ours], self.theirs[theirs], self.known.get(theirs)
        if piece.native is not None:
            if piece.native.locked or piece.kind != mine.kind:
                return False
            renamed = known is not None and known.role == piece.native.role
            return renamed or (bool(self.cell_ids[ours]) and self.cell_ids[ours] == self.their_ids[theirs])
        return known is None and piece.kind == mine.kind and _alike(piece.text, mine.text)

    # -- what is taken

    def _untagged(self, piece: Piece, theirs: int | None) -> None:
        """Of a cell that the author left free the learner's version runs, and only where nothing is judged."""
        if theirs is not None and self.theirs[theirs].text.strip() != piece.text.strip():
            piece.text, piece.trusted = self.theirs[theirs].text, False

    def _tagged(self, piece: Piece, ours: int, theirs: int | None) -> bool:
        """Takes the learner's answer into the author's cell; whether there is none, nor anything beside it."""
        assert piece.native is not None
        own, name = piece.native, piece.native.grade_id
        given = clean(native.learner_cell(own, self.language))
        if theirs is None:
            self._missing(piece)
            return False
        mine = self.theirs[theirs]
        self._compare(own, given, theirs)
        if own.locked:
            piece.text = own.source if own.role == "tests" else given
            return False
        piece.text, piece.trusted = mine.text, False
        piece.attachments = mine.attachments
        if (theirs in self.known and self.known[theirs].grade_id != name) or theirs not in self.known:
            self._remark("renamed", name, _("The cell's id was changed; it was found by its place."))
        beside = any(self.theirs[extra].text.strip() for extra in self.after.get(ours, ()))
        return mine.text.strip() == given.strip() and not mine.attachments and not beside

    def _missing(self, piece: Piece) -> None:
        assert piece.native is not None
        role, name = piece.native.role, piece.native.grade_id
        if role == "tests":
            self._remark("missing", name, _("The tests were deleted; the author's were run."))
        elif piece.native.locked:
            self._remark("missing", name, _("The author's cell was deleted; it was put back."))
            piece.text = clean(native.learner_cell(piece.native, self.language))
        else:
            self._remark("missing", name, _("The answer's cell was deleted."))
            piece.text, piece.trusted, piece.missing = "", False, True

    def _compare(self, own: NativeCell, given: str, theirs: int) -> None:
        """What the learner's copy says otherwise than the author's, for the grader."""
        mine, known, name = self.theirs[theirs], self.known.get(theirs), own.grade_id
        if mine.kind != own.cell_type:
            self._remark("cell-type", name, _("The cell's type was changed; the author's is used."))
        if own.locked and mine.text.strip() not in (given.strip(), own.source.strip()):
            message = _("The tests were changed; the author's were run.")
            if own.role != "tests":
                message = _("The author's cell was changed; the author's is used.")
            self._remark("changed", name, message)
        if known is None:
            return
        if known.role != own.role:
            self._remark("role", name, _("What sort of cell this is was changed; the author's is used."))
        elif own.graded and known.points != own.points:
            self._remark("points", name, _("The cell's points were changed; the author's count."))
        checksum = self.their_cells[theirs]["metadata"]["nbgrader"].get("checksum")
        if own.locked and checksum is not None:
            self.checksums[name] = checksum in (_checksum(own, given), _checksum(own, own.source))

    def _checksums(self) -> None:
        """Where most differ, the notebook was released from another text of the author's: that is one remark."""
        wrong = [name for name, right in self.checksums.items() if not right]
        message = _("The cell's checksum is not the one it was released with.")
        if 2 * len(wrong) > len(self.checksums) > 1:
            wrong, message = [""], _("The checksums are of another release of this notebook.")
        for name in wrong:
            self._remark("checksum", name, message)

    def _extra(self, here: int) -> list[Piece]:
        """Cells of the learner's own that stand behind our cell `here`."""
        found = []
        for theirs in self.after.get(here, ()):
            piece, known = self.theirs[theirs], self.known.get(theirs)
            piece.trusted = False
            ours = {own.native.grade_id for own in self.pieces if own.native is not None}
            if known is not None and known.grade_id not in ours:
                message = _(
                    "The author's notebook has no cell with this id; it was run like a cell of the learner's own."
                )
                self._remark("unknown-id", known.grade_id[:128], message)
            if known is None or not known.locked or known.grade_id not in ours:
                found.append(piece)
        return found

    def _remark(self, code: str, name: str, message: str) -> None:
        self.remarks.append(Remark(code, message, name))


def _alike(one: str, other: str) -> bool:
    if len(one) > COMPARED or len(other) > COMPARED:
        return False
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _checksum(own: NativeCell, text: str) -> str:
    """nbgrader's, of a cell with this text (nbgrader.utils.compute_checksum)."""
    parts = [text, own.cell_type, own.role in ("tests", "manual"), own.role in ("solution", "manual")]
    parts += [own.locked, own.grade_id, *([float(own.points)] if own.role in ("tests", "manual") else [])]
    return hashlib.md5("".join(map(str, parts)).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def hidden_lines(text: str) -> tuple[tuple[int, int], ...]:
    """(first, last) lines, from 1, that learners do not see, marks included. Raises marks.Unbalanced."""
    found = []
    lines = text.split("\n")
    for region in ("HIDDEN TESTS", "MARK SCHEME"):
        for first in marks.cut(text, region).begins:
            last = next(number for number in range(first, len(lines) + 1) if f"END {region}" in lines[number - 1])
            found.append((first, last))
    return tuple(sorted(found))
