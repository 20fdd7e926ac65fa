"""Pages of people: my settings, and for administrators the accounts: a list, one account, new ones from a list."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import available_timezones

from anyio import from_thread
from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from proboost import auth
from proboost.auth import Viewer
from proboost.db import Database
from proboost.errors import BadInput, Problem
from proboost.i18n import _
from proboost.models.people import ROLES
from proboost.people import changes, roster, service
from proboost.settings import Settings
from proboost.web import addresses, back, page
from proboost.web.deps import LANGUAGE_COOKIE, Conf, Db, PageViewer, TheHub

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form(max_length=roster.MOST_BYTES)]
Word = Annotated[str, Form(max_length=254)]
Flag = Annotated[bool, Form()]


def our_path(conf: Settings, wanted: str) -> str:
    """`wanted` when it is a page of ours, else the catalogue: nobody is sent elsewhere by a form."""
    parts = urlsplit(wanted)
    ours = not parts.scheme and not parts.netloc and parts.path.startswith(f"{conf.prefix}/") and "\\" not in wanted
    return wanted if ours and wanted.isprintable() else f"{conf.prefix}/"


# ---- my settings ----


@router.post("/language")
def language(request: Request, db: Db, viewer: PageViewer, conf: Conf, language: Word, next: Word = "") -> Response:  # noqa: A002 -- the form's name
    """Sets the language and shows the page again that it was asked on."""
    with db.transaction() as session:
        service.set_language(session, viewer, language)
    asked_on = request.headers.get("referer", "").removeprefix(conf.origin)
    response = RedirectResponse(our_path(conf, next or asked_on), status_code=303)
    response.set_cookie(LANGUAGE_COOKIE, language, path="/", max_age=31_536_000, samesite="lax", httponly=True)
    return response


@router.get("/settings")
def settings_page(request: Request, viewer: PageViewer, done: str = "") -> Response:
    zones = sorted(
        zone
        for zone in available_timezones()
        if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/"))
    )
    return page(request, "people/settings.html", viewer, zones=zones, done=done, here="settings")


@router.post("/settings")
def save_settings(db: Db, viewer: PageViewer, language: Word = "", timezone: Word = "") -> Response:
    with db.transaction() as session:
        service.set_language(session, viewer, language)
        service.set_timezone(session, viewer, timezone)
    return back("/settings", done="saved")


# ---- accounts ----


@router.get("/admin/people")
def people(
    request: Request,
    db: Db,
    viewer: PageViewer,
    q: Annotated[str, Query(max_length=200)] = "",
    role: str = "",
    state: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    with db.read() as session:
        found = service.listing(session, viewer, search=q, role=role, state=state, page=number)
        titles, roles = service.courses(session), service.roles_of(found.people)
    context: dict[str, Any] = {
        "found": found,
        "q": q,
        "role": role,
        "state": state,
        "titles": titles,
        "roles": roles,
        "address": addresses(q=q, role=role, state=state),
    }
    return page(request, "people/list.html", viewer, here="people", **context)


@router.get("/admin/accounts/new")
def new(request: Request, db: Db, viewer: PageViewer) -> Response:
    auth.require_admin(viewer)
    return _new_page(request, db, viewer)


def _new_page(
    request: Request,
    db: Database,
    viewer: Viewer,
    text: str = "",
    course: str = "",
    role: str = "learner",
    **more: Any,
) -> Response:
    with db.read() as session:
        titles = service.courses(session)
    values: dict[str, Any] = {
        "text": text,
        "course": course,
        "role": role,
        "titles": titles,
        "entries": [],
        "problem": "",
        "key": "",
    }
    return page(request, "people/new.html", viewer, here="people", **values | more)


def _entries(db: Database, text: str, course: str, role: str) -> list[roster.Entry]:
    with db.read() as session:
        taken, titles = service.names_in_use(session), service.courses(session)
    everyone = {course: role} if course in titles and role in ROLES else {}
    return roster.read(text, taken=taken, courses=titles, everyone=everyone)


@router.post("/admin/accounts/preview")
async def preview(
    request: Request,
    db: Db,
    viewer: PageViewer,
    text: Text = "",
    course: Word = "",
    role: Word = "learner",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """What the list would make, line by line; makes nothing."""
    auth.require_admin(viewer)
    data = await file.read(roster.MOST_BYTES + 1) if file is not None and file.filename else b""
    return await run_in_threadpool(_preview, request, db, viewer, text, course, role, data)


def _preview(
    request: Request, db: Database, viewer: Viewer, text: str, course: str, role: str, data: bytes
) -> Response:
    try:
        text = roster.decoded(data) if data else text
        entries = _entries(db, text, course, role)
    except roster.Unreadable as error:
        return _new_page(request, db, viewer, text, course, role, problem=str(error))
    return _new_page(request, db, viewer, text, course, role, entries=entries, key=str(uuid4()))


@router.post("/admin/accounts/create")
def create(
    request: Request,
    db: Db,
    viewer: PageViewer,
    conf: Conf,
    hub: TheHub,
    key: Word,
    text: Text,
    course: Word = "",
    role: Word = "learner",
) -> Response:
    """Makes the accounts of a list: logins first (made again they are the same), then all rows at once."""
    auth.require_admin(viewer)
    with db.read() as session:
        made = service.batch(session, key)
    if made is None:
        try:
            entries = _entries(db, text, course, role)
        except roster.Unreadable as error:
            return _new_page(request, db, viewer, text, course, role, problem=str(error))
        if any(entry.problems for entry in entries):
            return _new_page(request, db, viewer, text, course, role, entries=entries, key=key)
        people = [service.Person(e.name, e.display_name, e.email, e.language, roles=e.roles) for e in entries]
        try:
            for person in people:
                # Somebody may have signed up under a name that is given out only now: their password ends here.
                password = secrets.token_urlsafe(32)
                from_thread.run(partial(hub.put_account, person.name, password=password, active=True))
            with db.transaction() as session:
                made = service.create_batch(session, conf, viewer, key=key, people=people)
        except Problem as problem:
            return _new_page(request, db, viewer, text, course, role, entries=entries, key=key, problem=problem.message)
    return back("/admin/accounts/made", key=key)


@router.get("/admin/accounts/made")
def made_page(request: Request, db: Db, viewer: PageViewer, key: str) -> Response:
    """The accounts of one list, and a button for their links."""
    return _made_page(request, db, viewer, key, {})


def _made_page(request: Request, db: Database, viewer: Viewer, key: str, links: dict[str, str]) -> Response:
    auth.require_admin(viewer)
    with db.read() as session:
        made = service.batch(session, key)
        if made is None:
            raise BadInput(_("There is no such list."))
        users = [service.find(session, name) for name in made]
    return page(request, "people/made.html", viewer, here="people", users=users, links=links, key=key)


@router.post("/admin/accounts/links")
def links(request: Request, db: Db, viewer: PageViewer, hub: TheHub, key: Word) -> Response:
    """A one-time link for each account of a list, shown now and never again."""
    auth.require_admin(viewer)
    with db.read() as session:
        made = service.batch(session, key) or []
    given = {name: from_thread.run(hub.password_link, name) for name in made}
    with db.transaction() as session:
        for name in made:
            service.link_made(session, viewer, name=name)
    return _made_page(request, db, viewer, key, given)


@router.get("/admin/people/{name}")
def account(request: Request, db: Db, viewer: PageViewer, name: str, done: str = "") -> Response:
    return _account_page(request, db, viewer, name, done=done)


def _account_page(
    request: Request, db: Database, viewer: Viewer, name: str, *, link: str = "", done: str = "", problem: str = ""
) -> Response:
    auth.require_admin(viewer)
    with db.read() as session:
        user = service.find(session, name)
        roles = service.roles_of([user])[user.name]
        titles, log = service.courses(session), changes.about(session, name)
    return page(
        request, "people/account.html", viewer, here="people", user=user, roles=roles, titles=titles, log=log,
        link=link, done=done, problem=problem,
    )  # fmt: skip


@router.post("/admin/people/{name}/details")
def details(db: Db, viewer: PageViewer, name: str, display_name: Word = "", email: Word = "") -> Response:
    with db.transaction() as session:
        service.set_details(session, viewer, name=name, display_name=display_name, email=email)
    return back(f"/admin/people/{name}", done="saved")


@router.post("/admin/people/{name}/role")
def role(db: Db, viewer: PageViewer, name: str, course: Word, role: Word = "") -> Response:
    with db.transaction() as session:
        service.set_role(session, viewer, name=name, course=course, role=role)
    return back(f"/admin/people/{name}", done="saved")


@router.post("/admin/people/{name}/roles")
def installation_roles(db: Db, viewer: PageViewer, name: str, admin: Flag = False, support: Flag = False) -> Response:
    with db.transaction() as session:
        service.set_installation_roles(session, viewer, name=name, admin=admin, support=support)
    return back(f"/admin/people/{name}", done="saved")


@router.post("/admin/people/{name}/active")
def active(request: Request, db: Db, viewer: PageViewer, hub: TheHub, name: str, active: Flag) -> Response:
    """Disables or enables. The Hub comes first: while it is away nothing changes, and the button may be used again."""
    with db.read() as session:
        service.may_close(session, viewer, name=name, active=active)
    try:
        from_thread.run(partial(hub.put_account, name, active=active))
    except Problem as problem:
        return _account_page(request, db, viewer, name, problem=problem.message)
    with db.transaction() as session:
        service.set_active(session, viewer, name=name, active=active)
    return back(f"/admin/people/{name}", done="enabled" if active else "disabled")


@router.post("/admin/people/{name}/link")
def link(request: Request, db: Db, viewer: PageViewer, hub: TheHub, name: str) -> Response:
    """A one-time link to set the password, shown now and never again."""
    auth.require_admin(viewer)
    with db.read() as session:
        service.find(session, name)
    try:
        url = from_thread.run(hub.password_link, name)
    except Problem as problem:
        return _account_page(request, db, viewer, name, problem=problem.message)
    with db.transaction() as session:
        service.link_made(session, viewer, name=name)
    return _account_page(request, db, viewer, name, link=url)
