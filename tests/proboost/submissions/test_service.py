"""Handing in: taken whole or not at all, once, in time; the last one counts; what a grader gave is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from school import COURSE, QUESTION, School

from proboost import clock
from proboost.auth import Viewer
from proboost.courses import service as courses
from proboost.courses.opening import LessonClosed
from proboost.errors import NotFound, TooLarge, TooMany
from proboost.models import Attempt, Finding, Result, Submission, Uptime
from proboost.progress import drafts
from proboost.progress.material import Place
from proboost.progress.service import OtherBody
from proboost.submissions import outlook, service

ESSAY = """%%exercise letter
kind: essay
points: 4
title: A letter
prompt: Write a letter.
rubric:
  - {criterion: Clear, points: 3}
  - {criterion: Polite, points: 1}
"""
DUE = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
LATE = "late: {per_day: 0.1, until: P7D}"


@pytest.fixture
def lea(school: School) -> Viewer:
    school.publish({"start": [QUESTION, ESSAY]}, about={"start": f"due: {DUE.isoformat()}"}, policy=LATE)
    return school.enrol("lea")


def hand_in(school: School, viewer: Viewer, **more: Any) -> Submission:
    sent = service.Sent(**{"id": str(uuid4()), "course": COURSE, "lesson": "start", **more})
    stored = service.store(school.blobs, sent)
    with school.database.transaction() as session:
        return service.receive(session, school.blobs, viewer, stored)


def write(school: School, viewer: Viewer, text: str) -> None:
    with school.database.transaction() as session:
        drafts.save(session, viewer, Place(COURSE, "start", "letter"), {"text": text}, base=0)


def result(school: School, exercise: str = "letter") -> tuple[str, float]:
    (row,) = [row for row in school.rows(Result) if row.exercise == exercise]
    return row.state, row.points


def judge(school: School, row: Submission, score: float, by: Viewer) -> None:
    with school.database.transaction() as session:
        from proboost.progress import service as progress

        (attempt,) = service.attempts(session, row.number)
        finding = {"state": "partial", "score": score, "by": by.user_id, "engine": "grader", "comment": "Short."}
        progress.settle(session, attempt, finding)
        service.look(session, session.get_one(Submission, row.number))


def test_what_is_on_the_page_is_handed_in_and_waits_for_a_grader(school: School, lea: Viewer) -> None:
    write(school, lea, "Dear all")
    school.choose(lea, "four")
    with clock.fixed(DUE - timedelta(hours=1)):
        row = hand_in(school, lea)
    assert (row.state, row.late, row.factor) == ("waits", False, 1.0)
    assert len(row.sha256) == 64
    assert set(row.contents["answers"]) == {"two", "letter"}
    (attempt,) = [one for one in school.rows(Attempt) if one.submission == row.number]
    assert (attempt.exercise, attempt.response, attempt.state) == ("letter", {"text": "Dear all"}, "manual")
    assert result(school) == ("manual", 0)
    assert result(school, "two") == ("passed", 2)


def test_the_same_again_is_the_same_and_another_body_is_refused(school: School, lea: Viewer) -> None:
    write(school, lea, "Dear all")
    first = hand_in(school, lea, id="aaaaaaaa")
    write(school, lea, "Dear nobody")
    assert hand_in(school, lea, id="aaaaaaaa").number == first.number
    with pytest.raises(OtherBody):
        hand_in(school, lea, id="aaaaaaaa", surface="lab")
    assert len(school.rows(Submission)) == 1


def test_handing_in_again_replaces_and_an_unchanged_answer_keeps_its_points(school: School, lea: Viewer) -> None:
    gerda = school.enrol("gerda", role="grader")
    write(school, lea, "Dear all")
    first = hand_in(school, lea)
    judge(school, first, 0.5, gerda)
    assert result(school) == ("partial", 2)
    second = hand_in(school, lea)
    assert [row.state for row in school.rows(Submission)] == ["replaced", "graded"]
    assert result(school) == ("partial", 2)
    carried = school.rows(Finding)[-1]
    assert carried.by_user_id == gerda.user_id
    assert carried.detail["comment"] == "Short."
    write(school, lea, "Dear everybody")
    third = hand_in(school, lea)
    assert result(school) == ("manual", 0)
    assert [row.state for row in school.rows(Submission)] == ["replaced", "replaced", "waits"]
    assert first.number < second.number < third.number


def test_late_work_costs_and_too_late_is_refused(school: School, lea: Viewer) -> None:
    gerda = school.enrol("gerda", role="grader")
    write(school, lea, "Dear all")
    with clock.fixed(DUE + timedelta(hours=30)):
        row = hand_in(school, lea)
    assert (row.late, row.factor) == (True, 0.8)
    judge(school, row, 1.0, gerda)
    assert result(school) == ("passed", 3.2)
    with clock.fixed(DUE + timedelta(days=7, seconds=1)), pytest.raises(service.TooLate):
        hand_in(school, lea)
    assert len(school.rows(Submission)) == 1


def test_the_time_of_an_answer_made_in_an_outage_of_ours_counts(school: School, lea: Viewer) -> None:
    with school.database.transaction() as session:
        session.add(Uptime(started_at=DUE - timedelta(days=1), seen_at=DUE - timedelta(minutes=10)))
        session.add(Uptime(started_at=DUE + timedelta(hours=1), seen_at=DUE + timedelta(hours=3)))
    write(school, lea, "Dear all")
    with clock.fixed(DUE + timedelta(hours=2)):
        claimed = hand_in(school, lea, made_at=DUE - timedelta(minutes=5))
        assert (claimed.late, claimed.counted_at) == (False, DUE - timedelta(minutes=5))
        assert hand_in(school, lea, made_at=DUE - timedelta(hours=5)).late, "we were there then"


def test_refusals_leave_nothing(school: School, lea: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    school.publish({"a": [QUESTION], "b": [ESSAY]}, course="other", about={"b": "after: required"})
    school.enrol("lea", course="other")
    with pytest.raises(LessonClosed):
        hand_in(school, lea, course="other", lesson="b")
    with pytest.raises(NotFound):
        hand_in(school, lea, lesson="nowhere")
    with pytest.raises(NotFound):
        hand_in(school, school.person("stranger"))
    with school.database.transaction() as session:
        courses.withdraw(session, "other")
    with pytest.raises(service.Withdrawn):
        hand_in(school, lea, course="other", lesson="a")
    monkeypatch.setattr(service, "LARGEST", 100)
    with pytest.raises(TooLarge):
        hand_in(school, lea, files={"data.csv": b"x" * 101})
    assert school.rows(Submission) == []


def test_not_many_in_a_minute(school: School, lea: Viewer) -> None:
    for _ in range(service.A_MINUTE):
        hand_in(school, lea)
    with pytest.raises(TooMany):
        hand_in(school, lea)


def test_what_is_missing_is_said_first(school: School, lea: Viewer) -> None:
    def look() -> dict[str, Any]:
        with school.database.read() as session:
            return outlook.of(session, school.blobs, lea, COURSE, "start").json()

    with clock.fixed(DUE - timedelta(days=2)):
        said = look()
    assert [one["answered"] for one in said["exercises"]] == [False, False]
    assert [one["by_submission"] for one in said["exercises"]] == [False, True]
    assert said["rule"].startswith("Due ")
    assert "10%" in said["rule"]
    write(school, lea, "  ")
    assert not look()["exercises"][1]["answered"], "blanks are no answer"
    write(school, lea, "Dear all")
    school.choose(lea, "three")
    with clock.fixed(DUE + timedelta(hours=1)):
        said = look()
    assert [one["answered"] for one in said["exercises"]] == [True, True]
    assert "90%" in said["rule"]
    with clock.fixed(DUE + timedelta(days=8)):
        said = look()
    assert said["closed"].startswith("This lesson was taken until")
    assert said["last"] is None


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a//b", "a\\b", "a/./b", "x\n"])
def test_files_lie_beside_the_notebook(path: str) -> None:
    with pytest.raises(ValueError, match="beside"):
        service.beside(path)
