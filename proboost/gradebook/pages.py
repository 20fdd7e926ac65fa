"""Pages of the gradebook: the table, one learner, how a lesson's marks were found, and exports. GET changes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from proboost import clock, i18n
from proboost.blobs import Blobs
from proboost.errors import NotFound
from proboost.gradebook import service
from proboost.gradebook.routes import answer
from proboost.gradebook.service import Cell, Row, Table, Try
from proboost.grading import marking
from proboost.i18n import _, ngettext
from proboost.progress import material
from proboost.progress.material import Task
from proboost.settings import PREFIX
from proboost.web import back, page
from proboost.web.deps import Db, PageViewer, Store
from proboost_kernel import exercises

router = APIRouter(include_in_schema=False)
SHOWN = ("all", "waiting", "below")


@dataclass(frozen=True)
class View:
    """What the address says: how the table is sorted and which rows are shown."""

    course: str
    sort: str = "name"  # name, total, seen, or a lesson's id
    order: Literal["asc", "desc"] = "asc"
    q: str = ""
    show: str = "all"

    def address(self, **changed: str) -> str:
        """The same view with something changed; what is usual is left out."""
        other = replace(self, **changed)  # type: ignore[arg-type]  # only our own templates call it
        said = {"sort": other.sort, "order": other.order, "q": other.q, "show": other.show}
        usual = {"sort": "name", "order": "asc", "q": "", "show": "all"}
        query = urlencode({name: value for name, value in said.items() if value != usual[name]})
        return f"{PREFIX}/gradebook/{self.course}" + (f"?{query}" if query else "")

    def sorted_by(self, column: str) -> str:
        """The address of a column's head: numbers begin with the largest, a second click turns round."""
        first = "asc" if column == "name" else "desc"
        other = "desc" if first == "asc" else "asc"
        return self.address(sort=column, order=other if (self.sort, self.order) == (column, first) else first)

    def aria(self, column: str) -> str:
        return {"asc": "ascending", "desc": "descending"}[self.order] if self.sort == column else "none"

    def rows(self, table: Table) -> list[Row]:
        """In their order. Rows that are not looked for are there too, so that a search needs no other page."""

        def key(row: Row) -> float:
            if self.sort == "total":
                return row.points
            if self.sort == "seen":
                return row.last_at.timestamp() if row.last_at else -math.inf
            return next((cell.points for cell in row.cells if cell.lesson.id == self.sort), 0.0)

        rows = list(table.rows)  # by name
        if self.sort != "name":
            rows.sort(key=key, reverse=self.order == "desc")
        elif self.order == "desc":
            rows.reverse()
        return rows

    def shows(self, row: Row, table: Table) -> bool:
        fits = self.q.casefold().strip() in f"{row.user.shown_name} {row.user.name} {row.user.email}".casefold()
        if self.show == "waiting":
            return fits and row.waits
        if self.show == "below":
            return fits and row.share < table.passing
        return fits


@router.get("/gradebook/{course}")
def gradebook(
    request: Request,
    db: Db,
    viewer: PageViewer,
    course: str,
    sort: str = "name",
    order: str = "asc",
    q: str = "",
    show: str = "all",
) -> Response:
    """The table of all learners."""
    view = View(course, sort, "desc" if order == "desc" else "asc", q[:100], show if show in SHOWN else "all")
    with db.read() as session:
        table = service.table(session, viewer, course)
        return page(
            request,
            "gradebook/table.html",
            viewer,
            table=table,
            view=view,
            rows=view.rows(table),
            heat=heat,
            seen=lambda at: seen(at, viewer.timezone),
        )


@router.get("/gradebook/{course}/grades.{format_}")
def export_grades(db: Db, viewer: PageViewer, course: str, format_: str) -> Response:
    """The whole table as a file: csv, xlsx or json."""
    if format_ not in ("csv", "xlsx", "json"):
        raise NotFound(_("Grades come as csv, xlsx or json."))
    with db.read() as session:
        return answer(service.table(session, viewer, course), format_, viewer.timezone)


