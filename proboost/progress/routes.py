"""The API of progress: attempts and their verdicts, drafts, hints, a lesson's state, and how far one is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, Field
from starlette.concurrency import run_in_threadpool

from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.db import Database
from proboost.i18n import _
from proboost.progress import drafts, overview, service, variants, verdict
from proboost.progress.arrivals import Waiter, arrivals
from proboost.progress.material import Place
from proboost.web.deps import Conf, CurrentViewer, Db, Store

router = APIRouter(tags=["progress"])

PATIENCE = 2.5  # seconds that a Check waits for its verdict before it is told that it is pending
DRAWING = 0.7  # seconds that a lesson's state waits for a generator, which takes a tenth; a page does not wait longer
Uuid = Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{8,64}$")]
Id = Annotated[str, Path(max_length=128)]
Json = dict[str, Any]


class NewAttempt(BaseModel):
    """An answer handed to Check; `variant`: the revision of the learner's own values that the page showed."""

    id: Uuid
    ref: Annotated[str, Field(max_length=300)]
    public_hash: Annotated[str, Field(max_length=64)]
    response: Json
    surface: Literal["voila", "lab"] = "voila"
    made_at: AwareDatetime | None = None
    variant: Annotated[int, Field(ge=0)] | None = None


class Case(BaseModel):
    """A failed call of a visible test: what it gave, and what was wanted."""

    call: str
    got: str
    wanted: str


class TestResult(BaseModel):
    """Of a hidden test its name and whether it passed, no more."""

    name: str
    passed: bool
    message: str = ""
    hidden: bool = False
    case: Case | None = None


class Verdict(BaseModel):
    """What became of an attempt; `message` says why it is refused. `explanation`, `message_html` are sanitised HTML."""

    attempt: str
    exercise: str
    ref: str
    state: Literal["passed", "partial", "failed", "pending", "manual", "refused", "error"]
    score: float
    points: float
    max_points: float
    tests: list[TestResult]
    message: str
    message_html: str | None = None
    explanation: str | None = None
    attempts_left: int | None
    found_at: datetime | None
    isolated: bool
    late: bool
    code: str | None = None


class DraftBody(BaseModel):
    response: Json
    base: Annotated[int, Field(ge=0)] = 0


class Draft(BaseModel):
    response: Json
    revision: int
    saved_at: datetime


class SavedDraft(BaseModel):
    """`older_draft`: what another page saved meanwhile; it is kept and offered."""

    revision: int
    saved_at: datetime
    older_draft: Draft | None = None


class Hints(BaseModel):
    opened: Annotated[int, Field(ge=0, le=1000)]


class Variant(BaseModel):
    """The learner's own values, those that the exercise shows; `spec`: the exercise with them, ready to be shown."""

    state: Literal["pending", "ready", "broken"]
    revision: int
    values: dict[str, str]
    spec: Json | None


class ExerciseState(BaseModel):
    """`answer`: the response of the newest attempt; `order`: the seed of the order that options are shown in;
    `variant`: null where the exercise is the same for everybody.
    """

    draft: Draft | None
    older_draft: Draft | None
    verdict: Verdict | None
    answer: Json | None
    attempts_left: int | None
    hints_open: int
    order: str
    variant: Variant | None = None


class LessonState(BaseModel):
    course: str
    lesson: str
    title: str
    release: int
    closed: str | None
    exercises: dict[str, ExerciseState]


class ExerciseProgress(BaseModel):
    id: str
    ref: str
    title: str
    kind: str
    state: Literal["passed", "partial", "failed", "pending", "new", "manual"]
    points: float
    max_points: float


class LessonProgress(BaseModel):
    """`exercises` is empty until the lesson opens."""

    id: str
    title: str
    file: str
    open: bool
    why: str | None
    opens: datetime | None
    due: datetime | None
    state: Literal["done", "half", "new", "locked"]
    points: float
    max_points: float
    exercises: list[ExerciseProgress]


class CourseProgress(BaseModel):
    course: str
    title: str
    language: str
    points: float
    max_points: float
    next_lesson: str | None
    lessons: list[LessonProgress]


class Progress(BaseModel):
    courses: list[CourseProgress]


@router.post("/attempts", responses={202: {"model": Verdict}}, response_model_exclude_none=False)
async def post_attempt(body: NewAttempt, response: Response, db: Db, blobs: Store, viewer: CurrentViewer) -> Verdict:
    """Takes an answer; 200 with its verdict, or 202 while it is looked for. May be repeated with the same id."""
    sent = service.Sent(body.id, body.ref, body.public_hash, body.response, body.surface, body.made_at, body.variant)

    def record() -> Json:
        with db.transaction() as session:
            return _said(session, blobs, viewer, service.record_attempt(session, blobs, viewer, sent))

    with arrivals.expected((viewer.user_id, body.id)) as waiter:
        said = await run_in_threadpool(record)
        said = await _patiently(said, waiter, db, blobs, viewer, PATIENCE)
    return _answer(said, response)


