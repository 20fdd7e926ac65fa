"""A school on each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest
from school import School

from proboost.blobs import Blobs
from proboost.db import Database


@pytest.fixture
def school(database: Database, tmp_path: Path) -> School:
    """Nothing published, nobody there."""
    return School(database, Blobs(tmp_path / "blobs"))


@pytest.fixture
def sqlite_school(sqlite_database: Database, tmp_path: Path) -> School:
    """The same on SQLite only, for what has nothing to do with the database."""
    return School(sqlite_database, Blobs(tmp_path / "blobs"))
