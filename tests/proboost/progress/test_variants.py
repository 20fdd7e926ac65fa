"""Variants on the platform: drawn once for each learner, judged with, kept with attempts, and told to nobody else."""

from __future__ import annotations

from typing import Any

from school import School
from sqlalchemy import select

from proboost import jobs
from proboost.auth import Viewer
from proboost.models import Attempt, Variant
from proboost.progress import overview, variants
from proboost_kernel.exercises import generating

ADD = """%%exercise add
kind: number
params:
  a: {from: 1, to: 1000}
  b: [ten, twenty]
prompt: "What is {{a}} + 0, {{b}}?"
answer: "{{a}}"
explanation: "It is {{a}}."
"""
MADE = """%%exercise made
kind: number
params: {a: {from: 1, to: 9}}
generator: |
  total = a * 100 + random.randint(1, 99)
prompt: "Guess what follows {{a}}."
answer: "{{total}}"
"""
PROGRAM = """%%exercise times
kind: code
params: {n: {from: 2, to: 99}}
prompt: "Multiply by {{n}}."
starter: "f = None"
solution: "f = lambda x: {{n}} * x"
tests: [{name: one, code: "assert f(1) == {{n}}"}]
"""
SAME = """%%exercise same
kind: choice
params: {a: [x, y], b: [x, y]}
options: ["{{a}}", "{{b}}"]
answer: "#1"
"""


def state(school: School, viewer: Viewer, *, secret: str = "s") -> dict[str, Any]:
    """As the route does it: draws what is missing, then looks."""
    with school.database.transaction() as session:
        overview.see_variants(session, school.blobs, secret, viewer, "python", "start")
    with school.database.read() as session:
        found = overview.lesson_state(session, school.blobs, viewer, "python", "start")
    return dict(found["exercises"])


def work(school: School, *, fail: bool = False) -> int:
    """Does what a worker would for each generator that waits; how many did."""
    done = 0
    while True:
        with school.database.transaction() as session:
            job = jobs.claim(session, [variants.KIND], "w")
            if job is None:
                return done
            told = {"failed": "ZeroDivisionError"} if fail else {"values": generating.run(job.payload)}
            jobs.finish(session, job.id, "w")
            assert variants.found(session, job.payload, told)
            assert not variants.found(session, job.payload, told), "what is brought again changes nothing"
            done += 1


def test_each_learner_has_values_of_their_own_and_keeps_them(school: School) -> None:
    school.publish({"start": [ADD]})
    ann, bob = school.enrol("ann"), school.enrol("bob")
    first, other = (state(school, who)["add"]["variant"] for who in (ann, bob))
    assert first["state"] == "ready"
    assert set(first["values"]) == {"a", "b"}
    assert f"What is {first['values']['a']} + 0" in first["spec"]["prompt_html"]
    assert state(school, ann)["add"]["variant"] == first
    assert state(school, ann, secret="another")["add"]["variant"] == first, "what was seen stays"
    assert other["values"] != first["values"]
    right = {"number": first["values"]["a"]}
    assert school.send(ann, "start#add", right)["state"] == "passed"
    assert school.send(bob, "start#add", right)["state"] == "failed"
    found = school.send(bob, "start#add", {"number": other["values"]["a"]})
    assert (found["state"], found["explanation"]) == ("passed", f"<p>It is {other['values']['a']}.</p>")
    with school.database.read() as session:
        kept = [row.variant["a"] for row in session.scalars(select(Attempt).order_by(Attempt.id))]
    assert kept == [first["values"]["a"], other["values"]["a"], other["values"]["a"]]


def test_the_template_is_all_that_a_release_gives_away(sqlite_school: School) -> None:
    released = sqlite_school.publish({"start": [ADD, MADE]})
    assert all(one["variants"] for one in released.record["lessons"][0]["exercises"])
    ann = sqlite_school.enrol("ann")
    state(sqlite_school, ann)
    work(sqlite_school)
    told = state(sqlite_school, ann)["made"]["variant"]
    assert set(told["values"]) == {"a"}, "the answer is a value too, and is told to nobody"
    with sqlite_school.database.read() as session:
        row = session.scalars(select(Variant).where(Variant.exercise == "made")).one()
    assert row.drawn["total"] not in str(told)
    assert sqlite_school.send(ann, "start#made", {"number": row.drawn["total"]})["state"] == "passed"


