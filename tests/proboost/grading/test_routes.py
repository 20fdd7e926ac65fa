"""The workers' door: held-open claims, findings checked at the edge, each counted once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fakes import Platform
from school import School

from proboost.blobs import Blobs
from proboost.db import Database
from proboost.grading import routes, service
from proboost.grading.reference import fingerprint
from proboost.models import Finding

FOUND = {
    "state": "partial",
    "score": 0.5,
    "tests": [{"name": "one", "passed": True}, {"name": "two", "passed": False, "hidden": True}],
    "tier": "A",
    "engine": "test",
}


@pytest.fixture
def school(sqlite_platform: Platform) -> School:
    found = School(sqlite_platform.database, Blobs(sqlite_platform.settings.blobs_dir))
    found.publish()
    found.enrol("lea")
    return found


@pytest.fixture
def door(sqlite_platform: Platform) -> httpx.Client:
    return sqlite_platform.internal()


def post(door: httpx.Client, path: str, **body: Any) -> httpx.Response:
    return door.post(f"/internal/jobs{path}", json={"worker": "w", **body})


def test_a_claim_without_work_is_empty(school: School, door: httpx.Client) -> None:
    assert post(door, "/claim").status_code == 204


def test_a_claim_without_work_writes_nothing(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = routes.Claim(worker="w", kinds=["grade"], wait=0)
    with monkeypatch.context() as patched:
        patched.delattr(Database, "transaction")
        assert routes._next(school.database, school.blobs, asked) == (None, routes.MAX_WAIT)
    school.program(school.person("lea"))
    assert routes._next(school.database, school.blobs, asked)[0] is not None
    with monkeypatch.context() as patched:
        patched.delattr(Database, "transaction")
        nothing, seconds = routes._next(school.database, school.blobs, asked)
    assert nothing is None
    assert 0 < seconds <= service.LEASE, "it looks again when the lease may have run out"


def test_a_held_claim_is_answered_when_the_work_comes(school: School, sqlite_platform: Platform) -> None:
    with ThreadPoolExecutor(1) as pool:
        claim = pool.submit(post, sqlite_platform.internal(), "/claim", wait=20)
        other = sqlite_platform.internal()
        while not post(other, "/leave", worker="somebody").is_success:
            pass
        began = time.monotonic()
        school.program(school.person("lea"))
        answer = claim.result(15)
    assert answer.status_code == 200
    assert answer.json()["payload"]["code"].startswith("def sum_even")
    assert time.monotonic() - began < 10


def test_a_worker_that_leaves_gets_nothing_more(school: School, sqlite_platform: Platform) -> None:
    with ThreadPoolExecutor(1) as pool:
        claim = pool.submit(post, sqlite_platform.internal(), "/claim", wait=30)
        door = sqlite_platform.internal()
        while not post(door, "/leave").json()["counted"]:
            time.sleep(0.01)  # until the claim is held open
        assert claim.result(15).status_code == 204


def test_the_whole_way(school: School, door: httpx.Client) -> None:
    school.program(school.person("lea"))
    job = post(door, "/claim").json()["id"]
    assert post(door, f"/{job}/renew").json() == {"counted": True}
    assert post(door, f"/{job}/renew", worker="other").json() == {"counted": False}
    assert post(door, f"/{job}/finding", finding=FOUND).json() == {"counted": True}
    assert post(door, f"/{job}/finding", finding=FOUND).json() == {"counted": False}
    (row,) = school.rows(Finding)
    assert (row.state, row.score, row.tier) == ("partial", 0.5, "A")
    assert "case" not in row.tests[0]


def test_what_a_database_cannot_keep_is_replaced(school: School, door: httpx.Client) -> None:
    school.program(school.person("lea"))
    job = post(door, "/claim").json()["id"]
    case = {"call": "f()", "got": "\0", "wanted": ""}
    tests = [{"name": "one", "passed": False, "message": "\0", "case": case}]
    assert post(door, f"/{job}/finding", finding={**FOUND, "message": "a\0b", "tests": tests}).status_code == 200
    (row,) = school.rows(Finding)
    assert (row.message, row.tests[0]["message"], row.tests[0]["case"]["got"]) == ("a\ufffdb", "\ufffd", "\ufffd")


@pytest.mark.parametrize(
    "change",
    [
        {"score": 1.5},
        {"score": -1},
        {"score": "nan"},
        {"state": "excellent"},
        {"tests": [{"name": "x" * 201, "passed": True}]},
        {"tests": [{"name": "x", "passed": True, "case": {"call": "f" * 501, "got": "", "wanted": ""}}]},
        {"message": "x" * 4001},
    ],
)
def test_what_is_no_finding_is_refused(school: School, door: httpx.Client, change: dict[str, Any]) -> None:
    school.program(school.person("lea"))
    job = post(door, "/claim").json()["id"]
    assert post(door, f"/{job}/finding", finding={**FOUND, **change}).status_code == 422
    assert school.rows(Finding) == []


def test_a_failure_comes_again(school: School, door: httpx.Client) -> None:
    school.program(school.person("lea"))
    job = post(door, "/claim").json()
    assert job["tries"] == 1
    post(door, f"/{job['id']}/failed", reason="no room")
    again = post(door, "/claim", wait=20)
    assert (again.json()["id"], again.json()["tries"]) == (job["id"], 2)


def test_what_is_published_is_known_before_the_first_check(school: School, door: httpx.Client) -> None:
    """Its reference is the one of a learner's job later; asked again, nothing is told twice."""
    told = post(door, "/programs").json()
    assert len(told["programs"]) == 1
    school.program(school.person("lea"))
    job = post(door, "/claim").json()["payload"]
    assert fingerprint(told["programs"][0]) == fingerprint(job)
    assert post(door, "/programs", digest=told["digest"]).json() == {"digest": told["digest"], "programs": []}
    school.publish({"start": []}, course="other")
    assert post(door, "/programs", digest=told["digest"]).json()["digest"] != told["digest"]
