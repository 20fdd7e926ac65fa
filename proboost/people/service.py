"""Accounts and roles: who exists, what they may do, which language they read. Changes are logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from proboost import auth
from proboost.auth import Viewer
from proboost.errors import BadInput, Conflict, NotFound
from proboost.i18n import LANGUAGES, _
from proboost.mail import address
from proboost.models import Change, Course, Enrolment, User
from proboost.models.people import ROLES
from proboost.people import changes, names
from proboost.settings import Settings

COHORT = "default"
PAGE = 50


class NoSuchUser(NotFound):
    code = "no-such-user"


class BadName(BadInput):
    code = "bad-name"


class NameTaken(Conflict):
    code = "name-taken"


class NotYourself(Conflict):
    code = "yourself"


class NoRoom(Conflict):
    """Every uid that the settings allow was given out."""

    code = "no-uid"


@dataclass(frozen=True)
class Person:
    """An account to be made."""

    name: str
    display_name: str = ""
    email: str = ""
    language: str = ""
    admin: bool = False
    support: bool = False
    roles: Mapping[str, str] = field(default_factory=dict)  # course -> role


def find(session: Session, name: str) -> User:
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise NoSuchUser(_("There is no account “{name}”.").format(name=name))
    return user


def ensure_user(session: Session, settings: Settings, name: str, language: str = "") -> User:
    """The account of that Hub name; made when it is seen for the first time. May be called again and by two at once.

    `language`, the browser's, is theirs while they have chosen none: their server and our mails cannot ask a browser.
    """
    user = session.scalar(select(User).where(User.name == name))
    if user is not None:
        user.language = user.language or language
        return user
    if not names.fits(name):
        raise BadName(_("“{name}” cannot be the name of an account.").format(name=name))
    _one_at_a_time(session)
    user = session.scalar(select(User).where(User.name == name))  # somebody may have been quicker
    if user is None:
        user = _add(session, settings, Person(name, language=language))
        changes.record(session, None, "user.created", name)
    return user


def create(session: Session, settings: Settings, viewer: Viewer | None, people: Sequence[Person]) -> list[User]:
    """Makes the accounts, all or none: NameTaken, BadName, BadInput or NotFound (a course) come before anything."""
    _one_at_a_time(session)
    taken = names_in_use(session)
    for person in people:
        if person.name in taken:
            raise NameTaken(_("The name “{name}” is in use.").format(name=person.name))
        taken.add(person.name)
        _check(session, person)
    made = []
    for person in people:
        user = _add(session, settings, person)
        changes.record(
            session,
            viewer,
            "user.created",
            user.name,
            roles=dict(person.roles),
            admin=user.is_admin,
            support=user.is_support,
        )
        made.append(user)
    return made


def create_or_extend(session: Session, settings: Settings, people: Sequence[Person]) -> list[User]:
    """For the command line and the demo: makes what is missing, grants what is asked, takes nothing away."""
    _one_at_a_time(session)
    done = []
    for person in people:
        _check(session, person)
        user = session.scalar(select(User).where(User.name == person.name))
        if user is None:
            done.extend(create(session, settings, None, [person]))
            continue
        for course, role in person.roles.items():
            _enrol(session, None, user, course, role)
        if (person.admin and not user.is_admin) or (person.support and not user.is_support):
            user.is_admin, user.is_support = user.is_admin or person.admin, user.is_support or person.support
            changes.record(session, None, "user.roles", user.name, admin=user.is_admin, support=user.is_support)
        user.display_name = user.display_name or person.display_name
        user.email = user.email or (address.parse(person.email) if person.email else "")
        user.language = user.language or person.language
        done.append(user)
    return done


def _one_at_a_time(session: Session) -> None:
    """Holds other makers of accounts back until this transaction ends; SQLite's write lock does so by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(7055501)"))


def _check(session: Session, person: Person) -> None:
    if not names.fits(person.name):
        raise BadName(_("“{name}” cannot be the name of an account.").format(name=person.name))
    if person.language not in ("", *LANGUAGES):
        raise BadInput(_("“{language}” is no language of this platform: ru or en.").format(language=person.language))
    if person.email:
        _email(person.email)
    for course, role in person.roles.items():
        _check_role(session, course, role)


def _email(text_: str) -> str:
    try:
        return address.parse(text_)
    except address.NotAnAddress as error:
        raise BadInput(_("“{email}” is no e-mail address.").format(email=text_)) from error


def _check_role(session: Session, course: str, role: str) -> None:
    if role not in ROLES:
        raise BadInput(_("“{role}” is no role: learner, grader or author.").format(role=role))
    if session.get(Course, course) is None:
        raise NotFound(_("There is no course “{course}”.").format(course=course))


def _add(session: Session, settings: Settings, person: Person) -> User:
    """The row, with the next uid: one above the highest ever given, so none is used twice (rows are never deleted)."""
    highest = session.scalar(select(func.max(User.uid)))
    uid = settings.uid_min if highest is None else max(highest + 1, settings.uid_min)
    if uid > settings.uid_max:
        raise NoRoom(_("No more accounts fit: the range of user ids in the settings is used up."))
    user = User(
        name=person.name,
        uid=uid,
        display_name=" ".join(person.display_name.split())[:120],
        email=_email(person.email) if person.email else "",
        language=person.language,
        is_admin=person.admin,
        is_support=person.support,
    )
    session.add(user)
    session.flush()
    for course, role in person.roles.items():
        _enrol(session, None, user, course, role, log=False)
    return user


