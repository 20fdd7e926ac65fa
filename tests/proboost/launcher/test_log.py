from __future__ import annotations

import os
from pathlib import Path

from proboost.launcher.log import SIZE, Log


def test_lines_go_to_the_file_and_the_end_is_seen(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "lea.log"))
    writing = os.dup(log.writing)
    log.only_read()
    assert log.copy() is None
    os.write(writing, b"a line\n")
    assert log.copy() == 7
    os.close(writing)
    assert log.copy() == 0
    log.close()
    assert (tmp_path / "lea.log").read_bytes() == b"a line\n"


def test_a_flood_keeps_the_last_two_pieces(tmp_path: Path) -> None:
    """In a fork: the log takes standard output and error along to its new file."""
    child = os.fork()
    if child == 0:
        log = Log(str(tmp_path / "lea.log"))
        os.dup2(log.file, 1)
        os.dup2(log.file, 2)
        for _again in range(3 * SIZE // 10_000):
            os.write(log.writing, b"x" * 10_000)
            log.copy()
        os.write(1, b"own line")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lea.log", "lea.log.1"]
    assert (tmp_path / "lea.log").stat().st_size <= SIZE
    assert (tmp_path / "lea.log.1").stat().st_size <= SIZE + (1 << 14)
    assert (tmp_path / "lea.log").read_bytes().endswith(b"own line")
