"""Grades for programs inside the house: the command line's export."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from proboost import i18n
from proboost.gradebook import export, service
from proboost.web.deps import Db

internal = APIRouter(tags=["gradebook"])


@internal.get("/gradebook/{course}")
def export_grades(
    db: Db,
    course: str,
    format: Literal["csv", "xlsx", "json"] = "csv",  # noqa: A002 -- its name in the address
    language: Annotated[str, Query(max_length=20)] = "en",
    timezone: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The course's grades as a file; for the operator, so of every course."""
    with i18n.using(language), db.read() as session:
        return answer(service.table(session, None, course), format, timezone)


def answer(table: service.Table, format_: str, timezone: str) -> Response:
    """The file as a download."""
    if format_ == "json":
        content = json.dumps(export.json_file(table), ensure_ascii=False, indent=1).encode()
        media = "application/json"
    else:
        media, write = export.FORMATS[format_]
        content = write(table, timezone)
    name = export.file_name(table, format_)
    return Response(content, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
