"""The wheel: all that the product needs is in it, nothing that it must not carry; what is installed from it works."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDED = (
    "hub_config/chp/bin/chp.mjs",
    "hub_config/templates/login.html",
    "proboost/migrations/versions/0001_the_tables_of_the_spine.py",
    "proboost/notebooks/python-start/course.yml",
    "proboost/web/locale/ru/LC_MESSAGES/proboost.mo",
    "proboost/web/static/built/tokens.css",
    "proboost/web/templates/base.html",
    "proboost_kernel/locale/ru/LC_MESSAGES/proboost_kernel.mo",
    "proboost_kernel/widgets/static/exercise.js",
    "proboost_lab/server_config.py",
    "proboost_lab/static/lesson.js",
    "proboost_lab/templates/lesson.html",
    "share/jupyter/labextensions/proboost-lab/package.json",
    "share/jupyter/voila/templates/proboost/index.html.j2",
    "etc/jupyter/jupyter_server_config.d/proboost_lab.json",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


def test_it_holds_what_the_product_needs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in NEEDED:
        assert any(name.endswith(needed) for name in names), needed
    unwanted = [
        name
        for name in names
        if "node_modules" in name
        or name.startswith("tests/")
        or "__pycache__" in name
        or name.endswith((".ts", ".tsx"))
    ]
    assert unwanted == []


def test_what_is_installed_from_it_works(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "PROBOOST_LANG": "en"}
    environment.pop("PROBOOST_DATA", None)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    where = run(
        "-c", "import proboost, hub_config, proboost_lab, proboost_kernel as k; print(proboost.__file__, k.__file__)"
    )
    assert where.count(str(site)) == 2
    course = site / "proboost" / "notebooks" / "python-start"
    run("-m", "proboost", "course", "check", str(course))
    run("-m", "proboost", "course", "build", str(course), "-o", str(tmp_path / "out"))
    assert (tmp_path / "out" / "release.json").exists()
    assert run("-m", "proboost.app", "openapi").startswith("{")
