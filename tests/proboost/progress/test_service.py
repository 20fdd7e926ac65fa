"""Attempts: counted once whatever is repeated or raced, limited and timed by us, charged only for findings."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from school import PROGRAM, QUESTION, School, enrolment
from sqlalchemy import select

from proboost import clock
from proboost.errors import BadInput, NotFound, Problem, TooMany
from proboost.models import Attempt, Finding, Result, Uptime
from proboost.progress import service, verdict
from proboost_kernel.exercises.options import item_name

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def here(school: School) -> School:
    school.publish()
    return school


def test_a_choice_is_judged_at_once(here: School) -> None:
    lea = here.enrol("lea")
    wrong = here.choose(lea, "three")
    assert (wrong["state"], wrong["points"], wrong["max_points"]) == ("failed", 0, 2)
    assert wrong["message"] == "One more."
    assert wrong["message_html"] == "<p>One <strong>more</strong>.</p>"
    assert "explanation" not in wrong
    right = here.choose(lea, "four")
    assert (right["state"], right["score"], right["points"]) == ("passed", 1, 1)  # the second attempt counts half
    assert right["message"] == "Attempt 2: 50% of the points count, 1 point."
    assert right["explanation"] == "<p>Two pairs are <em>four</em>.</p>"


def test_a_program_becomes_a_job_in_the_same_transaction(here: School) -> None:
    lea = here.enrol("lea")
    said = here.program(lea)
    assert said["state"] == "pending"
    (job,) = here.jobs()
    (attempt,) = here.rows(Attempt)
    assert (job.kind, job.course_id, job.payload["attempt"]) == ("grade", "python", attempt.id)
    assert job.payload["code"] == "def sum_even(xs): return 0"
    assert [test["name"] for test in job.payload["tests"]] == ["a small list", "a secret list"]
    assert len(job.payload["key_hash"]) == 64
    found = here.settle(said["attempt"], score=1 / 3, engine="grader/1", tier="A")
    assert (found["state"], found["points"]) == ("partial", 1)


def test_the_same_id_again_is_the_same_attempt(here: School) -> None:
    lea = here.enrol("lea")
    sent = here.attempt(lea, "start#two", {"choice": item_name("four")}, made_at=NOON)
    first = here.deliver(lea, sent)
    assert here.deliver(lea, sent) == first
    assert len(here.rows(Attempt)) == len(here.rows(Finding)) == 1
    for other in ({"response": {"choice": item_name("five")}}, {"made_at": NOON + timedelta(1)}, {"surface": "lab"}):
        with pytest.raises(service.OtherBody):
            here.deliver(lea, replace(sent, **other))
    max_ = here.enrol("max")
    assert here.deliver(max_, sent)["state"] == "passed"  # ids are unique per user
    assert len(here.rows(Attempt)) == 2


def race(count: int, act: Any) -> list[Any]:
    """All at once; results or problems."""
    gate, found, lock = threading.Barrier(count), [], threading.Lock()

    def run(number: int) -> None:
        gate.wait()
        try:
            result = act(number)
        except Problem as error:
            result = error
        with lock:
            found.append(result)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_race_of_the_same_attempt_records_one(here: School) -> None:
    lea = here.enrol("lea")
    sent = here.attempt(lea, "start#sum-even", {"code": "x"})
    said = race(8, lambda _n: here.deliver(lea, sent))
    assert [one["state"] for one in said] == ["pending"] * 8
    assert len(here.rows(Attempt)) == len(here.jobs()) == 1


def test_a_race_of_different_attempts_charges_no_more_than_the_limit(school: School) -> None:
    school.publish(policy="attempts: 3")
    lea = school.enrol("lea")
    sent = [school.attempt(lea, "start#two", {"choice": item_name("three")}) for _n in range(8)]
    said = race(8, lambda n: school.deliver(lea, sent[n]))
    assert sorted(one["state"] for one in said) == ["failed"] * 3 + ["refused"] * 5
    numbers = [row.number for row in school.rows(Attempt)]
    assert sorted(number for number in numbers if number) == [1, 2, 3]
    (result,) = school.rows(Result)
    assert result.attempts == 3


def test_one_check_of_an_exercise_at_a_time(here: School) -> None:
    lea = here.enrol("lea")
    sent = [here.attempt(lea, "start#sum-even", {"code": f"x = {n}"}) for n in range(5)]
    said = race(5, lambda n: here.deliver(lea, sent[n]))
    assert sum(isinstance(one, service.InFlight) for one in said) == 4
    (pending,) = (one for one in said if not isinstance(one, Problem))
    assert here.choose(lea, "four")["state"] == "passed"  # another exercise is not held up
    here.settle(pending["attempt"])
    waiting = next(one for one in sent if one.id != pending["attempt"])
    assert here.deliver(lea, waiting)["state"] == "pending"  # what was not accepted may come again


def test_twenty_a_minute(here: School) -> None:
    lea = here.enrol("lea")
    with clock.fixed(NOON):
        for _n in range(20):
            here.choose(lea, "three")
        sent = here.attempt(lea, "start#two", {"choice": item_name("four")})
        with pytest.raises(TooMany):
            here.deliver(lea, sent)
        assert here.choose(here.enrol("max"), "four")["state"] == "passed"
    with clock.fixed(NOON + timedelta(seconds=61)):
        assert here.deliver(lea, sent)["state"] == "passed"


def test_errors_are_ours_and_charge_nothing(school: School) -> None:
    school.publish(policy="attempts: 1")
    lea = school.enrol("lea")
    broken = school.program(lea)
    said = school.settle(broken["attempt"], state="error", score=1.0, message="")
    assert (said["state"], said["points"], said["attempts_left"]) == ("error", 0, 1)
    assert said["message"] == "The check broke on our side. This attempt is not counted; check again."
    again = school.program(lea)
    assert again["state"] == "pending"
    assert school.settle(again["attempt"], score=1.0)["attempts_left"] == 0
    assert school.program(lea)["state"] == "refused"


def test_findings_are_only_added_and_the_newest_counts(here: School) -> None:
    lea = here.enrol("lea")
    said = here.program(lea)
    here.settle(said["attempt"], score=1 / 3)
    here.settle(said["attempt"], score=1.0)
    after_error = here.settle(said["attempt"], state="error")
    assert (after_error["state"], after_error["points"]) == ("passed", 3)
    assert [row.state for row in here.rows(Finding)] == ["partial", "passed", "error"]
    (result,) = here.rows(Result)
    assert (result.state, result.points, result.attempts) == ("passed", 3, 1)


def test_a_score_is_never_taken_as_it_comes(here: School) -> None:
    lea = here.enrol("lea")
    for score, state in ((7.0, "passed"), (-1.0, "failed")):
        said = here.program(lea)
        found = here.settle(said["attempt"], state="passed", score=score)
        assert (found["state"], found["points"]) == (state, 3 if state == "passed" else 0)


def test_best_and_last(school: School) -> None:
    for take, points in (("best", 3), ("last", 1)):
        school.publish(course=take, policy=f"take: {take}")
        lea = school.enrol("lea", course=take)
        for score in (1.0, 1 / 3):
            said = school.program(lea, course=take)
            school.settle(said["attempt"], score=score)
        with school.database.read() as session:
            mine = service.enrolment_of(session, lea.user_id, take).id
            result = session.scalars(select(Result).where(Result.enrolment_id == mine)).one()
        assert result.points == points


def test_late_by_the_platforms_clock(school: School) -> None:
    due = "due: 2026-11-25T12:00:00+00:00"
    school.publish(about={"start": due}, policy="late: {per_day: 0.1, until: P7D}")
    lea = school.enrol("lea")
    with clock.fixed(NOON):
        assert school.choose(school.enrol("max"), "four")["late"] is False
    with clock.fixed(NOON + timedelta(hours=1)):
        late = school.choose(lea, "four", made_at=NOON - timedelta(hours=1))  # a claim is not believed
    assert (late["late"], late["points"]) == (True, 1.8)
    assert late["message"] == "Late: 90% of the points count, 1.8 points."
    with clock.fixed(NOON + timedelta(days=8)):
        refused = school.choose(lea, "four")
    assert (refused["state"], refused["code"]) == ("refused", "late")
    assert refused["message"] == "Answers to this lesson were taken until 2\xa0December, 12:00\xa0UTC."
    assert refused["attempts_left"] is None


def test_a_claim_counts_inside_our_own_outage(school: School) -> None:
    school.publish(about={"start": "due: 2026-11-25T12:00:00+00:00"})
    lea = school.enrol("lea")
    with school.database.transaction() as session:
        session.add(Uptime(started_at=NOON - timedelta(days=3), seen_at=NOON - timedelta(minutes=5)))
        session.add(Uptime(started_at=NOON + timedelta(minutes=20), seen_at=NOON + timedelta(minutes=30)))
    with clock.fixed(NOON + timedelta(minutes=25)):
        taken = school.choose(lea, "four", made_at=NOON - timedelta(minutes=1))
        assert school.choose(lea, "four", made_at=NOON + timedelta(minutes=1))["code"] == "late"
        assert school.choose(lea, "four", made_at=NOON - timedelta(minutes=9))["code"] == "late"  # we were up then
    assert (taken["state"], taken["late"], taken["points"]) == ("passed", False, 2)
    assert taken["message"].startswith("The platform was away, so the time of your answer counts: 25\xa0November")


def test_closed_withdrawn_changed_unknown(school: School) -> None:
    school.publish({"start": [QUESTION], "next": [QUESTION]}, about={"next": "after: required"})
    lea = school.enrol("lea")
    closed = school.choose(lea, "four", "next#two")
    assert (closed["state"], closed["code"]) == ("refused", "closed")
    assert school.choose(lea, "four", public_hash="0" * 16)["code"] == "changed"
    assert school.choose(lea, "four")["state"] == "passed"
    assert school.choose(lea, "four", "next#two")["state"] == "passed"
    with pytest.raises(NotFound):
        school.choose(lea, "four", "start#three")
    with pytest.raises(NotFound):
        school.choose(lea, "four", "nowhere#two")
    with pytest.raises(service.NotEnrolled):
        school.choose(school.person("stranger"), "four")
    from proboost.courses import service as courses

    with school.database.transaction() as session:
        courses.withdraw(session, "python")
    withdrawn = school.choose(lea, "four")
    assert (withdrawn["code"], withdrawn["state"]) == ("withdrawn", "refused")
    assert sum(row.number is not None for row in school.rows(Attempt)) == 2  # refusals are not charged


def test_a_release_that_only_mends_the_key_judges_by_it(school: School) -> None:
    school.publish({"start": [QUESTION.replace("answer: four", "answer: five")]})
    lea = school.enrol("lea")
    sent = school.attempt(lea, "start#two", {"choice": item_name("four")})
    release = school.publish({"start": [QUESTION]})
    assert release.number == 2
    assert school.deliver(lea, sent)["state"] == "passed"
    assert school.rows(Attempt)[0].release == 2


@pytest.mark.parametrize(
    "response",
    [{}, {"choice": "no such"}, {"code": "x"}, {"choice": 1}, {"choice": item_name("four"), "more": 1}],
)
def test_a_response_that_no_front_end_sends(here: School, response: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        here.send(here.enrol("lea"), "start#two", response)
    assert here.rows(Attempt) == []


@pytest.mark.parametrize("code", ["\x00", "\ud800", "x" * 70_000])
def test_what_no_database_can_keep_is_refused(here: School, code: str) -> None:
    lea = here.enrol("lea")
    with pytest.raises(BadInput):
        here.program(lea, code)
    assert here.rows(Attempt) == []
    assert here.program(lea, "print('\\x00', '\N{PILE OF POO}', 'ё')")["state"] == "pending"


def test_hidden_tests_tell_their_name_and_the_authors_words(here: School) -> None:
    lea = here.enrol("lea")
    said = here.program(lea)
    secret = {"call": "sum_even([123454321])", "got": "1", "wanted": "0"}
    tests = [
        {"name": "a small list", "passed": False, "hidden": False, "message": "no", "case": {**secret, "more": "x"}},
        {"name": "a secret list", "passed": False, "hidden": True, "message": "got 123454321", "case": secret},
    ]
    found = here.settle(said["attempt"], tests=tests, output="123454321")
    shown, hidden = found["tests"]
    assert shown == {"name": "a small list", "passed": False, "hidden": False, "message": "no", "case": secret}
    assert hidden == {
        "name": "a secret list",
        "passed": False,
        "hidden": True,
        "message": "Try a list of odd numbers.",
    }


def test_the_explanation_comes_when_solved_or_when_no_attempt_is_left(school: School) -> None:
    school.publish(policy="attempts: 2")
    lea = school.enrol("lea")
    first = school.choose(lea, "three")
    assert (first["attempts_left"], first.get("explanation")) == (1, None)
    second = school.choose(lea, "five")
    assert second["attempts_left"] == 0
    assert "four" in second["explanation"]
    refused = school.choose(lea, "four")
    assert (refused["code"], refused["message"]) == ("limit", "All attempts at this exercise are used.")


def test_no_explanation_while_the_last_attempt_may_still_be_given_back(school: School) -> None:
    school.publish(policy="attempts: 2")
    lea = school.enrol("lea")
    first = school.program(lea)["attempt"]
    assert "explanation" not in school.settle(first)
    second = school.program(lea, "def sum_even(xs): return 1")["attempt"]
    with school.database.read() as session:
        attempt = session.scalars(select(Attempt).where(Attempt.client_id == first)).one()
        looked_at = verdict.of(session, school.blobs, attempt)
    assert (looked_at["attempts_left"], looked_at.get("explanation")) == (0, None)
    assert school.settle(second, state="error")["attempts_left"] == 1
    third = school.program(lea, "def sum_even(xs): return 2")["attempt"]
    assert "sum" in school.settle(third)["explanation"]


def test_a_program_may_name_a_character_that_an_answer_may_not_hold(here: School) -> None:
    lea = here.enrol("lea")
    assert here.program(lea, r"""sep = "\u0000" """)["state"] == "pending"
    max_ = here.enrol("max")
    for code in ("sep = '\0'", "sep = '\\\0'"):
        with pytest.raises(BadInput, match="NUL"):
            here.program(max_, code)


def test_a_result_follows_from_what_was_found(here: School) -> None:
    lea = here.enrol("lea")
    here.choose(lea, "four")
    with here.database.read() as session:
        result = session.get_one(Result, (enrolment(session, lea).id, "start", "two"))
        assert (result.state, result.score, result.points, result.max_points, result.attempts) == ("passed", 1, 2, 2, 1)
    said = here.program(lea)
    with here.database.read() as session:
        assert session.get_one(Result, (enrolment(session, lea).id, "start", "sum-even")).state == "pending"
    here.settle(said["attempt"], score=1 / 3)
    with here.database.read() as session:
        assert session.get_one(Result, (enrolment(session, lea).id, "start", "sum-even")).points == 1


def test_earlier_results_are_kept_over_a_release(school: School) -> None:
    school.publish()
    lea = school.enrol("lea")
    school.choose(lea, "four")
    school.publish({"start": [QUESTION.replace("What is", "How much is"), PROGRAM]})
    (result,) = school.rows(Result)
    assert (result.state, result.points) == ("passed", 2)
    assert school.choose(lea, "four", public_hash=school.hash("python/start#two"))["state"] == "passed"


ESSAY = """%%exercise letter
kind: essay
points: 4
attempts: 1
title: A letter
prompt: Write a letter.
"""


def test_an_answer_that_a_grader_reads_is_kept_and_counts_only_when_it_is_handed_in(school: School) -> None:
    school.publish({"start": [ESSAY]}, policy="attempts: 1\npenalty: [1, 0.5]")
    lea = school.enrol("lea")
    for text in ("Dear", "Dear all"):
        said = school.send(lea, "start#letter", {"text": text})
        assert (said["state"], said["points"], said["attempts_left"]) == ("manual", 0, None)
    assert [row.number for row in school.rows(Attempt)] == [None, None]
    assert [(row.state, row.points, row.attempts) for row in school.rows(Result)] == [("new", 0, 0)]
