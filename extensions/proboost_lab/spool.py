"""What a learner did and the platform does not have yet, in one SQLite file that survives a kill -9."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SCHEMA = """
create table if not exists letter (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,              -- attempt, hint, ticket, message, upload, submission
    place text not null,             -- course/lesson#exercise, or ''
    method text not null,
    path text not null,
    body text not null,
    state text not null default 'waiting',  -- waiting, sent (a verdict is due), done, refused
    answer text,                     -- JSON: what the platform said, or why it refused
    tries integer not null default 0,
    made_at text not null
);
create index if not exists letter_state on letter (state, seq);
create table if not exists draft (
    place text primary key,
    path text not null,
    body text not null,              -- {"response", "base"}
    waiting integer not null,        -- 1, 0: the platform has it, 2: it would not take it, and this is the only copy
    version integer not null,        -- counts writes, so that a relay never marks a newer text as delivered
    made_at text not null
);
create table if not exists memory (key text primary key, value text not null, at text not null);
"""
KEPT = timedelta(days=14)


class OtherBody(ValueError):
    """The same id came with another body."""


@dataclass(frozen=True)
class Letter:
    """One write that goes to the platform once; `answer` is its last word on it."""

    id: str
    kind: str
    place: str
    method: str
    path: str
    body: Json
    state: str
    answer: Json | None
    tries: int
    made_at: str


@dataclass(frozen=True)
class Draft:
    place: str
    path: str
    body: Json
    waiting: bool
    version: int
    made_at: str


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def place(course: str, lesson: str, exercise: str = "") -> str:
    return f"{course}/{lesson}#{exercise}"


def _letter(row: tuple[Any, ...]) -> Letter:
    id_, kind, where, method, path, body, state, answer, tries, made_at = row
    said = json.loads(answer) if answer else None
    return Letter(id_, kind, where, method, path, json.loads(body), state, said, tries, made_at)


class Spool:
    """Every method is one committed transaction, synced to the disk before it returns. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(SCHEMA)
        path.chmod(0o600)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _write(self, sql: str, *values: object) -> int:
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # -- letters
    def post(self, kind: str, id: str, path: str, body: Json, *, place: str = "", method: str = "POST") -> Letter:  # noqa: A002
        """Keep a letter; the same one again gives the present one. Raises OtherBody for another body under its id."""
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        self._write(
            "insert or ignore into letter (id, kind, place, method, path, body, made_at) values (?, ?, ?, ?, ?, ?, ?)",
            *(id, kind, place, method, path, text, now()),
        )
        letter = self.letter(id)
        if letter is None or json.dumps(letter.body, ensure_ascii=False, sort_keys=True) != text:
            raise OtherBody(id)
        return letter

    def replace(self, kind: str, id: str, path: str, body: Json, *, place: str = "", method: str = "PUT") -> Letter:  # noqa: A002
        """Keep only the newest letter of this id: an earlier one that waits takes the new body and its turn."""
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        self._write(
            "insert into letter (id, kind, place, method, path, body, made_at) values (?, ?, ?, ?, ?, ?, ?) "
            "on conflict (id) do update set body = excluded.body, path = excluded.path, state = 'waiting', tries = 0, "
            "answer = null, made_at = excluded.made_at",
            *(id, kind, place, method, path, text, now()),
        )
        letter = self.letter(id)
        assert letter is not None
        return letter

    def letter(self, id: str) -> Letter | None:  # noqa: A002
        found = self._letters("where id = ?", id)
        return found[0] if found else None

    def waiting(self, limit: int = 100) -> list[Letter]:
        """Not delivered yet, the oldest first."""
        return self._letters("where state = 'waiting' order by seq limit ?", limit)

    def next_waiting(self, held: Sequence[str] = ()) -> Letter | None:
        """The oldest that is not delivered yet, passing over these places."""
        marks = ",".join("?" * len(held))
        found = self._letters(f"where state = 'waiting' and place not in ({marks}) order by seq limit 1", *held)
        return found[0] if found else None

    def unanswered(self) -> list[Letter]:
        """Delivered, and the verdict is still to come."""
        return self._letters("where state = 'sent' order by seq")

    def submissions(self) -> list[Letter]:
        """Lessons that are handed in and have not arrived, the oldest first."""
        return self._letters("where kind = 'submission' and state = 'waiting' order by seq")

    def of_lesson(self, course: str, lesson: str) -> list[Letter]:
        """The attempts of one lesson, the oldest first."""
        start = place(course, lesson)
        return self._letters("where kind = 'attempt' and substr(place, 1, ?) = ? order by seq", len(start), start)

    def settle(self, id: str, state: str, answer: Json | None, *, made_at: str = "") -> bool:  # noqa: A002
        """Note what became of a letter; False when that was noted before, or when the one of that time was replaced by
        a newer one while it was on its way: that one waits on.
        """
        said = None if answer is None else json.dumps(answer, ensure_ascii=False)
        done = (
            "update letter set state = ?, answer = ? where id = ? and not (state = ? and answer is ?) "
            "and (? = '' or made_at = ?)"
        )
        return self._write(done, state, said, id, state, said, made_at, made_at) > 0

    def slim(self, id: str, body: Json) -> None:  # noqa: A002
        """Of a large letter that has arrived only this is kept."""
        self._write("update letter set body = ? where id = ?", json.dumps(body, sort_keys=True), id)

    def tried(self, id: str) -> int:  # noqa: A002
        self._write("update letter set tries = tries + 1 where id = ?", id)
        letter = self.letter(id)
        return letter.tries if letter else 0

    def _letters(self, where: str, *values: object) -> list[Letter]:
        columns = "id, kind, place, method, path, body, state, answer, tries, made_at"
        return [
            _letter(row)
            for row in self._rows(f"select {columns} from letter {where}", *values)  # noqa: S608  # our own text
        ]

    # -- drafts: of each exercise the newest only
    def save_draft(self, place: str, path: str, body: Json) -> Draft:
        self._write(
            "insert into draft (place, path, body, waiting, version, made_at) values (?, ?, ?, 1, 1, ?) "
            "on conflict (place) do update set path = excluded.path, body = excluded.body, waiting = 1, "
            "version = version + 1, made_at = excluded.made_at",
            *(place, path, json.dumps(body, ensure_ascii=False), now()),
        )
        return self._drafts("where place = ?", place)[0]

    def drafts(self, *, course: str = "", lesson: str = "", refused: bool = False) -> list[Draft]:
        """Those that wait, and with `refused` those that the platform would not take: of one lesson, or all."""
        start = place(course, lesson) if course else ""
        where = "where waiting between 1 and ? and substr(place, 1, ?) = ? order by made_at"
        return self._drafts(where, 2 if refused else 1, len(start), start)

    def delivered(self, draft: Draft) -> bool:
        """The platform has this text; False when a newer one came meanwhile, which waits on."""
        return (
            self._write("update draft set waiting = 0 where place = ? and version = ?", draft.place, draft.version) > 0
        )

    def refused(self, draft: Draft) -> None:
        """The platform would not take this text, of a lesson that is closed now, say: it is kept here and shown."""
        self._write("update draft set waiting = 2 where place = ? and version = ?", draft.place, draft.version)

    def offer_again(self, *, course: str = "", lesson: str = "") -> int:
        """Drafts that were refused wait once more, of one lesson or all; how many."""
        start = place(course, lesson) if course else ""
        again = "update draft set waiting = 1 where waiting = 2 and substr(place, 1, ?) = ?"
        return self._write(again, len(start), start)

    def _drafts(self, where: str, *values: object) -> list[Draft]:
        columns = "place, path, body, waiting, version, made_at"
        return [
            Draft(row[0], row[1], json.loads(row[2]), bool(row[3]), row[4], row[5])
            for row in self._rows(f"select {columns} from draft {where}", *values)  # noqa: S608  # our own text
        ]

    # -- what the platform said last, for the time when it is away
    def remember(self, key: str, value: Json) -> None:
        text = json.dumps(value, ensure_ascii=False)
        self._write(
            "insert into memory (key, value, at) values (?, ?, ?) "
            "on conflict (key) do update set value = excluded.value, at = excluded.at where value <> excluded.value",
            *(key, text, now()),
        )

    def recall(self, key: str) -> Json | None:
        rows = self._rows("select value from memory where key = ?", key)
        return json.loads(rows[0][0]) if rows else None

    # -- both
    def backlog(self) -> int:
        """How much is still to be delivered."""
        return int(
            self._rows(
                "select (select count(*) from letter where state = 'waiting') + "
                "(select count(*) from draft where waiting = 1)"
            )[0][0]
        )

    def tidy(self) -> None:
        """Forget what was delivered and answered long ago."""
        before = (datetime.now(UTC) - KEPT).isoformat()
        self._write("delete from letter where state = 'done' and made_at < ?", before)
        self._write("delete from draft where waiting = 0 and made_at < ?", before)
