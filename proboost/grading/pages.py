"""Graders' pages: what was handed in and how far grading is, one submission with its answers, points and comments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from proboost.blobs import Blobs
from proboost.errors import BadInput, NotFound
from proboost.grading import feedback, marking, result, sheets, splice
from proboost.grading.result import NotebookResult
from proboost.grading.sheets import Sheet
from proboost.i18n import _
from proboost.models import Submission
from proboost.settings import PREFIX
from proboost.submissions import words
from proboost.web import addresses, page
from proboost.web.deps import Db, PageViewer, Store

router = APIRouter(include_in_schema=False)
BLANKS = {0xA0: None, 0x202F: None, 0x20: None}  # that people and we group digits with


@router.get("/grading/{course}")
def queue(
    request: Request,
    db: Db,
    viewer: PageViewer,
    course: str,
    show: str = "waiting",
    lesson: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """What was handed in: what waits for a grader first."""
    show = show if show in sheets.SHOWN else "waiting"
    with db.read() as session:
        found = sheets.queue(session, viewer, course, show=show, lesson=lesson[:64], page=number)
        return page(
            request,
            "grading/queue.html",
            viewer,
            found=found,
            show=show,
            lesson=lesson,
            address=addresses(show="" if show == "waiting" else show, lesson=lesson),
            state_word=words.state,
            reason=words.reason,
            how_far=how_far(found.counts),
        )


@router.get("/grading/{course}/progress")
def progress(db: Db, viewer: PageViewer, course: str) -> Response:
    """How far the machine is, for the bar of a page that stays open."""
    with db.read() as session:
        found = sheets.counts(session, viewer, course)
    total, grading = sum(found.values()), found.get("grading", 0)
    said = {"done": total - grading, "total": total, "words": how_far(found)}
    return JSONResponse({**said, "waits": found.get("waits", 0), "aside": found.get("aside", 0)})


@router.get("/grading/{course}/{number}")
def sheet(request: Request, db: Db, blobs: Store, viewer: PageViewer, course: str, number: int) -> Response:
    """One submission: its answers, what was found of them, and what a grader may say."""
    with db.read() as session:
        found = sheets.sheet(session, blobs, viewer, course, number)
        return page(
            request,
            "grading/sheet.html",
            viewer,
            sheet=found,
            state_word=words.state,
            item_word=words.item,
            reason=words.reason,
            size=words.size,
            parts=native_parts(found),
        )


@router.get("/grading/{course}/{number}/notebook")
def notebook(db: Db, blobs: Store, viewer: PageViewer, course: str, number: int) -> Response:
    """The whole notebook as it ran, cut down to what cannot run: for a frame, or a window of its own."""
    with db.read() as session:
        row, found = _found(blobs, sheets.sheet(session, blobs, viewer, course, number))
        return framed(feedback.page(found, f"№ {row.number}"))


@router.get("/grading/{course}/{number}/cells/{exercise}")
def cell(db: Db, blobs: Store, viewer: PageViewer, course: str, number: int, exercise: str) -> Response:
    """One cell of it, for a frame."""
    with db.read() as session:
        _row, found = _found(blobs, sheets.sheet(session, blobs, viewer, course, number))
        shown = feedback.fragment(found, exercise) if exercise in found.cells or _has(found, exercise) else ""
        missing = _("This cell is not in what was handed in.")
        return framed(shown or feedback.document(exercise, f"<p>{missing}</p>"))


@router.post("/grading/{course}/{number}/points")
async def give(request: Request, db: Db, blobs: Store, viewer: PageViewer, course: str, number: int) -> Response:
    """Points and a comment for one answer."""
    form = await request.form(max_fields=100)
    exercise = str(form.get("exercise", ""))

    def write() -> None:
        with db.transaction() as session:
            marking.give(
                session,
                blobs,
                viewer,
                course,
                number,
                exercise,
                points=_number(form.get("points")),
                criteria=_criteria(form),
                comment=str(form.get("comment", "")),
                seen=int(_number(form.get("seen")) or 0),
            )

    await run_in_threadpool(write)
    return _back(course, number, exercise)


@router.post("/grading/{course}/{number}/accept")
def accept(
    db: Db,
    viewer: PageViewer,
    course: str,
    number: int,
    attempt: Annotated[int, Form()],
    seen: Annotated[int, Form()],
    exercise: Annotated[str, Form()] = "",
) -> Response:
    """What is provisional holds."""
    with db.transaction() as session:
        marking.accept(session, viewer, attempt, seen=seen)
    return _back(course, number, exercise)


@router.post("/grading/{course}/{number}/note")
def note(
    db: Db,
    viewer: PageViewer,
    course: str,
    number: int,
    text: Annotated[str, Form()],
    client_id: Annotated[str, Form(max_length=64)],
) -> Response:
    """A word on the whole."""
    with db.transaction() as session:
        marking.say(session, viewer, course, number, text=text, client_id=client_id)
    return _back(course, number, "notes")


@router.post("/grading/{course}/{number}/again")
def again(db: Db, viewer: PageViewer, course: str, number: int) -> Response:
    """Try once more what was set aside."""
    with db.transaction() as session:
        marking.retry(session, viewer, course, number)
    return _back(course, number, "")


def how_far(counts: Mapping[str, int]) -> str:
    """“The machine has graded 41 of 60. Set aside: 2.”, of how many there are in each state."""
    total = sum(counts.values())
    said = _("The machine has graded {done} of {total}.").format(done=total - counts.get("grading", 0), total=total)
    aside = counts.get("aside", 0)
    return f"{said} " + _("Set aside: {n}.").format(n=aside) if aside else said


def framed(document: str) -> Response:
    """Somebody's own work: an origin of its own, no scripts, nothing from elsewhere, wherever it is opened."""
    return HTMLResponse(document, headers={"Content-Security-Policy": feedback.HEADER})


