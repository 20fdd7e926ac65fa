"""The catalogue and a course's page: what one learns, how far one is, where to go on. No server is waited for."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from proboost import auth
from proboost.auth import Viewer
from proboost.courses import service as releases
from proboost.models import Course, Enrolment
from proboost.progress import overview
from proboost.web import page
from proboost.web.deps import Conf, Db, PageViewer

router = APIRouter(include_in_schema=False)
STAFF = ("grader", "author")


@router.get("/")
def catalogue(request: Request, db: Db, settings: Conf, viewer: PageViewer) -> Response:
    """The viewer's courses, and the one to go on with."""
    with db.read() as session:
        courses = overview.all_courses(session, viewer)
        teaching = taught(session, viewer)
    learning = [course for course in courses if course.enrolment.role == "learner"]
    going = next((course for course in learning if course.next and not course.next.closed), None)
    return page(
        request,
        "catalogue/catalogue.html",
        viewer,
        courses=courses,
        going=going,
        teaching=teaching,
        teaches_first=bool(teaching) and not learning,
        proposes=viewer.is_admin or any(course.enrolment.role == "author" for course in courses),
        lesson_url=lambda course, lesson: settings.lesson_url(viewer.name, course, lesson),
        language_name=language_name,
    )


@router.get("/courses/{course}")
def course_page(request: Request, db: Db, settings: Conf, viewer: PageViewer, course: str) -> Response:
    """One course: its lessons with their states, dates and why a closed one is closed."""
    with db.read() as session:
        found = overview.one_course(session, viewer, course)
        staff = any(row.id == course for row in taught(session, viewer))
        author = viewer.is_admin or course in auth.author_of(session, viewer)
        release = releases.current(session, course)
        news = release.notes if release else ""
    return page(
        request,
        "catalogue/course.html",
        viewer,
        course=found,
        staff=staff,
        author=author,
        news=news,
        lesson_url=lambda lesson: settings.lesson_url(viewer.name, course, lesson),
        lab_url=lambda lesson: f"{settings.user_url(viewer.name)}lab/tree/{course}/{lesson.lesson.record['file']}",
        language_name=language_name,
    )


def taught(session: Session, viewer: Viewer) -> list[Course]:
    """The courses that the viewer grades or writes; administrators see all."""
    query = select(Course).order_by(Course.title)
    if not viewer.is_admin:
        mine = select(Enrolment.course_id).where(
            Enrolment.user_id == viewer.user_id, Enrolment.role.in_(STAFF), Enrolment.active
        )
        query = query.where(Course.id.in_(mine))
    return list(session.scalars(query))


def language_name(code: str) -> str:
    """What a language is called in itself: “русский”, “English”."""
    try:
        return Locale.parse(code, sep="-").get_display_name() or code
    except (ValueError, UnknownLocaleError):
        return code
