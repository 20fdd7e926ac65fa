"""A lesson on its way to the platform: what is missing is told, the working copy goes, and nothing gets lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from labs import Double, Lab, until

from proboost_lab import handin
from proboost_lab.lessons import Shelf, UnsafePath

Json = dict[str, Any]


def native(name: str, text: str, kind: str = "code", **flags: Any) -> Json:
    meta = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": f"id-{name}", "metadata": {"nbgrader": {**meta, **flags}}, "source": text, **more}


CELLS = [
    native("squares-answer", "def squares(n):\n    raise NotImplementedError()", solution=True),
    native("squares", "assert squares(1) == [1]", grade=True, locked=True, points=2),
    native("squares-2", "assert squares(2) == [1, 4]", grade=True, locked=True, points=1),
    native("essay-1", "YOUR ANSWER HERE", "markdown", grade=True, solution=True, points=3),
    native("task-1", "Draw something below.", "markdown", grade=True, task=True, locked=True, points=4),
    {"cell_type": "markdown", "id": "after", "metadata": {}, "source": "The end."},
]


def changed(**texts: str) -> Json:
    cells = json.loads(json.dumps(CELLS))
    for cell in cells:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "").replace("-", "_")
        cell["source"] = texts.get(name, cell["source"])
    return {"cells": cells}


def test_what_is_untouched() -> None:
    released = {"cells": CELLS}
    assert handin.untouched(released, released) == ["squares", "squares-2", "essay-1", "task-1"]
    assert handin.untouched(released, changed(squares_answer="def squares(n): ...")) == ["essay-1", "task-1"]
    assert "essay-1" not in handin.untouched(released, changed(essay_1="Because."))
    mine = changed()
    mine["cells"].insert(5, {"cell_type": "code", "id": "mine", "metadata": {}, "source": "plot()"})
    assert "task-1" not in handin.untouched(released, mine)
    del mine["cells"][0]
    assert "squares" in handin.untouched(released, mine), "an answer that was deleted is none"
    assert handin.untouched(released, {"cells": "nonsense"})


def test_files_stay_in_the_courses_folder(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "demo")
    shelf.receive_file("data/given.csv", b"1")
    (shelf.working / "mine.csv").write_bytes(b"2")
    (shelf.working / "other.ipynb").write_bytes(b"{}")
    (tmp_path / "secret").write_bytes(b"3")
    (shelf.working / "link").symlink_to(tmp_path / "secret")
    assert handin.files(shelf) == [{"path": "mine.csv", "size": 1}]
    (shelf.working / "data" / "given.csv").write_bytes(b"9")
    assert [one["path"] for one in handin.files(shelf)] == ["data/given.csv", "mine.csv"]
    assert handin.packed(shelf, ["mine.csv"]) == {"mine.csv": "Mg=="}
    for path in ("../secret", "/etc/passwd", "link"):
        with pytest.raises(UnsafePath):
            handin.packed(shelf, [path])
    with pytest.raises(handin.NotThere):
        handin.packed(shelf, ["gone.csv"])
    with (shelf.working / "huge.csv").open("wb") as huge:
        huge.truncate(1 << 42)  # more than the memory
    with pytest.raises(handin.TooLarge):
        handin.packed(shelf, ["huge.csv"])


def test_a_lesson_is_handed_in_kept_while_the_platform_is_away_and_delivered_once(lab: Lab, platform: Double) -> None:
    path = "proboost/lessons/demo/welcome/hand-in"
    working = lab.home / "demo" / "01-welcome.ipynb"
    until(working.exists, what="the working copy")
    said = lab.ask("GET", path).json()
    assert said["notebook"] is True
    assert [one["id"] for one in said["exercises"]] == ["squares", "essay-1"]

    mine = json.loads(working.read_text())
    mine["cells"].append({"cell_type": "code", "id": "mine", "metadata": {}, "source": "x = 'ё'", "outputs": []})
    working.write_text(json.dumps(mine))
    (lab.home / "demo" / "data.csv").write_text("a,b")
    body = {"id": "aaaaaaaa-0001", "surface": "lab", "files": ["data.csv"]}
    answer = lab.ask("POST", path, body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["number"] == 1
    assert lab.ask("POST", path, body).json() == answer.json(), "asked again, it is the same"
    (sent,) = (json.loads(text) for (text,) in platform.rows("select body from submission"))
    assert sent["notebook"]["cells"][-1]["source"] == "x = 'ё'"
    assert sent["files"] == {"data.csv": "YSxi"}
    assert lab.ask("POST", path, {**body, "id": "aaaaaaaa-0009", "files": ["../x"]}).status_code == 409

    platform.mode(refuse="all")
    refused = lab.ask("POST", path, {**body, "id": "aaaaaaaa-0002"})
    assert (refused.status_code, refused.json()["code"]) == (409, "late")

    platform.mode()
    platform.kill()
    lab.ask("PUT", "proboost/drafts/demo/welcome/letter", {"response": {"text": "the last word"}})
    kept = lab.ask("POST", path, {**body, "id": "aaaaaaaa-0003"})
    assert (kept.status_code, kept.json()["state"]) == (202, "saved")
    assert [one["lesson"] for one in lab.ask("GET", "proboost/submissions").json()["waiting"]] == ["welcome"]
    other = lab.ask("GET", "proboost/lessons/demo/loops/hand-in").json()
    assert (other["stale"], other["closed"], other["title"]) == (True, None, "Loops"), (
        "never asked, handed in all the same"
    )
    lab.stop()
    lab.start()
    platform.start()
    until(lambda: platform.rows("select 1 from submission where id = 'aaaaaaaa-0003'"), what="the submission")
    assert platform.rows("select drafts from submission where id = 'aaaaaaaa-0003'") == [(1,)], "drafts go before it"
    until(lambda: lab.ask("GET", "proboost/submissions").json()["waiting"] == [], what="the receipt")
    assert [one["number"] for one in lab.ask("GET", "proboost/submissions").json()["submissions"]] == [2, 1]
