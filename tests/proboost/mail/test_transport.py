"""Mail leaves: into a folder, or to a real SMTP server on loopback that refuses, stalls and hangs up."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from proboost.mail.letter import Letter, compose
from proboost.mail.transport import Folder, NotSent, Refused, Smtp


def message(to: str = "anna@example.org", id_: str = "<t1.ack.00@okocrm.com>") -> Any:
    letter = Letter(
        to=to, to_name="Анна", subject="Привет", text="Текст\n", message_id=id_, at="2026-11-25T12:00:00+00:00"
    )
    return compose(letter, "ProBoost <support@okocrm.com>")


class Script:
    """An SMTP server's answers, by recipient."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.tries = 0

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.tries += 1
        if address.startswith("grey") and self.tries < 3:
            return "451 4.7.1 come again"
        if address.startswith("dead"):
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(email.message_from_bytes(envelope.content, policy=policy.default))
        if envelope.rcpt_tos[0].startswith("drop") and len(self.taken) == 1:
            server.transport.abort()
        if envelope.rcpt_tos[0].startswith("full"):
            return "452 4.3.1 no room"
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 not wanted"
        return "250 OK"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def smtp(script: Script) -> Iterator[Smtp]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(script, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Smtp(f"smtp://127.0.0.1:{port}", timeout=5)
    finally:
        controller.stop()


def test_a_message_is_delivered(smtp: Smtp, script: Script) -> None:
    smtp.send(message())
    assert script.taken[0]["Subject"] == "Привет"
    assert script.taken[0]["Message-ID"] == "<t1.ack.00@okocrm.com>"


def test_a_greylisted_one_goes_through_later(smtp: Smtp, script: Script) -> None:
    for _ in range(2):
        with pytest.raises(NotSent) as caught:
            smtp.send(message("grey@example.org"))
        assert not isinstance(caught.value, Refused)
    smtp.send(message("grey@example.org"))
    assert len(script.taken) == 1


@pytest.mark.parametrize("to", ["dead@example.org", "spam@example.org"])
def test_what_is_refused_for_good_says_so(smtp: Smtp, to: str) -> None:
    with pytest.raises(Refused, match=r"55\d"):
        smtp.send(message(to))


def test_a_full_server_may_be_asked_again(smtp: Smtp) -> None:
    with pytest.raises(NotSent) as caught:
        smtp.send(message("full@example.org"))
    assert not isinstance(caught.value, Refused)


def test_after_a_drop_past_data_the_second_try_is_known_as_the_same_mail(smtp: Smtp, script: Script) -> None:
    with pytest.raises(NotSent):
        smtp.send(message("drop@example.org"))
    smtp.send(message("drop@example.org"))
    first, second = script.taken
    assert first.as_bytes() == second.as_bytes()


def test_nobody_listening_is_no_refusal() -> None:
    with pytest.raises(NotSent) as caught:
        Smtp("smtp://127.0.0.1:1", timeout=2).send(message())
    assert not isinstance(caught.value, Refused)


def test_the_folder_keeps_one_file_a_message(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "mail")
    folder.send(message())
    folder.send(message())
    folder.send(message(id_="<t2.ack.00@okocrm.com>"))
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    got = email.message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert got["To"] == "Анна <anna@example.org>"


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotSent):
        Folder(tmp_path / "file" / "mail").send(message())
