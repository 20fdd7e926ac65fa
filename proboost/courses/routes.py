"""The courses' API: bundles for learners' servers, sources and candidates for authors, publishing for the operator."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import archive, bundles, candidates, check, service, sources
from proboost.courses import release as releases
from proboost.courses import source as course_source
from proboost.courses.flaws import Unsound, errors
from proboost.db import Database
from proboost.errors import BadInput, TooLarge
from proboost.i18n import _
from proboost.settings import Settings
from proboost.web.deps import Conf, CurrentViewer, Db, Store

router = APIRouter(tags=["courses"])
internal = APIRouter(tags=["courses"])

MAX_BODY = 64 * 1024 * 1024
ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}, "description": "the course's folder"}}
BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}, "description": "the file"}}
CourseId = Annotated[str, Query(max_length=64)]
ReleaseNumber = Annotated[int | None, Query(ge=1, le=10**9)]
Notes = Annotated[str, Query(max_length=4000)]
Base = Annotated[int | None, Query(ge=0, le=10**9)]


class CourseRow(BaseModel):
    course: str
    title: str
    language: str
    release: int | None


class Courses(BaseModel):
    courses: list[CourseRow]


class BundleLesson(BaseModel):
    """`sha256` is null while the lesson is not open; `why` says then when it will be."""

    id: str
    title: str
    file: str
    sha256: str | None
    open: bool
    why: str | None
    opens: str | None
    due: str | None


class BundleFile(BaseModel):
    path: str
    sha256: str
    size: int


class Bundle(BaseModel):
    course: str
    title: str
    language: str
    release: int
    lessons: list[BundleLesson]
    files: list[BundleFile]


class SourceRow(CourseRow):
    newest: int | None
    published_at: str | None
    digest: str | None
    lessons: int


class Sources(BaseModel):
    courses: list[SourceRow]


class Proposed(BaseModel):
    id: str
    url: str


class Published(BaseModel):
    course: str
    release: int


class ReleaseRow(BaseModel):
    release: int
    title: str
    notes: str
    published_at: str
    withdrawn_at: str | None
    current: bool


class Releases(BaseModel):
    releases: list[ReleaseRow]


class ResultRow(BaseModel):
    lesson: str
    exercise: str
    learners: int


class Results(BaseModel):
    """How many learners have results in each exercise that has any."""

    results: list[ResultRow]


@router.get("/bundles")
def my_bundles(db: Db, viewer: CurrentViewer) -> Courses:
    with db.read() as session:
        return Courses.model_validate({"courses": bundles.mine(session, viewer)})


@router.get("/bundles/{course}")
def one_bundle(db: Db, viewer: CurrentViewer, course: str) -> Bundle:
    with db.read() as session:
        return Bundle.model_validate(bundles.bundle(session, viewer, course))


@router.get("/bundles/{course}/lessons/{lesson}", response_class=Response, responses=BYTES)
def bundle_lesson(db: Db, blobs: Store, viewer: CurrentViewer, course: str, lesson: str) -> Response:
    with db.read() as session:
        content = bundles.lesson(session, blobs, viewer, course, lesson)
    return Response(content, media_type="application/x-ipynb+json")


@router.get("/bundles/{course}/files/{path:path}", response_class=Response, responses=BYTES)
def bundle_file(db: Db, blobs: Store, viewer: CurrentViewer, course: str, path: str) -> Response:
    with db.read() as session:
        content = bundles.file(session, blobs, viewer, course, path)
    return download(content, path.rsplit("/", 1)[-1])


@router.get("/sources")
def my_sources(db: Db, viewer: CurrentViewer) -> Sources:
    with db.read() as session:
        return Sources.model_validate({"courses": sources.of_author(session, viewer)})


@router.get("/sources/{course}", response_class=Response, responses=ZIP)
def course_source_zip(
    db: Db, blobs: Store, viewer: CurrentViewer, course: str, release: ReleaseNumber = None
) -> Response:
    with db.read() as session:
        found, content = sources.pulled(session, blobs, course, viewer, release)
    return zipped(content, course, found.number)


@router.get("/sources/{course}/results")
def course_results(db: Db, viewer: CurrentViewer, course: str) -> Results:
    with db.read() as session:
        return Results.model_validate({"results": sources.results(session, course, viewer)})


@router.post("/candidates", response_model=Proposed)
async def propose(
    request: Request, db: Db, blobs: Store, conf: Conf, viewer: CurrentViewer, course: CourseId, base: Base = None
) -> Any:
    """The body is a zip of the course's source folder; `base` the release that it was pulled from."""

    def allowed() -> None:
        with db.read() as session:
            candidates.may_propose(session, viewer, course)

    await run_in_threadpool(allowed)  # before a byte of the body is read
    content = await body(request)
    return await run_in_threadpool(_propose, db, blobs, conf, viewer, course, base, content)


