"""The workers' door: claim a job, keep it, bring what was found, or give it back.

On the internal socket for workers of this machine, and under /api/worker for those of others, each with a token.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator, BaseModel, Field

from proboost import clock, jobs
from proboost.blobs import Blobs
from proboost.db import Database
from proboost.errors import BadInput, Forbidden, Problem
from proboost.grading import ahead, remote, result, service
from proboost.i18n import _
from proboost.jobs import Job
from proboost.submissions import tasks
from proboost.web.deps import Db, Store

door = APIRouter(prefix="/jobs", tags=["grading"])  # included twice, see proboost.app.factory

log = logging.getLogger(__name__)

MAX_WAIT = 30.0
Worker = Annotated[str, Field(min_length=1, max_length=200)]
Storable = AfterValidator(lambda text: text.replace("\0", "\ufffd"))  # PostgreSQL keeps no NUL
Text = Annotated[str, Field(max_length=4000), Storable]
Part = Annotated[str, Field(max_length=500), Storable]


class Claim(BaseModel):
    worker: Worker
    kinds: list[Literal["draw", "grade", "notebook"]] = ["grade"]
    wait: float = Field(default=0.0, ge=0, le=MAX_WAIT)


class ClaimedJob(BaseModel):
    """`tries` counts this time; `lease`: seconds until it has to be renewed."""

    id: int
    kind: str
    payload: dict[str, Any]
    tries: int
    lease: float


class Case(BaseModel):
    call: Part
    got: Part
    wanted: Part


class TestRow(BaseModel):
    __test__ = False

    name: Annotated[str, Field(max_length=200)]
    passed: bool
    message: Text = ""
    hidden: bool = False
    case: Case | None = None


class Finding(BaseModel):
    """What a worker found out; formats.md says what each part means."""

    state: Literal["passed", "partial", "failed", "error"]
    score: float = Field(ge=0, le=1)
    tests: Annotated[list[TestRow], Field(max_length=100)] = []
    message: Text = ""
    isolated: bool = True
    tier: Annotated[str, Field(max_length=200)] = ""
    engine: Annotated[str, Field(max_length=200)] = ""
    key_hash: Annotated[str, Field(max_length=128)] = ""
    seconds: float = Field(default=0.0, ge=0)


class Brought(BaseModel):
    worker: Worker
    finding: Finding


class Graded(BaseModel):
    """What a worker found of a handed-in notebook: `NotebookResult.json()`."""

    worker: Worker
    result: dict[str, Any]


class Drawing(BaseModel):
    """What a generator made of a learner's drawn values, or why it failed."""

    values: dict[str, Annotated[str, Field(max_length=2000)]] | None = None
    failed: Text = ""


class Drawn(BaseModel):
    worker: Worker
    drawing: Drawing


class Failure(BaseModel):
    worker: Worker
    reason: Text = ""


class Mine(BaseModel):
    worker: Worker


class Holdings(Mine):
    """`untried`: the jobs are given back through no fault of theirs."""

    untried: bool = False


class Answer(BaseModel):
    """`counted`: false when this had happened before, or the job is somebody else's by now."""

    counted: bool


class Released(BaseModel):
    released: int


