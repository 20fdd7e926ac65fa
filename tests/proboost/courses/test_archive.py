"""Zips that strangers send: what is no plain folder of bounded size is refused, and nothing is written."""

from __future__ import annotations

import io
import random
import stat
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost.courses import archive
from proboost.courses.archive import BadArchive

NAME = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}\.txt", fullmatch=True)


def made(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return out.getvalue()


@settings(deadline=None)
@given(st.dictionaries(NAME, st.binary(max_size=50), max_size=8))
def test_a_folder_comes_back_and_is_packed_the_same_each_time(files: dict[str, bytes]) -> None:
    packed = archive.pack(files)
    assert packed == archive.pack(dict(reversed(files.items())))
    assert archive.unpack(packed) == files


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "C:/x",
        "a\\b",
        "a/./b",
        "",
        ".git/config",
        "a//b",
        "a\x00b",
        "a\nb",
        " a",
        "a" * 400,
    ],
)
def test_paths_that_lead_outside_or_astray(name: str) -> None:
    entry = zipfile.ZipInfo("x")
    entry.filename = name  # as no well-behaved program would write it
    with pytest.raises(BadArchive):
        archive.unpack(made((entry, b"x")))


def test_links_and_devices() -> None:
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFDIR):
        entry = zipfile.ZipInfo("a")
        entry.external_attr = (kind | 0o777) << 16
        with pytest.raises(BadArchive):
            archive.unpack(made((entry, b"/etc/passwd")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_one_on_some_systems() -> None:
    for first, second in (("a", "a"), ("a", "A"), ("a", "a/b"), ("A", "a/b/c"), ("Straße", "STRASSE")):
        with pytest.raises(BadArchive):
            archive.unpack(made((first, b"1"), (second, b"2")))


def test_bombs_are_given_up_early() -> None:
    before = time.process_time()
    with pytest.raises(BadArchive):
        archive.unpack(made(("a", b"\0" * (archive.MAX_FILE + 1))))
    ten = made(*((f"{n}", b"\0" * (20 * 2**20)) for n in range(10)))
    with pytest.raises(BadArchive):
        archive.unpack(ten)
    with pytest.raises(BadArchive):
        archive.unpack(made(*((f"{n}", b"") for n in range(archive.MAX_FILES + 1))))
    assert time.process_time() - before < 20


def test_a_size_that_lies() -> None:
    packed = bytearray(made(("a", b"\0" * 1000)))
    place = packed.find(b"PK\x01\x02") + 24
    packed[place : place + 4] = (5).to_bytes(4, "little")
    with pytest.raises(BadArchive):
        archive.unpack(bytes(packed))


def test_encrypted_damaged_and_foreign() -> None:
    packed = bytearray(made(("a", b"hello" * 100)))
    locked = bytearray(packed)
    locked[6] |= 1
    locked[packed.find(b"PK\x01\x02") + 8] |= 1
    broken = bytearray(packed)
    broken[40] ^= 0xFF
    for content in (bytes(locked), bytes(broken), b"", b"PK", b"Rar!", bytes(packed[:-30])):
        with pytest.raises(BadArchive):
            archive.unpack(content)


def test_any_damage_is_a_sentence() -> None:
    packed = archive.pack({"a.txt": b"hello" * 50, "b/c.txt": b"x"})
    chance = random.Random(7)
    for _round in range(300):
        damaged = bytearray(packed)
        for _byte in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            found = archive.unpack(bytes(damaged))
        except BadArchive:
            continue
        assert all(archive.safe_path(path) for path in found)