def test_a_generator_is_run_by_a_worker_and_waited_for(school: School) -> None:
    school.publish({"start": [MADE]})
    ann = school.enrol("ann")
    assert state(school, ann)["made"]["variant"]["state"] == "pending"
    assert school.send(ann, "start#made", {"number": "1"})["code"] == "changed", "nothing was seen yet"
    assert work(school) == 1
    assert state(school, ann)["made"]["variant"]["state"] == "ready"
    assert work(school) == 0


def test_a_generator_that_always_fails_is_given_up_and_its_author_can_mend_it(sqlite_school: School) -> None:
    sqlite_school.publish({"start": [MADE]})
    ann = sqlite_school.enrol("ann")
    for _draw in range(variants.DRAWS):
        assert state(sqlite_school, ann)["made"]["variant"]["state"] == "pending"
        assert work(sqlite_school, fail=True) == 1
    assert state(sqlite_school, ann)["made"]["variant"] == {
        "state": "broken",
        "revision": 0,
        "values": {},
        "spec": None,
    }
    sqlite_school.publish({"start": [MADE.replace("randint(1, 99)", "randint(1, 98)")]})
    assert state(sqlite_school, ann)["made"]["variant"]["state"] == "pending"
    work(sqlite_school)
    assert state(sqlite_school, ann)["made"]["variant"]["state"] == "ready"


def test_values_are_drawn_until_an_exercise_comes_out(sqlite_school: School) -> None:
    sqlite_school.publish({"start": [SAME]})
    for name in ("ann", "bob", "eve", "joe", "kim"):
        told = state(sqlite_school, sqlite_school.enrol(name))["same"]["variant"]
        assert told["state"] == "ready"
        assert sorted(told["values"].values()) == ["x", "y"]


def test_another_release_keeps_what_may_stay_and_refuses_answers_to_what_was(sqlite_school: School) -> None:
    sqlite_school.publish({"start": [ADD]})
    ann = sqlite_school.enrol("ann")
    seen = state(sqlite_school, ann)["add"]["variant"]
    sqlite_school.publish({"start": [ADD.replace("[ten, twenty]", "[six, seven]")]})
    assert sqlite_school.send(ann, "start#add", {"number": seen["values"]["a"]})["code"] == "changed"
    now = state(sqlite_school, ann)["add"]["variant"]
    assert now["values"]["a"] == seen["values"]["a"]
    assert now["values"]["b"] in ("six", "seven")
    late = sqlite_school.send(ann, "start#add", {"number": seen["values"]["a"]}, variant=seen["revision"])
    assert late["code"] == "changed", "another tab still shows what was"
    sent = sqlite_school.send(ann, "start#add", {"number": seen["values"]["a"]}, variant=now["revision"])
    assert sent["state"] == "passed"


def test_programs_are_tested_with_the_learners_values(sqlite_school: School) -> None:
    sqlite_school.publish({"start": [PROGRAM]})
    ann = sqlite_school.enrol("ann")
    number = state(sqlite_school, ann)["times"]["variant"]["values"]["n"]
    sqlite_school.send(ann, "start#times", {"code": "f = 1"})
    (job,) = sqlite_school.jobs()
    assert job.payload["tests"][0]["code"] == f"assert f(1) == {number}"
    assert job.payload["solution"] == f"f = lambda x: {number} * x"


def test_a_lesson_that_is_not_open_draws_nothing(sqlite_school: School) -> None:
    sqlite_school.publish({"start": [ADD]}, about={"start": "opens: 2999-01-01T00:00:00+00:00"})
    ann = sqlite_school.enrol("ann")
    assert state(sqlite_school, ann) == {}
    assert sqlite_school.rows(Variant) == []
