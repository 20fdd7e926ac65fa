"""The API of progress over HTTP: statuses, waiting for a verdict, whose is whose, the reader's language."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fakes import Platform
from school import School

from proboost import jobs
from proboost.blobs import Blobs
from proboost.grading import service as grading
from proboost.models import Attempt
from proboost_kernel.exercises import generating
from proboost_kernel.exercises.options import item_name


@pytest.fixture
def school(sqlite_platform: Platform) -> School:
    made = School(sqlite_platform.database, Blobs(sqlite_platform.settings.blobs_dir))
    made.publish()
    made.enrol("lea")
    made.enrol("max", language="ru")
    return made


@pytest.fixture
def lea(sqlite_platform: Platform, school: School) -> httpx.Client:
    return sqlite_platform.client("lea", server=True)


def body(school: School, exercise: str, response: dict[str, Any], **more: Any) -> dict[str, Any]:
    ref = f"python/{exercise}"
    return {"id": str(uuid4()), "ref": ref, "public_hash": school.hash(ref), "response": response, **more}


def choice(school: School, option: str, **more: Any) -> dict[str, Any]:
    return body(school, "start#two", {"choice": item_name(option)}, **more)


def test_a_verdict_comes_with_the_answer(school: School, lea: httpx.Client) -> None:
    sent = choice(school, "four", surface="lab", made_at="2026-11-25T12:00:00+03:00")
    answer = lea.post("/api/attempts", json=sent)
    assert answer.status_code == 200
    verdict = answer.json()
    assert (verdict["state"], verdict["attempt"], verdict["points"]) == ("passed", sent["id"], 2)
    assert lea.get(f"/api/attempts/{sent['id']}").json() == verdict
    assert lea.post("/api/attempts", json=sent).json() == verdict
    other = lea.post("/api/attempts", json={**sent, "response": {"choice": item_name("five")}})
    assert (other.status_code, other.json()["code"]) == (409, "other-body")


def test_check_waits_for_a_worker_that_is_quick(school: School, lea: httpx.Client) -> None:
    sent = body(school, "start#sum-even", {"code": "def sum_even(xs): return 0"})

    job = threading.Event()
    forget = jobs.bell.listen("grade", job.set)

    def work() -> None:
        assert job.wait(20)
        school.settle(sent["id"], score=1.0, state="passed")

    worker = threading.Thread(target=work)
    worker.start()
    answer = lea.post("/api/attempts", json=sent)
    worker.join()
    forget()
    assert (answer.status_code, answer.json()["state"]) == (200, "passed")


def test_a_slow_worker_makes_it_pending_and_get_waits_on(
    school: School, lea: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proboost.progress.routes.PATIENCE", 0.05)
    sent = body(school, "start#sum-even", {"code": "x"})
    answer = lea.post("/api/attempts", json=sent)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert lea.get(f"/api/attempts/{sent['id']}").status_code == 202
    again = lea.post("/api/attempts", json=body(school, "start#sum-even", {"code": "y"}))
    assert (again.status_code, again.json()["code"], again.headers["retry-after"]) == (429, "in-flight", "1")
    settle = threading.Timer(0.2, lambda: school.settle(sent["id"], score=0.0))
    settle.start()
    answer = lea.get(f"/api/attempts/{sent['id']}", params={"wait": 15})
    settle.join()
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")


def test_an_attempt_is_its_learners_own(school: School, lea: httpx.Client, sqlite_platform: Platform) -> None:
    sent = choice(school, "four")
    lea.post("/api/attempts", json=sent)
    max_ = sqlite_platform.client("max", server=True)
    assert max_.get(f"/api/attempts/{sent['id']}").status_code == 404
    assert max_.post("/api/attempts", json=sent).status_code == 200
    assert sqlite_platform.client("lea").get(f"/api/attempts/{sent['id']}").status_code == 200
    assert len(school.rows(Attempt)) == 2


@pytest.mark.parametrize(
    "spoilt",
    [
        {"ref": "python"},
        {"ref": "../etc#passwd"},
        {"id": "x"},
        {"id": "../../1"},
        {"response": "text"},
        {"surface": "mail"},
        {"made_at": "2026-11-25T12:00:00"},
        {"public_hash": "a" * 65},
        {"response": {"choice": "unknown"}},
    ],
)
def test_malformed_bodies(school: School, lea: httpx.Client, spoilt: dict[str, Any]) -> None:
    answer = lea.post("/api/attempts", json={**choice(school, "four"), **spoilt})
    assert answer.status_code == 422
    assert set(answer.json()) >= {"code", "message"}
    assert school.rows(Attempt) == []


def test_refusals_are_verdicts_in_the_readers_language(school: School, sqlite_platform: Platform) -> None:
    max_ = sqlite_platform.client("max", server=True)
    answer = max_.post("/api/attempts", json=choice(school, "four", public_hash="0"))
    assert answer.status_code == 200
    assert answer.json()["state"] == "refused"
    assert answer.json()["message"].startswith("Автор изменил это задание.")
    max_.post("/api/attempts", json=choice(school, "three"))
    second = max_.post("/api/attempts", json=choice(school, "four")).json()
    assert second["message"] == "Попытка 2: засчитано 50\xa0% баллов, 1 балл."


def test_the_lessons_state_brings_everything_back(school: School, lea: httpx.Client) -> None:
    draft = lea.put("/api/drafts/python/start/sum-even", json={"response": {"code": "half"}, "base": 0}).json()
    assert (draft["revision"], draft["older_draft"]) == (1, None)
    other = lea.put("/api/drafts/python/start/sum-even", json={"response": {"code": "other"}, "base": 0}).json()
    assert other["older_draft"]["response"] == {"code": "half"}
    assert lea.put("/api/hints/python/start/two", json={"opened": 1}).json() == {"opened": 1}
    lea.post("/api/attempts", json=choice(school, "three"))
    state = lea.get("/api/lessons/python/start/state").json()
    assert (state["title"], state["release"], state["closed"]) == ("Start", 1, None)
    two, program = state["exercises"]["two"], state["exercises"]["sum-even"]
    assert (two["verdict"]["state"], two["hints_open"], two["answer"]) == ("failed", 1, {"choice": item_name("three")})
    assert program["draft"]["response"] == {"code": "other"}
    assert program["older_draft"]["response"] == {"code": "half"}
    assert program["verdict"] is None
    assert two["order"] != program["order"]
    assert lea.get("/api/lessons/python/start/state").json() == state


def test_a_closed_lesson_tells_why_and_no_more(
    school: School, lea: httpx.Client, answer_of: Callable[[httpx.Response], Any]
) -> None:
    school.publish(about={"start": "opens: 2999-01-01T00:00:00+00:00"})
    state = answer_of(lea.get("/api/lessons/python/start/state"))
    assert state["closed"].startswith("It opens on 1\xa0January 2999")
    assert state["exercises"] == {}
    (course,) = answer_of(lea.get("/api/progress"))["courses"]
    (lesson,) = course["lessons"]
    assert (lesson["open"], lesson["state"], lesson["exercises"]) == (False, "locked", [])
    assert lea.get("/api/lessons/python/nowhere/state").status_code == 404
    assert lea.get("/api/lessons/nowhere/start/state").status_code == 404


@pytest.fixture
def answer_of() -> Callable[[httpx.Response], Any]:
    def read(answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


def test_progress_moves_with_verdicts(school: School, lea: httpx.Client) -> None:
    def now() -> dict[str, Any]:
        return lea.get("/api/progress").json()["courses"][0]  # type: ignore[no-any-return]

    before = now()
    assert (before["points"], before["max_points"], before["next_lesson"]) == (0, 5, "start")
    assert before["lessons"][0]["state"] == "new"
    lea.post("/api/attempts", json=choice(school, "four"))
    half = now()
    assert (half["points"], half["lessons"][0]["state"]) == (2, "half")
    said = lea.post("/api/attempts", json=body(school, "start#sum-even", {"code": "x"}), timeout=30).json()
    assert [one["state"] for one in now()["lessons"][0]["exercises"]] == ["passed", "pending"]
    school.settle(said["attempt"], score=1.0)
    done = now()
    assert (done["points"], done["lessons"][0]["state"], done["next_lesson"]) == (5, "done", None)


def test_no_key_leaves_by_any_of_these(school: School, lea: httpx.Client) -> None:
    """Answers, solutions, hidden tests, hashes of keys: none is in what a learner's server is told."""
    lea.post("/api/attempts", json=choice(school, "three"))
    told = "".join(
        lea.get(path).text for path in ("/api/progress", "/api/lessons/python/start/state", "/api/bundles/python")
    )
    for secret in ("123454321", "if x % 2 == 0", "Two pairs", "generator in", "key_hash", "odd numbers"):
        assert secret not in told


