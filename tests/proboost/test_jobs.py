"""Jobs: written with their reason, leased to one, done once, taken over from the lost, set aside when poisoned."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from proboost import clock, jobs
from proboost.db import Database
from proboost.models import Outbox


def put(database: Database, key: str, course: str = "", kind: str = "grade") -> int:
    with database.transaction() as session:
        return jobs.enqueue(session, kind, {"key": key}, key=key, course=course).id


def take(database: Database, worker: str = "w", lease: float = 60.0) -> jobs.Job | None:
    with database.transaction() as session:
        return jobs.claim(session, ["grade"], worker, lease=lease)


def test_the_same_key_is_one_job(database: Database) -> None:
    assert put(database, "a") == put(database, "a")
    with database.read() as session:
        assert len(session.scalars(select(Outbox)).all()) == 1


def test_a_job_of_a_transaction_that_failed_never_was(database: Database) -> None:
    rung = threading.Event()
    forget = jobs.bell.listen("grade", rung.set)

    def half() -> None:
        with database.transaction() as session:
            jobs.enqueue(session, "grade", {}, key="a")
            raise RuntimeError

    try:
        with pytest.raises(RuntimeError):
            half()
        assert take(database) is None
        assert not rung.is_set()
        put(database, "b")
        assert rung.is_set()
    finally:
        forget()


def test_one_worker_gets_it_and_only_that_one_finishes_it(database: Database) -> None:
    number = put(database, "a")
    job = take(database, "w1")
    assert job == jobs.Job(number, "grade", {"key": "a"}, 1)
    assert take(database, "w2") is None
    with database.transaction() as session:
        assert not jobs.finish(session, number, "w2")
        assert jobs.finish(session, number, "w1")
        assert not jobs.finish(session, number, "w1"), "done twice must count once"


def test_a_lost_workers_job_is_taken_over_and_its_late_answer_does_not_count(database: Database) -> None:
    number = put(database, "a")
    assert take(database, "w1", lease=60)
    with clock.fixed(clock.now() + timedelta(seconds=61)):
        again = take(database, "w2")
        assert again is not None
        assert again.tries == 2
        with database.transaction() as session:
            assert not jobs.finish(session, number, "w1")
            assert not jobs.renew(session, number, "w1")
            assert jobs.renew(session, number, "w2")
            assert jobs.finish(session, number, "w2")


def test_a_failure_comes_again_later_and_is_set_aside_in_the_end(database: Database) -> None:
    number = put(database, "a")
    at = clock.now()
    for turn in range(jobs.MAX_TRIES):
        with clock.fixed(at):
            assert take(database) is not None
            with database.transaction() as session:
                assert jobs.fail(session, number, "w", "it broke") is (turn == jobs.MAX_TRIES - 1)
            assert take(database) is None, "not before its time"
        at += timedelta(hours=1)
    with clock.fixed(at):
        assert take(database) is None
    with database.read() as session:
        row = session.get_one(Outbox, number)
        assert (row.state, row.error) == ("aside", "it broke")


def test_a_job_that_loses_every_worker_is_set_aside_and_keeps_nobody(database: Database) -> None:
    put(database, "poison")
    at = clock.now()
    for turn in range(jobs.MAX_TRIES):
        with clock.fixed(at + timedelta(minutes=2 * turn)):
            assert take(database) is not None
    put(database, "good")
    with clock.fixed(at + timedelta(hours=1)):
        job = take(database)
        assert job is not None
        assert job.payload == {"key": "good"}


def test_courses_take_turns(database: Database) -> None:
    for n in range(20):
        put(database, f"a{n}", course="a")
    for n in range(3):
        put(database, f"b{n}", course="b")
    first = [job.payload["key"] for _ in range(6) if (job := take(database))]
    assert sum(key.startswith("b") for key in first) == 3


def test_many_claim_at_once_and_none_gets_the_same(database: Database) -> None:
    for n in range(40):
        put(database, f"j{n}")
    got: list[int] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        while job := take(database, name):
            with lock:
                got.append(job.id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 40
