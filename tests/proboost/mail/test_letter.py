"""Letters: words in both languages, headers that cannot be broken, the same message at every try."""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost.mail.letter import SUBJECT_LENGTH, Letter, compose, markup, one_line, quoted, render, whole

SENDER = "ProBoost <support@okocrm.com>"


def letter(**change: object) -> Letter:
    values: dict[str, object] = {
        "to": "anna@example.org",
        "to_name": "Анна Петрова",
        "subject": "Обращение 42 принято",
        "text": "Здравствуйте!\n\nhttps://school.example/services/proboost/tickets/42\n",
        "message_id": "<t42.ack.0123@okocrm.com>",
        "at": "2026-11-25T12:00:00+00:00",
        "language": "ru",
        "links": "https://school.example/services/proboost",
    }
    return Letter(**values | change)  # type: ignore[arg-type]


def parsed(made: EmailMessage) -> EmailMessage:
    return email.message_from_bytes(made.as_bytes(), policy=policy.default)  # type: ignore[return-value]


def test_the_second_try_is_the_same_message() -> None:
    assert compose(letter(), SENDER).as_bytes() == compose(letter(), SENDER).as_bytes()


def test_a_letter_survives_the_outbox() -> None:
    before = letter(thread=("<a@b>", "<c@d>"))
    assert Letter.of(before.payload() | {"of a later version": 1}) == before


def test_headers_and_parts() -> None:
    got = parsed(compose(letter(thread=("<first@x>", "<second@x>")), SENDER))
    assert got["To"] == "Анна Петрова <anna@example.org>"
    assert got["Subject"] == "Обращение 42 принято"
    assert got["In-Reply-To"] == "<second@x>"
    assert got["References"] == "<first@x> <second@x>"
    assert got["Auto-Submitted"] == "auto-generated"
    text, html = got.get_body(("plain",)), got.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Здравствуйте!" in text.get_content()
    assert '<a href="https://school.example/services/proboost/tickets/42">' in html.get_content()


def test_a_person_s_answer_is_not_marked_automatic() -> None:
    assert "Auto-Submitted" not in compose(letter(automatic=False), SENDER)


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_in_a_name_or_subject_makes_a_header(name: str, subject: str) -> None:
    got = parsed(compose(letter(to_name=name, subject=subject + "\r\nBcc: thief@example.org"), SENDER))
    assert got["Bcc"] is None
    assert [str(a.addr_spec) for a in got["To"].addresses] == ["anna@example.org"]
    assert len(str(got["Subject"])) <= SUBJECT_LENGTH


@given(st.text(max_size=400), st.integers(1, 200))
def test_one_line_is_one_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line.splitlines()) <= 1
    assert len(line) <= limit
    line.encode()


@given(st.text(max_size=400))
def test_html_is_made_of_escaped_text_alone(text: str) -> None:
    html = markup("<script>alert(1)</script> " + whole(text), "https://school.example", "en")
    inside = html.split("<body>", 1)[1]
    assert "<script" not in inside
    assert "<img" not in inside


def test_only_our_own_addresses_become_links() -> None:
    html = markup('https://evil.example/x and https://ours.example/a?b="c"', "https://ours.example", "en")
    assert html.count("<a ") == 1
    assert 'href="https://ours.example/a"' in html


def test_quotation_is_cut() -> None:
    assert quoted("один\n\nдва") == "> один\n>\n> два"
    assert quoted("x" * 100, 10) == "> " + "x" * 10 + " […]"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_template_has_a_subject_and_names_what_matters(language: str) -> None:
    values = {
        "number": 42,
        "name": "Anna",
        "login": "anna",
        "url": "https://x.example/tickets/42",
        "text": "Words\nof hers",
        "phone": "8 800",
        "kind": "problem",
        "beginning": "Words",
        "specialist": "Sam",
        "question": "Why?",
        "resolution": "work",
        "first": True,
    }
    for name in ("acknowledgement", "answer", "closed", "notice"):
        subject, text = render(name, language, **values)
        assert "42" in subject
        assert len(subject.splitlines()) == 1
        assert "https://x.example/tickets/42" in text
        assert "\n\n\n" not in text
