"""Worked examples of the rules of points, and what must hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost.courses.policy import Late, Policy
from proboost.progress import rules
from proboost.progress.rules import Charged

DUE = datetime(2026, 11, 30, 21, 0, tzinfo=UTC)
WEEK = Policy(late=Late(0.1, timedelta(days=7)))


@pytest.mark.parametrize(
    ("after", "factor", "days"),
    [
        (timedelta(0), 1.0, 0),
        (timedelta(seconds=1), 0.9, 1),
        (timedelta(days=1), 0.9, 1),
        (timedelta(days=1, seconds=1), 0.8, 2),
        (timedelta(days=7), 0.3, 7),
    ],
)
def test_each_day_begun_costs_a_tenth(after: timedelta, factor: float, days: int) -> None:
    late = rules.lateness(WEEK, DUE, DUE + after)
    assert (late.factor, late.days, late.refused) == (factor, days, False)


def test_nothing_is_taken_after_the_rules_end_or_without_a_rule() -> None:
    assert rules.lateness(WEEK, DUE, DUE + timedelta(days=7, seconds=1)).refused
    assert rules.lateness(Policy(), DUE, DUE + timedelta(seconds=1)).refused
    assert not rules.lateness(Policy(), None, DUE).refused
    assert rules.closes(WEEK, DUE) == DUE + timedelta(days=7)
    assert rules.closes(Policy(), DUE) == DUE
    assert rules.closes(Policy(late=Late(0.05)), DUE) is None


def test_points_never_go_below_zero_by_lateness() -> None:
    assert rules.lateness(Policy(late=Late(0.3)), DUE, DUE + timedelta(days=30)).factor == 0


CHOICE = {"kind": "choice", "penalty": None, "attempts": None}
CODE = {"kind": "code", "penalty": None, "attempts": None}


@pytest.mark.parametrize(
    ("policy", "part", "factors"),
    [
        (Policy(), CHOICE, [1, 0.5, 0.25, 0, 0]),
        (Policy(), CODE, [1, 1, 1]),
        (Policy(penalty=(1.0, 0.7, 0.5)), CODE, [1, 0.7, 0.5, 0.5]),
        (Policy(penalty=(1.0, 0.7, 0.5)), CHOICE, [1, 0.7, 0.5, 0.5]),
        (Policy(penalty=(1.0, 0.7)), {**CHOICE, "penalty": [1, 0.9]}, [1, 0.9, 0.9]),
    ],
)
def test_the_exercises_penalty_then_the_courses_then_the_kinds(policy: Policy, part: dict, factors: list) -> None:
    assert [rules.penalty(policy, part, nth) for nth in range(1, len(factors) + 1)] == factors


def test_the_exercises_own_limit_comes_first() -> None:
    assert rules.limit(Policy(attempts=3), {**CODE, "attempts": 5}) == 5
    assert rules.limit(Policy(attempts=3), CODE) == 3
    assert rules.limit(Policy(), CODE) is None


def test_the_best_attempt_counts_after_its_factor() -> None:
    tries = [Charged(1, 0.6, 1.0), Charged(2, 1.0, 0.5), Charged(3, None, 0.25)]
    best = rules.outcome("best", tries)
    assert (best.attempt_id, best.share, best.state) == (1, 0.6, "passed")  # solved, though the first one earned more
    last = rules.outcome("last", tries)
    assert (last.attempt_id, last.share, last.state) == (2, 0.5, "passed")


def test_the_earliest_of_equals_counts() -> None:
    assert rules.outcome("best", [Charged(1, 0.5, 1.0), Charged(2, 1.0, 0.5), Charged(3, 1.0, 0.5)]).attempt_id == 2
    assert rules.outcome("best", [Charged(1, 1.0, 1.0), Charged(2, 1.0, 1.0)]).attempt_id == 1


def test_solved_for_nothing_is_still_solved() -> None:
    found = rules.outcome("best", [Charged(1, 0.0, 1.0), Charged(2, 1.0, 0.0)])
    assert (found.state, found.share, found.attempt_id) == ("passed", 0.0, 2)


def test_without_a_finding_it_is_pending_or_an_error() -> None:
    assert rules.outcome("best", [Charged(1, None, 1.0)]).state == "pending"
    assert rules.outcome("best", [], errors=True).state == "error"


def test_a_claim_counts_only_inside_an_outage_and_soon_after_it() -> None:
    away = [(DUE - timedelta(minutes=10), DUE + timedelta(minutes=10))]
    claim = DUE - timedelta(minutes=1)
    assert rules.counted_at(DUE + timedelta(minutes=11), claim, away) == (claim, True)
    before = DUE - timedelta(minutes=20)
    received = DUE + timedelta(minutes=11)
    assert rules.counted_at(received, before, away) == (received, False)
    much_later = DUE + timedelta(days=2)
    assert rules.counted_at(much_later, claim, away) == (much_later, False)
    assert rules.counted_at(received, claim, []) == (received, False)
    assert rules.counted_at(claim, received, away) == (claim, False)  # a claim from the future is none


tries = st.lists(
    st.builds(
        Charged,
        st.integers(1, 10**6),
        st.none() | st.floats(0, 1, allow_nan=False),
        st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(tries, st.builds(Charged, st.just(10**7), st.floats(0, 1, allow_nan=False), st.floats(0, 1, allow_nan=False)))
def test_one_more_attempt_never_lowers_the_best(earlier: list[Charged], more: Charged) -> None:
    before, after = rules.outcome("best", earlier), rules.outcome("best", [*earlier, more])
    assert after.share >= before.share
    assert 0 <= after.share <= 1