@router.get("/attempts/{id}", responses={202: {"model": Verdict}})
async def get_attempt(
    id: Id,  # noqa: A002 -- its name in the address
    response: Response,
    db: Db,
    blobs: Store,
    viewer: CurrentViewer,
    wait: Annotated[float, Query(ge=0, le=20)] = 0.0,
) -> Verdict:
    """The verdict of one's own attempt; 202 while it is looked for, after up to `wait` seconds."""
    with arrivals.expected((viewer.user_id, id)) as waiter:
        said = await run_in_threadpool(_read, db, blobs, viewer, id)
        said = await _patiently(said, waiter, db, blobs, viewer, wait)
    return _answer(said, response)


@router.put("/drafts/{course}/{lesson}/{exercise}")
def put_draft(course: Id, lesson: Id, exercise: Id, body: DraftBody, db: Db, viewer: CurrentViewer) -> SavedDraft:
    """Keeps what was typed; of two pages' drafts the newer is shown, the older kept and offered."""
    with db.transaction() as session:
        kept = drafts.save(session, viewer, Place(course, lesson, exercise), body.response, base=body.base)
        newest, older = drafts.written(kept.newest), drafts.written(kept.older)
    assert newest is not None
    return SavedDraft(
        revision=newest["revision"], saved_at=newest["saved_at"], older_draft=Draft(**older) if older else None
    )


@router.put("/hints/{course}/{lesson}/{exercise}")
def put_hints(course: Id, lesson: Id, exercise: Id, body: Hints, db: Db, viewer: CurrentViewer) -> Hints:
    """Hints stay open; the answer says how many are."""
    with db.transaction() as session:
        return Hints(opened=drafts.open_hints(session, viewer, Place(course, lesson, exercise), body.opened))


@router.get("/lessons/{course}/{lesson}/state")
async def get_state(course: Id, lesson: Id, db: Db, blobs: Store, conf: Conf, viewer: CurrentViewer) -> LessonState:
    """Drafts, verdicts, attempts left, variants, hints: all that the lesson's page needs to come back as it was.

    What a learner sees of a variant is written down at first sight. That changes nothing: asking again gives the same.
    """

    def look() -> Json:
        with db.read() as session:
            return overview.lesson_state(session, blobs, viewer, course, lesson)

    def see() -> bool:
        with db.transaction() as session:
            return overview.see_variants(session, blobs, conf.secret("hmac_key"), viewer, course, lesson)

    state = await run_in_threadpool(look)
    if _waits(state):
        end = asyncio.get_running_loop().time() + DRAWING
        while await _awaited(see, (viewer.user_id, course, lesson), end - asyncio.get_running_loop().time()):
            pass
        state = await run_in_threadpool(look)
    return LessonState(**state)


def _waits(state: Json) -> bool:
    return any((row["variant"] or {}).get("state") == "pending" for row in state["exercises"].values())


async def _awaited(see: Callable[[], bool], who: tuple[str, str, str], seconds: float) -> bool:
    """Whether values came in time that are worth another look."""
    with arrivals.expected(variants.bell(*who)) as waiter:
        return await run_in_threadpool(see) and seconds > 0 and await waiter.rung(seconds)


@router.get("/progress")
def get_progress(db: Db, viewer: CurrentViewer) -> Progress:
    """The viewer's courses, lessons and exercises with states and points."""
    with db.read() as session:
        return Progress(courses=[CourseProgress(**course.json()) for course in overview.all_courses(session, viewer)])


def _said(session: Any, blobs: Blobs, viewer: Viewer, attempt: Any) -> Json:
    return verdict.of(session, blobs, attempt, timezone=viewer.timezone)


def _read(db: Database, blobs: Blobs, viewer: Viewer, id_: str) -> Json:
    with db.read() as session:
        attempt = service.find_attempt(session, viewer, id_)
        if attempt is None:
            raise service.NoSuchAttempt(_("There is no such answer of yours."))
        return _said(session, blobs, viewer, attempt)


async def _patiently(said: Json, waiter: Waiter, db: Database, blobs: Blobs, viewer: Viewer, seconds: float) -> Json:
    """The verdict, once it has arrived; what was said before when it has not in time."""
    if said["state"] == "pending" and seconds > 0 and await waiter.rung(seconds):
        return await run_in_threadpool(_read, db, blobs, viewer, said["attempt"])
    return said


def _answer(said: Json, response: Response) -> Verdict:
    if said["state"] == "pending":
        response.status_code = 202
    return Verdict(**said)
