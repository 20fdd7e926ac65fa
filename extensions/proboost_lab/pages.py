"""The lesson's page and the pages that stand in for it: closed, unknown, away. Pages, not API: HTML for people."""

from __future__ import annotations

import json
import mimetypes
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import nbformat
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from proboost_kernel.i18n import _, gettext, language, ngettext
from proboost_lab import rail
from proboost_lab.coming import Coming, answer, open_here
from proboost_lab.handlers import C, L
from proboost_lab.lesson import Part, attachment, handed_in, hosts_of, kinds, parts, points_text, script
from proboost_lab.lessons import Shelf, UnsafePath, safe
from proboost_lab.outline import Entry, outlined
from proboost_lab.platform import Json, segment
from proboost_lab.voila_pages import Streamed

if TYPE_CHECKING:
    from proboost_lab.extension import Room

TEMPLATES = Path(__file__).parent / "templates"
ATTACHED = re.compile(r"(?P<lesson>[a-z0-9-]{1,64})\.attachments/(?P<cell>[A-Za-z0-9_-]{1,64})/(?P<name>[^/]+)\Z")
IMPORTED = re.compile(r"""(?:from|import)["']\./([\w-]+\.js)["']""")
MEDIA = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml", "image/avif"}) | frozenset(
    {"audio/mpeg", "audio/ogg", "audio/wav", "audio/x-wav", "video/mp4", "video/webm", "video/ogg"}
)


@lru_cache(maxsize=1)
def templates() -> jinja2.Environment:
    """Kept: compiling costs more than all the rest of a page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # i18n extension
    environment.filters["script"] = script
    environment.filters["points"] = points_text
    return environment


class LessonPage(Streamed):
    """GET /user/NAME/proboost/lesson/COURSE/LESSON"""

    def initialize(self, **_named: Any) -> None:
        super().initialize(voila_configuration=self.settings["proboost_voila"])

    @web.authenticated
    @authorized
    async def get(self, course: str, lesson: str) -> None:
        room = self.room
        coming = Coming(room, course, lesson, self.nonce)
        row = await coming.first()
        if row is None or coming.refused:
            self.refuse(coming)
            return
        data = coming.shelf.notebook(row.file)
        assert data is not None
        bundle = coming.shelf.bundle() or {}
        spoken = str(bundle.get("language") or language())
        self.hosts, found, outline = _made(data, lesson, language())
        page = {
            "course": course,
            "lesson": lesson,
            "base": room.base_url,
            "lang": language(),
            "urls": urls(room, f"{course}/{row.file}"),
            "me": coming.me,
            "progress": coming.progress,
            "state": answer(coming.state),
            "state_follows": not coming.state.done(),
            "versions": {"release": str(bundle.get("release") or "")},
        }
        first = render(
            self,
            "lesson.html",
            page=page,
            parts=found,
            outline=outline,
            hand_in=handed_in(found),
            preload=preload(room, found),
            fonts=fonts(spoken, found),
            rail=rail.of_course(bundle, coming.progress, course, lesson, room.base_url),
            title=row.title,
            course=course,
            lesson=lesson,
            course_title=str(bundle.get("title") or course),
            course_language=spoken,
        )
        notebook = nbformat.reads(data.decode(), as_version=4)  # type: ignore[no-untyped-call]  # it ships no types
        environment = {"PROBOOST_LESSON": f"{course}/{lesson}", **explaining(notebook)}
        await self.stream(notebook, f"{course}/{row.file}", first, environment, coming.meanwhile())

    def refuse(self, coming: Coming) -> None:
        """Closed, unknown or away; the way on is always said."""
        row = coming.shelf.lesson(coming.lesson)
        if coming.refused or (coming.told and row is None):
            self.error_page(
                404, _("There is no such lesson"), _("It may have been renamed or taken out of the course.")
            )
        elif row is not None and not row.open:
            why = row.why or _("The author has not opened it yet.")
            opens = _("It opens on {date}.").format(date=rail.date_text(row.opens)) if row.opens else ""
            self.error_page(403, _("“{title}” is not open yet").format(title=row.title), f"{why} {opens}".strip())
        else:
            self.error_page(
                503,
                _("The lesson cannot be fetched now"),
                _("The platform does not answer. Lessons you have opened before still work, and answers are kept."),
                again=True,
            )

    def error_page(self, status: int, title: str, text: str, *, again: bool = False) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(render(self, "error.html", title=title, text=text, again=again))


@lru_cache(maxsize=4)
def _made(data: bytes, lesson: str, _language: str) -> tuple[tuple[str, ...], list[Part], list[Entry]]:
    """Of a released lesson: hosts of its media, parts, contents. Kept: making them is most of what a page costs."""
    notebook = json.loads(data)
    hosts = hosts_of(notebook)
    return hosts, *outlined(parts(notebook["cells"], hosts, lesson))


def explaining(notebook: Any) -> dict[str, str]:
    """What a lesson's kernel is told of explaining errors; see `proboost_kernel.tracebacks`."""
    ours = notebook.metadata.get("proboost")
    explained = not isinstance(ours, dict) or ours.get("explain_errors") is not False
    return {} if explained else {"PROBOOST_EXPLAIN": "off"}


