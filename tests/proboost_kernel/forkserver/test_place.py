"""Which warm parent may serve whom."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from proboost_kernel.forkserver import place

ENV = {"HOME": "/h", "LANG": "C.UTF-8", "PATH": "/bin"}


def key(**more: str) -> str:
    return place.key("/bin/python", [], {**ENV, **more}, [])


def test_requests_that_one_parent_can_serve_have_one_key() -> None:
    assert key() == key(ANYTHING="1", PATH="/elsewhere", JPY_SESSION_NAME="x", PYTHONUNBUFFERED="1")


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "LD_PRELOAD", "OMP_NUM_THREADS", "HOME", "LC_ALL", "PYTHONPATH"])
def test_what_counts_when_python_starts_makes_another_key(name: str) -> None:
    assert key() != key(**{name: "7"})


def test_flags_and_settings_make_another_key() -> None:
    assert place.key("/bin/python", ["-O"], ENV, []) != key()
    assert place.key("/bin/python", [], ENV, ["numpy"]) != key()
    assert place.key("/bin/python3", [], ENV, []) != key()


def test_nothing_secret_is_kept_for_the_next_kernel() -> None:
    secret = {"JUPYTER_TOKEN": "t", "JUPYTERHUB_API_TOKEN": "t", "IPYTHON_SECRET": "s", "MY_VARIABLE": "x"}
    kept = place.at_setup({**ENV, **secret, "IPYTHONDIR": "/i", "MPLCONFIGDIR": "/m", "JUPYTER_PATH": "/p"})
    assert kept == {**ENV, "IPYTHONDIR": "/i", "JUPYTER_PATH": "/p", "MPLCONFIGDIR": "/m"}


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({}, "utf-8"),
        ({"LANG": "C"}, "utf-8"),
        ({"LANG": "ru_RU.UTF-8"}, "utf-8"),
        ({"LANG": "ru_RU.utf8"}, "utf-8"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "ru_RU.KOI8-R"}, "koi8r"),
        ({"LC_CTYPE": "de_DE"}, "de_DE"),
    ],
)
def test_the_locales_encoding(variables: dict[str, str], text: str) -> None:
    assert place.encoding(variables) == text


def test_here_changes_with_rights() -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[1].split(':'); from proboost_kernel.forkserver import linux, place; "
        "before = place.here(); linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1); after = place.here(); "
        "print([name for name in before if before[name] != after[name]])"
    )
    done = subprocess.run([sys.executable, "-c", code, ":".join(sys.path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['NoNewPrivs']"


def test_the_folder_is_private_or_not_used(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as base:
        folder = place.folder({"JUPYTER_RUNTIME_DIR": base})
        assert Path(folder).parent == Path(base)
        assert os.stat(folder).st_mode & 0o077 == 0
        os.chmod(folder, 0o755)
        with pytest.raises(PermissionError):
            place.folder({"JUPYTER_RUNTIME_DIR": base})
    long = tmp_path / ("x" * 80)
    long.mkdir()
    assert not place.folder({"JUPYTER_RUNTIME_DIR": str(long)}).startswith(str(long))
