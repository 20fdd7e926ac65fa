"""A grader's page and the operator's command over one regrade, while the platform's own thread does the work."""

from __future__ import annotations

import json
import re
import time

import httpx
import pytest
from click.testing import CliRunner
from fakes import Platform
from regrades import Regrading, mended

from proboost.cli.course import course as group


@pytest.fixture
def served(sqlite_platform: Platform) -> Regrading:
    return mended(sqlite_platform)


def answer(client: httpx.Client, path: str, wanted: str) -> str:
    """The page once it says that."""
    end = time.monotonic() + 30
    while wanted not in (text := client.get(path).text):
        assert time.monotonic() < end, text
        time.sleep(0.05)
    return text


def test_a_grader_sees_whose_points_change_and_applies_it(served: Regrading, sqlite_platform: Platform) -> None:
    gerda = sqlite_platform.client("gerda")
    assert "Two and two" in gerda.get("/regrades/python").text
    started = gerda.post("/regrades/python")
    place = re.sub(r"^.*(?=/regrades/)", "", started.headers["Location"])
    text = answer(gerda, place, "Change these points")
    assert "Anna" in text
    assert "0 → 2" in text
    assert served.points("anna") == 0
    assert gerda.post(f"{place}/apply").status_code == 303
    answer(gerda, place, "Whose points changed")
    assert served.points("anna") == 2
    assert "Every answer was found with the key" in gerda.get("/regrades/python").text
    assert "/regrades/python" in gerda.get("/gradebook/python").text
    anna = sqlite_platform.client("anna")
    assert {anna.get("/regrades/python").status_code, anna.get(place).status_code} == {404}


def test_the_operator_asks_twice(served: Regrading, sqlite_platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBOOST_RUN", str(sqlite_platform.settings.run))
    monkeypatch.setenv("PROBOOST_LANG", "en")

    def regrade(*more: str) -> str:
        arguments = ["regrade", "python", "--data", str(sqlite_platform.settings.data), *more]
        result = CliRunner().invoke(group, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    said = regrade()
    assert "anna\tstart#two\t0 → 2 / 2\t+2" in said
    assert "Nothing is changed yet" in said
    assert served.points("anna") == 0
    told = json.loads(regrade("--apply", "--json"))
    assert (told["state"], [row["after"] for row in told["changes"]]) == ("applied", [2])
    assert served.points("anna") == 2
    assert "Nobody's points change." in regrade("--apply", "--exercise", "start#two")
