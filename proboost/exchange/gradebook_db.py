"""gradebook.db, nbgrader's database of any version: due dates, people, scores. Opened read-only, as a copy."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proboost.i18n import _

HEADER = b"SQLite format 3\0"
STEPS = 2_000  # times 100,000 instructions of SQLite's: a view may be built to run for ever
MOST = 5_000_000  # rows of one table
TABLES: Mapping[str, tuple[str, ...]] = {
    "student": ("id", "first_name", "last_name", "email", "lms_user_id"),
    "assignment": ("id", "name", "duedate", "course_id"),
    "notebook": ("id", "name", "assignment_id"),
    "submitted_assignment": ("id", "assignment_id", "student_id", "timestamp", "extension"),
    "submitted_notebook": ("id", "assignment_id", "notebook_id", "late_submission_penalty"),
    "grade": ("id", "notebook_id", "cell_id", "auto_score", "manual_score", "extra_credit", "needs_manual_grade"),
    "comment": ("notebook_id", "cell_id", "auto_comment", "manual_comment"),
}
CELLS: Mapping[str, tuple[str, ...]] = {  # before version 0.6 each sort of cell had a table of its own
    "base_cell": ("id", "name", "notebook_id"),
    "grade_cells": ("id", "max_score"),
    "task_cells": ("id", "max_score"),
    "grade_cell": ("id", "name", "notebook_id", "max_score"),
    "solution_cell": ("id", "name", "notebook_id"),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Score:
    """What one student has for one cell. `score` is None while a grader is awaited."""

    student: str
    assignment: str
    notebook: str
    cell: str
    score: float | None
    max_score: float | None
    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    needs_manual: bool
    submitted_at: datetime | None
    late_penalty: float | None
    comment: str


@dataclass
class Gradebook:
    """`due` by assignment's name; `students` as rows of their table; `remarks`: what could not be read."""

    due: dict[str, datetime] = field(default_factory=dict)
    assignments: list[str] = field(default_factory=list)
    students: list[Row] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read(content: bytes, log: bytes = b"") -> Gradebook:
    """All that the file tells; never raises for what it holds. `log`: its write-ahead log, where one lies beside it."""
    found = Gradebook()
    if not content:
        return found
    if not content.startswith(HEADER):
        found.remarks.append(_("gradebook.db is no SQLite database, so people and scores were not taken."))
        return found
    try:
        with _opened(content, log) as connection:
            _read(connection, found)
    except (sqlite3.Error, OverflowError) as error:
        message = _("gradebook.db could not be read to its end ({reason}): people and scores may be missing.")
        found.remarks.append(message.format(reason=error))
    return found


@contextmanager
def _opened(content: bytes, log: bytes) -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory(prefix="proboost-gradebook-") as folder:
        path = Path(folder) / "gradebook.db"
        path.write_bytes(content)
        if log:
            Path(f"{path}-wal").write_bytes(log)
        how = "mode=rw" if log else "mode=ro&immutable=1"  # the log is put in by whoever opens the copy
        with closing(sqlite3.connect(f"{path.as_uri()}?{how}", uri=True)) as connection:
            left = [STEPS]

            def stop() -> bool:
                left[0] -= 1
                return left[0] < 0

            connection.set_progress_handler(stop, 100_000)
            connection.row_factory = sqlite3.Row
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            for rule in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
                connection.execute(f"PRAGMA {rule}")
            yield connection


def _read(connection: sqlite3.Connection, found: Gradebook) -> None:
    known = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    missing = sorted(TABLES.keys() - known)
    if missing:
        message = _("gradebook.db has no tables {names}; what they would tell is missing.")
        found.remarks.append(message.format(names=", ".join(missing)))
    rows = {name: _rows(connection, name, columns, known) for name, columns in TABLES.items()}
    for row in rows["assignment"]:
        name, due = _text(row["name"]), _moment(row["duedate"])
        found.assignments.append(name)
        if due is not None:
            found.due[name] = due
    found.students = sorted(rows["student"], key=lambda row: _text(row["id"]))
    cells = _cells({name: _rows(connection, name, columns, known) for name, columns in CELLS.items()})
    found.scores = sorted(_scores(rows, cells), key=lambda one: (one.student, one.assignment, one.notebook, one.cell))


def _rows(connection: sqlite3.Connection, table: str, columns: tuple[str, ...], known: set[str]) -> list[Row]:
    """The rows of a table with the columns that this version has; None in the others."""
    if table not in known:
        return []
    there = {row["name"] for row in connection.execute(f'PRAGMA table_info("{table}")')}
    wanted = [name for name in columns if name in there]
    if not wanted:
        return []
    listed = ", ".join(f'"{name}"' for name in wanted)
    query = f'SELECT {listed} FROM "{table}" LIMIT {MOST}'  # noqa: S608  # names of ours only
    empty = dict.fromkeys(columns)
    return [{**empty, **dict(zip(wanted, row, strict=True))} for row in connection.execute(query)]


def _cells(tables: Mapping[str, list[Row]]) -> dict[str, tuple[str, float | None]]:
    """id -> (name, max_score) of every cell, in the old tables or the new ones."""
    worth = {row["id"]: _number(row["max_score"]) for name in ("grade_cells", "task_cells") for row in tables[name]}
    found = {row["id"]: (_text(row["name"]), worth.get(row["id"])) for row in tables["base_cell"]}
    for row in tables["solution_cell"]:
        found.setdefault(row["id"], (_text(row["name"]), None))
    for row in tables["grade_cell"]:
        found.setdefault(row["id"], (_text(row["name"]), _number(row["max_score"])))
    return found


def _scores(rows: Mapping[str, list[Row]], cells: Mapping[str, tuple[str, float | None]]) -> Iterator[Score]:
    submitted = {row["id"]: row for row in rows["submitted_assignment"]}
    assignments = {row["id"]: _text(row["name"]) for row in rows["assignment"]}
    notebooks = {row["id"]: _text(row["name"]) for row in rows["notebook"]}
    handed_in = {row["id"]: row for row in rows["submitted_notebook"]}
    comments: dict[tuple[Any, str], list[str]] = {}
    for row in rows["comment"]:
        said = _text(row["manual_comment"]) or _text(row["auto_comment"])
        if said.strip():
            comments.setdefault((row["notebook_id"], cells.get(row["cell_id"], ("", None))[0]), []).append(said.strip())
    for row in rows["grade"]:
        notebook = handed_in.get(row["notebook_id"], {})
        whole = submitted.get(notebook.get("assignment_id"), {})
        name, worth = cells.get(row["cell_id"], ("", None))
        auto, manual, extra = (_number(row[key]) for key in ("auto_score", "manual_score", "extra_credit"))
        waiting = bool(row["needs_manual_grade"])
        earned = manual if manual is not None else auto
        score = None if earned is None and waiting else (earned or 0.0) + (extra or 0.0)
        yield Score(
            _text(whole.get("student_id")),
            assignments.get(whole.get("assignment_id"), ""),
            notebooks.get(notebook.get("notebook_id"), ""),
            name,
            score,
            worth,
            auto,
            manual,
            extra,
            waiting,
            _moment(whole.get("timestamp")),
            _number(notebook.get("late_submission_penalty")),
            "\n".join(comments.get((row["notebook_id"], name), [])),
        )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e12 else None


def _moment(value: Any) -> datetime | None:
    """nbgrader keeps UTC without saying so."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
