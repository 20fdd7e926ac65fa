"""People and scores that come with a course, as tables for whoever takes them over; for eyes of staff only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from proboost.exchange.gradebook_db import Score

PEOPLE = ("name", "display_name", "email", "first_name", "last_name", "lms_user_id")
SCORES = (
    "name",
    "lesson",
    "exercise",
    "score",
    "max_score",
    "auto_score",
    "manual_score",
    "extra_credit",
    "needs_manual",
    "submitted_at",
    "late_penalty",
    "comment",
    "assignment",
    "notebook",
    "cell",
)


def people(students: Iterable[Mapping[str, Any]]) -> bytes:
    """CSV with a header; `name` is nbgrader's id of the student."""
    rows = []
    for one in students:
        first, last = (str(one.get(key) or "").strip() for key in ("first_name", "last_name"))
        rows.append(
            [
                one.get("id"),
                " ".join(filter(None, (first, last))),
                one.get("email"),
                first,
                last,
                one.get("lms_user_id"),
            ]
        )
    return _table(PEOPLE, rows)


def scores(
    found: Iterable[Score], lessons: Mapping[tuple[str, str], str], renamed: Mapping[tuple[str, str], Mapping[str, str]]
) -> bytes:
    """CSV with a header, a row for each student and cell. `lesson` and `exercise` are ours, or empty."""
    rows = []
    for one in found:
        place = (one.assignment, one.notebook)
        lesson = lessons.get(place, "")
        exercise = renamed.get(place, {}).get(one.cell, one.cell) if lesson else ""
        moment = one.submitted_at.isoformat() if one.submitted_at else None
        numbers = (one.score, one.max_score, one.auto_score, one.manual_score, one.extra_credit)
        rows.append(
            [
                one.student,
                lesson,
                exercise,
                *map(_number, numbers),
                "yes" if one.needs_manual else "no",
                moment,
                _number(one.late_penalty),
                one.comment,
                one.assignment,
                one.notebook,
                one.cell,
            ]
        )
    return _table(SCORES, rows)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.10g}"


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """UTF-8. A text that a spreadsheet would take for a formula has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if value is None else _tame(str(value)) for value in row])
    return out.getvalue().encode("utf-8")


def _tame(text: str) -> str:
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
