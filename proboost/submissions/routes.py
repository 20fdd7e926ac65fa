"""The API of handing in: files that learners bring, lessons that they hand in, and receipts."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from proboost import clock
from proboost.errors import BadInput, NotFound
from proboost.i18n import _
from proboost.submissions import outlook, service, standing, uploads
from proboost.submissions.files import attachment
from proboost.web.deps import CurrentViewer, Db, Store

router = APIRouter(tags=["submissions"])
internal = APIRouter(prefix="/submissions", tags=["submissions"])

Uuid = Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{8,64}$")]
Id = Annotated[str, Field(max_length=64)]
PathId = Annotated[str, Path(max_length=64)]
FilePath = Annotated[str, Field(max_length=300), AfterValidator(service.beside)]


class Uploaded(BaseModel):
    """What an answer names the file by."""

    id: str
    name: str
    size: int


class NewSubmission(BaseModel):
    """A lesson that is handed in. `notebook` as it is saved, or null; `files`: path -> base64 of what lies beside."""

    id: Uuid
    course: Id
    lesson: Id
    release: int | None = None
    notebook: dict[str, Any] | None = None
    files: dict[FilePath, str] = {}
    surface: Literal["voila", "lab"] = "voila"
    made_at: AwareDatetime | None = None


class HandedIn(BaseModel):
    """A receipt: `sha256` is of the list of everything that was handed in. `state`: how far grading is."""

    number: int
    course: str
    lesson: str
    sha256: str
    received_at: datetime
    late: bool
    state: Literal["grading", "waits", "graded", "replaced", "aside"]


class WithContents(HandedIn):
    """`contents`: the list itself, hash by hash; its JSON with sorted keys and no blanks is what `sha256` is of."""

    contents: dict[str, Any]


class HandedInBefore(BaseModel):
    submissions: list[HandedIn]


class PartToHandIn(BaseModel):
    """`by_submission`: it counts by handing in. `answered` is null where only the notebook tells."""

    id: str
    title: str
    kind: str
    points: float
    required: bool
    by_submission: bool
    answered: bool | None


class Outlook(BaseModel):
    """What is said before a lesson is handed in. `closed`: why it is not taken now; `rule`: what lateness costs."""

    course: str
    lesson: str
    title: str
    release: int
    due: datetime | None
    closed: str | None
    rule: str | None
    late: bool
    factor: float
    exercises: list[PartToHandIn]
    last: HandedIn | None


@router.post("/uploads", openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}})
async def post_upload(
    request: Request,
    db: Db,
    blobs: Store,
    viewer: CurrentViewer,
    exercise: Annotated[str, Query(max_length=300)],
    name: Annotated[str, Query(max_length=1000)] = "",
    id: Annotated[str, Query(pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")] = "",  # noqa: A002 -- the name in the address
) -> Uploaded:
    """The body is the file, for the exercise of that ref. The same file for it again, or the same `id` (a UUID that the
    client makes), is the file that is there.
    """

    def asked() -> uploads.Allowed:
        with db.read() as session:
            return uploads.allowed(session, blobs, viewer, exercise, name)

    allowed = await run_in_threadpool(asked)  # before a byte of the body is read
    with blobs.incoming() as incoming:
        async for piece in request.stream():
            if incoming.size + len(piece) > allowed.size:
                raise uploads.too_large(allowed.size)
            incoming.write(piece)

        def keep() -> Uploaded:
            told: dict[str, Any] = {"name": name, "sha256": incoming.sha256, "size": incoming.size, "client_id": id}
            with db.read() as session:  # what is not taken leaves nothing on the disk
                uploads.present(session, viewer, allowed, **told)
            incoming.keep()  # before the row that names it
            with db.transaction() as session:
                row = uploads.record(session, viewer, allowed, **told)
                return Uploaded(id=row.id, name=row.name, size=row.size)

        return await run_in_threadpool(keep)


@router.get(
    "/uploads/{id}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "the file"}},
)
def get_upload(id: str, db: Db, blobs: Store, viewer: CurrentViewer) -> FileResponse:  # noqa: A002 -- its name in the address
    """The file, to be saved and never shown: for who brought it and the course's staff, nobody else."""
    with db.read() as session:
        row = uploads.readable(session, viewer, id)
    if not blobs.has(row.sha256):
        raise NotFound(_("A stored file is missing; tell the people who run this platform."))
    return attachment(blobs.path(row.sha256), row.name)


@router.post("/submissions", status_code=200)
def post_submission(body: NewSubmission, db: Db, blobs: Store, viewer: CurrentViewer) -> HandedIn:
    """Hands a lesson in; it replaces what was handed in before. May be repeated with the same id."""
    sent = service.Sent(
        body.id,
        body.course,
        body.lesson,
        body.release,
        body.notebook,
        {path: _decoded(text) for path, text in body.files.items()},
        body.surface,
        body.made_at,
    )
    with db.read() as session:  # what is not taken leaves nothing on the disk
        service.admit(session, viewer, sent, clock.now())
    stored = service.store(blobs, sent)
    with db.transaction() as session:
        return HandedIn(**service.receipt(service.receive(session, blobs, viewer, stored)))


@router.get("/submissions")
def my_submissions(
    db: Db,
    viewer: CurrentViewer,
    course: Annotated[str, Query(max_length=64)] = "",
    lesson: Annotated[str, Query(max_length=64)] = "",
) -> HandedInBefore:
    """The viewer's own receipts, the newest first."""
    with db.read() as session:
        rows = service.mine(session, viewer, course=course, lesson=lesson)
        return HandedInBefore(submissions=[HandedIn(**service.receipt(row)) for row in rows])


@router.get("/submissions/{number}")
def my_submission(number: int, db: Db, viewer: CurrentViewer) -> WithContents:
    """One of the viewer's own receipts, with what its hash is of."""
    with db.read() as session:
        row = service.own(session, viewer, number)
        return WithContents(**service.receipt(row), contents=row.contents)


@router.get("/lessons/{course}/{lesson}/hand-in")
def before_handing_in(course: PathId, lesson: PathId, db: Db, blobs: Store, viewer: CurrentViewer) -> Outlook:
    """What is missing, what lateness costs now, and what was handed in before."""
    with db.read() as session:
        return Outlook(**outlook.of(session, blobs, viewer, course, lesson).json())


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(_("A file did not arrive whole. Hand the lesson in again."), code="bad-file") from None


# -- for the command line, over the internal socket


class SetAside(BaseModel):
    number: int
    reason: str


class CourseStanding(BaseModel):
    course: str
    queued: int
    running: int
    waits: int
    graded: int
    total: int
    done: int
    aside: list[SetAside]


class Standings(BaseModel):
    courses: list[CourseStanding]


class Again(BaseModel):
    again: int


@internal.get("")
def how_far(db: Db, course: Annotated[str, Query(max_length=64)] = "") -> Standings:
    with db.read() as session:
        found = standing.standings(session, course)
    rows = [CourseStanding(**{**asdict(one), "total": one.total, "done": one.done}) for one in found]
    return Standings(courses=rows)


@internal.post("/{course}/again")
def try_again(db: Db, course: PathId) -> Again:
    """What was set aside is graded once more."""
    with db.transaction() as session:
        return Again(again=standing.again(session, course))