def native_parts(found: Sheet) -> dict[str, str]:
    """exercise -> the address of its frame, for answers that lie in the notebook."""
    if not found.submission.notebook:
        return {}
    base = f"{PREFIX}/grading/{found.course.id}/{found.submission.number}/cells/"
    return {
        item.task.place.exercise: base + quote(item.task.place.exercise, safe="")
        for item in found.items
        if item.task.kind == "cell" and item.attempt is not None
    }


def _found(blobs: Blobs, shown: Sheet) -> tuple[Submission, NotebookResult]:
    """What grading found; of what was not graded yet, or could not be, the notebook as it came."""
    row = shown.submission
    if row.document:
        return row, _read(blobs.folder, row.document)
    if row.notebook is None:
        raise NotFound(_("No notebook was handed in with this."))
    try:
        return row, NotebookResult(document=splice.read(blobs.get(row.notebook)))
    except splice.Unreadable as error:
        raise NotFound(str(error)) from None


@lru_cache(maxsize=8)
def _read(folder: Path, blob: str) -> NotebookResult:
    """A blob never changes; a page shows many cells of one."""
    return result.from_json(json.loads(Blobs(folder).get(blob)))


def _has(found: NotebookResult, exercise: str) -> bool:
    cells = found.document.get("cells", ())
    return any((one.get("metadata") or {}).get("nbgrader", {}).get("grade_id") == exercise for one in cells)


def _number(given: Any) -> float | None:
    """A number as people write it; None for nothing."""
    text = str(given or "").strip().replace(",", ".").translate(BLANKS)
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise BadInput(_("“{text}” is not a number.").format(text=text[:40])) from None


def _criteria(form: FormData) -> dict[str, float]:
    """Of the rubric: fields named c0, c1 …, each with its criterion's name beside it."""
    given: dict[str, float] = {}
    for position in range(50):
        value = _number(form.get(f"c{position}"))
        if value is not None:
            given[str(form.get(f"n{position}", ""))] = value
    return given


def _back(course: str, number: int, exercise: str) -> Response:
    anchor = f"#ex-{quote(exercise, safe='')}" if exercise else ""
    return RedirectResponse(f"{PREFIX}/grading/{quote(course, safe='')}/{number}{anchor}", 303)
