"""Requests on both databases: numbers, threads, who may see what, and the letters that go with them."""

from __future__ import annotations

import json
import threading
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from proboost.auth import Viewer
from proboost.auth.roles import NotYourRole
from proboost.db import Database
from proboost.errors import BadInput, NotFound, TooMany
from proboost.models import Outbox, Ticket
from proboost.people import service as people
from proboost.people.service import Person
from proboost.settings import Settings
from proboost.support import service


class Desk:
    """A learner, another one, a specialist, and what they do, each in its own transaction."""

    def __init__(self, database: Database, conf: Settings) -> None:
        self.database, self.conf = database, conf
        with database.transaction() as session:
            made = people.create(
                session,
                conf,
                None,
                [
                    Person("lea", "Лея", "lea@example.org", language="ru"),
                    Person("max", "Max"),
                    Person("sam", "Sam", support=True),
                ],
            )
            self.lea, self.max, self.sam = (Viewer.of(user, "page") for user in made)
            self.lea_server = Viewer.of(made[0], "server")
            self.sam_server = Viewer.of(made[2], "server")

    def open(self, viewer: Viewer | None = None, text: str = "Не работает", **more: object) -> Ticket:
        values: dict[str, object] = {"client_id": str(uuid4()), "kind": "problem", "attached": {}} | more
        with self.database.transaction() as session:
            return service.open_ticket(session, viewer or self.lea, self.conf, text=text, **values)  # type: ignore[arg-type]

    def write(self, number: int, text: str = "ещё", viewer: Viewer | None = None, id_: str = "") -> None:
        with self.database.transaction() as session:
            service.write(
                session, viewer or self.lea, self.conf, number=number, client_id=id_ or str(uuid4()), text=text
            )

    def answer(self, number: int, text: str = "Вот так", viewer: Viewer | None = None, **more: object) -> None:
        values: dict[str, object] = {"client_id": str(uuid4())} | more
        with self.database.transaction() as session:
            service.answer(session, viewer or self.sam, self.conf, number=number, text=text, **values)  # type: ignore[arg-type]

    def state(self, number: int, state: str, resolution: str = "") -> None:
        with self.database.transaction() as session:
            service.set_state(session, self.sam, self.conf, number=number, state=state, resolution=resolution)

    def ticket(self, number: int) -> Ticket:
        with self.database.read() as session:
            return session.get_one(Ticket, number)

    def letters(self) -> list[tuple[str, str]]:
        with self.database.read() as session:
            rows = session.scalars(select(Outbox).where(Outbox.kind == "mail").order_by(Outbox.id))
            return [(row.payload["to"], row.payload["subject"]) for row in rows]


@pytest.fixture
def desk(database: Database, settings_: Settings) -> Desk:
    return Desk(database, settings_)


def test_a_request_gets_a_number_an_acknowledgement_and_a_notice(desk: Desk) -> None:
    ticket = desk.open(attached={"lesson": "loops", "versions": {"python": "3.11"}})
    assert (ticket.number, ticket.state, ticket.language) == (1, "open", "ru")
    assert [to for to, _subject in desk.letters()] == ["lea@example.org", "support@okocrm.com"]
    assert all("1" in subject for _to, subject in desk.letters())
    assert desk.ticket(1).attached == {"lesson": "loops", "versions": {"python": "3.11"}}


def test_who_has_no_address_is_only_noticed(desk: Desk) -> None:
    desk.open(desk.max)
    assert [to for to, _subject in desk.letters()] == ["support@okocrm.com"]


def test_the_same_id_is_the_same_request_and_other_words_are_a_conflict(desk: Desk) -> None:
    id_ = str(uuid4())
    assert desk.open(client_id=id_).number == desk.open(client_id=id_).number
    assert len(desk.letters()) == 2
    with pytest.raises(service.OtherBody):
        desk.open(client_id=id_, text="Другое")
    with pytest.raises(service.OtherBody):
        desk.open(client_id=id_, kind="proposal")
    assert desk.open(desk.max, client_id=id_).number != 1, "ids are unique per person"


