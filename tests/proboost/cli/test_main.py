import os
import subprocess
import sys
from pathlib import Path

import pytest
from course_folders import CHOICE, course
from exchange_sources import lay

from proboost.cli import words
from proboost.cli.main import verbs


def proboost(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PROBOOST_", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "proboost", *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "PROBOOST_LANG": "ru"}, "ru"),
    ],
)
def test_the_language_is_the_environments(environment: dict[str, str], language: str) -> None:
    assert words.chosen(environment) == language


@pytest.mark.parametrize(("language", "usage"), [("en", "Usage: proboost"), ("ru", "Вызов: proboost")])
def test_help_is_in_both_languages(language: str, usage: str) -> None:
    shown = proboost("--help", PROBOOST_LANG=language)
    assert shown.returncode == 0
    assert shown.stdout.startswith(usage)
    for name in ("up", "users", "doctor"):
        assert name in shown.stdout


def test_every_verb_has_help_in_russian() -> None:
    for name, verb in verbs().items():
        if not (Path(__file__).parents[3] / (verb.where.partition(":")[0].replace(".", "/") + ".py")).exists():
            continue
        shown = proboost(name, "--help", LANG="ru_RU.UTF-8")
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.startswith(f"Вызов: proboost {name}")
        assert "Показать эту справку" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["nope"], "No such command 'nope'"),
        (["up", "--nope"], "No such option '--nope'"),
        (["up", "--port", "x"], "'x' is not a valid integer"),
        (["up", "--port", "0"], "not in the range"),
        (["course", "schema", "nope"], "is not one of 'course', 'exercise'"),
        (["users", "add"], "Missing argument"),
        (["users", "add", "lea", "--role", "python-start"], "is not COURSE=learner"),
        ([], "Usage:"),
    ],
)
def test_a_wrong_use_is_explained_with_status_2(arguments: list[str], part: str) -> None:
    shown = proboost(*arguments)
    assert shown.returncode == 2
    assert part in shown.stderr
    assert shown.stdout == ""
    assert "Traceback" not in shown.stderr


def test_what_fails_is_a_sentence_with_status_1(tmp_path: Path) -> None:
    shown = proboost("users", "list", "--data", str(tmp_path / "nothing"), LANG="ru_RU.UTF-8")
    assert shown.returncode == 1
    assert "не запущен" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_what_click_says_of_options_is_in_russian_too() -> None:
    assert "[обязательно]" in proboost("course", "import", "--help", PROBOOST_LANG="ru").stdout
    shown = proboost("course", "schema", "nope", PROBOOST_LANG="ru")
    assert "«nope» не подходит; годится одно из: 'course', 'exercise'." in shown.stderr


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    lay(course(["# One", CHOICE]), tmp_path / "demo")
    file = tmp_path / "no" / "q.gift"
    shown = proboost("course", "export", str(tmp_path / "demo"), "--to", "gift", "-o", str(file))
    assert shown.returncode == 1
    assert shown.stderr.splitlines()[-1] == f"Error: {file} cannot be read or written: No such file or directory"


def test_a_setting_that_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "proboost.toml").write_text('memory_mb = "much"\n')
    shown = proboost("up", "--data", str(tmp_path))
    assert shown.returncode == 1
    assert "memory_mb" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_settings_file_that_is_no_toml_is_said(tmp_path: Path) -> None:
    (tmp_path / "proboost.toml").write_text("port 8000")
    shown = proboost("up", "--data", str(tmp_path))
    assert shown.returncode == 1
    assert "proboost.toml" in shown.stderr
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize("setting", ['bind = "0.0.0.0"', 'public_host = "school.example"'])
def test_the_demo_serves_this_machine_only(tmp_path: Path, setting: str) -> None:
    (tmp_path / "proboost.toml").write_text(setting)
    shown = proboost("up", "--demo", "--data", str(tmp_path))
    assert shown.returncode == 2
    assert "this machine only" in shown.stderr


def test_a_missing_package_names_its_extra(tmp_path: Path) -> None:
    """As in a bare install: the package is not there."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['httpx'] = None\n")
    shown = proboost("users", "list", PYTHONPATH=str(tmp_path))
    assert shown.returncode == 1
    assert 'pip install "proboost[hub]"' in shown.stderr
    assert "Traceback" not in shown.stderr


def test_the_help_needs_no_package_at_all(tmp_path: Path) -> None:
    blocked = ("httpx", "babel", "pydantic", "pydantic_settings", "sqlalchemy", "fastapi")
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n")
    assert proboost("--help", PYTHONPATH=str(tmp_path)).returncode == 0
