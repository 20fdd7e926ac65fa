"""The relay: woken by the commit, sends once, comes again after failures, and loses nothing when it dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from proboost import clock
from proboost.db import Database
from proboost.mail.letter import Letter
from proboost.mail.relay import BACK_OFF, Relay, post
from proboost.mail.transport import NotSent, Refused
from proboost.models import Outbox
from proboost.settings import Settings


class Carrier:
    """Takes what it is given, or fails as it is told; says when it has been asked."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.failure: NotSent | None = None
        self.asked = threading.Semaphore(0)

    def send(self, message: EmailMessage) -> None:
        try:
            if self.failure:
                raise self.failure
            self.sent.append(message)
        finally:
            self.asked.release()


def letter(to: str = "anna@example.org", id_: str = "<1@okocrm.com>") -> Letter:
    return Letter(to=to, to_name="Anna", subject="S", text="T\n", message_id=id_, at="2026-11-25T12:00:00+00:00")


@contextmanager
def running(relay: Relay) -> Iterator[None]:
    relay.start()
    try:
        yield
    finally:
        relay.stop()


def row(database: Database) -> Outbox:
    with database.read() as session:
        return session.scalars(select(Outbox)).one()


def test_a_commit_wakes_it_and_the_same_key_is_sent_once(database: Database, settings_: Settings) -> None:
    carrier = Carrier()
    with running(Relay(database, settings_, carrier)):
        with database.transaction() as session:
            post(session, letter(), key="a")
            post(session, letter(), key="a")
        assert carrier.asked.acquire(timeout=10)
        with database.transaction() as session:
            post(session, letter(id_="<2@okocrm.com>"), key="b")
        assert carrier.asked.acquire(timeout=10)
    assert [message["Message-ID"] for message in carrier.sent] == ["<1@okocrm.com>", "<2@okocrm.com>"]


def test_what_was_left_is_sent_at_the_next_start(database: Database, settings_: Settings) -> None:
    with database.transaction() as session:
        post(session, letter(), key="a")
    carrier = Carrier()
    with running(Relay(database, settings_, carrier)):
        assert carrier.asked.acquire(timeout=10)
    assert row(database).state == "done"


def test_a_rolled_back_letter_never_leaves(database: Database, settings_: Settings) -> None:
    carrier = Carrier()

    def break_off() -> None:
        with database.transaction() as session:
            post(session, letter(), key="a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert not Relay(database, settings_, carrier).send_one()


def test_a_failure_comes_again_later_and_gives_up_after_two_days(database: Database, settings_: Settings) -> None:
    carrier = Carrier()
    carrier.failure = NotSent("451 come again")
    relay = Relay(database, settings_, carrier)
    with database.transaction() as session:
        post(session, letter(), key="a")
    at = start = clock.now()
    for number, delay in enumerate(BACK_OFF, start=1):
        with clock.fixed(at):
            assert relay.send_one()
            assert not relay.send_one(), "it must wait"
        at += timedelta(seconds=delay)
        assert row(database).tries == number
    assert at - start > timedelta(days=1.9)
    assert row(database).state == "aside"
    assert row(database).error == "451 come again"


def test_it_is_sent_when_the_server_is_back(database: Database, settings_: Settings) -> None:
    carrier = Carrier()
    carrier.failure = NotSent("away")
    relay = Relay(database, settings_, carrier)
    with database.transaction() as session:
        post(session, letter(), key="a")
    relay.send_one()
    carrier.failure = None
    with clock.fixed(clock.now() + timedelta(seconds=BACK_OFF[0] + 1)):
        assert relay.send_one()
    assert row(database).state == "done"
    assert len(carrier.sent) == 1


def test_a_refusal_is_set_aside_at_once(database: Database, settings_: Settings) -> None:
    carrier = Carrier()
    carrier.failure = Refused("550 nobody")
    with database.transaction() as session:
        post(session, letter(), key="a")
    assert Relay(database, settings_, carrier).send_one()
    assert (row(database).state, row(database).error) == ("aside", "550 nobody")


def test_a_letter_that_no_message_can_be_made_of_does_not_stop_the_others(
    database: Database, settings_: Settings
) -> None:
    carrier = Carrier()
    with database.transaction() as session:
        post(session, letter(to="not an address"), key="a")
        post(session, letter(), key="b")
    relay = Relay(database, settings_, carrier)
    assert relay.send_one()
    assert relay.send_one()
    assert len(carrier.sent) == 1


def test_a_letter_whose_relay_died_is_sent_by_the_next(database: Database, settings_: Settings) -> None:
    class Death(BaseException):
        pass

    class Dying(Carrier):
        def send(self, message: EmailMessage) -> None:
            super().send(message)
            raise Death

    with database.transaction() as session:
        post(session, letter(), key="a")
    dying, carrier = Dying(), Carrier()
    with pytest.raises(Death):
        Relay(database, settings_, dying).send_one()
    successor = Relay(database, settings_, carrier)
    assert not successor.send_one(), "leased to the one that died"
    with clock.fixed(clock.now() + timedelta(seconds=301)):
        assert successor.send_one()
    assert dying.sent[0].as_bytes() == carrier.sent[0].as_bytes()
