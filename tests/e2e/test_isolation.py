"""From one learner's kernel in the whole running school: every port and socket is tried, every place is looked into."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from exercise import RUN, exercise, write
from playwright.sync_api import Page, expect
from running import Running
from visitors import Person

from proboost.settings import SECRETS

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PROBE = Path(__file__).with_name("probe.txt").read_text("utf-8")


def run(page: Page, program: str) -> None:
    """Runs a program in the learner's kernel, by Run of an exercise, until it says that it is through."""
    box = exercise(page, "hello")
    write(box, program)
    box.get_by_role("button", name=RUN).click()
    expect(box.locator(".pb-output")).to_contain_text("PROBED", timeout=120_000)


def test_a_learner_learns_nothing_of_others(person: Callable[..., Person], school: Running) -> None:
    leo = person("leo", language="en")
    leo.lesson()  # so that there is another learner's server, with a kernel, to be looked for
    expect(exercise(leo.page, "hello").locator(".cm-content")).to_be_visible()
    lea = person("lea", language="en")
    page = lea.lesson()
    conf = school.settings
    places = [
        conf.data,
        conf.homes / "leo",
        conf.secrets_dir,
        conf.hub_dir,
        conf.platform_dir,
        conf.launcher_dir,
        conf.run,
    ]
    places += [Path("/root"), Path(__file__).parents[2] / "notebooks"]
    run(page, PROBE.replace("PLACES", repr([str(place) for place in places])))
    found = json.loads((conf.homes / "lea" / "probe.json").read_text("utf-8"))

    secrets = {name: conf.secret(name) for name in SECRETS}
    for what, said in found["answers"].items():
        for name, secret in secrets.items():
            assert secret not in said, f"{what} tells {name}"
        assert "Leo Learner" not in said, f"{what} tells who else is here"
    # The Hub and the platform are there to be asked, and say 4xx or a page for everybody to who has no token.
    assert found["tokens"] == []
    assert found["environ"] == [], "other processes' variables"
    assert found["sockets"] == [], "unix sockets that answer"
    own = f"{conf.homes}/lea"
    assert [path for path in found["files"] if not path.startswith(own)] == []
    assert found["uid"] >= conf.uid_min
    assert found["root_ways"] == []
