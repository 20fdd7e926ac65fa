"""Jobs for workers: claimed, kept, counted once, given back; what cannot be found out charges nobody."""

from __future__ import annotations

import inspect
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from school import School

from proboost import clock, i18n, jobs
from proboost.blobs import Blobs
from proboost.db import Database
from proboost.grading import service
from proboost.models import Attempt, Finding, Result
from proboost.models.base import Json
from proboost.progress import verdict

FOUND: Json = {"state": "passed", "score": 1.0, "tests": [], "message": "", "tier": "A", "engine": "test"}


@pytest.fixture
def school(database: Database, tmp_path: Path) -> School:
    found = School(database, Blobs(tmp_path / "blobs"))
    found.publish()
    found.enrol("lea", language="ru")
    return found


def claim(school: School, worker: str = "w") -> jobs.Job | None:
    with school.database.transaction() as session:
        return service.claim(session, worker)


def bring(school: School, job: jobs.Job, worker: str = "w", **finding: object) -> bool:
    with school.database.transaction() as session:
        return service.found(session, job.id, worker, {**FOUND, **finding})


def results(school: School) -> list[tuple[str, int]]:
    return [(row.state, row.attempts) for row in school.rows(Result)]


def test_the_job_knows_the_program_the_tests_and_the_language(school: School) -> None:
    school.program(school.person("lea"), "x = 1")
    job = claim(school)
    assert job is not None
    assert job.payload["code"] == "x = 1"
    assert job.payload["language"] == "ru"
    assert [test["hidden"] for test in job.payload["tests"]] == [False, True]
    assert claim(school) is None


def test_a_finding_counts_once(school: School) -> None:
    school.program(school.person("lea"))
    job = claim(school)
    assert job is not None
    assert bring(school, job) is True
    assert bring(school, job) is False
    assert len(school.rows(Finding)) == 1
    assert results(school) == [("passed", 1)]


def test_a_finding_after_the_lease_ended_is_somebody_elses(school: School) -> None:
    school.program(school.person("lea"))
    late = claim(school, "slow")
    assert late is not None
    with clock.fixed(clock.now() + timedelta(seconds=service.LEASE + 1)):
        job = claim(school, "quick")
        assert job is not None
        assert job.id == late.id
        assert bring(school, late, "slow") is False
        assert bring(school, job, "quick") is True
    assert len(school.rows(Finding)) == 1


def test_a_renewed_lease_is_kept(school: School) -> None:
    school.program(school.person("lea"))
    job = claim(school)
    assert job is not None
    with clock.fixed(clock.now() + timedelta(seconds=service.LEASE - 1)), school.database.transaction() as session:
        assert jobs.renew(session, job.id, "w", lease=service.LEASE)
    with clock.fixed(clock.now() + timedelta(seconds=service.LEASE + 1)):
        assert claim(school, "other") is None


def test_what_is_given_back_is_there_at_once(school: School) -> None:
    school.program(school.person("lea"))
    school.program(school.enrol("max"))
    first, second = claim(school), claim(school)
    assert first is not None
    assert second is not None
    with school.database.transaction() as session:
        assert service.release(session, "other") == 0
        assert service.release(session, "w", [first.id]) == 1
    again = claim(school, "other")
    assert again is not None
    assert again.id == first.id
    with school.database.transaction() as session:
        assert service.release(session, "w", untried=True) == 1
    assert [row.tries for row in school.jobs()] == [2, 0]


def test_a_sandbox_that_stays_broken_is_an_error_and_charges_nobody(school: School) -> None:
    school.program(school.person("lea"))
    at = clock.now()
    for turn in range(jobs.MAX_TRIES):
        at += timedelta(hours=1)
        with clock.fixed(at):
            job = claim(school)
            assert job is not None
            with school.database.transaction() as session:
                assert service.failed(session, job.id, "w", "no room") is (turn == jobs.MAX_TRIES - 1)
    (finding,) = school.rows(Finding)
    assert finding.state == "error"
    with school.database.read() as session, i18n.using("ru"):
        told = verdict.of(session, school.blobs, session.get_one(Attempt, finding.attempt_id))
    assert told["message"].startswith("Проверка сорвалась по нашей вине.")
    assert results(school) == [("error", 0)]
    assert school.rows(Attempt)[0].number is None


def test_a_job_that_takes_its_workers_with_it_is_an_error_too(school: School) -> None:
    school.program(school.person("lea"))
    at = clock.now()
    for _ in range(jobs.MAX_TRIES):
        at += timedelta(hours=1)
        with clock.fixed(at):
            assert claim(school) is not None
    with clock.fixed(at + timedelta(hours=1)):
        assert claim(school) is None
    assert [row.state for row in school.rows(Finding)] == ["error"]
    with clock.fixed(at + timedelta(hours=2)):
        assert claim(school) is None
    assert len(school.rows(Finding)) == 1


def test_any_number_of_jobs_that_nobody_wants_any_more_is_passed_over(school: School) -> None:
    with school.database.transaction() as session:
        for number in range(150):
            jobs.enqueue(session, "notebook", {"submission": 10**6 + number}, key=f"submission:{10**6 + number}")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 140)
    try:
        assert claim(school) is None
    finally:
        sys.setrecursionlimit(limit)
    assert {row.state for row in school.jobs()} == {"done"}
