import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config import passwords
from proboost.i18n import using

KEY = "k" * 64
HASH = b"$2b$12$hash"
COMMON = frozenset({"password1", "qwertyuiop"})


def test_a_good_password_has_no_problem() -> None:
    assert passwords.problem("demo-demo", "lea", COMMON) is None


@pytest.mark.parametrize(
    ("password", "part"),
    [("short", "at least 8"), ("qwertyuiop", "easy to guess"), ("QwertyUIOP", "easy"), ("д" * 40, "too long")],
)
def test_a_bad_password_is_explained(password: str, part: str) -> None:
    with using("en"):
        assert part in str(passwords.problem(password, "lea", COMMON))


def test_the_own_name_is_no_password() -> None:
    assert passwords.problem("leo-learner", "leo-learner", COMMON) is not None


def test_a_link_holds_for_three_days() -> None:
    token = passwords.make_link("lea", HASH, KEY, now=1000)
    assert passwords.name_in(token) == "lea"
    assert passwords.holds(token, HASH, KEY, now=1000 + 3 * 24 * 3600 - 1)
    assert not passwords.holds(token, HASH, KEY, now=1000 + 3 * 24 * 3600)


def test_a_link_dies_with_the_password_it_was_made_for() -> None:
    token = passwords.make_link("lea", HASH, KEY, now=1000)
    assert not passwords.holds(token, HASH + b"x", KEY, now=1001)


def test_another_key_makes_no_link() -> None:
    assert not passwords.holds(passwords.make_link("lea", HASH, "other", now=0), HASH, KEY, now=1)


def test_a_link_of_one_is_none_for_another() -> None:
    mine, theirs = (passwords.make_link(name, HASH, KEY, now=0) for name in ("lea", "leo"))
    mixed = theirs.partition(".")[0] + "." + mine.partition(".")[2]
    assert not passwords.holds(mixed, HASH, KEY, now=1)


@given(st.text(max_size=60))
def test_whatever_comes_is_refused_quietly(token: str) -> None:
    passwords.name_in(token)
    assert not passwords.holds(token, HASH, KEY, now=0)