def test_two_equal_requests_at_once_are_one(desk: Desk) -> None:
    id_, start, numbers = str(uuid4()), threading.Barrier(4), []

    def send() -> None:
        start.wait(10)
        numbers.append(desk.open(client_id=id_).number)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 4
    assert len(set(numbers)) == 1
    assert len(desk.letters()) == 2


def test_a_failed_request_leaves_no_letter(desk: Desk) -> None:
    with pytest.raises(BadInput):
        desk.open(text="  \n ")
    with pytest.raises(BadInput):
        desk.open(text="x" * (service.LONGEST + 1))
    with pytest.raises(BadInput):
        desk.open(kind="spell")
    with pytest.raises(BadInput):
        desk.open(attached={"error": "я" * service.LARGEST})
    assert desk.letters() == []


def test_an_answer_is_mailed_and_the_thread_goes_on(desk: Desk) -> None:
    number = desk.open().number
    desk.answer(number)
    assert desk.ticket(number).state == "answered"
    desk.write(number, "Спасибо, но нет")
    assert desk.ticket(number).state == "open"
    with desk.database.read() as session:
        said = service.thread(session, desk.ticket(number))
    assert [(m.name, m.by_support, m.text) for m in said] == [
        ("Sam", True, "Вот так"),
        ("Лея", False, "Спасибо, но нет"),
    ]
    assert [to for to, _subject in desk.letters()][2:] == ["lea@example.org", "support@okocrm.com"]


def test_mails_of_one_request_are_one_thread(desk: Desk) -> None:
    number = desk.open().number
    desk.answer(number)
    with desk.database.read() as session:
        payloads = [row.payload for row in session.scalars(select(Outbox).order_by(Outbox.id))]
    acknowledgement, _notice, answer = payloads
    assert answer["thread"] == [acknowledgement["message_id"]]
    assert acknowledgement["automatic"]
    assert not answer["automatic"]
    assert len({payload["message_id"] for payload in payloads}) == 3


def test_an_answer_sent_twice_is_one(desk: Desk) -> None:
    number, id_ = desk.open().number, str(uuid4())
    for _ in range(2):
        desk.answer(number, client_id=id_)
    assert len(desk.letters()) == 3
    with pytest.raises(service.OtherBody):
        desk.answer(number, "Иначе", client_id=id_)
    with pytest.raises(service.OtherBody):
        desk.answer(number, client_id=id_, internal=True)


def test_notes_and_calls(desk: Desk) -> None:
    number = desk.open().number
    desk.answer(number, "Это третий раз", internal=True)
    desk.answer(number, "Рассказали по телефону", phone=True)
    assert desk.ticket(number).state == "open"
    assert len(desk.letters()) == 2
    with desk.database.read() as session:
        ticket = desk.ticket(number)
        assert [m.text for m in service.thread(session, ticket)] == ["Рассказали по телефону"]
        assert [m.via for m in service.thread(session, ticket, internal=True)] == ["page", "phone"]


def test_closing_says_how_and_tells_the_learner_once(desk: Desk) -> None:
    number = desk.open().number
    with pytest.raises(BadInput):
        desk.state(number, "closed")
    desk.state(number, "closed", "update")
    desk.state(number, "closed", "update")
    desk.state(number, "closed", "advice")
    assert (desk.ticket(number).state, desk.ticket(number).resolution) == ("closed", "advice")
    assert len(desk.letters()) == 3
    desk.write(number)
    assert (desk.ticket(number).state, desk.ticket(number).resolution) == ("open", "")


def test_others_requests_do_not_exist(desk: Desk) -> None:
    number = desk.open().number
    with pytest.raises(NotFound):
        desk.write(number, viewer=desk.max)
    with pytest.raises(NotFound):
        desk.write(999)
    with desk.database.read() as session:
        assert service.all_mine(session, desk.max) == []
        assert len(service.all_mine(session, desk.lea_server)) == 1


