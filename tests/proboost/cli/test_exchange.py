"""`proboost course import` and `course export`, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from course_folders import CHOICE, course
from exchange_sources import SAMPLES, lay

from proboost.cli.course import course as group

GIFT = "::One::Which? {=a ~b}\n\n::Two::Broken {=a\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROBOOST_LANG", "en")
    Path("a.gift").write_text(GIFT)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, [str(argument) for argument in arguments])


def test_a_report_as_json_is_all_of_stdout() -> None:
    result = run("import", "--from", "gift", "a.gift", "made", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "lessons": 1,
        "exercises": 1,
        "refused": [{"question": "Two", "reason": "A brace of its answers is missing."}],
        "remarks": [],
    }
    assert result.stderr == ""
    assert run("check", "made").exit_code == 0


def test_without_json_everything_is_told_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBOOST_LANG", "ru")
    result = run("import", "--from", "moodle-xml", SAMPLES / "bank.xml", "made")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "Не взято: «Карта». Перетаскивать метки на картинку здесь нельзя." in result.stderr
    assert "Сделана папка made (уроков: 2, заданий: 12)" in result.stderr


def test_what_cannot_be_done_is_one_sentence_and_status_1() -> None:
    Path("full").mkdir()
    Path("full/x").touch()
    Path("none.gift").write_text("Two {=a")
    Path("bomb.xml").write_text('<!DOCTYPE q [<!ENTITY a "b">]><quiz>&a;</quiz>')
    for kind, source, folder in (
        ("gift", "a.gift", "full"),
        ("gift", "none.gift", "made"),
        ("moodle-xml", "bomb.xml", "made"),
        ("nbgrader", "a.gift", "made"),
    ):
        result = run("import", "--from", kind, source, folder)
        assert result.exit_code == 1, (kind, result.output)
        assert not Path("made").exists()
    assert run("import", "--from", "word", "a.gift", "made").exit_code == 2
    assert run("import", "--from", "gift", "gone.gift", "made").exit_code == 2


def test_pages_and_questions_of_a_folder() -> None:
    lay(course(["# One", CHOICE, "%%exercise o\nkind: order\nlines: [x, y]"]), Path("mine"))
    result = run("export", "mine", "--to", "html", "-o", "pages")
    assert result.exit_code == 0, result.output
    assert {path.name for path in Path("pages").iterdir()} == {"index.html", "01-part1.html"}
    assert run("export", "mine", "--to", "html", "-o", "pages").exit_code == 1
    assert run("export", "mine", "--to", "html").exit_code == 2
    result = run("export", "mine", "--to", "gift")
    assert result.exit_code == 0
    assert result.stdout.startswith("$CATEGORY: One\n\n// [id:pick]")
    assert "part1#o" in result.stderr
    assert run("export", "mine", "--to", "gift", "-o", "q.gift").exit_code == 0
    assert run("import", "--from", "gift", "q.gift", "again").exit_code == 0


def test_a_course_that_is_not_there_or_not_sound() -> None:
    assert run("export", "Not A Course", "--to", "gift").exit_code == 1
    lay({"course.yml": b"title: x\nlessons: [gone.ipynb]"}, Path("broken"))
    for kind in ("html", "gift"):
        result = run("export", "broken", "--to", kind, "-o", "out")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert "gone.ipynb" in result.stderr
        assert not Path("out").exists()
