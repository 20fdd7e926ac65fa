"""What pages ask of this server under /user/NAME/proboost/: attempts, drafts, hints, progress, tickets, front ends."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler, FileFindHandler
from tornado import web

from proboost_kernel.i18n import _
from proboost_lab import state
from proboost_lab.lessons import COURSE
from proboost_lab.platform import Away, Json, Reply, segment
from proboost_lab.spool import OtherBody, place

if TYPE_CHECKING:
    from proboost_lab.extension import Room

ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
REF = re.compile(
    r"(?P<course>[a-z0-9][a-z0-9-]{0,63})/(?P<lesson>[a-z0-9][a-z0-9-]{0,63})(?:@\d+)?#(?P<exercise>[A-Za-z0-9][\w.-]{0,127})\Z"
)
C, L, E = r"([a-z0-9][a-z0-9-]{0,63})", r"([a-z0-9][a-z0-9-]{0,63})", r"([A-Za-z0-9][A-Za-z0-9._-]{0,127})"
MAX_BODY = 96 * 1024  # bytes; a response itself is at most 64 KiB
NUMBER = r"(\d{1,9})"
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")  # in Accept-Encoding, and not refused


class Handler(APIHandler):
    """Common to all: the room, JSON in and out, errors as {"code", "message"}."""

    auth_resource = "proboost"

    @property
    def room(self) -> Room:
        room: Room = self.settings["proboost"]
        return room

    def say(self, status: int, body: Json) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(body, ensure_ascii=False))

    def pass_on(self, reply: Reply) -> None:
        """The platform's own word, errors included."""
        self.say(reply.status, reply.json())

    def no(self, status: int, code: str, message: str) -> web.Finish:
        self.say(status, {"code": code, "message": message})
        return web.Finish()

    def away(self) -> None:
        self.say(
            503, {"code": "platform-away", "message": _("The platform does not answer now; what you do here is kept.")}
        )

    def tell(self, found: Json | Reply | None) -> None:
        """What `state` found: the platform's word, its no, or nothing."""
        if found is None:
            self.away()
        elif isinstance(found, Reply):
            self.pass_on(found)
        else:
            self.say(200, found)

    def said(self, said: Json) -> None:
        """What became of a letter: the platform's word or its no, or that it is kept here."""
        if said.get("state") == "refused":
            self.say(int(said.get("status") or 410), {"code": said.get("code", ""), "message": said["message"]})
        else:
            self.say(202 if said.get("state") == "saved" else 200, said)

    def read(self) -> Json:
        if len(self.request.body) > MAX_BODY:
            raise self.no(413, "too-large", _("This is too large to be sent."))
        try:
            body = json.loads(self.request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self.no(422, "bad-input", _("A JSON object is expected."))
        return body


class Attempts(Handler):
    @web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.read()
        ref = REF.match(str(body.get("ref", "")))
        if not ID.match(str(body.get("id", ""))) or ref is None or not isinstance(body.get("response"), dict):
            raise self.no(422, "bad-input", _("An attempt needs an id, a ref and a response."))
        try:
            status, said = await self.room.relay.attempt(body, place(ref["course"], ref["lesson"], ref["exercise"]))
        except OtherBody:
            raise self.no(409, "other-body", _("Another answer was sent under this name.")) from None
        self.say(status, said)


class Attempt(Handler):
    @web.authenticated
    @authorized
    async def get(self, id_: str) -> None:
        letter = await self.room.relay.disk(self.room.spool.letter, id_)
        if letter is not None and letter.state in {"waiting", "done", "refused"}:
            said = letter.answer if letter.state != "waiting" and letter.answer else state.unsent(letter)
            self.say(202 if letter.state == "waiting" else 200, {"attempt": id_, **said})
            return
        try:
            self.pass_on(await self.room.platform.ask("GET", f"attempts/{segment(id_)}"))
        except Away:
            if letter is None:
                self.away()
            else:
                self.say(202, {"state": "pending", "attempt": id_})


class Drafts(Handler):
    @web.authenticated
    @authorized
    async def put(self, course: str, lesson: str, exercise: str) -> None:
        body = self.read()
        if not isinstance(body.get("response"), dict):
            raise self.no(422, "bad-input", _("A draft needs a response."))
        path = f"drafts/{segment(course, lesson, exercise)}"
        base = body.get("base")
        kept = {"response": body["response"], "base": base if isinstance(base, int) and base > 0 else 0}
        self.say(200, await self.room.relay.draft(place(course, lesson, exercise), path, kept))


class Hints(Handler):
    @web.authenticated
    @authorized
    async def put(self, course: str, lesson: str, exercise: str) -> None:
        opened = self.read().get("opened")
        if not isinstance(opened, int) or isinstance(opened, bool) or not 0 <= opened <= 100:
            raise self.no(422, "bad-input", _("A number of hints is expected."))
        where = place(course, lesson, exercise)
        path = f"hints/{segment(course, lesson, exercise)}"
        said = await self.room.relay.letter(
            "hint", f"hint {where}", path, {"opened": opened}, method="PUT", place=where
        )
        self.say(200, said)


class LessonState(Handler):
    @web.authenticated
    @authorized
    async def get(self, course: str, lesson: str) -> None:
        self.tell(await state.of_lesson(self.room, course, lesson))


class Restore(Handler):
    @web.authenticated
    @authorized
    async def post(self, course: str, lesson: str) -> None:
        """{"file", "kept"}: the author's version is back; the learner's lies beside under the name `kept`."""
        shelf = self.room.puller.shelf(course)
        with contextlib.suppress(Away, OSError):  # then what is here is restored
            await self.room.puller.pull(course, lesson, asked=True)
        row = shelf.lesson(lesson)
        try:
            if row is None:
                raise FileNotFoundError(lesson)
            kept = shelf.restore(row.file)
        except FileNotFoundError:
            raise self.no(404, "not-found", _("This lesson is not here.")) from None
        self.say(200, {"file": f"{course}/{row.file}", "kept": kept})


class Update(Handler):
    @web.authenticated
    @authorized
    async def get(self, course: str, lesson: str) -> None:
        """{"waiting"}: whether a version of the lesson is here that the learner's open copy was not changed to."""
        shelf = self.room.puller.shelf(course)
        row = shelf.lesson(lesson)
        self.say(200, {"waiting": row is not None and row.open and shelf.waits(row.file)})

    @web.authenticated
    @authorized
    async def post(self, course: str, lesson: str) -> None:
        """{"file"}: the learner asked for it, so the new version is merged into their copy, which is kept as it was."""
        file = await self.room.puller.update(course, lesson)
        if file is None:
            raise self.no(404, "not-found", _("This lesson is not here."))
        self.say(200, {"file": f"{course}/{file}"})


class Progress(Handler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.tell(await state.remembered(self.room, "progress", "progress"))


class Me(Handler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.tell(await state.remembered(self.room, "me", "me"))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        body = self.read()
        try:
            reply = await self.room.platform.ask("PUT", "me", body)
        except Away:
            self.away()
            return
        if reply.ok and isinstance(body.get("language"), str):
            self.room.speak(body["language"])
        self.pass_on(reply)


class Sender(Handler):
    """Requests for help and what is added to them: kept here first, like answers."""

    async def send(self, path: str, kind: str) -> None:
        body = self.read()
        if not ID.match(str(body.get("id", ""))):
            raise self.no(422, "bad-input", _("A request needs an id."))
        try:
            said = await self.room.relay.letter(kind, body["id"], path, body, method="POST")
        except OtherBody:
            raise self.no(409, "other-body", _("Another request was sent under this name.")) from None
        self.said(said)


class Tickets(Sender):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.tell(await state.remembered(self.room, "tickets", "tickets"))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self.send("tickets", "ticket")


class Messages(Sender):
    @web.authenticated
    @authorized
    async def post(self, number: str) -> None:
        await self.send(f"tickets/{number}/messages", "message")


class Pull(Handler):
    @web.authenticated
    @authorized
    async def post(self, course: str) -> None:
        """Bring a course up to date now: the bundle as the platform says it.

        `open`, a list in the body, names notebooks that the page has open: they are not changed unasked.
        """
        if not COURSE.match(course):
            raise self.no(404, "not-found", _("There is no such course for you."))
        given = self.read().get("open") if self.request.body else None
        open_ = {path for path in given if isinstance(path, str)} if isinstance(given, list) else set()
        try:
            bundle = await self.room.puller.pull(course, open_=open_)
            await self.room.puller.files(course)
        except Away:
            self.away()
            return
        if bundle is None:
            raise self.no(404, "not-found", _("There is no such course for you."))
        self.say(200, bundle)


class Front(FileFindHandler):
    """Built front ends: public text, named by content (`?v=`, or hashed chunk names), so kept by browsers for good. The
    build has packed what is worth it.
    """

    packed = False

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        found = super().validate_absolute_path(root, absolute_path)
        if found is None or not GZIP.search(self.request.headers.get("Accept-Encoding", "")):
            return found
        self.packed = Path(f"{found}.gz").is_file()
        return f"{found}.gz" if self.packed else found

    def get_content_size(self) -> int:
        assert self.absolute_path is not None
        return Path(self.absolute_path).stat().st_size  # that of the request's own path was looked at already

    def get_content_type(self) -> str:
        if not self.packed:
            return super().get_content_type()
        assert self.absolute_path is not None
        return mimetypes.guess_type(self.absolute_path.removesuffix(".gz"))[0] or "application/octet-stream"

    def set_headers(self) -> None:
        super().set_headers()
        self.set_header("Vary", "Accept-Encoding")
        if self.packed:
            self.set_header("Content-Encoding", "gzip")
        hashed = re.search(r"-[A-Za-z0-9]{8,}\.(?:js|css|woff2)$", self.request.path)
        lasting = "v" in self.request.arguments or hashed or self.request.path.endswith(".woff2")
        self.set_header("Cache-Control", "public, max-age=31536000, immutable" if lasting else "no-cache")

    @allow_unauthenticated
    def get(self, path: str, include_body: bool = True) -> Any:
        return super().get(path, include_body)


def routes() -> list[tuple[str, type[Any]]]:
    """(pattern below /user/NAME/proboost/, handler)."""
    return [
        (r"attempts", Attempts),
        (r"attempts/([A-Za-z0-9-]{8,64})", Attempt),
        (rf"drafts/{C}/{L}/{E}", Drafts),
        (rf"hints/{C}/{L}/{E}", Hints),
        (rf"lessons/{C}/{L}/state", LessonState),
        (rf"lessons/{C}/{L}/restore", Restore),
        (rf"lessons/{C}/{L}/update", Update),
        (rf"courses/{C}/pull", Pull),
        (r"progress", Progress),
        (r"me", Me),
        (r"tickets", Tickets),
        (rf"tickets/{NUMBER}/messages", Messages),
    ]
