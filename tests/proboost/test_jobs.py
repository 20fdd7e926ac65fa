"""Jobs: written with their reason, leased to one, done once, taken over from the lost, set aside when poisoned."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from proboost import clock, jobs
from proboost.db import Database
from proboost.models import Outbox


def put(database: Database, key: str, course: str = "", kind: str = "grade", learner: str = "") -> int:
    with database.transaction() as session:
        return jobs.enqueue(session, kind, {"key": key}, key=key, course=course, learner=learner).id


def done_by(database: Database, workers: int) -> list[str]:
    """The order in which jobs are finished by so many workers at once, all of which take equally long."""
    order: list[str] = []
    under_way: list[jobs.Job] = []
    while True:
        while len(under_way) < workers and (job := take(database)):
            under_way.append(job)
        if not under_way:
            return order
        job = under_way.pop(0)
        order.append(job.payload["key"])
        with database.transaction() as session:
            assert jobs.finish(session, job.id, "w")


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


@pytest.mark.parametrize("workers", [1, 2])
def test_six_of_a_small_course_are_done_among_the_first_twenty(database: Database, workers: int) -> None:
    for n in range(60):
        put(database, f"a{n}", course="a", learner=f"a{n % 30}")
    for n in range(6):
        put(database, f"b{n}", course="b", learner=f"b{n}")
    order = done_by(database, workers)
    assert len(order) == 66
    assert max(order.index(f"b{n}") for n in range(6)) < 20


def test_the_learners_of_a_course_take_turns_too(database: Database) -> None:
    for n in range(20):
        put(database, f"busy{n}", course="a", learner="busy")
    for n in range(4):
        put(database, f"other{n}", course="a", learner=f"other{n}")
    order = done_by(database, 2)
    assert max(order.index(f"other{n}") for n in range(4)) < 8


def test_of_one_learner_one_job_is_done_at_a_time_and_its_end_rings(database: Database) -> None:
    for n in range(2):
        put(database, f"l{n}", course="a", learner="lea")
    rung = threading.Event()
    before = clock.now()
    job = take(database)
    assert job is not None
    assert take(database) is None
    with database.read() as session:
        due = jobs.next_due(session, ["grade"], since=before + timedelta(seconds=1))
        assert due is not None
        assert due > before + timedelta(seconds=30), "nobody asks again and again while it is under way"
    forget = jobs.bell.listen("grade", rung.set)
    try:
        with database.transaction() as session:
            jobs.finish(session, job.id, "w")
        assert rung.is_set()
    finally:
        forget()
    assert take(database) is not None


def test_a_kind_goes_before_another(database: Database) -> None:
    put(database, "slow", kind="notebook", course="a")
    put(database, "quick", kind="grade", course="a")
    with database.transaction() as session:
        first = jobs.claim(session, ["grade", "notebook"], "w")
        second = jobs.claim(session, ["grade", "notebook"], "w")
    assert first is not None
    assert second is not None
    assert [first.kind, second.kind] == ["grade", "notebook"]


def test_what_was_set_aside_may_begin_anew(database: Database) -> None:
    number = put(database, "a")
    assert take(database)
    with database.transaction() as session:
        assert not jobs.again(session, "a"), "it is under way"
        assert jobs.fail(session, number, "w", "no notebook", for_good=True)
        assert jobs.again(session, "a")
    job = take(database)
    assert job is not None
    assert job.tries == 1


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
