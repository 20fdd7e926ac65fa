"""The list of a course's lessons beside the page: where I am, what is done, what is closed and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from proboost_kernel.i18n import _, language, ngettext

Json = dict[str, Any]
MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "ru": [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
}


@dataclass(frozen=True)
class Line:
    """One lesson; `state` is done, here (and not done), half, new or locked."""

    id: str
    title: str
    url: str
    state: str
    points: str = ""  # "2/6"
    why: str = ""
    here: bool = False
    due: str = ""  # where it is another than that of the lesson one reads, and still matters
    spoken: str = ""  # the state in a word
    quiet: bool = False  # closed after one that is closed: why is heard, and not written once more


@dataclass(frozen=True)
class Rail:
    lines: tuple[Line, ...]
    percent: int
    summary: str  # "58 % · 41 of 70 points"
    due: str
    before: Line | None
    after: Line | None


def of_course(bundle: Json, progress: Json | None, course: str, lesson: str, base_url: str) -> Rail:
    """From the platform's progress where it is known, else from the bundle alone."""
    rows = {str(row["id"]): row for row in bundle.get("lessons", ())}
    known = next((one for one in (progress or {}).get("courses", ()) if one.get("course") == course), None)
    states = {str(row["id"]): row for row in (known or {}).get("lessons", ())}
    due = rows.get(lesson, {}).get("due")
    lines = _quietly([_line(row, states.get(id_), course, lesson, base_url, due) for id_, row in rows.items()], rows)
    at = next((n for n, line in enumerate(lines) if line.here), None)
    earned, possible = float((known or {}).get("points") or 0), float((known or {}).get("max_points") or 0)
    percent = round(100 * earned / possible) if possible else 0
    return Rail(
        lines=lines,
        percent=percent,
        summary=_summary(percent, earned, possible) if possible else "",
        due=date_text(due),
        before=lines[at - 1] if at else None,
        after=lines[at + 1] if at is not None and at + 1 < len(lines) else None,
    )


def _summary(percent: int, earned: float, possible: float) -> str:
    text = ngettext(
        "{percent} % · {earned} of {possible} point", "{percent} % · {earned} of {possible} points", round(possible)
    )
    return text.format(percent=percent, earned=number(earned), possible=number(possible))


def _line(row: Json, known: Json | None, course: str, lesson: str, base_url: str, due: str | None) -> Line:
    """`due`: that of the lesson one reads, which is said in full below the list."""
    id_, here = str(row["id"]), row["id"] == lesson
    opened = bool((known or row).get("open"))
    state = str((known or {}).get("state") or "new")
    if state != "done":
        state = "here" if here else state if opened else "locked"
    points = f"{number(known['points'])}/{number(known['max_points'])}" if known and known.get("max_points") else ""
    why = str((known or row).get("why") or "") if not opened else ""
    until = date_text(row.get("due")) if state not in ("done", "locked") and row.get("due") != due else ""
    url = f"{base_url}proboost/lesson/{course}/{id_}"
    return Line(id_, str(row.get("title") or id_), url, state, points, why, here, until, _spoken(state))


def _quietly(lines: list[Line], rows: dict[str, Json]) -> tuple[Line, ...]:
    """What opens next says how; what opens on a day says when; the rest waits for those before it, as one expects."""
    first = next((line for line in lines if line.state == "locked"), None)
    return tuple(
        replace(line, quiet=line.state == "locked" and line is not first and not rows[line.id].get("opens"))
        for line in lines
    )


def _spoken(state: str) -> str:
    match state:
        case "done":
            return _("done")
        case "half":
            return _("begun")
        case "here":
            return _("open now")
        case "locked":
            return _("closed")
        case _other:
            return _("not begun")


def number(value: float) -> str:
    """At most two digits after the point, which is a comma in Russian."""
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language() == "ru" else text


def date_text(iso: str | None) -> str:
    """30 ноября, 23:59 — in the time zone that the platform wrote it in; '' for none."""
    if not iso:
        return ""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return ""
    return f"{when.day} {MONTHS[language()][when.month - 1]}, {when:%H:%M}"
