"""Workers may be killed, the platform may go away: every answer gets its verdict, once."""

from __future__ import annotations

import signal
from uuid import uuid4

from fakes import FakeHub, Platform
from school import PROGRAM, School

from proboost.blobs import Blobs
from proboost.db import Database
from proboost.models import Attempt, Result
from proboost.regrading import service as regrading
from proboost.settings import Settings

from .conftest import Workers, findings, leased, until

RIGHT = "def sum_even(xs):\n    return sum(x for x in xs if x % 2 == 0)\n"
SLOW = "import time\ntime.sleep(2)\n" + RIGHT
# It speaks in the place of what runs it, in a text that no request can carry.
HALF = r"""
import os, struct
body = b'{"failed": {"kinds": ["Half"], "text": "\\ud800 and \\u0000"}}'
for number in range(3, 32):
    try:
        os.write(number, struct.pack("!I", len(body)) + body)
    except OSError:
        pass
os._exit(0)
"""


def results(school: School) -> list[tuple[str, int, float]]:
    return [(row.state, row.attempts, row.points) for row in school.rows(Result)]


def test_a_check_comes_back_in_its_own_answer(
    school: School, sqlite_platform: Platform, workers: Workers, settings_: Settings
) -> None:
    workers.start()
    lea = sqlite_platform.client("lea", server=True)
    ref = "python/start#sum-even"
    body = {"id": str(uuid4()), "ref": ref, "public_hash": school.hash(ref), "response": {"code": RIGHT}}
    first = lea.post("/api/attempts", json={**body, "surface": "voila"})
    assert first.status_code in (200, 202), first.text  # 202 while the worker still starts
    verdict = until(
        lambda: (answer := lea.get(f"/api/attempts/{body['id']}")).status_code == 200 and answer.json(), "the verdict"
    )
    assert (verdict["state"], verdict["points"], verdict["isolated"]) == ("passed", 3, True)
    wrong = {**body, "id": str(uuid4()), "response": {"code": RIGHT.replace("== 0", "== 1")}, "surface": "lab"}
    answer = lea.post("/api/attempts", json=wrong)  # the worker is warm: the answer waits for it
    assert answer.status_code == 200, answer.text
    assert answer.json()["tests"][0]["case"] == {"call": "sum_even([1, 2, 4])", "got": "1", "wanted": "6"}
    assert "123454321" not in answer.text


def test_kill_9_in_the_middle_of_a_job_loses_nothing_and_counts_once(school: School, workers: Workers) -> None:
    first = workers.start()
    school.program(school.person("lea"), SLOW)
    until(lambda: leased(school), "the worker has the job")
    workers.kill(first)
    assert findings(school) == []
    workers.start()
    until(lambda: findings(school), "another worker's finding")
    assert results(school) == [("passed", 1, 3.0)]
    assert [(row.state, row.tries) for row in school.jobs()] == [("done", 2)]
    assert len(findings(school)) == 1


def test_kill_9_again_and_again_under_many_answers(school: School, workers: Workers) -> None:
    people = [school.enrol(f"learner-{n}") for n in range(24)]
    for number, person in enumerate(people):
        school.program(person, RIGHT if number % 2 else SLOW)
    worker = workers.start()
    for done in (2, 6):
        until(lambda done=done: len(findings(school)) >= done, f"{done} findings")
        workers.kill(worker)
        worker = workers.start()
    until(lambda: len(findings(school)) >= 24 and not leased(school), "all findings")
    assert len(findings(school)) == 24
    assert all(row.state == "done" for row in school.jobs())
    assert results(school) == [("passed", 1, 3.0)] * 24
    assert {row.number for row in school.rows(Attempt)} == {1}


def test_a_finding_waits_for_the_platform_and_arrives_once(
    settings_: Settings, sqlite_database: Database, workers: Workers
) -> None:
    school = School(sqlite_database, Blobs(settings_.blobs_dir))
    with FakeHub(settings_) as hub:
        with Platform(settings_, sqlite_database, hub):
            school.publish()
            lea = school.enrol("lea")
            workers.start()
            school.program(lea, SLOW)
            until(lambda: leased(school), "the worker has the job")
        assert findings(school) == []  # the platform went away while the program ran
        with Platform(settings_, sqlite_database, hub):
            until(lambda: findings(school), "the finding, when the platform is back")
    assert results(school) == [("passed", 1, 3.0)]
    assert [row.tries for row in school.jobs()] == [1]


def test_no_programs_words_stop_a_worker(school: School, workers: Workers) -> None:
    workers.start(jobs=1)
    school.program(school.person("lea"), HALF)
    until(lambda: findings(school), "the verdict on the program that speaks of halves")
    school.program(school.enrol("max"), RIGHT)
    until(lambda: len(findings(school)) == 2, "the next one's verdict")
    assert [row.state for row in findings(school)] == ["failed", "passed"]
    assert findings(school)[0].message == "Half: ? and \ufffd"
    assert [row.tries for row in school.jobs()] == [1, 1]


def test_sigterm_gives_back_what_it_cannot_finish(school: School, workers: Workers) -> None:
    worker = workers.start()
    school.program(school.person("lea"), "import time\ntime.sleep(9)\n" + RIGHT)
    until(lambda: leased(school), "the worker has the job")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert [(row.state, row.tries) for row in school.jobs()] == [("open", 0)]
    assert findings(school) == []


def test_sigterm_finishes_what_it_can(school: School, workers: Workers) -> None:
    worker = workers.start()
    school.program(school.person("lea"), RIGHT)
    until(lambda: findings(school), "the worker is warm")
    school.program(school.person("lea"), "import time\ntime.sleep(0.3)\n" + RIGHT)
    until(lambda: leased(school), "the worker has the job")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert results(school) == [("passed", 2, 3.0)]


def test_without_a_sandbox_the_worker_does_not_serve(settings_: Settings, workers: Workers) -> None:
    worker = workers.start(shut=True)
    assert worker.wait(60) == 78


def test_after_a_key_was_corrected_a_real_worker_finds_the_answers_again(school: School, workers: Workers) -> None:
    workers.start()
    wrong = PROGRAM.replace("assert sum_even([123454321]) == 0", "assert sum_even([3]) == 3")
    school.publish({"start": [wrong.replace("if x % 2 == 0)", "if x % 2 == 0) or sum(xs)")]})
    lea = school.person("lea")
    sent = school.program(lea, RIGHT)
    until(lambda: findings(school), "the first finding")
    school.publish({"start": [PROGRAM]})
    with school.database.transaction() as session:
        regrade = regrading.start(session, "python").id
    until(lambda: state(school, regrade) == "ready", "the second one")
    assert [row[2] for row in results(school)] == [1.0]
    with school.database.transaction() as session:
        regrading.apply(session, regrading.find(session, regrade))
    until(lambda: state(school, regrade) == "applied", "that it counts")
    assert results(school) == [("passed", 1, 3.0)]
    assert [(row.state, row.tier != "") for row in findings(school)] == [("partial", True), ("passed", True)]
    assert sent["state"] == "pending"


def state(school: School, regrade: str) -> str:
    with school.database.read() as session:
        return regrading.find(session, regrade).state
