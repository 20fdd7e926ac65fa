"""A school with a grader and learners whose names try to break spreadsheets and pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import Platform
from school import School

from proboost.blobs import Blobs
from proboost.db import Database

NAMES = {
    "anna": "Анна Белова",
    "formula": '=HYPERLINK("x")',
    "ivan": 'Иванов, Иван; "мл."',
    "script": "<script>alert(1)</script> & Co",
}


def filled(made: School) -> School:
    """Anna has solved everything, the formula half, Ivan is being checked, the script has not begun."""
    made.publish(title="Python с нуля", language="ru")
    for name, shown in NAMES.items():
        made.enrol(name, display_name=shown, email=f"{name}@example.org")
    made.enrol("gerda", role="grader")
    made.enrol("author", role="author")
    made.person("admin", is_admin=True)
    made.person("stranger")
    anna, formula, ivan = (made.person(name) for name in ("anna", "formula", "ivan"))
    made.choose(anna, "four")
    made.settle(made.program(anna)["attempt"], score=1.0)
    made.choose(formula, "three")
    made.choose(formula, "four")
    found = made.program(formula, "print('</pre><script>alert(2)</script>')")
    made.settle(
        found["attempt"],
        score=1 / 3,
        engine="grader/1",
        tier="A",
        isolated=False,
        tests=[
            {"name": "a small list", "passed": True, "hidden": False, "message": ""},
            {"name": "a secret list", "passed": False, "hidden": True, "message": ""},
        ],
    )
    made.program(ivan)
    return made


@pytest.fixture
def school(database: Database, tmp_path: Path) -> School:
    return filled(School(database, Blobs(tmp_path / "blobs")))


@pytest.fixture
def served(sqlite_platform: Platform) -> School:
    """The same, behind `sqlite_platform`."""
    return filled(School(sqlite_platform.database, Blobs(sqlite_platform.settings.blobs_dir)))
