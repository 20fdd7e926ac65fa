"""Blobs: named by content, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from proboost.blobs import Blobs
from proboost.errors import NotFound


def test_the_same_content_is_one_blob(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    name = blobs.put("Ёлка".encode())
    assert blobs.put("Ёлка".encode()) == name
    assert blobs.get(name) == "Ёлка".encode()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_missing_blob_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Blobs(tmp_path).get("0" * 64)


def test_a_damaged_blob_is_never_handed_out(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    name = blobs.put(b"whole")
    blobs.path(name).write_bytes(b"half")
    with pytest.raises(ValueError, match="damaged"):
        blobs.get(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "G" * 64, "a" * 63, "A" * 64])
def test_a_name_that_is_no_hash_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        Blobs(tmp_path).get(name)
