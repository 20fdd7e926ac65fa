from __future__ import annotations

import os
from pathlib import Path

import pytest

from proboost.launcher.bounds import Bounds
from proboost.launcher.home import MB, Disk, Level, Size, Watch, measure

BOUNDS = Bounds(memory_mb=512, pids=100, cpus=1, home_mb=1000, files=1000, reserve_mb=0)


def watch_at(*sizes: int | Size) -> list[str]:
    """The levels that a home of these sizes (MB) goes through."""
    watch = Watch("/nowhere", BOUNDS)
    levels = []
    for size in sizes:
        watch.size = size if isinstance(size, Size) else Size(size * MB, 1)
        level = watch.decide()
        levels.append(level.name)
        if level >= Level.OVER:
            watch._allowed = watch.used + 0.1  # what `forgive` does, without a folder
    return levels


def test_a_home_below_its_bound_is_free() -> None:
    assert watch_at(0, 500, 1000) == ["FREE"] * 3


def test_above_the_bound_it_is_full_until_there_is_room_again() -> None:
    assert watch_at(1001, 1050, 1000, 990, 980, 990) == ["FULL", "FULL", "FULL", "FULL", "FREE", "FREE"]


def test_growing_on_ends_the_programs_and_at_last_the_server() -> None:
    assert watch_at(1001, 1150, 1200, 1300, 1350, 1500) == ["FULL", "OVER", "FULL", "OVER", "FULL", "STOP"]


def test_a_home_that_was_too_large_from_the_start_is_left_alone_if_it_does_not_grow() -> None:
    assert watch_at(3000, 3000, 3050) == ["FULL"] * 3


def test_the_number_of_files_counts_as_well() -> None:
    assert watch_at(Size(0, 1001), Size(0, 1150), Size(0, 900)) == ["FULL", "OVER", "FREE"]


def test_after_being_free_the_count_begins_anew() -> None:
    assert watch_at(1001, 1150, 1300, 900, 1001, 1150) == ["FULL", "OVER", "OVER", "FREE", "FULL", "OVER"]


def test_measuring_is_rare_while_the_disk_does_not_fill() -> None:
    watch = Watch("/nowhere", BOUNDS)
    disk = Disk(used=10_000 * MB, free=10_000 * MB)
    assert watch.due(disk, 0.0)
    watch.measured(0, disk)
    now = watch._at
    assert not watch.due(disk, now + 1)
    assert not watch.due(Disk(disk.used + 100 * MB, disk.free), now + 1)
    assert watch.due(Disk(disk.used + 600 * MB, disk.free), now + 1)
    assert watch.due(disk, now + 16)
    watch._cost = 1.0  # an expensive home: at most a twentieth of the time
    assert not watch.due(Disk(disk.used + 600 * MB, disk.free), now + 10)
    assert watch.due(Disk(disk.used + 600 * MB, disk.free), now + 21)


def test_measure_counts_blocks_once_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(os.urandom(100_000))
    os.link(tmp_path / "deep" / "er" / "file", tmp_path / "again")
    (tmp_path / "link").symlink_to("/usr")
    (tmp_path / "loop").symlink_to(tmp_path)
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    size = measure(str(tmp_path))
    assert size.files == 7  # names; the bytes of a file with two names count once
    assert 100_000 <= size.bytes < 200_000


def test_measure_gives_up_on_a_flood_and_on_what_vanishes(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / str(number)).touch()
    assert measure(str(tmp_path), enough=10).files >= 10
    assert measure(str(tmp_path / "nowhere")) == Size(0, 0)


@pytest.mark.parametrize("home_mb", [16, 100, 5000])
def test_forgiving_measures_anew(tmp_path: Path, home_mb: int) -> None:
    watch = Watch(str(tmp_path), Bounds(512, 100, 1, home_mb, 1000, 0))
    watch.size = Size(2 * home_mb * MB, 1)
    assert watch.decide() is Level.FULL
    watch.forgive()
    assert watch.decide() is Level.FREE
