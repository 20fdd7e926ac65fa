"""A script in a learner's page, opened by a grader who is logged in, reads and posts nothing on the platform."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route
from running import Running
from visitors import Person

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ATTACK = Path(__file__).with_name("attack.html").read_text("utf-8")


@pytest.mark.parametrize("owner", ["lea", "greg"])
def test_a_script_in_a_learners_page_reads_and_posts_nothing(
    person: Callable[..., Person], school: Running, owner: str
) -> None:
    """`owner`: whose server the page lies on: the learner's, or the grader's own with the learner's notebook."""
    greg = person("greg", language="ru")
    page = greg.page
    me = f"{school.platform_url}/api/me"
    page.goto(school.platform_url + "/")
    before = page.evaluate("async url => await (await fetch(url)).json()", me)
    assert before["name"] == "greg"

    attack = ATTACK.replace("PLATFORM", school.platform_url).replace("ORIGIN", school.origin)
    address = f"{school.user_url(owner)}lesson-with-a-script"

    def answer(route: Route) -> None:
        route.fulfill(body=attack, content_type="text/html")

    greg.context.route(address, answer)
    page.goto(address)
    page.wait_for_function("window.seen", timeout=60_000)
    seen = dict(page.evaluate("window.seen"))
    reads = {name: found for name, found in seen.items() if name not in ("simple post", "beacon")}
    assert set(reads.values()) == {"blocked"}, reads

    page.goto(school.platform_url + "/")
    after = page.evaluate("async url => await (await fetch(url)).json()", me)
    assert after == before
    tickets = page.evaluate("async url => await (await fetch(url)).json()", f"{school.platform_url}/api/tickets")
    assert all(ticket["text"] != "forged" for ticket in tickets["tickets"])


def test_a_learners_server_is_closed_to_others(person: Callable[..., Person], school: Running) -> None:
    person("lea").lesson()
    greg = person("greg")
    answer = greg.page.goto(f"{school.user_url('lea')}lab")
    assert answer is not None
    assert answer.status in (403, 404)
