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