def test_a_lessons_state_brings_the_learners_own_values_and_not_what_follows_from_them(
    school: School, lea: httpx.Client
) -> None:
    made = """%%exercise made
kind: number
params: {a: {from: 1, to: 9}, hint: [zq7Kx9Secret]}
generator: total = a * 123454321
prompt: What follows {{a}}?
answer: "{{total}}"
"""
    school.publish({"start": [made]})
    first = lea.get("/api/lessons/python/start/state").json()["exercises"]["made"]["variant"]
    assert (first["state"], first["spec"]) == ("pending", None)
    with school.database.transaction() as session:  # as a worker would
        job = jobs.claim(session, ["draw"], "w")
        assert job is not None
        grading.drawn(session, job.id, "w", {"values": generating.run(job.payload)})
    answer = lea.get("/api/lessons/python/start/state")
    variant = answer.json()["exercises"]["made"]["variant"]
    assert (variant["state"], variant["revision"], list(variant["values"])) == ("ready", 1, ["a"])
    assert f"What follows {variant['values']['a']}?" in variant["spec"]["prompt_html"]
    total = str(int(variant["values"]["a"]) * 123454321)
    assert total not in answer.text
    assert "zq7Kx9Secret" not in answer.text
    sent = {**body(school, "start#made", {"number": total}), "variant": 1}
    assert lea.post("/api/attempts", json=sent).json()["state"] == "passed"
    old = {**body(school, "start#made", {"number": total}), "variant": 0}
    assert lea.post("/api/attempts", json=old).json()["code"] == "changed"
