from __future__ import annotations

from typing import Any

from proboost_lab.spool import Draft, Letter
from proboost_lab.state import merged


def letter(id_: str, state: str, answer: dict[str, Any] | None = None, exercise: str = "e") -> Letter:
    return Letter(id_, "attempt", f"c/l#{exercise}", "POST", "attempts", {"response": {"n": id_}}, state, answer, 0, "")


FOUND = {
    "course": "c",
    "lesson": "l",
    "exercises": {"e": {"draft": None, "verdict": {"attempt": "1", "state": "failed"}}},
}


def test_the_platforms_word_stands_where_nothing_waits() -> None:
    assert merged(FOUND, [letter("1", "done", {"state": "failed"})], [])["exercises"] == FOUND["exercises"]


def test_what_waits_is_shown_as_saved_and_what_is_looked_for_as_pending() -> None:
    found = merged(FOUND, [letter("2", "waiting"), letter("3", "sent", {"state": "pending"}, "f")], [])["exercises"]
    assert (found["e"]["verdict"]["state"], found["e"]["verdict"]["attempt"]) == ("saved", "2")
    assert found["e"]["answer"] == {"n": "2"}
    assert found["f"]["verdict"] == {"state": "pending", "attempt": "3"}
    assert found["f"]["hints_open"] == 0
    assert FOUND["exercises"]["e"]["verdict"]["state"] == "failed"  # the answer itself is not changed


def test_a_refusal_is_shown_with_its_reason() -> None:
    refusal = {"state": "refused", "message": "too late"}
    assert merged(FOUND, [letter("2", "refused", refusal)], [])["exercises"]["e"]["verdict"]["message"] == "too late"


def test_while_the_platform_is_away_the_last_verdict_here_counts() -> None:
    stale = {**FOUND, "stale": True}
    found = merged(stale, [letter("2", "done", {"attempt": "2", "state": "passed"})], [])
    assert found["exercises"]["e"]["verdict"]["state"] == "passed"


def test_a_draft_that_waits_is_newer_than_the_platforms() -> None:
    draft = Draft("c/l#e", "drafts/c/l/e", {"response": {"code": "x"}, "base": 3}, True, 1, "2026-11-25T10:00:00Z")
    here = merged(FOUND, [], [draft])["exercises"]["e"]["draft"]
    assert (here["response"], here["revision"], here["where"]) == ({"code": "x"}, 3, "here")