def _propose(
    db: Database, blobs: Blobs, conf: Settings, viewer: Viewer, course: str, base: int | None, content: bytes
) -> Any:
    try:
        files = archive.unpack(content)
        releases.build(candidates.read(files, course))
    except Unsound as error:
        return problems(error)
    kept = {path: blobs.put(file) for path, file in sorted(files.items())}  # before the row that names them
    with db.transaction() as session:
        candidate = candidates.propose(session, viewer, course, base or None, kept)
        return Proposed(id=candidate.id, url=f"{conf.public_url}/candidates/{candidate.id}")


@internal.post("/courses/publish", response_model=Published)
async def publish(
    request: Request, db: Db, blobs: Store, confirm: bool = False, base: Base = None, notes: Notes = ""
) -> Any:
    """What the operator publishes: a zip of a course's source folder. Without `confirm` only checked and built."""
    content = await body(request)
    return await run_in_threadpool(_publish, db, blobs, content, confirm, base, notes)


def _publish(db: Database, blobs: Blobs, content: bytes, confirm: bool, base: int | None, notes: str) -> Any:
    files = archive.unpack(content)
    source = course_source.read(files, name="course")
    flaws = check.check(source)
    if errors(flaws):
        return problems(Unsound(flaws))
    built = releases.build(source)
    if not confirm:
        with db.read() as session:
            now = service.current(session, source.id)
            return Published(course=source.id, release=now.number if now else 0)
    stored = service.store(blobs, built)
    with db.transaction() as session:
        release = service.publish(session, stored, base=base, notes=notes.strip())
        return Published(course=release.course_id, release=release.number)


@internal.get("/courses")
def all_courses(db: Db) -> Sources:
    with db.read() as session:
        return Sources.model_validate({"courses": sources.listed(session, None)})


@internal.get("/courses/{course}/source", response_class=Response, responses=ZIP)
def any_source(db: Db, blobs: Store, course: str, release: int | None = None) -> Response:
    with db.read() as session:
        found, content = sources.pulled(session, blobs, course, None, release)
    return zipped(content, course, found.number)


@internal.post("/courses/{course}/withdraw")
def withdraw(db: Db, course: str) -> Published:
    with db.transaction() as session:
        release = service.withdraw(session, course)
        return Published(course=course, release=release.number)


@internal.get("/courses/{course}/releases")
def releases_of(db: Db, course: str) -> Releases:
    with db.read() as session:
        return Releases.model_validate({"releases": sources.history(session, course)})


@internal.get("/courses/{course}/results")
def results_of(db: Db, course: str) -> Results:
    with db.read() as session:
        return Results.model_validate({"results": sources.results(session, course, None)})


async def body(request: Request) -> bytes:
    """The request's body, never more than MAX_BODY of it."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY:
            raise TooLarge(_("The archive is larger than {n} MiB.").format(n=MAX_BODY // 2**20))
        pieces.append(piece)
    if not size:
        raise BadInput(_("A zip of the course's folder is expected here."), code="archive")
    return b"".join(pieces)


def problems(error: Unsound) -> Response:
    """422 with everything that is wrong, as `course check --json` prints it."""
    found = [flaw.json() for flaw in error.flaws]
    return JSONResponse({"code": error.code, "message": error.message, "problems": found}, error.status)


def zipped(content: bytes, course: str, release: int) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{course}-{release}.zip"',
        "X-ProBoost-Release": str(release),
    }
    return Response(content, media_type="application/zip", headers=headers)


def download(content: bytes, name: str) -> Response:
    """Never a page: whatever authors hand out is saved, not shown, on our origin."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type="application/octet-stream", headers=headers)
