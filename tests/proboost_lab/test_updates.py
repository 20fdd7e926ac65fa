"""New versions of lessons at a real learner's server: an open notebook waits, asked for it is merged, and restored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from labs import LESSON, Double, Lab, until

FILE = "demo/01-welcome.ipynb"


def publish(platform: Double, release: int) -> None:
    cells = [{**LESSON["cells"][0], "source": f"# Welcome {release}"}, *LESSON["cells"][1:]]
    platform.lesson("01-welcome.ipynb", cells)
    platform.mode(release=release)


def heading(lab: Lab) -> str:
    return str(json.loads((lab.home / FILE).read_bytes())["cells"][0]["source"])


def write(lab: Lab, text: str) -> None:
    """The learner adds a cell."""
    notebook = json.loads((lab.home / FILE).read_bytes())
    notebook["cells"].append({"cell_type": "markdown", "id": f"own-{text}", "metadata": {}, "source": text})
    (lab.home / FILE).write_text(json.dumps(notebook))


def sources(lab: Lab, file: str = FILE) -> list[Any]:
    return [cell["source"] for cell in json.loads((lab.home / file).read_bytes())["cells"]]


@pytest.fixture
def pulled(lab: Lab) -> Lab:
    until((lab.home / FILE).exists, what="the lessons")
    return lab


def waiting(lab: Lab) -> bool:
    return bool(lab.ask("GET", "proboost/lessons/demo/welcome/update").json()["waiting"])


def test_an_open_notebook_waits_until_its_learner_asks(pulled: Lab, platform: Double) -> None:
    lab = pulled
    write(lab, "mine")
    kernel = {"path": FILE, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
    session = lab.ask("POST", "api/sessions", kernel).json()["id"]
    publish(platform, 2)
    assert lab.ask("POST", "proboost/courses/demo/pull").status_code == 200
    assert heading(lab) == LESSON["cells"][0]["source"]
    assert waiting(lab)
    assert lab.ask("POST", "proboost/lessons/demo/welcome/update").json() == {"file": FILE}
    assert heading(lab) == "# Welcome 2"
    assert "mine" in sources(lab)
    assert not waiting(lab)
    (snapshot,) = (lab.home / ".proboost" / "snapshots" / "demo").iterdir()
    assert "# Welcome 2" not in snapshot.read_text()
    assert lab.ask("DELETE", f"api/sessions/{session}").status_code == 204

    publish(platform, 3)
    lab.ask("POST", "proboost/courses/demo/pull", {"open": [FILE]})  # a page has it open, without a kernel
    assert waiting(lab)
    platform.kill()
    assert lab.ask("POST", "proboost/lessons/demo/welcome/update").status_code == 200  # what is here is enough
    assert heading(lab) == "# Welcome 3"
    assert lab.ask("POST", "proboost/lessons/demo/nothing/update").status_code == 404

    write(lab, "more of mine")
    answer = lab.ask("POST", "proboost/lessons/demo/welcome/restore").json()
    assert answer["file"] == FILE
    assert sources(lab) == ["# Welcome 3", *(cell["source"] for cell in LESSON["cells"][1:])]
    assert {"mine", "more of mine"} <= set(map(str, sources(lab, f"demo/{answer['kept']}")))
