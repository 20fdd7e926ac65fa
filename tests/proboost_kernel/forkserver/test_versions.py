"""The same with each Python we promise that is on this machine: forked, adopted, restarted, interrupted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .kernels import Place, parent_of, until

ROOT = Path(__file__).resolve().parents[3]
NEEDED = "import ipykernel, ipywidgets, anywidget, mistune, nh3, yaml, click, numpy, pandas, matplotlib"


def pythons() -> Iterator[tuple[str, str]]:
    """(version, path or why it is left out) of 3.11 to 3.13; PROBOOST_PYTHONS names others, as a path is written."""
    given = os.environ.get("PROBOOST_PYTHONS", "").split(os.pathsep)
    for version in ("3.11", "3.12", "3.13"):
        if sys.version_info[:2] == tuple(map(int, version.split("."))):
            yield version, sys.executable
            continue
        found = [path for path in (*given, shutil.which(f"python{version}")) if path and works(path, version)]
        yield version, found[0] if found else ""


def works(path: str, version: str) -> bool:
    code = f"{NEEDED}; import sys; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
    return subprocess.run([path, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module", params=["3.11", "3.12", "3.13"])
def other(request: pytest.FixtureRequest) -> Iterator[Place]:
    path = dict(pythons())[request.param]
    if not path:
        pytest.skip(f"no Python {request.param} with our kernel's libraries is here (PROBOOST_PYTHONS may name one)")
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as folder:
        place = Place(Path(folder), python=path)
        try:
            yield place
        finally:
            place.close()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["fork", "spare"])
def test_kernels_of_each_python(other: Place, way: str) -> None:
    env = other.environment(PYTHONPATH=str(ROOT))
    kernel = other.start(way, env=env)
    assert kernel.by == way
    assert kernel.run("import sys; print(sys.executable)")
    (state,) = [one for one in other.parents().values() if kernel.pid in one["kernels"]]
    assert (state["tasks"], state["refusal"], state["failed"]) == (1, "", {})
    kernel.run("import numpy, pandas, matplotlib.pyplot as plt, ipywidgets as w\nplt.plot([1]); w.IntSlider()")
    assert any("image/png" in one["content"].get("data", {}) for one in kernel.messages)
    kernel.client.execute("print('runs', flush=True)\nwhile True: pass")
    kernel.until_printed("runs")
    kernel.manager.interrupt_kernel()
    assert kernel.client.get_shell_msg(timeout=20)["content"]["ename"] == "KeyboardInterrupt"
    for start in ("fork", "spawn"):
        pool = f"m.get_context('{start}').Pool(2)"
        code = f"import multiprocessing as m, math\nwith {pool} as p: print(p.map(math.sqrt, [4, 9]))"
        assert kernel.run(code).splitlines()[-1] == "[2.0, 3.0]"
    code = "import threading; t = threading.Thread(target=print, args=(5,)); t.start(); t.join()"
    assert kernel.run(code) == "5"
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=30)
    assert kernel.run("print(1)") == "1"
    process = kernel.manager.provisioner.process
    kernel.client.execute("import os; os._exit(3)")
    until(kernel.ended, 5)
    assert process.returncode == 3
    politely = other.start(way, env=env)
    pid = politely.pid
    assert parent_of(pid)
    politely.manager.shutdown_kernel()
    assert politely.manager.provisioner is None or not politely.manager.has_kernel
