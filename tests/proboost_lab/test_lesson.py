from __future__ import annotations

import json

from labs import LESSON

from proboost_kernel.i18n import using
from proboost_lab.lesson import attachment, hosts_of, kinds, native_role, parts, points_text, script


def test_the_parts_of_a_lesson_in_order() -> None:
    found = list(parts(LESSON["cells"]))
    assert [part.kind for part in found] == ["prose", "slot", "exercise", "exercise", "slot", "slot", "prose"]
    assert "<math" in found[0].html
    assert found[1].height == 60
    exercise = found[3]
    assert (exercise.id, exercise.ref, exercise.hash) == ("sum-even", "demo/welcome#sum-even", "fedcba9876543210")
    assert exercise.spec["tests"][1] == {"name": "empty list", "hidden": True, "points": 2}
    assert kinds(found) == ["choice", "code"]


def test_an_exercise_that_cannot_be_read_says_why() -> None:
    (part,) = parts([{"cell_type": "code", "id": "x", "source": "%%exercise a\nkind: nothing\n"}])
    assert part.kind == "broken"
    assert "nothing" in part.problems[0]


def native(kind: str, source: str, **flags: object) -> dict[str, object]:
    metadata = {"nbgrader": {"grade_id": "a", **flags}, "proboost": {"ref": "c/l#a", "hash": "0" * 16}}
    return {"cell_type": kind, "id": "x", "source": source, "metadata": metadata}


def test_native_cells_are_shown_to_be_read() -> None:
    program, tests, answer, task, read = parts(
        [
            native("code", "def f(x):\n    # YOUR CODE HERE", solution=True),
            native("code", "assert f(1)", grade=True, points=2),
            native("markdown", "*YOUR* ANSWER<script>", grade=True, solution=True, points=1.5),
            native("markdown", "Draw", task=True, points=1),
            native("code", "import math", locked=True),
        ]
    )
    assert [part.role for part in (program, tests, answer, task)] == ["solution", "tests", "manual", "task"]
    assert (tests.kind, tests.id, tests.ref, tests.points) == ("native", "a", "c/l#a", 2)
    assert program.points is None
    assert 'class="highlight"' in program.html
    assert "<em>YOUR</em> ANSWER" in answer.html
    assert "<script" not in answer.html
    assert read.kind == "slot"
    assert native_role({"metadata": {"nbgrader": "damaged"}}) == ""
    with using("ru"):
        assert [points_text(n) for n in (1, 2, 5, 1.5)] == ["1 балл", "2 балла", "5 баллов", "1,5 балла"]


def test_prose_is_sanitised() -> None:
    (part,) = parts([{"cell_type": "markdown", "id": "x", "source": "<script>alert(1)</script><b onclick=x>hi</b>"}])
    assert part.html == "<b>hi</b>"


def test_no_data_ends_its_script() -> None:
    written = script({"a": "</script><!-- \u2028"})
    assert "<" not in written
    assert "\u2028" not in written
    assert json.loads(written) == {"a": "</script><!-- \u2028"}


def test_a_pasted_picture_is_asked_for_beside_the_page() -> None:
    cell = {
        "cell_type": "markdown",
        "id": "c1",
        "source": "![a](attachment:my picture.png)".replace(" p", "-p"),
        "attachments": {"my-picture.png": {"image/png": "iVBO"}},
    }
    (part,) = parts([cell], lesson="welcome")
    assert 'src="welcome.attachments/c1/my-picture.png"' in part.html
    assert attachment([cell], "c1", "my-picture.png") == ("image/png", b"\x89PN")
    assert attachment([cell], "c2", "my-picture.png") is None


def test_media_of_named_hosts_only() -> None:
    notebook = {"metadata": {"proboost": {"embed_hosts": ["video.example.org", "evil.org; script-src *", 7]}}}
    hosts = hosts_of(notebook)
    assert hosts == ("video.example.org",)
    cells = [
        {
            "cell_type": "markdown",
            "id": "a",
            "source": "![x](https://video.example.org/a.png) ![y](https://b.org/a.png)",
        }
    ]
    (part,) = parts(cells, hosts)
    assert "https://video.example.org/a.png" in part.html
    assert "b.org" not in part.html
    assert hosts_of({}) == ()
