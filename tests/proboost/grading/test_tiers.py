"""The tier is what was found by trying; below the wanted one nothing is graded; what a lower tier holds back."""

from __future__ import annotations

import os
from typing import Any

import pytest

from proboost.grading import tiers
from proboost.grading.engine import Engine
from proboost.grading.rooms import Rooms, SandboxBroken
from proboost.grading.tiers import Tier

from .attacks import ESCAPES, FORGERIES, LEAKS
from .conftest import ROOT, SECRET, TOTAL, WORKER, NoEngine, Unprivileged, total

# Without namespaces these cannot be held back: the disk of the temporary folder is bounded by file sizes only, and a
# signal to one's own guard ends one's own room.
NOT_IN_C = {
    "fills the disk",
    "fills the disk with files",
    "sees many processes",
    "stops its guard",
    "kills its guard",
    "writes a large file",
}


def test_the_tier_is_found_and_told(own_engine: Engine) -> None:
    assert own_engine.tier.name == "A"
    assert own_engine.grade(total(TOTAL))["tier"] == str(own_engine.tier)


def test_what_is_missing_stands_on_the_finding() -> None:
    assert str(Tier("A", ("landlock",))) == "A (no landlock)"


def test_what_a_machine_lacks_is_said_for_each_tier() -> None:
    said = {name: " ".join(tiers.lacking(tiers.Tier(name))) for name in tiers.TIERS}
    assert "/proc" not in said["A"]
    assert "/proc" in said["B"]
    assert "namespaces" in said["C"]
    assert "Landlock:" in " ".join(tiers.lacking(tiers.Tier("A", ("landlock",))))


def test_where_no_namespace_can_be_made_tier_a_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoEngine):
        Unprivileged("A", shut=True)
    assert "This machine gives no sandbox of tier A or better" in capfd.readouterr().err


def test_a_room_that_is_none_is_not_taken_for_one() -> None:
    """Root without a cage: the probe sees that files of the machine can be read."""
    rooms = Rooms("A", uid=WORKER, preload=(), spare=0)
    try:
        rooms.start()
        secret = __file__
        before, tiers._SECRETS = tiers._SECRETS, (secret, os.__file__)  # the second is visible in every room
        try:
            with pytest.raises(SandboxBroken, match="files"):
                tiers.probe(rooms)
        finally:
            tiers._SECRETS = before
        assert tiers.probe(rooms).name == "A"
    finally:
        rooms.stop()


def test_tier_b_grades(own_engine: Engine) -> None:
    rooms = Rooms("B", uid=WORKER, preload=(), spare=1)
    try:
        rooms.start()
        assert tiers.probe(rooms).name == "B"
    finally:
        rooms.stop()


def test_tier_c_grades(shut_engine: Unprivileged) -> None:
    assert shut_engine.tier.startswith("C")
    assert shut_engine.grade(total(TOTAL))["state"] == "passed"


@pytest.mark.parametrize("name", FORGERIES)
def test_no_point_is_forged_in_tier_c(shut_engine: Unprivileged, name: str) -> None:
    found = shut_engine.grade(total(FORGERIES[name], timeout=1))
    assert found["score"] == 0, found


@pytest.mark.parametrize("name", LEAKS)
def test_no_hidden_test_is_seen_in_tier_c(shut_engine: Unprivileged, name: str) -> None:
    found = shut_engine.grade(total(LEAKS[name]))
    assert not any(secret in str(found) for secret in (SECRET, str(int(SECRET, 16)))), found


@pytest.mark.parametrize("name", sorted(set(ESCAPES) - NOT_IN_C))
def test_nothing_gets_out_of_tier_c(shut_engine: Unprivileged, name: str) -> None:
    code = ESCAPES[name].replace("{root!r}", repr(str(ROOT))).replace("{worker}", str(shut_engine.process.pid))
    row: dict[str, Any] = shut_engine.grade(total(code, timeout=8))["tests"][0]
    assert "case" not in row or row["case"]["got"] == "'held'", row
