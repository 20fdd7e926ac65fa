"""No token is found from a kernel: in its environment, in files, in other processes of the same uid."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from labs import SECRET, Double, Lab, until

from proboost_lab.hardening import make_undumpable

NOBODY = 65534
LOOK = """
import os, glob, json
found = [name for name, value in os.environ.items() if "token" in value.lower() and "-token" in value]
places = [os.path.expanduser("~"), os.environ["JUPYTER_RUNTIME_DIR"], os.environ["JUPYTER_DATA_DIR"]]
for place in places:
    for folder, _folders, files in os.walk(place):
        for file in files:
            try:
                data = open(os.path.join(folder, file), "rb").read()
            except OSError:
                continue
            if b"learner-secret-token" in data or b"browser-token" in data:
                found.append(os.path.join(folder, file))
print(json.dumps(found))
"""


def test_a_kernel_finds_no_token_in_its_environment_nor_in_any_file(lab: Lab, platform: Double) -> None:
    platform.kill()
    lab.check("look-0001")
    assert json.loads(lab.run(LOOK)) == []
    assert not list(lab.runtime.glob("jpserver-*"))
    assert SECRET not in lab.log.read_text()


def test_kernels_are_reached_by_sockets_of_a_private_folder_only(lab: Lab) -> None:
    lab.ask("POST", "api/kernels", {"name": "python3"})
    (file,) = until(lambda: list(lab.runtime.glob("kernel-*.json")))
    assert json.loads(file.read_text())["transport"] == "ipc"


def test_other_processes_of_the_same_uid_read_neither_environment_nor_memory() -> None:
    ready_read, ready_write = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setresuid(NOBODY, NOBODY, NOBODY)
        make_undumpable()
        os.write(ready_write, b"x")
        os.read(os.pipe()[0], 1)
        os._exit(0)
    try:
        os.read(ready_read, 1)
        looker = os.fork()
        if looker == 0:
            if os.geteuid() == 0:
                os.setresuid(NOBODY, NOBODY, NOBODY)
            seen = 0
            for name in ("environ", "mem", "maps"):
                try:
                    with open(f"/proc/{child}/{name}", "rb") as file:
                        file.read(1)
                    seen += 1
                except PermissionError:
                    pass
            os._exit(seen)
        _pid, status = os.waitpid(looker, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


@pytest.mark.parametrize(("staff", "status"), [("0", 404), ("1", 200)])
def test_terminals_are_for_staff(make_lab: Callable[..., Lab], staff: str, status: int) -> None:
    lab = make_lab(PROBOOST_STAFF=staff)
    assert lab.ask("GET", "api/terminals").status_code == status
    assert Path(lab.runtime, "proboost.sock").exists() == (staff == "1")


def test_nothing_in_the_home_changes_the_server(make_lab: Callable[..., Lab], tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".jupyter").mkdir(parents=True)
    trap = "open(__import__('os').path.expanduser('~/trapped'), 'w')"
    for name in ("jupyter_server_config.py", "jupyter_config.py", "voila.py"):
        (home / ".jupyter" / name).write_text(trap)
        (home / name).write_text(trap)
    (home / ".local" / "share" / "jupyter" / "kernels" / "evil").mkdir(parents=True)
    (home / ".local" / "share" / "jupyter" / "kernels" / "evil" / "kernel.json").write_text(
        json.dumps({"argv": ["true"], "display_name": "x", "language": "python"})
    )
    lab = make_lab()
    assert set(lab.ask("GET", "api/kernelspecs").json()["kernelspecs"]) == {"python3"}
    assert lab.ask("GET", "proboost/lesson/demo/welcome").status_code == 200
    assert not (home / "trapped").exists()