class LessonFile(JupyterHandler):
    """Pictures and media of a lesson: what its prose names relative to itself, from the release; nothing that runs."""

    auth_resource = "proboost"

    @web.authenticated
    @authorized
    async def get(self, course: str, path: str) -> None:
        room: Room = self.settings["proboost"]
        try:
            kind, data = _file(room.puller.shelf(course), safe(path))
        except UnsafePath:
            kind, data = "", None
        if data is None or kind not in MEDIA:
            raise web.HTTPError(404)
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", "private, max-age=60")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        self.finish(data)


def _file(shelf: Shelf, path: str) -> tuple[str, bytes | None]:
    """Type and bytes of a course's file, or of what lies inside a lesson: LESSON.attachments/CELL/NAME."""
    inside = ATTACHED.match(path)
    if inside is None:
        return mimetypes.guess_type(path)[0] or "", shelf.notebook(path)
    row = open_here(shelf, inside["lesson"])
    data = shelf.notebook(row.file) if row is not None else None
    if data is None:
        return "", None
    return attachment(json.loads(data).get("cells", ()), inside["cell"], inside["name"]) or ("", None)


def urls(room: Room, file: str) -> Json:
    """Where the page's links lead: the platform's pages are on another origin."""
    return {
        "catalogue": f"{room.public_url}/" if room.public_url else "",
        "tickets": f"{room.public_url}/tickets" if room.public_url else "",
        "logout": f"{room.base_url}logout",
        "lab": f"{room.base_url}lab/tree/{segment(*file.split('/'))}",
    }


def fonts(course_language: str, found: list[Part]) -> list[str]:
    """The files that most of its text is set in: one that comes after the first layout has all laid out again."""
    prose = ["golos-text-cyrillic"] if course_language.startswith("ru") else []  # beside the names in Latin letters
    code = any("<code" in part.html or part.spec.get("kind") == "code" for part in found)
    names = [*prose, "golos-text-latin", *(["jetbrains-mono-latin"] if code else [])]
    return [f"{name}-wght-normal.woff2" for name in names]


def preload(room: Room, found: list[Part]) -> list[str]:
    """Modules that this page's exercises need, by the names that the build gave them: asked for at once."""
    return [f"{room.base_url}proboost/static/{name}" for name in _modules(room.version, tuple(kinds(found)))]


@lru_cache(maxsize=64)
def _modules(version: str, wanted: tuple[str, ...]) -> list[str]:  # noqa: ARG001  # another build, other names
    """The kinds' modules, and what these and exercise.js import first."""
    from proboost_lab.extension import STATIC

    names = {path.name for kind in wanted for folder in STATIC for path in folder.glob(f"{kind}-*.js")}
    for path in (folder / name for folder in STATIC for name in (*names, "exercise.js")):
        if path.is_file():
            names |= set(IMPORTED.findall(path.read_text("utf-8")))
    return sorted(names)


def preview(handler: Any, path: str, notebook: Any) -> str:
    """The first half of an author's preview: the same page without course, progress and saved answers."""
    room: Room = handler.settings["proboost"]
    found, outline = outlined(parts(notebook.cells, handler.hosts))
    title = path.rpartition("/")[2].removesuffix(".ipynb")
    page = {
        "course": "",
        "lesson": "",
        "base": room.base_url,
        "lang": language(),
        "urls": urls(room, path),
    }
    return render(
        handler,
        "lesson.html",
        page=page,
        parts=found,
        outline=outline,
        hand_in=False,
        preload=preload(room, found),
        fonts=fonts(language(), found),
        rail=None,
        title=title,
        course="",
        lesson="",
        course_title=_("Preview"),
        course_language=language(),
    )


def render(handler: Any, name: str, **context: Any) -> str:
    room: Room = handler.settings["proboost"]
    common = {
        "asset": room.asset,
        "base": room.base_url,
        "public_url": room.public_url,
        "lang": language(),
        "nonce": handler.nonce,
    }
    return templates().get_template(name).render(**common, **context)


def routes() -> list[tuple[str, type[Any]]]:
    """(pattern below /user/NAME/proboost/, handler). A lesson's id has no dot, a file's name has."""
    return [(rf"lesson/{C}/{L}", LessonPage), (rf"lesson/{C}/(.+)", LessonFile)]
