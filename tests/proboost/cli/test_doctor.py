import json
from pathlib import Path

import pytest

from proboost.cli.doctor import Found, line, look
from proboost.settings import Settings


def test_this_machine_can_serve(tmp_path: Path) -> None:
    found = list(look(Settings(data=tmp_path)))
    assert [item.name for item in found if item.needed and not item.ok] == []
    for item in found:
        assert item.ok or item.follows


def test_json_is_one_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from proboost.cli.main import run

    assert run(["doctor", "--json", "--data", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"name", "ok", "detail", "follows", "needed"} == set(found[0])


def test_a_line_says_what_follows_only_when_something_is_missing() -> None:
    assert line(Found("disk", True, "", "bad things")) == "✓ disk"
    assert line(Found("disk", False, "full", "bad things")) == "✗ disk: full\n  bad things"
