"""The API of people: who I am; and, inside the house, accounts and what a spawn needs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import auth
from proboost.auth import Viewer
from proboost.i18n import language
from proboost.models import Enrolment, User
from proboost.people import changes, service
from proboost.settings import Settings
from proboost.web.deps import Conf, CurrentViewer, Db

router = APIRouter(tags=["people"])
internal = APIRouter(tags=["people"])

Short = Annotated[str, Field(max_length=254)]


class Support(BaseModel):
    phone: str
    email: str


class Urls(BaseModel):
    catalogue: str
    tickets: str
    logout: str
    settings: str


class Me(BaseModel):
    """The person behind the request."""

    name: str
    display_name: str
    language: str
    timezone: str
    staff: bool
    author_of: list[str]
    support: Support
    urls: Urls


class MyLanguage(BaseModel):
    language: Literal["ru", "en", ""]


class SpawnInfo(BaseModel):
    """What the spawner must know of a user."""

    uid: int
    language: str
    staff: bool
    active: bool


class NewUser(BaseModel):
    name: Short
    display_name: Short = ""
    email: Short = ""
    language: Literal["ru", "en", ""] = ""
    admin: bool = False
    support: bool = False
    roles: dict[str, Literal["learner", "grader", "author"]] = Field(default_factory=dict)


class Made(BaseModel):
    name: str
    uid: int


@router.get("/me")
def me(db: Db, viewer: CurrentViewer, conf: Conf) -> Me:
    """Who I am, what I am shown."""
    with db.read() as session:
        return _me(session, viewer, conf)


@router.put("/me")
def change_me(db: Db, viewer: CurrentViewer, conf: Conf, body: MyLanguage) -> Me:
    """Sets my language; empty: the browser's."""
    with db.transaction() as session:
        service.set_language(session, viewer, body.language)
        return _me(session, viewer, conf, body.language)


def _me(session: Session, viewer: Viewer, conf: Settings, chosen: str | None = None) -> Me:
    mine = viewer.language if chosen is None else chosen
    return Me(
        name=viewer.name,
        display_name=viewer.display_name,
        language=mine or language(),
        timezone=viewer.timezone,
        staff=_staff(session, viewer.user_id),
        author_of=auth.author_of(session, viewer),
        support=Support(phone=conf.support_phone, email=conf.support_email),
        urls=Urls(
            catalogue=f"{conf.public_url}/",
            tickets=f"{conf.public_url}/tickets",
            logout=f"{conf.public_url}/logout",
            settings=f"{conf.public_url}/settings",
        ),
    )


def _staff(session: Session, user_id: str) -> bool:
    """Whether the person works for a course: their servers have a terminal, and no more rights than a learner's."""
    query = select(Enrolment.id).where(
        Enrolment.user_id == user_id, Enrolment.role.in_(("author", "grader")), Enrolment.active
    )
    return session.scalar(query.limit(1)) is not None


@internal.post("/users/{name}/spawn")
def spawn(db: Db, conf: Conf, name: str) -> SpawnInfo:
    """What the spawner needs; somebody who never was here gets an account now."""
    with db.transaction() as session:
        user = service.ensure_user(session, conf, name)
        return SpawnInfo(uid=user.uid, language=user.language, staff=_staff(session, user.id), active=user.active)


@internal.post("/users")
def create_users(db: Db, conf: Conf, body: list[NewUser]) -> list[Made]:
    """Makes what is missing and grants what is asked; all or none, and may be repeated."""
    people = [service.Person(**user.model_dump()) for user in body]
    with db.transaction() as session:
        return [Made(name=user.name, uid=user.uid) for user in service.create_or_extend(session, conf, people)]


class Account(BaseModel):
    """An account as the command line lists it."""

    name: str
    display_name: str
    email: str
    active: bool
    admin: bool
    support: bool
    roles: dict[str, str]


class Activity(BaseModel):
    active: bool


@internal.get("/users")
def list_users(db: Db) -> list[Account]:
    """Everybody, by name."""
    with db.read() as session:
        roles: dict[str, dict[str, str]] = {}
        for row in session.scalars(select(Enrolment).where(Enrolment.active)):
            roles.setdefault(row.user_id, {})[row.course_id] = row.role
        return [
            Account(
                name=user.name,
                display_name=user.display_name,
                email=user.email,
                active=user.active,
                admin=user.is_admin,
                support=user.is_support,
                roles=roles.get(user.id, {}),
            )
            for user in session.scalars(select(User).order_by(User.name))
        ]


@internal.put("/users/{name}")
def set_active(db: Db, name: str, body: Activity) -> Activity:
    """Opens or closes an account from the command line, which has told the Hub before."""
    with db.transaction() as session:
        user = service.find(session, name)
        if user.active != body.active:
            user.active = body.active
            changes.record(session, None, "user.enabled" if body.active else "user.disabled", name)
        return body