def test_only_specialists_and_not_through_their_servers(desk: Desk) -> None:
    number = desk.open().number
    for viewer in (desk.lea, desk.sam_server):
        with pytest.raises(NotYourRole):
            desk.answer(number, viewer=viewer)
        with desk.database.read() as session:
            with pytest.raises(NotYourRole):
                service.queue(session, viewer)
            with pytest.raises(NotYourRole):
                service.any_ticket(session, viewer, number)


def test_too_many_requests(desk: Desk) -> None:
    for _ in range(service.MOST_TICKETS):
        desk.open()
    with pytest.raises(TooMany):
        desk.open()
    desk.open(desk.max)


def test_the_queue_has_the_longest_waiting_first(desk: Desk) -> None:
    numbers = [desk.open(text=f"вопрос {n}").number for n in range(4)]
    desk.answer(numbers[0])
    desk.state(numbers[1], "closed", "work")
    with desk.database.read() as session:
        found = service.queue(session, desk.sam)
        assert [ticket.number for ticket, _user in found.rows] == [3, 4, 1, 2]
        assert found.counts == {"open": 2, "answered": 1, "closed": 1}
        only = service.queue(session, desk.sam, state="closed")
        assert [ticket.number for ticket, _user in only.rows] == [2]
        assert only.counts == found.counts
    desk.write(numbers[0])
    with desk.database.read() as session:
        assert [ticket.number for ticket, _user in service.queue(session, desk.sam).rows] == [3, 4, 1, 2]


def test_search_and_kind(desk: Desk) -> None:
    desk.open(text="Не открывается Урок", kind="setup")
    desk.open(desk.max, text="An idea", kind="proposal")
    desk.answer(2, "Хорошая мысль")
    with desk.database.read() as session:
        for q, wanted in {"урок": [1], "ЛЕЯ": [1], "№ 2": [2], "мысль": [2], "max idea": [2], "%": []}.items():
            assert [t.number for t, _ in service.queue(session, desk.sam, search=q).rows] == wanted, q
        assert [t.number for t, _ in service.queue(session, desk.sam, kind="setup").rows] == [1]


def test_somebody_wrote_meanwhile(desk: Desk) -> None:
    number, id_ = desk.open().number, str(uuid4())
    desk.write(number)
    with desk.database.read() as session:
        assert service.written_since(session, desk.sam, number=number, seen=0, client_id=id_)
        last = service.thread(session, desk.ticket(number))[-1].id
        assert not service.written_since(session, desk.sam, number=number, seen=last, client_id=id_)
    desk.answer(number, client_id=id_)
    with desk.database.read() as session:
        assert not service.written_since(session, desk.sam, number=number, seen=last, client_id=id_)


def test_a_refused_letter_is_told_to_the_specialist(desk: Desk) -> None:
    number = desk.open().number
    with desk.database.transaction() as session:
        for row in session.scalars(select(Outbox)):
            row.state, row.error = "aside", f"550 {row.payload['to']}"
    with desk.database.read() as session:
        assert service.not_mailed(session, desk.sam, desk.ticket(number)) == ["550 lea@example.org"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=200), error=st.text(max_size=200))
def test_any_text_is_kept_or_refused(desk: Desk, text: str, error: str) -> None:
    with desk.database.transaction() as session:
        try:
            values = {"client_id": str(uuid4()), "kind": "problem", "text": text, "attached": {"error": error}}
            ticket = service.open_ticket(session, desk.max, desk.conf, **values)  # type: ignore[arg-type]
        except (BadInput, TooMany):
            return
        json.dumps(ticket.attached).encode()
        session.rollback()


def test_a_word_written_while_an_answer_is_under_way_leaves_the_request_open(desk: Desk) -> None:
    number = desk.open().number
    with desk.database.transaction() as session:
        service.any_ticket(session, desk.sam, number, lock=True)
        writing = threading.Thread(target=desk.write, args=(number,))
        writing.start()
        writing.join(0.5)
        service.answer(session, desk.sam, desk.conf, number=number, client_id=str(uuid4()), text="Вот так")
    writing.join(30)
    with desk.database.read() as session:
        ticket = session.get_one(Ticket, number)
        assert ticket.state == "open"
        assert [said.by_support for said in service.thread(session, ticket)] == [True, False]
