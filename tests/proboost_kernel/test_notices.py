from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from proboost_kernel import i18n
from proboost_kernel.notices import Teller, load_ipython_extension, sentence


def write(path: Path, **what: Any) -> None:
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(json.dumps(what))
    if path.stat().st_mtime_ns == before:  # written twice within one tick of the file system's clock
        os.utime(path, ns=(before + 1, before + 1))


def home(level: str = "full") -> dict[str, Any]:
    return {"level": level, "used_mb": 50, "limit_mb": 48, "at": time.time()}


def test_each_thing_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notice.json"
    teller = Teller(path)
    teller()
    write(path)
    teller()
    assert capsys.readouterr().err == ""
    write(path, home=home())
    teller()
    teller()
    assert capsys.readouterr().err == (
        "Your folder is full: 50 of 48 MiB. Programs cannot write more until you delete what you do not need.\n"
    )
    write(path, home=home("over"))
    teller()
    assert capsys.readouterr().err.startswith("Your programs were ended: your folder")


def test_old_news_and_what_is_not_a_notice_are_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notice.json"
    teller = Teller(path)
    write(path, home={**home(), "at": time.time() - 10_000_000})
    teller()
    for text in (
        "[]",
        "{",
        '{"home": 1}',
        '{"home": {}}',
        '{"new": {"level": "x", "used_mb": 1, "limit_mb": 1, "at": 9e12}}',
    ):
        path.write_text(text)
        teller()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("what", ["home", "memory", "disk"])
@pytest.mark.parametrize("level", ["full", "over", "stop"])
def test_there_is_a_sentence_for_everything(what: str, level: str) -> None:
    for language in i18n.LANGUAGES:
        with i18n.using(language):
            assert "{" not in sentence(what, home(level))
            assert sentence(what, home(level))


def test_without_a_launcher_nothing_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBOOST_NOTICES", raising=False)
    load_ipython_extension(object())
