"""What happens to an answer when something is away: the platform stopped or killed, the kernel busy for ever."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Callable

import pytest
from exercise import RUN, STOP, check, choose, exercise, verdict, write
from labs import until
from playwright.sync_api import expect
from running import Running
from visitors import Person

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ACCEPTED = """async ([base, name]) => {
  const headers = {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]+)/)[1]};
  const answer = await fetch(base + 'proboost/lessons/python-start/first-program/state', {headers});
  const state = await answer.json();
  return state.exercises[name].verdict?.state === 'pending';
}"""


def attempts(school: Running, name: str, course: str, lesson: str, exercise_id: str) -> int:
    """How many attempts the platform counts, by the gradebook."""
    with school.internal() as client:
        book = client.get(f"/internal/gradebook/{course}", params={"format": "json"}).json()
    learner = next(row for row in book["learners"] if row["name"] == name)
    cells = next(cell for cell in learner["lessons"] if cell["id"] == lesson)
    found = [mark for mark in cells["exercises"] if mark["id"] == exercise_id]
    return int(found[0]["attempts"]) if found else 0


def test_an_answer_given_while_the_platform_is_stopped_is_checked_later_and_once(
    person: Callable[..., Person], school: Running
) -> None:
    lea = person("lea", language="en")
    page = lea.lesson("python-start", "numbers")
    box = page.locator('.pb-ex[data-kind="choice"]').first
    expect(box.get_by_role("radio").first).to_be_visible()
    name = box.get_attribute("data-id") or ""
    before = attempts(school, "lea", "python-start", "numbers", name)
    platform = school.pids["platform"]
    os.kill(platform, signal.SIGSTOP)
    try:
        box.get_by_role("radio").first.check()
        check(box)
        expect(box).to_contain_text(re.compile("saved here", re.IGNORECASE), timeout=30_000)
        lea.shot("answer-saved-here-en", whole=False)
    finally:
        with contextlib.suppress(ProcessLookupError):  # the supervisor may have taken it for hung: it started another
            os.kill(platform, signal.SIGCONT)
    expect(box.locator(".pb-verdict[data-state]:not(.pb-waiting)")).to_be_visible(timeout=60_000)
    assert attempts(school, "lea", "python-start", "numbers", name) == before + 1


def test_a_platform_killed_between_the_answer_and_the_verdict_loses_nothing(
    person: Callable[..., Person], school: Running
) -> None:
    lea = person("lea", language="en")
    page = lea.lesson()
    box = exercise(page, "mend")
    write(box, 'line = "Белеет парус одинокий"\nprint(line)')
    before = attempts(school, "lea", "python-start", "first-program", "mend")
    killed = school.pids["platform"]
    worker = school.pids["worker"]
    os.kill(worker, signal.SIGSTOP)  # so that the verdict cannot come before the kill
    try:
        check(box)
        expect(box).to_contain_text(re.compile("checking", re.IGNORECASE))
        until(lambda: page.evaluate(ACCEPTED, [school.user_url("lea"), "mend"]), 30)  # the page's CSP forbids eval
        os.kill(killed, signal.SIGKILL)
    finally:
        os.kill(worker, signal.SIGCONT)
    school.restarted("platform", killed)
    verdict(box, "passed")
    assert attempts(school, "lea", "python-start", "first-program", "mend") == before + 1
    page.reload()
    verdict(exercise(page, "mend"), "passed")


def test_a_kernel_in_an_endless_loop_does_not_stop_check(person: Callable[..., Person]) -> None:
    leo = person("leo", language="en")
    page = leo.lesson()
    looping = exercise(page, "hello")
    write(looping, "print('begun')\nwhile True:\n    pass")
    looping.get_by_role("button", name=RUN).click()
    expect(looping.locator(".pb-output")).to_contain_text("begun", timeout=60_000)
    box = exercise(page, "name-error")
    choose(box, "Написать print с маленькой буквы")
    check(box)
    verdict(box, "passed")
    looping.get_by_role("button", name=STOP).click()
    expect(looping.get_by_role("button", name=RUN)).to_be_visible(timeout=30_000)
    expect(looping.locator(".pb-output")).to_contain_text(re.compile("stopped|KeyboardInterrupt", re.IGNORECASE))
