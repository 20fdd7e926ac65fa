import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from proboost.supervisor import leftovers


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "1000"])
    yield process
    process.kill()
    process.wait()


def test_what_was_remembered_is_recalled_while_it_lives(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    book = tmp_path / "programs.json"
    leftovers.remember(book, {"hub": sleeper.pid})
    assert leftovers.recall(book) == {"hub": sleeper.pid}
    sleeper.kill()
    sleeper.wait()
    assert leftovers.recall(book) == {}


def test_a_reused_pid_is_not_taken_for_ours(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    book = tmp_path / "programs.json"
    leftovers.remember(book, {"hub": sleeper.pid})
    start = leftovers.started_at(sleeper.pid)
    book.write_text(book.read_text().replace(str(start), str((start or 0) - 1)))
    assert leftovers.end(book) == []
    assert sleeper.poll() is None


def test_another_boots_book_means_nothing(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    book = tmp_path / "programs.json"
    leftovers.remember(book, {"hub": sleeper.pid})
    book.write_text(book.read_text().replace(leftovers.boot(), "another"))
    assert leftovers.end(book) == []
    assert sleeper.poll() is None


def test_leftovers_are_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    book = tmp_path / "programs.json"
    leftovers.remember(book, {"hub": sleeper.pid})
    assert leftovers.end(book) == ["hub"]
    assert sleeper.wait(5) == -signal.SIGKILL
    assert not book.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"boot": 1}', '{"programs": {"a": 1}}'])
def test_a_broken_book_is_no_book(tmp_path: Path, text: str) -> None:
    book = tmp_path / "programs.json"
    book.write_text(text)
    assert leftovers.recall(book) == {}


def test_children_are_found_by_their_parent(sleeper: subprocess.Popen[bytes]) -> None:
    assert sleeper.pid in leftovers.children(os.getpid())
