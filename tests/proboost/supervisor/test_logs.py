import os
from pathlib import Path

from proboost.supervisor import logs


def write(folder: Path, text: str) -> None:
    descriptor = logs.open_log(folder, "hub")
    os.write(descriptor, text.encode())
    os.close(descriptor)


def test_a_log_is_appended_to_and_private(tmp_path: Path) -> None:
    write(tmp_path, "one\n")
    write(tmp_path, "two\n")
    assert (tmp_path / "hub.log").read_text() == "one\ntwo\n"
    assert (tmp_path / "hub.log").stat().st_mode & 0o777 == 0o600


def test_a_small_log_is_left(tmp_path: Path) -> None:
    write(tmp_path, "x" * 100)
    assert not logs.rotate(tmp_path, "hub", most=100)


def test_rotation_keeps_three_and_the_writer_goes_on(tmp_path: Path) -> None:
    writer = logs.open_log(tmp_path, "hub")
    for round_ in range(5):
        os.write(writer, f"round {round_} ".encode() * 10)
        assert logs.rotate(tmp_path, "hub", most=50)
    os.write(writer, b"after")
    os.close(writer)
    assert (tmp_path / "hub.log").read_text() == "after"
    assert [(tmp_path / f"hub.log.{n}").read_text()[:7] for n in (1, 2, 3)] == ["round 4", "round 3", "round 2"]
    assert not (tmp_path / "hub.log.4").exists()
    assert (tmp_path / "hub.log.1").stat().st_mode & 0o777 == 0o600


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    write(tmp_path, "".join(f"line {n}\n" for n in range(50)))
    assert logs.tail(tmp_path, "hub", lines=2) == "line 48\nline 49"
    assert logs.tail(tmp_path, "nobody") == ""