@router.get("/gradebook/{course}/{name}")
def learner(request: Request, db: Db, viewer: PageViewer, course: str, name: str) -> Response:
    """One learner's lessons and exercises."""
    with db.read() as session:
        table, row = service.learner(session, viewer, course, name)
        return page(request, "gradebook/learner.html", viewer, table=table, row=row, heat=heat, state_word=state_word)


@router.get("/gradebook/{course}/{name}/{lesson}")
def lesson(request: Request, db: Db, blobs: Store, viewer: PageViewer, course: str, name: str, lesson: str) -> Response:
    """How the marks of one lesson were found: attempts, findings, and what the learner wrote."""
    with db.read() as session:
        table, row = service.learner(session, viewer, course, name)
        stories = service.stories(session, row, lesson)
        cell = next(cell for cell in row.cells if cell.lesson.id == lesson)
        return page(
            request,
            "gradebook/lesson.html",
            viewer,
            table=table,
            row=row,
            cell=cell,
            stories=stories,
            answers={
                one.attempt.id: written(session, blobs, story.mark.task, one)
                for story in stories
                for one in story.tries
            },
            state_word=state_word,
            refusal_word=refusal_word,
            how=how,
        )


@router.post("/gradebook/{course}/{name}/{lesson}/accept")
def accept(
    db: Db,
    viewer: PageViewer,
    course: str,
    name: str,
    lesson: str,
    attempt: Annotated[int, Form()],
    seen: Annotated[int, Form()],
) -> Response:
    """A provisional finding holds."""
    with db.transaction() as session:
        marking.accept(session, viewer, attempt, seen=seen)
    return back(f"/gradebook/{quote(course, safe='')}/{quote(name, safe='')}/{quote(lesson, safe='')}")


def heat(cell: Cell) -> str:
    """The class of a cell's colour; its words say the same."""
    if not cell.begun:
        return "none"
    return "good" if cell.share > 0.85 else "part" if cell.share > 0.5 else "bad"


def seen(at: datetime | None, timezone: str) -> str:
    """“today”, “yesterday”, “3 days ago”, then the date."""
    if at is None:
        return _("not yet")
    zone = i18n.zone(timezone)
    days = (clock.now().astimezone(zone).date() - at.astimezone(zone).date()).days
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < 7:
        return ngettext("{n} day ago", "{n} days ago", days).format(n=days)
    return i18n.date_text(at, timezone)


def state_word(state: str) -> str:
    return {
        "passed": _("Correct"),
        "partial": _("Partly correct"),
        "failed": _("Not yet"),
        "pending": _("being checked"),
        "error": _("the check broke"),
        "new": _("not tried"),
        "refused": _("not taken"),
        "manual": _("waits for a grader"),
    }.get(state, state)


def refusal_word(code: str) -> str:
    return {
        "closed": _("the lesson was not open"),
        "late": _("too late"),
        "limit": _("no attempt was left"),
        "withdrawn": _("the course was not published"),
        "changed": _("it answered an older version of the exercise"),
    }.get(code, code)


def how(story: service.Story) -> str:
    """One sentence on which attempt counts and why."""
    counting = next((one for one in story.tries if one.counts), None)
    if counting is None or counting.finding is None:
        return ""
    n = story.mark.attempts
    if n == 1:
        return _("One attempt.")
    if story.take == "last":
        taken = ngettext("{n} attempt; the last one counts.", "{n} attempts; the last one counts.", n)
    else:
        taken = ngettext("{n} attempt; the best one counts.", "{n} attempts; the best one counts.", n)
    return taken.format(n=n)


def written(session: Session, blobs: Blobs, task: Task, one: Try) -> str | None:
    """What the learner chose or typed, as HTML; None for what is shown as it was sent."""
    found = material.exercise_of(session, blobs, task, one.attempt)
    return exercises.answer_html(found, one.attempt.response) if found is not None else None
