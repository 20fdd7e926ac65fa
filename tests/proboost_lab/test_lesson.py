from __future__ import annotations

import json

from labs import LESSON

from proboost_lab.lesson import attachment, hosts_of, kinds, parts, script


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
