"""Grades as files: CSV and XLSX for spreadsheets, JSON for programs. People's words stay text, whole and harmless."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import xlsxwriter

from proboost import clock, i18n
from proboost.gradebook.service import Mark, Table
from proboost.i18n import _, ngettext
from proboost.models.base import Json
from proboost.spreadsheets import BOM, safe

Value = str | float | datetime | None
SHEET = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class Sheet:
    """A heading and rows; numbers are numbers. `percent`: the column of shares."""

    name: str
    heading: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    widths: tuple[int, ...]
    percent: int | None = None


def csv_file(table: Table, timezone: str = "") -> bytes:
    """UTF-8 with a mark that Excel knows it by, commas, every text quoted, decimal points."""
    sheet = grades(table)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([safe(title) for title in sheet.heading])
    for row in sheet.rows:
        writer.writerow([_plain(value, timezone) for value in row])
    return (BOM + out.getvalue()).encode("utf-8")


def xlsx_file(table: Table, timezone: str = "") -> bytes:
    """A workbook: grades by lesson, and by exercise; texts as texts, numbers as numbers, the head stays in view."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd hh:mm",
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": table.course.title, "comments": "ProBoost", "created": clock.now()})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        percent, date = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        zone = i18n.zone(timezone)
        for sheet in (grades(table), exercises(table)):
            page = book.add_worksheet(sheet.name)
            for column, title in enumerate(sheet.heading):
                page.write_string(0, column, title, head)
                page.set_column(column, column, sheet.widths[column])
            for number, row in enumerate(sheet.rows, 1):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        page.write_string(number, column, value)
                    elif isinstance(value, datetime):
                        page.write_datetime(number, column, value.astimezone(zone), date)
                    elif value is not None:
                        page.write_number(number, column, value, percent if column == sheet.percent else None)
            page.freeze_panes(1, 2)
            if sheet.rows:
                page.autofilter(0, 0, len(sheet.rows), len(sheet.heading) - 1)
    return out.getvalue()


def json_file(table: Table) -> Json:
    """Everything, for programs: points by lesson and exercise, times in UTC."""
    return {
        "course": table.course.id,
        "title": table.course.title,
        "release": table.release.number,
        "exported_at": clock.now().isoformat(),
        "max_points": table.max_points,
        "lessons": [
            {"id": one.id, "title": one.title, "max_points": one.max_points, "weight": one.weight}
            for one in table.lessons
        ],
        "learners": [
            {
                "name": row.user.name,
                "display_name": row.user.shown_name,
                "email": row.user.email,
                "cohort": row.enrolment.cohort,
                "points": row.points,
                "share": round(row.share, 6),
                "passed": row.share >= table.passing,
                "last_at": row.last_at.isoformat() if row.last_at else None,
                "lessons": [
                    {
                        "id": cell.lesson.id,
                        "points": cell.points,
                        "max_points": cell.max_points,
                        "exercises": [_mark(mark) for mark in cell.marks],
                    }
                    for cell in row.cells
                ],
            }
            for row in table.rows
        ],
    }


def grades(table: Table) -> Sheet:
    """A row a learner: total and each lesson. Nothing where nothing was begun; 0 where something was."""
    titles = tuple(
        ngettext("{n}. {lesson} (of {max} point)", "{n}. {lesson} (of {max} points)", int(one.max_points)).format(
            n=number, lesson=one.title, max=i18n.number(one.max_points)
        )
        for number, one in enumerate(table.lessons, 1)
    )
    rows = tuple(
        (
            row.user.shown_name,
            row.user.name,
            row.user.email,
            row.points,
            row.max_points,
            round(row.share, 4),
            _("yes") if row.share >= table.passing else _("no"),
            *(cell.points if cell.begun else None for cell in row.cells),
            row.last_at,
        )
        for row in table.rows
    )
    heading = (_("Learner"), _("Login"), _("E-mail"), _("Points"), _("Of"), _("Share"), _("Passed"))
    widths = (28, 14, 26, 9, 9, 9, 9, *(16 for _one in table.lessons), 18)
    whole = (*heading, *titles, _("Last seen"))
    return Sheet(_sheet_name(_("Grades")), whole, rows, widths, percent=heading.index(_("Share")))


def exercises(table: Table) -> Sheet:
    """A row a learner: every exercise."""
    titles = tuple(
        f"{one.title}: {task.title} ({i18n.number(task.points)})" for one in table.lessons for task in one.tasks
    )
    rows = tuple(
        (
            row.user.shown_name,
            row.user.name,
            *(mark.points if mark.state != "new" else None for cell in row.cells for mark in cell.marks),
        )
        for row in table.rows
    )
    widths = (28, 14, *(16 for _title in titles))
    return Sheet(_sheet_name(_("Exercises")), (_("Learner"), _("Login"), *titles), rows, widths)


FORMATS: dict[str, tuple[str, Callable[[Table, str], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", csv_file),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file),
}


def file_name(table: Table, ending: str) -> str:
    return f"{table.course.id}-grades-{clock.now():%Y-%m-%d}.{ending}"


def _mark(mark: Mark) -> Json:
    return {
        "id": mark.task.place.exercise,
        "title": mark.task.title,
        "state": mark.state,
        "points": mark.points,
        "max_points": mark.task.points,
        "attempts": mark.attempts,
    }


def _plain(value: Value, timezone: str) -> str | float:
    """As CSV has it. A float that is whole is written so."""
    if isinstance(value, datetime):
        return value.astimezone(i18n.zone(timezone)).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, str):
        return safe(value)
    if value is None:
        return ""
    return int(value) if float(value).is_integer() else value


def _sheet_name(name: str) -> str:
    return SHEET.sub(" ", name)[:31]
