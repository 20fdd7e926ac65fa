"""A learner's pages: what they handed in, each receipt with its feedback, and the feedback as a file to keep."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from proboost import i18n
from proboost.courses import service as courses
from proboost.progress import material
from proboost.submissions import feedback, service, words
from proboost.web import page
from proboost.web.deps import Conf, Db, PageViewer, Store
from proboost.web.page import environment

router = APIRouter(include_in_schema=False)
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@router.get("/submissions")
def receipts(request: Request, db: Db, viewer: PageViewer) -> Response:
    """Everything that the viewer has handed in, the newest first."""
    with db.read() as session:
        rows = service.mine(session, viewer)
        titles: dict[tuple[str, str], tuple[str, str]] = {}
        for course_id in sorted({row.course_id for row in rows}):
            release = courses.newest(session, course_id)
            for lesson in material.lessons(release) if release else ():
                assert release is not None
                titles[course_id, lesson.id] = (release.title, lesson.title)
    return page(request, "submissions/mine.html", viewer, rows=rows, titles=titles, state_word=words.state)


@router.get("/submissions/{number}")
def receipt(request: Request, db: Db, blobs: Store, settings: Conf, viewer: PageViewer, number: int) -> Response:
    """One receipt, and what was found of it."""
    with db.read() as session:
        found = feedback.of(session, blobs, viewer, number)
    return page(
        request,
        "submissions/receipt.html",
        viewer,
        found=found,
        state_word=words.state,
        item_word=words.item,
        lesson_url=settings.lesson_url(viewer.name, found.course.id, found.lesson.id),
    )


@router.get("/submissions/{number}/feedback.html")
def feedback_file(db: Db, blobs: Store, viewer: PageViewer, number: int) -> Response:
    """The feedback as one HTML file that needs nothing else; saved, not shown, on our origin."""
    with db.read() as session:
        found = feedback.of(session, blobs, viewer, number)
    shown = (
        environment()
        .get_template("submissions/feedback_file.html")
        .render(
            found=found,
            state_word=words.state,
            item_word=words.item,
            datetime=lambda at: i18n.datetime_text(at, viewer.timezone),
        )
    )
    name = f"{found.course.id}-{found.lesson.id}-{number}.html"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": FILE_POLICY,
    }
    return HTMLResponse(shown, headers=headers)
