"""A handed-in notebook in native cells: spliced with the author's, run, put to its tests; its points counted."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from proboost.courses import marks, native
from proboost.courses.native import NativeCell
from proboost.grading import paper, words
from proboost.grading.engine import Engine
from proboost.grading.pair import LIMIT, MEMORY, MOST_TESTS, Pair, Ran, Sat
from proboost.grading.paper import NotebookTest, Paper, Told
from proboost.grading.result import CellResult, Failure, Json, NotebookResult, Remark
from proboost.grading.sandbox import belongings
from proboost.grading.splice import Piece, Spliced, Unreadable, read, splice
from proboost.i18n import _, using

NAME = "proboost-notebook/1"
MESSAGE = 4000  # characters


@dataclass(frozen=True)
class Work:
    """`source`: the author's notebook; `submitted`: the learner's, read or as it came. `files`: path -> bytes of the
    author's, beside the notebook; `brought`: the learner's own, which tests never see.
    """

    source: Mapping[str, Any]
    submitted: Mapping[str, Any] | bytes | str
    files: Mapping[str, bytes] = field(default_factory=dict)
    brought: Mapping[str, bytes] = field(default_factory=dict)


def grade(
    source: Mapping[str, Any],
    submitted: Mapping[str, Any] | bytes | str,
    *,
    engine: Engine,
    files: Mapping[str, bytes] | None = None,
    brought: Mapping[str, bytes] | None = None,
    language: str = "en",
) -> NotebookResult:
    """What `submitted` is worth by the author's notebook; see `Work` and `result`. Raises SandboxBroken."""
    return grade_all([Work(source, submitted, files or {}, brought or {})], engine=engine, language=language)[0]


def grade_all(work: Sequence[Work], *, engine: Engine, language: str = "en") -> list[NotebookResult]:
    """One learner's notebooks together, in two rooms for all of them. Raises SandboxBroken."""
    began = time.perf_counter()
    with using(language):
        found = _together(work, engine)
    seconds = round((time.perf_counter() - began) / max(1, len(work)), 4)
    return [replace(one, tier=str(engine.tier), engine=NAME, seconds=seconds) for one in found]


def job(payload: Mapping[str, Any], engine: Engine) -> Json:
    """A worker's job of kind `notebook` (docs: `result`) -> NotebookResult.json(). Raises SandboxBroken."""
    files, brought = (
        {str(path): base64.b64decode(content) for path, content in (payload.get(name) or {}).items()}
        for name in ("files", "brought")
    )
    language = str(payload.get("language") or "en")
    found = grade(
        payload["source"], payload["submitted"], engine=engine, files=files, brought=brought, language=language
    )
    return found.json()


def _together(work: Sequence[Work], engine: Engine) -> list[NotebookResult]:
    prepared = [_prepare(one, engine) for one in work]
    runnable = [one for one in prepared if isinstance(one, Prepared)]
    if engine.tier.name == "C" and len(runnable) > 1:  # rooms without a pid namespace: nobody could end the ones before
        return [found for one in work for found in _together([one], engine)]
    rooms = engine.notebooks_for(*(one.work.source for one in runnable))
    with Pair(rooms, sum(len(one.paper.tests) for one in runnable)) as pair:
        sat = {id(one): _sit(one, pair) for one in runnable}
        if pair.lost and len(runnable) > 1:  # one of them took the others' frozen copies with it
            return [found for one in work for found in _together([one], engine)]
        return [_judge(one, sat[id(one)], pair) if isinstance(one, Prepared) else one for one in prepared]


@dataclass(frozen=True)
class Prepared:
    """A notebook that can be run."""

    work: Work
    paper: Paper
    spliced: Spliced


def _prepare(work: Work, engine: Engine) -> Prepared | NotebookResult:
    source = work.source
    try:
        spliced = splice(source, read(work.submitted))
        spoken = native.language(source)
        if spoken not in ("python", "ipython"):
            message = _("Notebooks in {language} cannot be run here; they wait for a grader.").format(language=spoken)
            cells = {cell.grade_id: CellResult(None, cell.points, manual=True) for cell in graded(source)}
            return NotebookResult(cells, Failure("kernel", message), spliced.remarks, _document(spliced, Ran()))
        known = engine.paper(source, work.files)
        if len(known.tests) > MOST_TESTS:
            raise Unreadable("source", _("The author's notebook has more than {n} tests.").format(n=MOST_TESTS))
        belongings.check({**work.brought, **work.files})
    except Unreadable as error:
        return _refused(source, error.code, str(error))
    except belongings.TooMuch:
        return _refused(source, "too-large", _("The files beside the notebook are too many or too large."))
    except marks.Unbalanced as error:
        message = _("The author's notebook is broken: a mark “BEGIN {region}” is not closed.")
        return _refused(source, "source", message.format(region=error.region))
    return Prepared(work, known, spliced)


def _sit(one: Prepared, pair: Pair) -> Sat:
    steps = paper.steps_of(one.spliced)
    if not one.paper.tests and not any("cell" in step for step in steps):
        return Sat(Ran(), ())
    return pair.run(steps, len(one.paper.tests), {**one.work.brought, **one.work.files})


def _judge(one: Prepared, sat: Sat, pair: Pair) -> NotebookResult:
    verdicts = paper.ask(pair, one.paper, sat.questions, one.work.files) if one.paper.tests else []
    return _counted(one.paper, one.spliced, sat.ran, verdicts)


# -- points


