"""`proboost up` where nobody is root: everything is one account's, learners' servers are in bubblewrap."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Running, free_port, patiently, wait_ready

from proboost.launcher.view import PACKAGES, code

ORDINARY = 64000  # an account of ours when the tests run as root


@pytest.fixture
def ordinary() -> Iterator[Running]:
    """An installation of an ordinary user, who sees this Python and the code, and has one folder."""
    folder = Path(tempfile.mkdtemp(prefix="proboost-user-"))
    home = folder / "home"
    home.mkdir()
    port = free_port()
    data = home / "data"
    command = [sys.executable, "-m", "proboost", "up", "--demo", "--json", f"--data={data}", f"--port={port}"]
    if os.geteuid() == 0:
        folder.chmod(0o755)
        os.chown(home, ORDINARY, ORDINARY)
        shown, _hidden = code(with_courses=True, packages=(*PACKAGES, "hub_config"))
        room = {"uid": ORDINARY, "nice": 0, "cwd": str(home), "read": shown, "write": [str(home)], "hidden": []}
        command = [sys.executable, "-m", "proboost.supervisor.confine", json.dumps(room), *command]
    run = home / "r"
    with (folder / "up.log").open("ab") as errors:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PROBOOST_LANG": "en", "PROBOOST_RUN": str(run)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    made = Running(process, data, port, folder / "up.log")
    try:
        wait_ready(made)
        yield made
    finally:
        made.stop()
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def processes() -> list[str]:
    """Whatever runs as that account."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == ORDINARY and "State:\tZ" not in (entry / "status").read_text():
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
    return found


def test_two_learners_work_and_nothing_is_left(ordinary: Running) -> None:
    said = ordinary.log.read_text()
    assert "refused" not in said  # bubblewrap keeps them apart
    for name in ("lea", "leo"):
        with ordinary.browser(name) as browser:
            assert browser.open_server(name).status_code == 200
            kernel = browser.fetch("POST", f"{ordinary.user_url(name)}api/kernels", json={"name": "python3"})
            assert kernel.status_code == 201
    assert ordinary.stop() == 0
    if os.geteuid() == 0:
        for _ in patiently(10):
            if not processes():
                break
        assert processes() == []
