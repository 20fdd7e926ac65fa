"""Regrading: nothing changes before it is said; then findings are added, never edited, and points follow them."""

from __future__ import annotations

import pytest
from regrades import Regrading
from school import PROGRAM, QUESTION
from sqlalchemy import select

from proboost.models import Attempt, Finding, Refinding
from proboost.progress import material, variants
from proboost.progress import service as progress
from proboost.progress.material import Place
from proboost.regrading import changes, service, steps


def corrected(school: Regrading, question: str = QUESTION, program: str = PROGRAM) -> None:
    school.publish({"start": [question, program]})


def test_a_corrected_key_shows_whose_points_change_before_anything_does(either: Regrading) -> None:
    corrected(either)
    regrade = either.begin()
    either.run()
    told = either.state(regrade)
    assert (told["state"], told["total"], told["done"]) == ("ready", 3, 3)
    assert [(row["learner"], row["before"], row["after"]) for row in told["changes"]] == [("anna", 0, 2), ("ben", 2, 0)]
    assert (either.points("anna"), either.points("ben")) == (0, 2)
    assert len(either.rows(Finding)) == 3
    either.apply(regrade)
    either.run()
    assert either.state(regrade)["state"] == "applied"
    assert (either.points("anna"), either.points("ben"), either.points("carl")) == (2, 0, 0)


def test_findings_are_only_added_to_and_say_with_which_key_and_engine(school: Regrading) -> None:
    before = [(row.id, row.key_hash, row.score, row.found_at) for row in school.rows(Finding)]
    corrected(school)
    school.apply(done(school, school.begin()))
    school.run()
    rows = school.rows(Finding)
    assert [(row.id, row.key_hash, row.score, row.found_at) for row in rows[:3]] == before
    assert len(rows) == 6
    assert {row.key_hash for row in rows[3:]}.isdisjoint({key for _id, key, *_more in before})
    assert {row.engine for row in rows[3:]} == {progress.ENGINE}


def done(school: Regrading, regrade: str) -> str:
    school.run()
    return regrade


def test_applying_twice_and_finding_again_afterwards_change_nothing(either: Regrading) -> None:
    corrected(either)
    regrade = done(either, either.begin())
    for _ in range(2):
        either.apply(regrade)
        either.run()
    assert len(either.rows(Finding)) == 6
    again = done(either, either.begin())
    assert (either.state(again)["total"], either.state(again)["changes"]) == (0, [])
    named = done(either, either.begin("start#two"))
    either.apply(named)
    either.run()
    assert either.state(named)["total"] == 3
    assert len(either.rows(Finding)) == 6  # what was found says the very same


