"""What pages ask when a file or a whole lesson goes to the platform, and for the receipts."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from jupyter_server.auth.decorator import authorized
from tornado import web

from proboost_kernel.i18n import _
from proboost_lab import handin, parcels, state
from proboost_lab.handlers import ID, REF, C, Handler, L
from proboost_lab.lessons import Lesson, Shelf, UnsafePath
from proboost_lab.platform import Json, Reply, segment
from proboost_lab.spool import OtherBody, now, place


class Uploads(Handler):
    """A file for an exercise: its bytes are the body, `name`, `exercise` and the client's `id` stand in the address."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        ref = REF.match(self.get_query_argument("exercise", ""))
        id_ = self.get_query_argument("id", "") or str(uuid4())
        if ref is None or not parcels.ID.match(id_):
            raise self.no(422, "bad-input", _("A file needs the exercise that it is for."))
        content = self.request.body
        if len(content) > parcels.LARGEST:
            limit = parcels.LARGEST // 2**20
            raise self.no(413, "too-large", _("The file is larger than {n} MiB.").format(n=limit))
        about = {"id": id_, "name": self.get_query_argument("name", "")[:300] or "file", "exercise": ref[0]}
        try:
            said = await self.room.relay.upload(about, content, place(ref["course"], ref["lesson"], ref["exercise"]))
        except OtherBody:
            raise self.no(409, "other-body", _("Another file was sent under this name.")) from None
        except OSError:
            raise self.no(507, "disk-full", _("There is no room left for the file in your folder.")) from None
        self.said(said)


class HandIn(Handler):
    """A lesson's working copy on its way to the platform; first what is missing, then the receipt."""

    @web.authenticated
    @authorized
    async def get(self, course: str, lesson: str) -> None:
        """The platform's outlook with what only this server knows: untouched cells, files beside the lesson."""
        found = await state.remembered(
            self.room, f"hand-in {course}/{lesson}", f"lessons/{segment(course, lesson)}/hand-in"
        )
        if isinstance(found, Reply):
            self.pass_on(found)
            return
        shelf, row = self.lesson(course, lesson)
        self.say(200, await self.room.relay.disk(_completed, found or _unknown(shelf, row), shelf, row))

    @web.authenticated
    @authorized
    async def post(self, course: str, lesson: str) -> None:
        body = self.read()
        id_, paths = str(body.get("id", "")), body.get("files", [])
        if not ID.match(id_) or not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise self.no(422, "bad-input", _("Handing in needs an id."))
        shelf, row = self.lesson(course, lesson)
        relay, where = self.room.relay, place(course, lesson)
        letter = await relay.disk(self.room.spool.letter, id_)
        if letter is not None and letter.place != where:
            raise self.no(409, "other-body", _("Another lesson was handed in under this name."))
        try:
            surface = "lab" if body.get("surface") == "lab" else "voila"
            sent = letter.body if letter else await relay.disk(_packed, shelf, row, id_, surface, paths)
            said = await relay.submission(id_, sent, where)
        except (handin.NotThere, UnsafePath):
            raise self.no(
                409, "not-there", _("The lesson or a file is not in your folder. Save it, then hand it in.")
            ) from None
        except handin.TooLarge:
            message = _("The lesson is too large. Clear the outputs of its cells, save it, and hand it in again.")
            raise self.no(413, "too-large", message) from None
        self.said(said)

    def lesson(self, course: str, lesson: str) -> tuple[Shelf, Lesson]:
        shelf = self.room.puller.shelf(course)
        row = shelf.lesson(lesson)
        if row is None:
            raise self.no(404, "not-found", _("This lesson is not here."))
        return shelf, row


def _unknown(shelf: Shelf, row: Lesson) -> Json:
    """While the platform is away and has told us nothing yet: the lesson can be handed in all the same."""
    facts = {"course": shelf.course, "lesson": row.id, "title": row.title, "due": row.due, "stale": True}
    release = (shelf.bundle() or {}).get("release")
    rest: Json = {"closed": None, "rule": None, "late": False, "factor": 1.0, "exercises": [], "last": None}
    return {**facts, "release": release, **rest}


def _completed(found: Json, shelf: Shelf, row: Lesson) -> Json:
    exercises = [dict(one) for one in found.get("exercises", ())]
    native = any(one.get("kind") == "cell" for one in exercises)
    try:
        mine = handin.working_copy(shelf, row)
        released = json.loads(shelf.notebook(row.file) or b"{}")
    except (handin.NotThere, handin.TooLarge, ValueError):
        mine, released = {}, {}
    if native and mine:
        untouched = handin.untouched(released, mine)
        for one in exercises:
            if one.get("kind") == "cell":
                one["answered"] = one["id"] not in untouched
    return {**found, "exercises": exercises, "notebook": bool(mine), "files": handin.files(shelf)}


def _packed(shelf: Shelf, row: Lesson, id_: str, surface: str, paths: list[str]) -> Json:
    """What goes to the platform. From the lesson's page the notebook goes only where cells of it count."""
    bundle = shelf.bundle() or {}
    release = bundle.get("release")
    body: Json = {
        "id": id_,
        "course": shelf.course,
        "lesson": row.id,
        "release": release if isinstance(release, int) else None,
        "notebook": None,
        "files": handin.packed(shelf, paths),
        "surface": surface,
        "made_at": now(),
    }
    released = json.loads(shelf.notebook(row.file) or b"{}")
    if surface == "lab" or handin.has_native(released):
        body["notebook"] = handin.working_copy(shelf, row)
    return body


class Submissions(Handler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Own receipts, and what is still on its way."""
        found = await state.remembered(self.room, "submissions", "submissions")
        if isinstance(found, Reply):
            self.pass_on(found)
            return
        letters = await self.room.relay.disk(self.room.spool.submissions)
        waiting = [
            {"course": one.body["course"], "lesson": one.body["lesson"], "made_at": one.made_at} for one in letters
        ]
        self.say(200, {**(found or {"submissions": [], "stale": True}), "waiting": waiting})


def routes() -> list[tuple[str, type[Any]]]:
    """(pattern below /user/NAME/proboost/, handler)."""
    return [
        (r"uploads", Uploads),
        (rf"lessons/{C}/{L}/hand-in", HandIn),
        (r"submissions", Submissions),
    ]
