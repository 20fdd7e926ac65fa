"""Addresses that headers and envelopes can carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost.mail.address import NotAnAddress, domain, parse


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("anna@example.org", "anna@example.org"),
        (" Anna.P+x@Example.ORG ", "Anna.P+x@example.org"),
        ("иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_addresses_are_taken(text: str, wanted: str) -> None:
    assert parse(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "anna", "@x.org", "anna@", "a b@x.org", "a@x.org\nBcc: b@x.org", "a,b@x.org", "<a@x.org>", "a..b@x.org",
     "a@-x.org", "a@x..org", "a@" + "x" * 64 + ".org", "a" * 65 + "@x.org", "a@x.org\0", "a\x85@x.org"],
)  # fmt: skip
def test_others_are_not(text: str) -> None:
    with pytest.raises(NotAnAddress):
        parse(text)


@given(st.text(max_size=80))
def test_what_is_taken_has_one_line_and_one_at(text: str) -> None:
    try:
        address = parse(text)
    except NotAnAddress:
        return
    assert len(address.splitlines()) == 1
    assert address.count("@") == 1


def test_the_domain_of_a_setting() -> None:
    assert domain("ProBoost <support@okocrm.com>") == "okocrm.com"
