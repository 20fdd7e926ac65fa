"""Files on their way from a learner's server to the platform: kept first, delivered once, gone from here afterwards."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
from labs import Double, Lab, until

from proboost_lab.platform import Platform
from proboost_lab.relay import GIVE_UP, Relay
from proboost_lab.spool import Spool

ID = "0b1f9c1e-1111-4222-8333-444455556666"


def send(lab: Lab, content: bytes = b"%PDF-1.7", **query: Any) -> httpx.Response:
    given = {"exercise": "demo/welcome#report", "name": "Отчёт.pdf", **query}
    return lab.ask("POST", "proboost/uploads", params=given, content=content)


def outgoing(lab: Lab) -> list[Path]:
    return sorted((lab.home / ".proboost" / "outgoing").glob("*"))


def test_files_are_brought_kept_and_refused(lab: Lab, platform: Double) -> None:
    answer = send(lab)
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "Отчёт.pdf"
    assert answer.json()["size"] == 8
    assert platform.rows("select id, content from upload") == [(answer.json()["id"], b"%PDF-1.7")]
    assert outgoing(lab) == []
    assert send(lab, exercise="nonsense").status_code == 422

    platform.mode(refuse="all")
    refused = send(lab)
    assert (refused.status_code, refused.json()) == (413, {"code": "too-large", "message": "The file is too large."})
    assert outgoing(lab) == []

    platform.mode()
    platform.kill()
    kept = send(lab, b"later", id=ID)
    assert kept.status_code == 202
    assert kept.json()["id"] == ID
    assert [path.name for path in outgoing(lab)] == [ID]
    lab.stop()
    lab.start()
    platform.start()
    until(lambda: not outgoing(lab), what="the file's delivery")
    assert platform.rows(f"select content from upload where id = '{ID}'") == [(b"later",)]


async def test_what_the_platform_breaks_on_each_time_stays_here_as_it_says(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite")
    relay = Relay(Platform("http://127.0.0.1:9", "token"), spool, lambda _event: None, logging.getLogger("test"))
    relay.parcels.keep(ID, b"the only copy")
    body = {"course": "demo", "lesson": "welcome", "notebook": {"cells": []}}
    letters = [
        spool.post("upload", ID, "uploads", {"id": ID}),
        spool.post("submission", "aaaa-0001", "submissions", body),
    ]
    for letter in letters:
        for _ in range(GIVE_UP):
            await relay._failed(letter)
    kept = [spool.letter(letter.id) for letter in letters]
    assert [(one.state, one.body) for one in kept if one] == [("refused", {"id": ID}), ("refused", body)]
    assert relay.parcels.read(ID) == b"the only copy"
    await relay.stop()
    spool.close()
