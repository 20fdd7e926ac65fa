"""A real learner's server with our extension, and a small real platform beside it; both end with the test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from labs import LESSON, Double, Lab


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Double]:
    folder = tmp_path / "platform"
    (folder / "course").mkdir(parents=True)
    double = Double(folder)
    double.lesson("01-welcome.ipynb", LESSON["cells"])
    double.lesson("02-loops.ipynb", LESSON["cells"][:2])
    double.start()
    yield double
    double.kill()


@pytest.fixture
def make_lab(tmp_path: Path, platform: Double) -> Iterator[Callable[..., Lab]]:
    made: list[Lab] = []

    def make(**env: str) -> Lab:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        lab = Lab(home, Path(tempfile.mkdtemp(prefix="pb-", dir="/tmp")), platform, env=env)
        made.append(lab)
        lab.start()
        return lab

    yield make
    for lab in made:
        lab.stop()
        shutil.rmtree(lab.runtime, ignore_errors=True)


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Lab:
    return make_lab()
