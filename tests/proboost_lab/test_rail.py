from __future__ import annotations

from typing import Any

import pytest

from proboost_kernel.i18n import using
from proboost_lab.rail import date_text, number, of_course

BUNDLE: dict[str, Any] = {
    "course": "demo",
    "lessons": [
        {"id": "one", "title": "One", "open": True, "due": "2026-11-30T23:59:00+03:00"},
        {"id": "two", "title": "Two", "open": True},
        {"id": "three", "title": "Three", "open": False, "why": "After “Two”"},
    ],
}
PROGRESS: dict[str, Any] = {
    "courses": [
        {
            "course": "demo",
            "points": 2.5,
            "max_points": 10,
            "lessons": [
                {"id": "one", "open": True, "state": "done", "points": 2.5, "max_points": 4},
                {"id": "two", "open": True, "state": "new", "points": 0, "max_points": 6},
                {"id": "three", "open": False, "state": "locked", "why": "After “Two”", "points": 0, "max_points": 0},
            ],
        }
    ]
}


def test_where_i_am_what_is_done_and_what_is_closed() -> None:
    with using("ru"):
        rail = of_course(BUNDLE, PROGRESS, "demo", "two", "/user/lea/")
    assert [line.state for line in rail.lines] == ["done", "here", "locked"]
    assert [line.points for line in rail.lines] == ["2,5/4", "0/6", ""]
    assert rail.lines[2].why == "After “Two”"
    assert rail.summary == "25 % · 2,5 из 10 баллов"
    assert rail.before is not None
    assert rail.before.url == "/user/lea/proboost/lesson/demo/one"
    assert rail.after is rail.lines[2]


def test_other_lessons_say_when_they_are_due_where_that_differs_and_still_matters() -> None:
    bundle = {
        **BUNDLE,
        "lessons": [{**row, "due": f"2026-12-0{n}T12:00:00Z"} for n, row in enumerate(BUNDLE["lessons"], 1)],
    }
    bundle["lessons"].append({"id": "four", "title": "Four", "open": True, "due": "2026-12-09T18:00:00Z"})
    with using("en"):
        rail = of_course(bundle, PROGRESS, "demo", "two", "/")
    assert [line.due for line in rail.lines] == ["", "", "", "9 December, 18:00"]
    assert rail.due == "2 December, 12:00"
    assert [line.spoken for line in rail.lines] == ["done", "open now", "closed", "not begun"]


def test_of_what_is_closed_the_next_says_why_and_what_has_a_day_when() -> None:
    more = [{"id": name, "title": name, "open": False, "why": "later"} for name in ("four", "five")]
    more[1]["opens"] = "2026-12-09T18:00:00Z"
    rail = of_course({**BUNDLE, "lessons": [*BUNDLE["lessons"], *more]}, None, "demo", "one", "/")
    assert [(line.id, line.quiet) for line in rail.lines[2:]] == [("three", False), ("four", True), ("five", False)]


def test_without_progress_the_list_is_there_all_the_same() -> None:
    rail = of_course(BUNDLE, None, "demo", "one", "/")
    assert [line.state for line in rail.lines] == ["here", "new", "locked"]
    assert (rail.summary, rail.percent, rail.before) == ("", 0, None)


@pytest.mark.parametrize(("language", "text"), [("en", "30 November, 23:59"), ("ru", "30 ноября, 23:59")])
def test_dates_are_written_out(language: str, text: str) -> None:
    with using(language):
        assert date_text("2026-11-30T23:59:00+03:00") == text
    assert date_text(None) == date_text("soon") == ""


def test_numbers_are_short() -> None:
    with using("en"):
        assert [number(value) for value in (1, 1.5, 0.333333, 10.0)] == ["1", "1.5", "0.33", "10"]
