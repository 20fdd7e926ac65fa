"""`proboost export grades` on a whole running installation: files, stdout, languages, what cannot be done."""

from __future__ import annotations

import csv
import io
import json
import secrets
from pathlib import Path

import pytest
from openpyxl import load_workbook
from running import Running

FORMULA = '=HYPERLINK("x")'


@pytest.fixture
def learner(platform: Running) -> str:
    name = f"x-{secrets.token_hex(4)}"
    added = platform.cli("users", "add", name, "--display-name", FORMULA, "--role", "python-start=learner")
    assert added.returncode == 0, added.stderr
    return name


def test_the_three_formats(platform: Running, learner: str, tmp_path: Path) -> None:
    text = platform.cli("export", "grades", "python-start", language="ru")
    assert text.returncode == 0, text.stderr
    rows = {row["Логин"]: row for row in csv.DictReader(io.StringIO(text.stdout.removeprefix("\ufeff")))}
    assert rows[learner]["Учащийся"] == "'" + FORMULA
    assert rows[learner]["Баллы"] == "0"

    file = tmp_path / "grades.xlsx"
    done = platform.cli("export", "grades", "python-start", "--format", "xlsx", "-o", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    names = [row[0].value for row in load_workbook(file)["Grades"].iter_rows(min_row=2)]
    assert FORMULA in names

    found = json.loads(platform.cli("export", "grades", "python-start", "--format", "json").stdout)
    assert learner in {one["name"] for one in found["learners"]}


def test_what_cannot_be_done_is_said(platform: Running, tmp_path: Path) -> None:
    missing = platform.cli("export", "grades", "no-such-course")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "There is no course “no-such-course” here." in missing.stderr
    no_folder = platform.cli("export", "grades", "python-start", "-o", str(tmp_path / "no" / "file.csv"))
    assert no_folder.returncode == 1
    assert "cannot be written" in no_folder.stderr
    assert platform.cli("export", "grades", "python-start", "--format", "pdf").returncode == 2
