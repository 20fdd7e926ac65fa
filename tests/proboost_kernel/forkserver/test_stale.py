"""What an import would give today, and what a warm parent would give: when they differ, the parent is stale."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from proboost_kernel.forkserver.stale import Fingerprint


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder of packages on the path, with one that is imported."""
    folder = tmp_path / "site-packages"
    (folder / "stale_one").mkdir(parents=True)
    (folder / "stale_one" / "__init__.py").write_text("from stale_one import inner\n")
    (folder / "stale_one" / "inner.py").write_text("version = 1\n")
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    importlib.import_module("stale_one")
    age(folder)
    yield folder
    sys.path.remove(str(folder))
    for name in ("stale_one", "stale_one.inner"):
        sys.modules.pop(name, None)


def age(folder: Path) -> None:
    """As if the folder had not been touched for a while."""
    long_ago = time.time() - 60
    os.utime(folder, (long_ago, long_ago))


def test_nothing_changed(site: Path) -> None:
    fingerprint = Fingerprint(str(site.parent / "mine"))
    assert fingerprint.changed() == ""
    assert fingerprint.changed() == ""


def test_a_new_version_is_seen(site: Path) -> None:
    fingerprint = Fingerprint()
    (site / "stale_one" / "inner.py").write_text("version = 22\n")
    (site / "stale_one-22.dist-info").mkdir()
    assert fingerprint.changed().endswith("inner.py")


def test_one_that_is_gone_is_seen(site: Path) -> None:
    fingerprint = Fingerprint()
    (site / "stale_one" / "inner.py").unlink()
    (site / "other").mkdir()
    assert fingerprint.changed().endswith("inner.py")


def test_an_unrelated_install_is_not_a_reason(site: Path) -> None:
    fingerprint = Fingerprint()
    (site / "unrelated").mkdir()
    assert fingerprint.changed() == ""
    age(site)
    assert fingerprint.changed() == ""
    (site / "stale_one" / "inner.py").write_text("version = 22\n")
    (site / "stale_one-22.dist-info").mkdir()
    assert fingerprint.changed().endswith("inner.py")


def test_a_change_in_the_moment_of_the_look_is_seen(site: Path) -> None:
    """File times are coarse: the folder's may be the same after a change as before."""
    now = site.stat()
    (site / "fresh").mkdir()
    fresh = site.stat().st_mtime_ns
    fingerprint = Fingerprint()
    (site / "stale_one" / "inner.py").write_text("version = 22\n")
    os.utime(site, ns=(now.st_atime_ns, fresh))
    assert fingerprint.changed().endswith("inner.py")


def test_what_goes_before_on_the_path_is_seen(site: Path) -> None:
    mine = site.parent / "mine"
    fingerprint = Fingerprint(str(mine))
    mine.mkdir()
    assert fingerprint.changed() == ""
    (mine / "unrelated.py").write_text("")
    (mine / "stale_one-3.dist-info").mkdir()
    assert fingerprint.changed() == ""
    (mine / "stale_one").mkdir()
    assert fingerprint.changed() == str(mine / "stale_one")


def test_a_new_link_to_packages_is_seen(site: Path) -> None:
    fingerprint = Fingerprint()
    (site / "editable.pth").write_text("/somewhere\n")
    assert fingerprint.changed().endswith("*.pth")


def test_a_file_that_lies_in_no_folder_of_packages_is_looked_at_itself(site: Path, tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    (loose / "stale_loose.py").write_text("version = 1\n")
    sys.path.append(str(loose))
    try:
        importlib.import_module("stale_loose")
        fingerprint = Fingerprint()
        assert fingerprint.changed() == ""
        (loose / "stale_loose.py").write_text("version = 22\n")
        assert fingerprint.changed().endswith("stale_loose.py")
    finally:
        sys.path.remove(str(loose))
        sys.modules.pop("stale_loose")


def test_a_folder_that_was_not_there_is_searched_when_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = tmp_path / "late"
    monkeypatch.syspath_prepend(str(late))
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("stale_late")
    fingerprint = Fingerprint()
    late.mkdir()
    (late / "stale_late.py").write_text("here = True\n")
    assert fingerprint.changed() == ""
    try:
        assert importlib.import_module("stale_late").here
    finally:
        sys.modules.pop("stale_late", None)
