"""Graders: see what waits, give points by the rubric, accept what is provisional; every word stays in the log."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fakes import Platform
from school import COURSE, School

from proboost import clock, i18n
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import release, source
from proboost.courses import service as courses
from proboost.gradebook import service as gradebook
from proboost.grading import service as grading
from proboost.models import Finding, Result, Submission
from proboost.progress import drafts
from proboost.progress.material import Place
from proboost.submissions import service, uploads

ESSAY = """%%exercise letter
kind: essay
points: 4
title: A letter
prompt: Write a letter.
rubric:
  - {criterion: Clear, points: 3, description: Says what it wants.}
  - {criterion: Polite, points: 1}
notes: Look for **greetings**.
"""
UPLOAD = """%%exercise report
kind: upload
points: 2
title: A report
prompt: Bring a report.
accept: [.pdf]
"""
SCRIPT = "<script>document.title='pwned'</script><img src=x onerror=alert(1)>"


def native(name: str, text: str, kind: str = "code", **flags: Any) -> dict[str, Any]:
    meta = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {"nbgrader": {**meta, **flags}}, "source": text, **more}


def cells() -> list[dict[str, Any]]:
    plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return [
        {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Start"},
        {**plain, "id": "e", "source": ESSAY},
        {**plain, "id": "u", "source": UPLOAD},
        native("square", "### BEGIN SOLUTION\ndef square(n):\n    return n * n\n### END SOLUTION", solution=True),
        native("square-tests", "assert square(3) == 9", grade=True, locked=True, points=3),
        native("why", "YOUR ANSWER HERE", "markdown", grade=True, solution=True, points=5),
    ]


def publish(school: School) -> None:
    notebook = {"cells": cells(), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    files = {
        "course.yml": f"id: {COURSE}\ntitle: Python\nlanguage: en\nlessons:\n  - {{file: 01-start.ipynb}}\n".encode(),
        "01-start.ipynb": json.dumps(notebook).encode(),
    }
    read = source.read(files, name=COURSE)
    assert not [flaw for flaw in read.flaws if flaw.severity == "error"], read.flaws
    with school.database.transaction() as session:
        courses.publish(session, courses.store(school.blobs, release.build(read)))


def learners() -> dict[str, Any]:
    """The notebook as a learner hands it in, with an output that is up to no good."""
    mine = [cell for cell in cells() if "nbgrader" in cell["metadata"]]
    mine[0]["source"] = "def square(n):\n    return n * n"
    mine[0]["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": SCRIPT}}]
    mine[2]["source"] = f"Because. {SCRIPT}"
    return {"cells": mine, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def hand_in(school: School, viewer: Viewer, *, notebook: bool = True) -> Submission:
    place = Place(COURSE, "start", "letter")
    with school.database.transaction() as session:
        drafts.save(session, viewer, place, {"text": "Dear all"}, base=0)
    sent = service.Sent(str(uuid4()), COURSE, "start", notebook=learners() if notebook else None)
    stored = service.store(school.blobs, sent)
    with school.database.transaction() as session:
        return service.receive(session, school.blobs, viewer, stored)


def result() -> dict[str, Any]:
    """What a worker brings of that notebook."""
    document = learners()
    for cell in document["cells"]:
        cell.setdefault("outputs", [])
    test = {"score": 3.0, "max": 3.0, "manual": False, "passed": True, "message": "", "hidden": False, "case": None}
    manual = {"score": None, "max": 5.0, "manual": True, "passed": None, "message": "", "hidden": False, "case": None}
    found = {"square-tests": {**test, "isolated": False}, "why": {**manual, "isolated": True}}
    remark = {"code": "points", "message": "The cell's points were changed.", "grade_id": "square-tests"}
    rest = {"error": None, "remarks": [remark], "document": document, "tier": "A", "engine": "test/1", "seconds": 0.1}
    return {"cells": found, **rest}


@pytest.fixture
def school(sqlite_platform: Platform) -> School:
    made = School(sqlite_platform.database, Blobs(sqlite_platform.settings.blobs_dir))
    publish(made)
    for name, role in {"lea": "learner", "gerda": "grader", "gustav": "grader", "max": "learner"}.items():
        made.enrol(name, role=role)
    return made


def graded(school: School, platform: Platform) -> Submission:
    """Lea has handed in, and a worker has brought what it found."""
    row = hand_in(school, school.person("lea"))
    worker = platform.internal()
    job = worker.post("/internal/jobs/claim", json={"worker": "w", "kinds": ["grade", "notebook"]}).json()
    assert job["kind"] == "notebook"
    assert "BEGIN SOLUTION" in json.dumps(job["payload"]["source"])
    brought = {"worker": "w", "result": result()}
    assert worker.post(f"/internal/jobs/{job['id']}/notebook", json=brought).json() == {"counted": True}
    assert worker.post(f"/internal/jobs/{job['id']}/notebook", json=brought).json() == {"counted": False}
    return row


def states(school: School) -> dict[str, tuple[str, float]]:
    return {row.exercise: (row.state, row.points) for row in school.rows(Result)}


def seen(page: str, exercise: str) -> str:
    """The hidden field that says which finding the page shows."""
    form = page.partition(f'name="exercise" value="{exercise}"><input type="hidden" name="seen" value="')[2]
    return form.partition('"')[0]


def test_a_grader_looks_gives_points_and_the_learner_reads_them(sqlite_platform: Platform, school: School) -> None:
    row = graded(school, sqlite_platform)
    assert states(school) == {"letter": ("manual", 0), "square-tests": ("passed", 3), "why": ("manual", 0)}
    gerda, lea = sqlite_platform.client("gerda"), sqlite_platform.client("lea")
    base = f"/grading/{COURSE}/{row.number}"
    listed = gerda.get(f"/grading/{COURSE}").text
    assert "3 answers wait" in listed
    page = gerda.get(base).text
    for word in ("Clear", "Says what it wants.", "Dear all", "Look for **greetings**.", "The cell&#39;s points were"):
        assert word in page, word
    assert SCRIPT not in page

    letter = {"exercise": "letter", "c0": "2,5", "n0": "Clear", "c1": "1", "n1": "Polite", "comment": "Well said."}
    for _again in range(2):  # a double click says it once
        assert gerda.post(f"{base}/points", data={**letter, "seen": "0"}).status_code == 303
    assert len([one for one in school.rows(Finding) if one.by_user_id]) == 1
    assert states(school)["letter"] == ("partial", 3.5)
    too_much = gerda.post(f"{base}/points", data={**letter, "c0": "9"})
    assert too_much.status_code == 422
    assert "is worth 0 to 3 points" in too_much.text
    other = sqlite_platform.client("gustav").post(f"{base}/points", data={**letter, "c0": "0", "seen": "0"})
    assert other.status_code == 409
    assert "Somebody else has graded this answer meanwhile" in other.text

    (test,) = [one for one in school.rows(Finding) if not one.isolated]
    accepted = {"attempt": test.attempt_id, "seen": test.id, "exercise": "square-tests"}
    assert gerda.post(f"{base}/accept", data=accepted).status_code == 303
    why = {"exercise": "why", "points": "4", "comment": "", "seen": seen(page, "why")}
    assert gerda.post(f"{base}/points", data=why).status_code == 303
    note = {"text": "Go on like this.", "client_id": "n-1"}
    for _again in range(2):
        assert gerda.post(f"{base}/note", data=note).status_code == 303
    assert [one.state for one in school.rows(Submission)] == ["graded"]
    assert gerda.get(f"/grading/{COURSE}").text.count("Nothing waits here") == 1

    told = lea.get(f"/submissions/{row.number}").text
    for word in ("Well said.", "Go on like this.", row.sha256, "10.5"):
        assert word in told, word
    for secret in ("greetings", "BEGIN SOLUTION", "Say what it wants"):
        assert secret not in told
    file = lea.get(f"/submissions/{row.number}/feedback.html")
    assert file.headers["content-disposition"].startswith("attachment")
    assert "Well said." in file.text
    assert "<script" not in file.text
    with school.database.read() as session, i18n.using("en"):
        table = gradebook.table(session, school.person("gerda"), COURSE)
    points = {one.user.name: one.points for one in table.rows}
    assert points == {"lea": 10.5, "max": 0}
    assert not any(one.waits for one in table.rows)


def test_what_learners_made_is_framed_and_cannot_run(sqlite_platform: Platform, school: School) -> None:
    row = graded(school, sqlite_platform)
    gerda = sqlite_platform.client("gerda")
    page = gerda.get(f"/grading/{COURSE}/{row.number}").text
    frames = re.findall(r"<iframe [^>]*>", page)
    assert len(frames) == 2
    assert all('sandbox=""' in frame for frame in frames)
    program = gerda.get(f"/grading/{COURSE}/{row.number}/cells/square-tests").text
    assert "square" in program.partition("assert")[0], "the program that was tested stands before its tests"
    for path in ("notebook", "cells/why", "cells/square-tests"):
        answer = gerda.get(f"/grading/{COURSE}/{row.number}/{path}")
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox;")
        assert "script-src" not in policy
        assert "default-src 'none'" in policy
        assert "<script" not in answer.text
        assert "onerror=alert" not in answer.text.replace("&lt;img src=x onerror=alert(1)&gt;", "")


def test_a_notebook_is_there_to_be_read_before_it_is_graded(sqlite_platform: Platform, school: School) -> None:
    row = hand_in(school, school.person("lea"))
    gerda = sqlite_platform.client("gerda")
    for path in ("", "/notebook", "/cells/why", "/cells/square-tests"):
        assert gerda.get(f"/grading/{COURSE}/{row.number}{path}").status_code == 200, path


def test_nobody_else_sees_it(sqlite_platform: Platform, school: School) -> None:
    row = graded(school, sqlite_platform)
    school.publish({"a": [ESSAY]}, course="other")
    school.enrol("stranger", role="grader", course="other")
    for name in ("lea", "max", "stranger"):
        client = sqlite_platform.client(name)
        for path in ("", "/notebook", "/cells/why"):
            assert client.get(f"/grading/{COURSE}/{row.number}{path}").status_code == 403
        assert (
            client.post(f"/grading/{COURSE}/{row.number}/points", data={"exercise": "why", "points": "5"}).status_code
            == 403
        )
    stranger = sqlite_platform.client("stranger")
    assert stranger.get(f"/grading/other/{row.number}").status_code == 404, "the number belongs to another course"
    for name in ("max", "gerda"):
        assert sqlite_platform.client(name).get(f"/submissions/{row.number}").status_code == 404
        assert sqlite_platform.client(name).get(f"/submissions/{row.number}/feedback.html").status_code == 404


def test_what_was_set_aside_says_why_and_is_tried_again(sqlite_platform: Platform, school: School) -> None:
    row = hand_in(school, school.person("lea"))
    worker = sqlite_platform.internal()
    at = clock.now()
    for turn in range(5):
        with clock.fixed(clock.now() if not turn else at.replace(year=at.year + turn)):
            job = worker.post("/internal/jobs/claim", json={"worker": "w", "kinds": ["notebook"]}).json()
            told = {"worker": "w", "reason": "the room burned down"}
            assert worker.post(f"/internal/jobs/{job['id']}/failed", json=told).status_code == 200
    gerda = sqlite_platform.client("gerda")
    base = f"/grading/{COURSE}/{row.number}"
    assert "the room burned down" in gerda.get(base).text
    assert states(school)["square-tests"][0] == "error"
    assert gerda.get(f"/grading/{COURSE}/progress").json()["aside"] == 1
    assert gerda.post(f"{base}/again").status_code == 303
    assert gerda.get(f"/grading/{COURSE}/progress").json() == {
        "done": 0,
        "total": 1,
        "words": "The machine has graded 0 of 1.",
        "waits": 0,
        "aside": 0,
    }
    job = worker.post("/internal/jobs/claim", json={"worker": "w", "kinds": ["notebook"]}).json()
    worker.post(f"/internal/jobs/{job['id']}/notebook", json={"worker": "w", "result": result()})
    assert states(school)["square-tests"] == ("passed", 3)


def test_a_later_submission_spares_the_workers_the_one_before(sqlite_platform: Platform, school: School) -> None:
    lea = school.person("lea")
    hand_in(school, lea)
    second = hand_in(school, lea)
    with school.database.transaction() as session:
        job = grading.claim(session, "w")
        assert job is not None
        assert job.payload == {"submission": second.number}
        assert grading.claim(session, "w") is None


def test_a_file_is_brought_handed_in_and_had_by_the_grader(sqlite_platform: Platform, school: School) -> None:
    lea, gerda = sqlite_platform.client("lea", server=True), sqlite_platform.client("gerda")

    def bring(content: bytes, **query: str) -> httpx.Response:
        asked = {"exercise": f"{COURSE}/start#report", "name": "Отчёт.pdf", **query}
        return lea.post("/api/uploads", params=asked, content=content)

    wrong = bring(b"x", name="tool.exe")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "file-kind")
    assert bring(b"x", exercise=f"{COURSE}/start#letter").json()["code"] == "no-files"
    assert bring(b"x" * (10 * 2**20 + 1)).status_code == 413
    assert bring(b"").status_code == 422
    said = bring(b"%PDF-1.7")
    assert said.status_code == 200, said.text
    viewer = school.person("lea")
    with school.database.transaction() as session:
        drafts.save(session, viewer, Place(COURSE, "start", "report"), {"file": said.json()["id"]}, base=0)
    row = hand_in(school, viewer, notebook=False)
    page = gerda.get(f"/grading/{COURSE}/{row.number}").text
    assert "Отчёт.pdf" in page
    assert gerda.get(f"/api/uploads/{said.json()['id']}").content == b"%PDF-1.7"
    assert uploads.LARGEST > 10 * 2**20


def test_an_answer_that_names_somebody_elses_file_is_none(sqlite_platform: Platform, school: School) -> None:
    theirs = sqlite_platform.client("max").post(
        "/api/uploads", params={"exercise": f"{COURSE}/start#report", "name": "a.pdf"}, content=b"%PDF"
    )
    lea = school.person("lea")
    with school.database.transaction() as session:
        drafts.save(session, lea, Place(COURSE, "start", "report"), {"file": theirs.json()["id"]}, base=0)
    row = hand_in(school, lea, notebook=False)
    assert "report" not in row.contents["answers"]
