"""The API of handing in: files that learners bring."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from proboost.submissions import uploads
from proboost.submissions.files import attachment
from proboost.web.deps import CurrentViewer, Db, Store

router = APIRouter(tags=["submissions"])


class Uploaded(BaseModel):
    """What an answer names the file by."""

    id: str
    name: str
    size: int


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
            sha256 = incoming.keep()  # before the row that names it
            with db.transaction() as session:
                row = uploads.record(
                    session, viewer, allowed, name=name, sha256=sha256, size=incoming.size, client_id=id
                )
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
    return attachment(blobs.path(row.sha256), row.name)
