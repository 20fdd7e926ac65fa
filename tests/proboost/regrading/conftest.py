"""A school whose key was wrong, on each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest
from regrades import WRONG, Regrading
from school import PROGRAM

from proboost.blobs import Blobs
from proboost.db import Database


@pytest.fixture
def school(sqlite_database: Database, tmp_path: Path) -> Regrading:
    """Anna and Ben answered; what Anna said was right, and the key said that Ben's was."""
    return answered(Regrading(sqlite_database, Blobs(tmp_path / "blobs")))


@pytest.fixture
def either(database: Database, tmp_path: Path) -> Regrading:
    """The same on both kinds of database."""
    return answered(Regrading(database, Blobs(tmp_path / "blobs")))


def answered(school: Regrading) -> Regrading:
    school.publish({"start": [WRONG, PROGRAM]})
    for name, option in (("anna", "four"), ("ben", "five"), ("carl", "three")):
        school.choose(school.enrol(name), option)
    return school
