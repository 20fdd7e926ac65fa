"""The rule for names, and names made of people's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost.people.names import fits, suggest


@pytest.mark.parametrize("name", ["a", "lea", "anna-p", "x9", "a" * 31])
def test_names_that_fit(name: str) -> None:
    assert fits(name)


@pytest.mark.parametrize(
    "name", ["", "9a", "Lea", "lea-", "l--a", "-lea", "a" * 32, "лея", "le a", "lea\n", "lea.x", "lea_x"]
)
def test_names_that_do_not(name: str) -> None:
    assert not fits(name)


def test_suggestions() -> None:
    assert suggest("Пётр Жуков", set()) == "petr-zhukov"
    assert suggest("Щербакова-Юдина, Ия", set()) == "shcherbakova-yudina-iya"
    assert suggest("Anna P.", {"anna-p", "anna-p-2"}) == "anna-p-3"
    assert suggest("123", set()) == ""
    assert suggest("李", set()) == ""


@given(st.text(max_size=200))
def test_every_suggestion_fits(person: str) -> None:
    name = suggest(person, {"a"})
    assert name == "" or fits(name)