def _enrol(
    session: Session, viewer: Viewer | None, user: User, course: str, role: str | None, *, log: bool = True
) -> None:
    """Gives the user this role in the course instead of the present one; None takes it away. Work done stays."""
    row = session.scalar(
        select(Enrolment).where(Enrolment.user_id == user.id, Enrolment.course_id == course, Enrolment.cohort == COHORT)
    )
    before = row.role if row and row.active else None
    if before == role:
        return
    if row is None:
        session.add(Enrolment(user_id=user.id, course_id=course, cohort=COHORT, role=role))
    elif role is None:
        row.active = False
    else:
        row.role, row.active = role, True
    session.flush()
    if log:
        changes.record(session, viewer, "user.role", user.name, course=course, role=role or "", before=before or "")


def set_role(session: Session, viewer: Viewer, *, name: str, course: str, role: str) -> None:
    """One role per person and course; an empty `role` takes it away."""
    auth.require_admin(viewer)
    user = find(session, name)
    if role:
        _check_role(session, course, role)
    _enrol(session, viewer, user, course, role or None)


def set_installation_roles(session: Session, viewer: Viewer, *, name: str, admin: bool, support: bool) -> None:
    auth.require_admin(viewer)
    user = find(session, name)
    if user.id == viewer.user_id and not admin:
        raise NotYourself(_("You cannot take the administrator's role from yourself. Another administrator can."))
    if (user.is_admin, user.is_support) != (admin, support):
        user.is_admin, user.is_support = admin, support
        changes.record(session, viewer, "user.roles", name, admin=admin, support=support)


def set_active(session: Session, viewer: Viewer, *, name: str, active: bool) -> None:
    """Opens or closes the account here; the Hub is told before, see `pages`."""
    user = may_close(session, viewer, name=name, active=active)
    if user.active != active:
        user.active = active
        changes.record(session, viewer, "user.enabled" if active else "user.disabled", name)


def may_close(session: Session, viewer: Viewer, *, name: str, active: bool) -> User:
    auth.require_admin(viewer)
    user = find(session, name)
    if user.id == viewer.user_id and not active:
        raise NotYourself(_("You cannot disable your own account."))
    return user


def set_details(session: Session, viewer: Viewer, *, name: str, display_name: str, email: str) -> None:
    auth.require_admin(viewer)
    user = find(session, name)
    display_name, email = " ".join(display_name.split())[:120], _email(email.strip()) if email.strip() else ""
    if (user.display_name, user.email) != (display_name, email):
        changes.record(session, viewer, "user.details", name, before=[user.display_name, user.email])
        user.display_name, user.email = display_name, email


def set_language(session: Session, viewer: Viewer, language: str) -> None:
    """The viewer's own; empty: the browser's."""
    if language not in ("", *LANGUAGES):
        raise BadInput(_("“{language}” is no language of this platform: ru or en.").format(language=language))
    session.get_one(User, viewer.user_id).language = language


def set_timezone(session: Session, viewer: Viewer, timezone: str) -> None:
    if timezone and timezone not in available_timezones():
        raise BadInput(_("There is no time zone “{timezone}”.").format(timezone=timezone))
    session.get_one(User, viewer.user_id).timezone = timezone


def link_made(session: Session, viewer: Viewer, *, name: str) -> None:
    """Notes that a one-time link was given out; never the link itself."""
    changes.record(session, viewer, "user.link", find(session, name).name)


def names_in_use(session: Session) -> set[str]:
    return set(session.scalars(select(User.name)))


def batch(session: Session, key: str) -> list[str] | None:
    """The names that were made under this key of the form, so that sending it twice makes them once; None: not yet."""
    change = session.scalar(select(Change).where(Change.what == "users.created", Change.subject == key))
    return None if change is None else list(change.details["names"])


def create_batch(
    session: Session, settings: Settings, viewer: Viewer, *, key: str, people: Sequence[Person]
) -> list[str]:
    """Makes the accounts of a list, all or none, once per `key`."""
    auth.require_admin(viewer)
    _one_at_a_time(session)
    before = batch(session, key)
    if before is not None:
        return before
    made = [user.name for user in create(session, settings, viewer, people)]
    changes.record(session, viewer, "users.created", key, names=made)
    return made


@dataclass(frozen=True)
class Listing:
    """One page of accounts, and how many there are in all."""

    people: list[User]
    total: int
    page: int
    pages: int


def listing(
    session: Session, viewer: Viewer, *, search: str = "", role: str = "", state: str = "", page: int = 1
) -> Listing:
    """Accounts by name. `role`: admin, support, author, grader, learner; `state`: active, disabled."""
    auth.require_admin(viewer)
    query = select(User)
    for word in search.split()[:6]:
        query = query.where(or_(*(contains(column, word) for column in (User.name, User.display_name, User.email))))
    if role == "admin":
        query = query.where(User.is_admin)
    elif role == "support":
        query = query.where(User.is_support)
    elif role in ROLES:
        query = query.where(User.enrolments.any((Enrolment.role == role) & Enrolment.active))
    if state in ("active", "disabled"):
        query = query.where(User.active == (state == "active"))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = session.scalars(
        query.options(selectinload(User.enrolments)).order_by(User.name).limit(PAGE).offset((page - 1) * PAGE)
    )
    return Listing(list(rows), total, page, pages)


def contains(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    """Whether the column holds the word in any case: SQLite's `lower` knows ASCII only, so Russian forms are named."""
    forms = {word, word.lower(), word.upper(), word.capitalize()}
    return or_(*(column.icontains(form, autoescape=True) for form in sorted(forms)))


def courses(session: Session) -> dict[str, str]:
    """Titles of all courses by id."""
    return dict(session.execute(select(Course.id, Course.title).order_by(Course.id)).all())


def roles_of(users: Iterable[User]) -> dict[str, dict[str, str]]:
    """Roles in force, by user's name and course."""
    return {
        user.name: {enrolment.course_id: enrolment.role for enrolment in user.enrolments if enrolment.active}
        for user in users
    }