def test_killed_midway_it_goes_on_where_it_was(school: Regrading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BATCH", 1)
    corrected(school)
    regrade = school.begin()

    def died(*_arguments: object) -> None:
        raise KeyboardInterrupt

    def one_step(*, survives: bool) -> None:
        from proboost.regrading.tasks import Regrader

        with monkeypatch.context() as patch:
            if not survives:
                patch.setattr(progress, "judged" if school.state(regrade)["state"] == "finding" else "settle", died)
            try:
                Regrader(school.database, school.blobs).step_once()
            except KeyboardInterrupt:
                free(school)

    for survives in (True, False, True, False, True, True):
        one_step(survives=survives)
    assert school.state(regrade)["state"] == "ready"
    school.apply(regrade)
    for survives in (False, True, False, True):
        one_step(survives=survives)
    assert school.state(regrade)["state"] == "applying"
    school.run()
    assert school.state(regrade)["state"] == "applied"
    assert (school.points("anna"), school.points("ben")) == (2, 0)
    assert len(school.rows(Finding)) == 6


def test_a_step_that_failed_too_often_is_tried_anew_when_somebody_asks(
    school: Regrading, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proboost.regrading import tasks

    monkeypatch.setattr(tasks, "BACK_OFF", (1,))
    corrected(school)
    regrade = school.begin()
    for broken, go_on in (("judged", school.begin), ("settle", lambda: school.apply(regrade))):
        if broken == "settle":
            school.apply(regrade)
        before = school.state(regrade)["state"]
        with monkeypatch.context() as patch:
            patch.delattr(progress, broken)
            school.run()
        school.run()
        assert school.state(regrade)["state"] == before
        go_on()
        school.run()
        assert school.state(regrade)["state"] != before
    assert (school.state(regrade)["state"], school.points("anna")) == ("applied", 2)


def free(school: Regrading) -> None:
    """The lease of a process that died runs out."""
    from proboost import clock
    from proboost.models import Outbox

    with school.database.transaction() as session:
        for row in session.scalars(select(Outbox).where(Outbox.state == "leased")):
            row.next_at = clock.now()


def test_programs_go_to_the_workers_a_few_at_a_time(either: Regrading) -> None:
    learners = [either.enrol(f"p{n}") for n in range(10)]
    for learner in learners:
        either.program(learner)
    either.grade(0.0)
    corrected(either, program=PROGRAM.replace("== 0\n    feedback", "== 1\n    feedback"))
    regrade = either.begin()
    either.run()
    open_ = [job for job in either.jobs() if job.kind == "grade" and job.state == "open"]
    assert len(open_) == steps.WINDOW
    assert either.grade(1.0, most=3) == 3
    told = either.state(regrade)
    assert (told["state"], told["total"], told["done"]) == ("finding", 13, 6)
    either.grade(1.0)
    told = either.state(regrade)
    assert told["state"] == "ready"
    programs = [row for row in told["changes"] if row["exercise"] == "sum-even"]
    assert [(row["learner"], row["before"], row["after"]) for row in programs] == [(f"p{n}", 0, 3) for n in range(10)]
    assert either.points("p3", "sum-even") == 0
    either.apply(regrade)
    either.run()
    assert either.points("p3", "sum-even") == 3


def test_a_check_that_breaks_takes_nothing_back(school: Regrading) -> None:
    ivan = school.enrol("ivan")
    school.program(ivan)
    school.grade(1.0)
    regrade = school.begin("start#sum-even")
    school.run()
    school.grade(0.0, state="error")
    told = school.state(regrade)
    assert (told["state"], told["broken"], told["changes"]) == ("ready", 1, [])
    school.apply(regrade)
    school.run()
    assert school.points("ivan", "sum-even") == 3


def test_answers_to_another_text_are_found_again_only_when_named_and_where_they_fit(school: Regrading) -> None:
    corrected(school, QUESTION.replace("What is 2 + 2?", "What is 2 + 3?").replace("answer: four", "answer: five"))
    assert school.state(done(school, school.begin()))["total"] == 0
    with school.database.read() as session:
        assert service.waiting(session, "python") == {}
    other = QUESTION.replace("[three, four, five]", "[four, five, six]").replace("  three: One", "  six: Two")
    corrected(school, other)
    told = school.state(done(school, school.begin("start#two")))
    assert (told["total"], told["unfit"], len(told["changes"])) == (3, 1, 2)


def test_what_a_grader_said_stays(school: Regrading) -> None:
    gerda = school.person("gerda")
    with school.database.transaction() as session:
        attempt = session.scalars(select(Attempt)).first()
        assert attempt is not None
        progress.settle(session, attempt, {"state": "partial", "score": 0.5, "tests": []})
        newest = session.scalars(select(Finding).order_by(Finding.id.desc())).first()
        assert newest is not None
        newest.by_user_id = gerda.user_id
    corrected(school)
    assert school.state(done(school, school.begin()))["total"] == 2


def test_what_a_grader_says_while_it_waits_stays(school: Regrading) -> None:
    corrected(school)
    regrade = done(school, school.begin())
    gerda = school.person("gerda")
    with school.database.transaction() as session:
        attempt = session.scalars(select(Attempt)).first()  # anna's
        assert attempt is not None
        progress.settle(session, attempt, {"state": "partial", "score": 0.5, "tests": [], "by": gerda.user_id})
    assert [row["learner"] for row in school.state(regrade)["changes"]] == ["ben"]
    school.apply(regrade)
    school.run()
    assert (school.points("anna"), school.points("ben")) == (1, 0)


def test_it_is_not_applied_before_it_is_ready_or_after_another_release(school: Regrading) -> None:
    corrected(school)
    regrade = school.begin()
    assert school.begin() == regrade  # the one that runs
    with pytest.raises(service.NotReady):
        school.apply(regrade)
    school.run()
    corrected(school, QUESTION.replace("answer: four", "answer: three"))
    with pytest.raises(service.Outdated):
        school.apply(regrade)
    assert school.points("anna") == 0


def test_the_course_policy_decides_what_the_new_findings_are_worth(school: Regrading) -> None:
    anna = school.person("anna")
    school.choose(anna, "five")  # second attempt: half of the points by the wrong key
    assert school.points("anna") == 1
    corrected(school)
    told = school.state(done(school, school.begin()))
    assert told["changes"][0]["after"] == 2  # the first attempt was right all the time
    school.publish({"start": [QUESTION, PROGRAM]}, policy="take: last", title="Other")
    with school.database.read() as session:
        regrade = service.find(session, done(school, school.begin("start#two")))
        after = {change.learner: change.after for change in changes.of(session, regrade)}
    assert after["anna"] == 0


def test_only_those_who_grade_see_it(school: Regrading) -> None:
    gerda, lea = school.enrol("gerda", role="grader"), school.enrol("lea")
    regrade = school.begin()
    with school.database.read() as session:
        assert service.find(session, regrade, gerda).id == regrade
        with pytest.raises(service.NoSuchRegrade):
            service.find(session, regrade, lea)
        with pytest.raises(service.NoSuchRegrade):
            service.find(session, "nothing")


def test_rows_of_attempts_are_one_a_regrade(school: Regrading) -> None:
    corrected(school)
    first, second = done(school, school.begin()), done(school, school.begin("start#two"))
    rows = school.rows(Refinding)
    assert (
        sorted((row.regrade_id == first, row.regrade_id == second) for row in rows)
        == [(False, True)] * 3 + [(True, False)] * 3
    )


VARIES = """%%exercise sum
kind: number
prompt: What is {{a}} + 1?
params:
  a: {from: 1, to: 1000000}
answer: "{{a}}"
"""


def test_each_answer_is_found_again_with_its_learners_own_values(school: Regrading) -> None:
    school.publish({"start": [VARIES]})
    drawn = {}
    for name in ("anna", "ben"):
        viewer = school.person(name)
        with school.database.transaction() as session:
            task = material.find_task(session, Place.of("python/start#sum"))
            assert task is not None
            row = variants.see(
                session, school.blobs, "secret", progress.enrolment_of(session, viewer.user_id, "python"), task
            )
            drawn[name], revision = int(row.drawn["a"]), row.revision
        right = school.send(viewer, "start#sum", {"number": str(drawn[name] + 1)}, variant=revision)
        assert right["state"] == "failed"  # by the wrong key
    assert drawn["anna"] != drawn["ben"]
    school.publish({"start": [VARIES.replace('answer: "{{a}}"', 'answer: "{{a}}"\ntolerance: 1')]})
    told = school.state(done(school, school.begin()))
    assert [(row["learner"], row["after"]) for row in told["changes"]] == [("anna", 1), ("ben", 1)]
