"""Words: the reader's language, Russian plurals, numbers and dates as each language writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from proboost import clock, i18n


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de, en;q=0.5, ru;q=0.7", "ru"),
        ("fr", "en"),
        ("ru;q=nonsense", "en"),
        ("EN-us;q=0.9, RU;q=0.95", "ru"),
    ],
)
def test_the_best_language_that_we_have(header: str, language: str) -> None:
    assert i18n.accepted(header) == language


def test_one_request_does_not_change_anothers_language() -> None:
    with i18n.using("ru"):
        assert i18n.language() == "ru"
        with i18n.using("en"):
            assert i18n.language() == "en"
        assert i18n.language() == "ru"


@pytest.mark.parametrize(
    ("value", "russian", "english"),
    [(1, "1 балл", "1 point"), (2, "2 балла", "2 points"),
     (5, "5 баллов", "5 points"), (1.5, "1,5 балла", "1.5 points"),
     (21, "21 балл", "21 points"), (0, "0 баллов", "0 points")],
)  # fmt: skip
def test_points_in_both_languages(value: float, russian: str, english: str) -> None:
    with i18n.using("ru"):
        assert i18n.points(value).replace(i18n.NBSP, " ") == russian
    with i18n.using("en"):
        assert i18n.points(value).replace(i18n.NBSP, " ") == english


def test_dates_in_the_readers_time_zone() -> None:
    at = datetime(2026, 11, 30, 20, 59, tzinfo=UTC)
    with clock.fixed(at):
        with i18n.using("ru"):
            assert i18n.datetime_text(at, "Europe/Moscow").replace(i18n.NBSP, " ") == "30 ноября, 23:59"
        with i18n.using("en"):
            assert i18n.datetime_text(at).replace(i18n.NBSP, " ") == "30 November, 20:59 UTC"
            assert i18n.date_text(at.replace(year=2025)).replace(i18n.NBSP, " ") == "30 November 2025"


def test_a_zone_that_does_not_exist_is_utc() -> None:
    assert str(i18n.zone("Mars/Olympus")) == "UTC"
