"""`proboost-kernel`: our kernel for any Jupyter, and gone again without a trace."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from proboost_kernel.forkserver import asking
from proboost_kernel.install import main


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_it_is_installed_and_removed_below_a_prefix(tmp_path: Path) -> None:
    run("install", "--prefix", str(tmp_path), "--display-name", "Python (fast)")
    folder = tmp_path / "share" / "jupyter" / "kernels" / "proboost"
    spec = json.loads((folder / "kernel.json").read_text())
    assert spec["display_name"] == "Python (fast)"
    assert spec["argv"][0] == sys.executable
    assert spec["metadata"] == {"debugger": False, "kernel_provisioner": {"provisioner_name": "proboost-forkserver"}}
    run("remove", "--prefix", str(tmp_path))
    assert not folder.exists()


def test_it_is_installed_for_one_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    run("install", "--user", "--name", "python3", "--debugger", "--packages", "~/packages")
    spec = json.loads((tmp_path / "kernels" / "python3" / "kernel.json").read_text())
    assert spec["metadata"]["debugger"] is True
    assert spec["env"] == {"PROBOOST_KERNEL_PACKAGES": "~/packages"}
    run("uninstall", "--user", "--name", "python3")
    assert not list((tmp_path / "kernels").iterdir())


def test_what_is_not_ours_is_not_removed(tmp_path: Path) -> None:
    file = tmp_path / "share" / "jupyter" / "kernels" / "mine" / "kernel.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"argv": ["x"], "display_name": "x", "language": "x"}))
    for name in ("mine", "absent"):
        done = CliRunner().invoke(main, ["remove", "--prefix", str(tmp_path), "--name", name])
        assert done.exit_code == 1
        assert name in done.output
    assert file.exists()


def test_the_help_is_in_russian_too() -> None:
    env = {**os.environ, "LANG": "ru_RU.UTF-8"}
    for name in ("PROBOOST_LANG", "LC_ALL", "LC_MESSAGES"):
        env.pop(name, None)
    command = [sys.executable, "-m", "proboost_kernel.install", "install", "--help"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "Предложить этот Python как ядро." in done.stdout


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose sockets' addresses fit; the parent that is being warmed there ends with the test."""
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as folder:
        yield Path(folder)
        socket = next(Path(folder).glob("run/kernel-parents/*.lock")).with_suffix("")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                asking.question(str(socket), "stop")
                return
            time.sleep(0.05)


def test_nbclient_runs_a_notebook_in_it_unchanged(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first kernel while the parent warms is an ordinary one: nobody waits for what makes others quicker."""
    run("install", "--prefix", str(short))
    for name, folder in {"JUPYTER_PATH": "share/jupyter", "JUPYTER_RUNTIME_DIR": "run", "HOME": "home"}.items():
        (short / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        monkeypatch.setenv(name, str(short / folder))
    notebook = new_notebook(cells=[new_code_cell("print(6 * 7)"), new_code_cell("%%exercise\nkind: x")])
    NotebookClient(notebook, kernel_name="proboost", timeout=60).execute()
    assert notebook.cells[0].outputs[0]["text"] == "42\n"
    assert notebook.cells[1].outputs[0]["output_type"] == "display_data"  # our magic is there: it says what is wrong
