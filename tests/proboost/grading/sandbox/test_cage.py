"""The cage shows what is named, read-only, and hides our own packages wherever they are installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import proboost

ROOT = Path(next(iter(proboost.__path__))).parent
LOOK = """
import json, os, sys
site = sys.argv[1]
sys.path.insert(0, {root!r})
from proboost.grading.sandbox import cage
sys.path.insert(0, site)
shown = cage.shown()
cage.shown = lambda: [*shown, site]
cage.enter("A", 991)
def can_write(path):
    try:
        open(path, "w").close()
    except OSError:
        return False
    return True
print(json.dumps({
    "pid": os.getpid(), "uid": os.getuid(), "root": sorted(os.listdir("/")),
    "site": sorted(os.listdir(site)), "ours": os.listdir(site + "/proboost"),
    "other": open(site + "/other/data.txt").read(), "etc": sorted(os.listdir("/etc")),
    "writes": [path for path in ("/x", site + "/x", "/usr/x", "/dev/x", "/tmp/x", "/home/l/x") if can_write(path)],
    "rights": [line for line in open("/proc/self/status") if line.startswith(("CapEff", "CapBnd", "NoNewPrivs"))],
    "processes": [name for name in os.listdir("/proc") if name.isdigit()],
}))
"""


def look(site: Path) -> Any:
    code = LOOK.replace("{root!r}", repr(str(ROOT)))
    command = [sys.executable, "-I", "-c", code, str(site)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_the_cage_shows(tmp_path: Path) -> None:
    for name, text in (("proboost/notebooks/answers.ipynb", "answer"), ("other/data.txt", "public")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    if os.geteuid() == 0:  # pytest's folder is root's alone; a library's would be everybody's
        for path in (tmp_path, *tmp_path.rglob("*")):
            path.chmod(0o755)
    seen = look(tmp_path)
    assert seen["site"] == ["other", "proboost"]
    assert seen["ours"] == []
    assert seen["other"] == "public"
    assert seen["pid"] == 1
    assert seen["uid"] != 0
    assert seen["processes"] == ["1"]
    assert seen["writes"] == ["/tmp/x", "/home/l/x"]
    assert not {"passwd", "shadow", "hostname"} & set(seen["etc"])
    assert {"bin", "dev", "etc", "home", "lib", "proc", "tmp", "usr"} <= set(seen["root"])
    assert [line.split()[1].strip("0") for line in seen["rights"]] == ["", "", "1"]
