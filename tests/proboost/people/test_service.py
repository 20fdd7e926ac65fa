"""Accounts and roles on both databases: uids never used twice, lists all or none, changes in the log."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from proboost.auth import Viewer
from proboost.auth.roles import NotYourRole
from proboost.db import Database
from proboost.errors import BadInput, Conflict, NotFound
from proboost.models import Change, Course, Enrolment, User
from proboost.people import service
from proboost.people.service import Person
from proboost.settings import Settings


@pytest.fixture
def admin(database: Database, settings_: Settings) -> Viewer:
    with database.transaction() as session:
        session.add(Course(id="python-start", title="Python"))
        session.flush()
        (user,) = service.create(session, settings_, None, [Person("root", admin=True)])
        return Viewer.of(user, "page")


@pytest.fixture
def make(database: Database, settings_: Settings) -> Callable[..., None]:
    def make(*people: Person) -> None:
        with database.transaction() as session:
            service.create(session, settings_, None, people)

    return make


def log(database: Database) -> list[str]:
    with database.read() as session:
        return [change.what for change in session.scalars(select(Change).order_by(Change.at, Change.id))]


def test_uids_rise_from_the_first_and_start_at_the_setting(
    database: Database, settings_: Settings, admin: Viewer, make: Callable[..., None]
) -> None:
    make(Person("a"), Person("b"))
    with database.transaction() as session:
        assert service.ensure_user(session, settings_, "c").uid == settings_.uid_min + 3
        assert service.ensure_user(session, settings_, "c").uid == settings_.uid_min + 3


def test_the_browser_s_language_is_theirs_until_they_choose(database: Database, settings_: Settings) -> None:
    for given, wanted in (("", ""), ("ru", "ru"), ("en", "ru")):
        with database.transaction() as session:
            assert service.ensure_user(session, settings_, "lea", given).language == wanted


def test_the_range_of_uids_ends(database: Database, settings_: Settings) -> None:
    narrow = settings_.model_copy(update={"uid_max": settings_.uid_min})
    with database.transaction() as session:
        service.ensure_user(session, narrow, "a")
    with pytest.raises(service.NoRoom), database.transaction() as session:
        service.ensure_user(session, narrow, "b")


def test_many_first_sights_at_once_get_different_uids(database: Database, settings_: Settings) -> None:
    start = threading.Barrier(8)
    faults: list[BaseException] = []

    def see(name: str) -> None:
        try:
            start.wait(10)
            with database.transaction() as session:
                service.ensure_user(session, settings_, name)
        except BaseException as fault:  # noqa: BLE001 -- shown below
            faults.append(fault)

    threads = [threading.Thread(target=see, args=(f"u{n % 4}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    with database.read() as session:
        assert len(set(session.scalars(select(User.uid)))) == 4


def test_a_bad_name_is_refused(database: Database, settings_: Settings) -> None:
    with pytest.raises(service.BadName), database.transaction() as session:
        service.ensure_user(session, settings_, "../etc")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Person("root"), Conflict),
        (Person("B"), BadInput),
        (Person("b", email="x"), BadInput),
        (Person("b", language="fr"), BadInput),
        (Person("b", roles={"algebra": "learner"}), NotFound),
        (Person("b", roles={"python-start": "king"}), BadInput),
    ],
)
def test_one_wrong_account_makes_none(
    database: Database, admin: Viewer, make: Callable[..., None], wrong: Person, error: type[Exception]
) -> None:
    with pytest.raises(error):
        make(Person("a"), wrong)
    with database.read() as session:
        assert service.names_in_use(session) == {"root"}


def test_a_list_sent_twice_is_made_once(database: Database, settings_: Settings, admin: Viewer) -> None:
    for _ in range(2):
        with database.transaction() as session:
            made = service.create_batch(session, settings_, admin, key="k", people=[Person("a"), Person("b")])
            assert made == ["a", "b"]


def test_roles_in_a_course_change_and_go_and_the_enrolment_stays(
    database: Database, admin: Viewer, make: Callable[..., None]
) -> None:
    make(Person("lea", roles={"python-start": "learner"}))
    for role in ("grader", "", "learner"):
        with database.transaction() as session:
            service.set_role(session, admin, name="lea", course="python-start", role=role)
        with database.read() as session:
            rows = list(session.scalars(select(Enrolment)))
            assert [(row.role if row.active else "") for row in rows] == [role]
    assert log(database).count("user.role") == 3


def test_only_administrators(database: Database, make: Callable[..., None], admin: Viewer) -> None:
    make(Person("lea"))
    with database.transaction() as session:
        lea = Viewer.of(service.find(session, "lea"), "page")
        server = Viewer.of(service.find(session, "root"), "server")
    for viewer in (lea, server):
        for call in (
            lambda s, v: service.set_role(s, v, name="lea", course="python-start", role="author"),
            lambda s, v: service.set_installation_roles(s, v, name="lea", admin=True, support=True),
            lambda s, v: service.set_active(s, v, name="root", active=False),
            lambda s, v: service.set_details(s, v, name="root", display_name="x", email=""),
            service.listing,
        ):
            with pytest.raises(NotYourRole), database.transaction() as session:
                call(session, viewer)


def test_nobody_shuts_themselves_out(database: Database, admin: Viewer) -> None:
    with pytest.raises(service.NotYourself), database.transaction() as session:
        service.set_active(session, admin, name="root", active=False)
    with pytest.raises(service.NotYourself), database.transaction() as session:
        service.set_installation_roles(session, admin, name="root", admin=False, support=True)


def test_changes_are_logged_once_each(database: Database, admin: Viewer, make: Callable[..., None]) -> None:
    make(Person("lea"))
    for _ in range(2):
        with database.transaction() as session:
            service.set_active(session, admin, name="lea", active=False)
            service.set_installation_roles(session, admin, name="lea", admin=False, support=True)
            service.set_details(session, admin, name="lea", display_name="Lea  X", email="lea@example.org")
    assert sorted(log(database)) == [
        "user.created", "user.created", "user.details", "user.disabled", "user.roles",
    ]  # fmt: skip


def test_search_knows_russian_letters_of_either_case(
    database: Database, admin: Viewer, make: Callable[..., None]
) -> None:
    make(Person("ivan", "Иванов Иван"), Person("olga", "Гришина Ольга", "o@example.org"), Person("fifty", "50%_off"))
    with database.read() as session:
        found = {q: [u.name for u in service.listing(session, admin, search=q).people] for q in
                 ("иванов", "ИВАНОВ иван", "OLGA", "example", "%", "_", "нет")}  # fmt: skip
    assert found == {
        "иванов": ["ivan"], "ИВАНОВ иван": ["ivan"], "OLGA": ["olga"], "example": ["olga"],
        "%": ["fifty"], "_": ["fifty"], "нет": [],
    }  # fmt: skip


def test_filters_and_pages(database: Database, admin: Viewer, make: Callable[..., None]) -> None:
    make(*(Person(f"u{n}", roles={"python-start": "learner"}) for n in range(60)))
    with database.read() as session:
        first = service.listing(session, admin, role="learner")
        last = service.listing(session, admin, role="learner", page=99)
        admins = service.listing(session, admin, role="admin")
        disabled = service.listing(session, admin, state="disabled")
    assert (len(first.people), first.total, first.pages) == (50, 60, 2)
    assert (len(last.people), last.page) == (10, 2)
    assert [user.name for user in admins.people] == ["root"]
    assert disabled.people == []


def test_the_command_line_adds_and_takes_nothing_away(database: Database, settings_: Settings, admin: Viewer) -> None:
    for person in (Person("lea", "Lea", roles={"python-start": "author"}), Person("lea", "Other", support=True)):
        with database.transaction() as session:
            service.create_or_extend(session, settings_, [person])
    with database.read() as session:
        lea = service.find(session, "lea")
        assert (lea.display_name, lea.is_support) == ("Lea", True)
        assert service.roles_of([lea]) == {"lea": {"python-start": "author"}}


def test_language_and_time_zone(database: Database, admin: Viewer) -> None:
    with database.transaction() as session:
        service.set_language(session, admin, "ru")
        service.set_timezone(session, admin, "Asia/Yekaterinburg")
    with pytest.raises(BadInput), database.transaction() as session:
        service.set_timezone(session, admin, "../../etc/passwd")
    with pytest.raises(BadInput), database.transaction() as session:
        service.set_language(session, admin, "xx")