def _counted(known: Paper, spliced: Spliced, ran: Ran, verdicts: list[Told]) -> NotebookResult:
    remarks = list(spliced.remarks)
    found: dict[str, CellResult] = {}
    for cell in known.graded:
        if cell.by_hand:
            unanswered = cell.grade_id in spliced.unanswered
            found[cell.grade_id] = CellResult(0.0 if unanswered else None, cell.points, manual=True)
    for test, verdict in zip(known.tests, verdicts, strict=True):
        found[test.cell.grade_id] = _test(test, verdict, known, spliced, ran, remarks)
    if ran.over != "0":
        remarks.append(Remark("ended", _ended(spliced, ran), _grade_id(spliced, ran.at)))
    cells = {cell.grade_id: found[cell.grade_id] for cell in known.graded}
    return NotebookResult(cells, None, tuple(remarks), _document(spliced, ran))


def _test(
    test: NotebookTest, verdict: Told, known: Paper, spliced: Spliced, ran: Ran, remarks: list[Remark]
) -> CellResult:
    name, most = test.cell.grade_id, test.cell.points
    passed = verdict.get("passed") is True
    score = 0.0
    if passed:
        score, odd = credit(verdict.get("value"), most)
        passed = score > 0 or (most == 0 and verdict.get("value") is not False)
        if odd:
            remarks.append(Remark("credit", odd, name))
    if test.inside:
        message = _("These tests run beside the learner's program, which could deceive them: look at the answer.")
        remarks.append(Remark("provisional", message, name))
    if test.weak and passed:
        message = _("In these tests the learner's own class has a say (==, in, isinstance …): look at the answer.")
        remarks.append(Remark("weak", message, name))
    if test.broken:
        message = _("The author's own solution does not pass these tests: {reason}").format(reason=test.broken)
        remarks.append(Remark("reference", message, name))
    if passed:
        return CellResult(score, most, passed=True, isolated=not test.inside)
    at, hidden = verdict.get("at"), known.hidden[name]
    unseen = bool(hidden) and (type(at) is not int or any(first <= at <= last for first, last in hidden))
    case = verdict.get("case") if not unseen else None
    message = _("A hidden test did not pass.") if unseen else _said(test, verdict, spliced, ran)
    return CellResult(
        score,
        most,
        passed=False,
        message=message[:MESSAGE],
        hidden=unseen,
        case={part: str(case.get(part, ""))[:500] for part in ("call", "got", "wanted")} if case else None,
        isolated=not test.inside,
    )


def credit(value: Any, most: float) -> tuple[float, str]:
    """Points for a test cell that ran to its end with this value, and what is odd about it (docs: grading)."""
    if value is None or value is True:
        return most, ""
    if value is False:
        return 0.0, ""
    if math.isnan(value):
        return 0.0, _("The tests ended with a value that is not a number.")
    if value < 0:
        return 0.0, _("The tests ended with a number below 0.")
    if value > most:
        return most, _("The tests ended with more than the cell's points; they were cut to them.")
    return float(value), ""


def _said(test: NotebookTest, verdict: Told, spliced: Spliced, ran: Ran) -> str:
    """Why visible tests did not pass, for the learner."""
    if verdict.get("passed") is True:
        return (
            _("The tests' own result is 0.") if verdict.get("value") is not False else _("What is asked for is false.")
        )
    if verdict.get("why") in ("died", "missing") and ran.over != "0":
        return _ended(spliced, ran)
    return words.test(verdict, test.names, limit=LIMIT, memory=MEMORY)


def _ended(spliced: Spliced, ran: Ran) -> str:
    """Why the notebook did not get to its end."""
    place = "" if ran.at is None else _grade_id(spliced, ran.at)
    if ran.over in ("slow", "-14", "-24"):
        said = words.slow(None, LIMIT)
    elif ran.over in ("memory", "-9"):
        said = words.out_of_memory(MEMORY)
    elif ran.over.startswith("-"):
        said = _("Python itself crashed while your program ran. Very deep recursion is a common reason.")
    else:
        said = _("Your program ended itself before it could be checked. Take os._exit out of it.")
    return _("In the cell “{cell}”: {sentence}").format(cell=place, sentence=said) if place else said


def _grade_id(spliced: Spliced, index: int | None) -> str:
    piece = spliced.pieces[index] if index is not None else None
    return piece.native.grade_id if piece is not None and piece.native is not None else ""


def _refused(source: Mapping[str, Any], code: str, message: str) -> NotebookResult:
    cells = {cell.grade_id: CellResult(0.0, cell.points, manual=cell.by_hand) for cell in graded(source)}
    return NotebookResult(cells, Failure(code, message))


def graded(source: Mapping[str, Any]) -> list[NativeCell]:
    """The cells that count for points, one for each id."""
    return list({cell.grade_id: cell for cell in native.cells(source) if cell.graded}.values())


# -- the notebook as it was run


def _document(spliced: Spliced, ran: Ran) -> Json:
    """nbformat 4; of tests what learners may see."""
    written = [_cell(index, piece, ran) for index, piece in enumerate(spliced.pieces)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}}, "cells": written}


def _cell(index: int, piece: Piece, ran: Ran) -> Json:
    text = marks.without_hidden(piece.text) if piece.is_test else piece.text
    metadata = native.learner_metadata(piece.native) if piece.native is not None else {}
    if piece.native is None and not piece.trusted:
        metadata["proboost"] = {"learners": True}
    cell: Json = {"cell_type": piece.kind, "id": f"c{index}", "metadata": metadata, "source": text}
    if piece.kind == "code":
        told = ran.outputs.get(index, {})
        cell["outputs"] = list(told.get("outputs", ()))
        count = told.get("count")
        cell["execution_count"] = count if type(count) is int else None
    if piece.attachments:
        cell["attachments"] = piece.attachments
    return cell
