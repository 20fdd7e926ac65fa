"""A small real platform for tests of the learner's server: HTTP, one SQLite file, the contract's answers.

usage: double.py PORT FOLDER. FOLDER/course/*.ipynb are lessons, FOLDER/mode.json tells how to behave:
{"pending": bool, "refuse": id prefix, "fail": bool, "closed": [lesson]}.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
LOCK = threading.Lock()
DB = sqlite3.connect(FOLDER / "double.sqlite", isolation_level=None, check_same_thread=False)
DB.executescript(
    "create table if not exists attempt (n integer primary key, id text unique, body text, calls integer default 1);"
    "create table if not exists draft (place text primary key, body text, revision integer);"
    "create table if not exists upload (id text primary key, asked text, content blob);"
    "create table if not exists submission (n integer primary key, id text unique, body text, drafts integer);"
    "create table if not exists said (n integer primary key, method text, path text, body text)"
)


def mode() -> dict[str, Any]:
    try:
        return json.loads((FOLDER / "mode.json").read_text())
    except OSError:
        return {}


def lessons() -> list[dict[str, Any]]:
    closed = mode().get("closed", [])
    rows = []
    for path in sorted((FOLDER / "course").glob("*.ipynb")):
        id_ = path.stem.partition("-")[2]
        shut = id_ in closed
        rows.append(
            {
                "id": id_,
                "title": id_.capitalize(),
                "file": path.name,
                "sha256": None if shut else hashlib.sha256(path.read_bytes()).hexdigest(),
                "open": not shut,
                "why": "After the first lesson" if shut else None,
                "opens": None,
                "due": "2026-11-30T23:59:00+03:00",
            }
        )
    return rows


def verdict(body: dict[str, Any]) -> dict[str, Any]:
    good = "right" in json.dumps(body["response"])
    exercise = body["ref"].partition("#")[2]
    return {
        "attempt": body["id"],
        "exercise": exercise,
        "state": "passed" if good else "failed",
        "score": float(good),
        "points": float(good),
        "max_points": 1,
        "tests": [],
        "message": "found by the platform",
        "attempts_left": None,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def say(self, status: int, body: object, kind: str = "application/json") -> None:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_all(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if not self.path.startswith("/_") and self.headers.get("Authorization") != "token learner-secret-token":
            return self.say(401, {"code": "who", "message": "who are you?"})
        path = self.path.removeprefix("/services/proboost/api/").partition("?")[0]
        body = {}
        if raw and "json" in (self.headers.get("Content-Type") or ""):
            body = json.loads(raw)
        with LOCK:
            if self.command != "GET":
                DB.execute(
                    "insert into said (method, path, body) values (?, ?, ?)",
                    (self.command, path, json.dumps(body) if body else f"{len(raw)} bytes"),
                )
        return self.answer(path, body, raw)

    do_GET = do_POST = do_PUT = handle_all  # noqa: N815

    def answer(self, path: str, body: dict[str, Any], raw: bytes) -> None:  # noqa: C901  # a table of routes
        if path == "attempts":
            return self.attempt(body)
        if path.startswith("attempts/"):
            with LOCK:
                row = DB.execute("select body from attempt where id = ?", (path.partition("/")[2],)).fetchone()
            if row is None:
                return self.say(404, {"code": "not-found", "message": "no such attempt"})
            if mode().get("pending"):
                return self.say(202, {"state": "pending", "attempt": path.partition("/")[2]})
            return self.say(200, verdict(json.loads(row[0])))
        if path.startswith("drafts/"):
            if path.split("/")[2] in mode().get("closed", []):
                return self.say(403, {"code": "closed", "message": "not open to you"})
            with LOCK:
                DB.execute(
                    "insert into draft values (?, ?, 1) on conflict (place) "
                    "do update set body = excluded.body, revision = revision + 1",
                    (path, json.dumps(body)),
                )
                revision = DB.execute("select revision from draft where place = ?", (path,)).fetchone()[0]
            return self.say(200, {"revision": revision, "saved_at": "2026-11-25T10:00:00Z"})
        if path == "bundles":
            return self.say(
                200, {"courses": [{"course": "demo", "title": "Demo course", "language": "en", "release": 1}]}
            )
        if path == "bundles/demo":
            if mode().get("refuse_course"):
                return self.say(404, {"code": "no-such-course", "message": "no such course"})
            release = mode().get("release", 1)
            return self.say(
                200,
                {
                    "course": "demo",
                    "title": "Demo course",
                    "language": "en",
                    "release": release,
                    "lessons": lessons(),
                    "files": files(),
                },
            )
        if path.startswith("bundles/demo/lessons/"):
            row = next((row for row in lessons() if row["id"] == path.rpartition("/")[2] and row["open"]), None)
            if row is None:
                return self.say(403, {"code": "lesson-closed", "message": "closed"})
            return self.say(200, (FOLDER / "course" / row["file"]).read_bytes())
        if path.startswith("bundles/demo/files/"):
            return self.say(200, (FOLDER / "course" / path.removeprefix("bundles/demo/files/")).read_bytes())
        if path == "uploads":
            if mode().get("refuse"):
                return self.say(413, {"code": "too-large", "message": "The file is too large."})
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            with LOCK:
                DB.execute("insert or replace into upload values (?, ?, ?)", (asked["id"], json.dumps(asked), raw))
            return self.say(200, {"id": asked["id"], "name": asked["name"], "size": len(raw)})
        if path.endswith("/hand-in"):
            exercises = [{"id": name, "kind": "cell", "answered": None} for name in ("squares", "essay-1")]
            return self.say(200, {"exercises": exercises, "rule": None, "closed": None, "last": None})
        if path == "submissions" and self.command == "POST":
            return self.submission(body)
        if path == "submissions":
            with LOCK:
                rows = DB.execute("select n, body from submission order by n desc").fetchall()
            return self.say(200, {"submissions": [receipt(n, json.loads(text)) for n, text in rows]})
        if path == "progress":
            return self.say(200, progress())
        if path.endswith("/state"):
            return self.state(path)
        if path == "me":
            return self.say(
                200,
                {
                    "name": "lea",
                    "display_name": "Lea",
                    "language": body.get("language", mode().get("language", "en")),
                    "author_of": [],
                },
            )
        if path == "tickets" and self.command == "POST":
            return self.say(
                200, {"number": 7, "state": "new", "created_at": "2026-11-25T10:00:00Z", "url": "/tickets/7"}
            )
        if path == "tickets":
            return self.say(200, {"tickets": []})
        if path.startswith(("hints/", "tickets/")):
            return self.say(200, body or {"ok": True})
        if path == "sources/demo":
            return self.say(200, b"PK-a-zip", "application/zip")
        if path == "candidates":
            return self.say(200, {"id": 3, "url": "http://localhost/candidates/3"})
        return self.say(404, {"code": "not-found", "message": path})

    def attempt(self, body: dict[str, Any]) -> None:
        how = mode()
        if how.get("fail"):
            return self.say(500, {"code": "broken", "message": "broken"})
        if how.get("flying") and body["ref"].endswith(f"#{how['flying']}"):
            return self.say(429, {"code": "in-flight", "message": "the last one is not found yet"})
        if how.get("many"):
            return self.say(429, {"code": "too-many", "message": "too many"})
        if how.get("refuse") and body["id"].startswith(how["refuse"]):
            return self.say(422, {"code": "bad-response", "message": "not an answer to this exercise"})
        text = json.dumps(body, sort_keys=True)
        with LOCK:
            row = DB.execute("select body from attempt where id = ?", (body["id"],)).fetchone()
            if row is None:
                DB.execute("insert into attempt (id, body) values (?, ?)", (body["id"], text))
            else:
                DB.execute("update attempt set calls = calls + 1 where id = ?", (body["id"],))
        if row is not None and row[0] != text:
            return self.say(409, {"code": "other-body", "message": "another body"})
        if how.get("pending"):
            return self.say(202, {"state": "pending", "attempt": body["id"]})
        return self.say(200, verdict(body))

    def submission(self, body: dict[str, Any]) -> None:
        if mode().get("refuse"):
            return self.say(409, {"code": "late", "message": "This lesson was taken until yesterday."})
        with LOCK:
            DB.execute("insert or ignore into submission (id, body) values (?, ?)", (body["id"], json.dumps(body)))
            drafts = DB.execute("select count(*) from draft").fetchone()[0]
            DB.execute("update submission set drafts = ? where id = ?", (drafts, body["id"]))
            number = DB.execute("select n from submission where id = ?", (body["id"],)).fetchone()[0]
        return self.say(200, receipt(number, body))

    def state(self, path: str) -> None:
        _lessons, course, lesson, _state = path.split("/")
        exercises: dict[str, Any] = {}
        with LOCK:
            rows = DB.execute("select body from attempt order by n").fetchall()
            drafts = DB.execute("select place, body, revision from draft").fetchall()

        def row(name: str) -> dict[str, Any]:
            return exercises.setdefault(
                name,
                {
                    "draft": None,
                    "older_draft": None,
                    "verdict": None,
                    "attempts_left": None,
                    "hints_open": 0,
                    "order": "ab",
                },
            )

        for (text,) in rows:
            body = json.loads(text)
            where, _sharp, name = body["ref"].partition("#")
            if where == f"{course}/{lesson}":
                row(name)["verdict"] = verdict(body)
        for place, text, revision in drafts:
            _drafts, *where, name = place.split("/")
            if where == [course, lesson]:
                row(name)["draft"] = {
                    "response": json.loads(text)["response"],
                    "revision": revision,
                    "saved_at": "2026-11-25T10:00:00Z",
                }
        self.say(
            200,
            {"course": course, "lesson": lesson, "title": lesson, "release": 1, "closed": None, "exercises": exercises},
        )


def receipt(number: int, body: dict[str, Any]) -> dict[str, Any]:
    facts = {"course": body["course"], "lesson": body["lesson"], "late": False, "state": "grading"}
    return {"number": number, "sha256": "ab" * 32, "received_at": "2026-11-25T10:00:00Z", **facts}


def files() -> list[dict[str, Any]]:
    found = [path for path in sorted((FOLDER / "course").rglob("*")) if path.is_file() and path.suffix != ".ipynb"]
    return [
        {
            "path": path.relative_to(FOLDER / "course").as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "size": path.stat().st_size,
        }
        for path in found
    ]


def progress() -> dict[str, Any]:
    done = mode().get("done", [])
    states = {True: "new", False: "locked"}
    rows = [
        {**row, "state": "done" if row["id"] in done else states[row["open"]], "points": 1, "max_points": 2}
        | {"exercises": []}
        for row in lessons()
    ]
    course = {"course": "demo", "title": "Demo course", "language": "en", "points": 1, "max_points": 4, "lessons": rows}
    return {"courses": [{**course, "next_lesson": rows[0]["id"] if rows else None}]}


if __name__ == "__main__":
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