class Waiting:
    """A claim that is held open in the event loop it was made in; anybody may wake or end it."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.over = False
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self.news.set)

    def end(self) -> None:
        self.over = True
        self.wake()


claims: dict[str, set[Waiting]] = {}


@door.post("/claim", response_model=ClaimedJob, responses={204: {"description": "nothing to do"}})
async def claim(asked: Claim, request: Request, db: Db, blobs: Store) -> Any:
    """The next job; with `wait`, as soon as there is one within that time."""
    loop = asyncio.get_running_loop()
    waiting = Waiting()

    forget = [jobs.bell.listen(kind, waiting.wake) for kind in sorted(set(asked.kinds))]
    end = loop.time() + asked.wait
    claims.setdefault(asked.worker, set()).add(waiting)
    try:
        while True:
            waiting.news.clear()
            if waiting.over or await request.is_disconnected():  # a worker that died must not be given a job
                return Response(status_code=204)
            job, due = await run_in_threadpool(_next, db, blobs, asked)
            if job is not None:
                return ClaimedJob(id=job.id, kind=job.kind, payload=job.payload, tries=job.tries, lease=service.LEASE)
            left = end - loop.time()
            if left <= 0:
                return Response(status_code=204)
            try:
                async with asyncio.timeout(min(left, due)):
                    await waiting.news.wait()
            except TimeoutError:
                continue
    finally:
        claims[asked.worker].discard(waiting)
        if not claims[asked.worker]:
            del claims[asked.worker]
        for one in forget:
            one()


class Known(Mine):
    """`digest` of what the worker was told last."""

    digest: Annotated[str, Field(max_length=64)] = ""


class Programs(BaseModel):
    digest: str
    programs: list[dict[str, Any]]


@door.post("/programs")
def programs(asked: Known, db: Db, blobs: Store) -> Programs:
    """What is published now, so that a worker runs the references before learners check."""
    with db.read() as session:
        return Programs.model_validate(ahead.programs(session, blobs, asked.digest))


@door.post("/leave")
async def leave(asked: Mine) -> Answer:
    """A worker that stops asks for no more: its open claims are answered at once, with nothing."""
    return Answer(counted=_end_claims(asked.worker))


def _end_claims(worker: str) -> bool:
    """Whether there were any."""
    held_open = list(claims.get(worker, ()))
    for waiting in held_open:
        waiting.end()
    return bool(held_open)


def _next(db: Database, blobs: Blobs, asked: Claim) -> tuple[Job | None, float]:
    """A job, or the seconds until one may be due."""
    since = clock.now()
    with db.read() as session:  # all who wait are woken by one job: whoever comes too late writes nothing
        due = jobs.next_due(session, asked.kinds)
    if due is None or due > since:
        return None, _until(due)
    with db.transaction() as session:
        job = service.claim(session, asked.worker, asked.kinds)
        if job is None:
            return None, _until(jobs.next_due(session, asked.kinds, since=since))
    if job.kind != service.NOTEBOOK:
        return job, 0.0
    try:  # no database is held up while large files are read
        with db.read() as session:
            return replace(job, payload=tasks.payload(session, blobs, job.payload)), 0.0
    except (Problem, ValueError, KeyError) as error:  # a file is missing or damaged: not the worker's trouble
        log.error("job %s: %r", job.id, error)
        with db.transaction() as session:
            service.failed(session, job.id, asked.worker, f"{type(error).__name__}: {error}")
        return None, 0.05


def _until(due: datetime | None) -> float:
    return MAX_WAIT if due is None else max(0.05, (due - clock.now()).total_seconds())


@door.post("/{job}/renew")
def renew(job: int, asked: Mine, db: Db) -> Answer:
    """The worker still works on it."""
    with db.transaction() as session:
        return Answer(counted=jobs.renew(session, job, asked.worker, lease=service.LEASE))


@door.post("/{job}/finding")
def finding(job: int, brought: Brought, db: Db) -> Answer:
    """What was found; bringing it again changes nothing."""
    written = brought.finding.model_dump(exclude_none=True)
    with db.transaction() as session:
        return Answer(counted=service.found(session, job, brought.worker, written))


@door.post("/{job}/notebook")
def graded(job: int, brought: Graded, db: Db, blobs: Store) -> Answer:
    """What was found of a notebook; bringing it again changes nothing."""
    try:
        found = result.from_json(_storable(brought.result))
    except (KeyError, TypeError, ValueError):
        raise BadInput("this is not what is found of a notebook") from None
    written = json.dumps(found.json(), ensure_ascii=False).encode("utf-8", "replace") if found.document else None
    document = None if written is None else blobs.put(written)  # before the row that names it
    with db.transaction() as session:
        return Answer(counted=service.graded(session, job, brought.worker, found, document))


@door.post("/{job}/drawing")
def drawn(job: int, brought: Drawn, db: Db) -> Answer:
    """What a generator made; bringing it again changes nothing."""
    with db.transaction() as session:
        return Answer(counted=service.drawn(session, job, brought.worker, brought.drawing.model_dump()))


@door.post("/{job}/failed")
def failed(job: int, told: Failure, db: Db) -> Answer:
    """The sandbox broke; the job comes again, later."""
    with db.transaction() as session:
        service.failed(session, job, told.worker, told.reason)
    return Answer(counted=True)


@door.post("/{job}/release")
def give_back(job: int, asked: Holdings, db: Db) -> Released:
    """A worker that stops gives one job back."""
    with db.transaction() as session:
        released = service.release(session, asked.worker, [job], untried=asked.untried)
    _ring(released)
    return Released(released=released)


@door.post("/release")
def give_all_back(asked: Holdings, db: Db) -> Released:
    """A worker that starts or stops says that it holds nothing: what one of its name held is free at once."""
    with db.transaction() as session:
        released = service.release(session, asked.worker, untried=asked.untried)
    _ring(released)
    return Released(released=released)


def _ring(released: int) -> None:
    if released:
        for kind in service.KINDS:
            jobs.bell.ring(kind)


def _storable(value: Any) -> Any:
    """The same without NUL, which PostgreSQL keeps in no text."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return value


async def as_itself(request: Request) -> None:
    """A token speaks for one worker: it neither brings nor gives back what another one holds."""
    try:
        asked = await request.json()
    except ValueError:
        return  # refused by the route
    if isinstance(asked, dict) and asked.get("worker") != request.state.worker:
        raise Forbidden(_("This token belongs to the worker “{name}”.").format(name=request.state.worker))


class Named(BaseModel):
    name: Worker


class Token(Named):
    token: str


class Remote(Named):
    """A worker of another machine; `seen_at`: when it last asked for anything, to half a minute."""

    created_at: datetime
    seen_at: datetime | None


router = APIRouter(prefix="/worker", tags=["grading"], include_in_schema=False)


@router.get("/me")
def welcome(request: Request) -> Named:
    """Whose token this is."""
    return Named(name=request.state.worker)


internal = APIRouter(tags=["grading"])


@internal.get("/workers")
def workers(db: Db) -> list[Remote]:
    with db.read() as session:
        return [Remote.model_validate(one, from_attributes=True) for one in remote.everybody(session)]


@internal.post("/workers")
def add_worker(asked: Named, db: Db) -> Token:
    """A worker of another machine may come from now on; its token is told here and never again."""
    with db.transaction() as session:
        return Token(name=asked.name, token=remote.add(session, asked.name))


@internal.delete("/workers/{name}")
def remove_worker(name: str, db: Db) -> Released:
    """It may come no more; what it held is free at once."""
    with db.transaction() as session:
        released = remote.remove(session, name)
    _end_claims(name)
    _ring(released)
    return Released(released=released)
