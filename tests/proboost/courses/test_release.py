"""Building: the same input gives the same bytes, and learners get nothing but public fields."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
import written
from course_folders import CHOICE, CODE, NOTEBOOKS, build, cell, course, courses, nbgrader, notebook, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proboost.courses import release, source
from proboost.courses.flaws import Unsound
from proboost_kernel import exercises

PIXEL = base64.b64encode(b"\x89PNG pixel").decode()
PRIVATE = {"author", "explanation", "feedback", "notes", "solution"}
MARKED = re.compile(r"BEGIN [A-Z ]+\n(.+?)\n[^\n]*END [A-Z]", re.DOTALL)
slow = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def lesson(files: dict[str, bytes], name: str = "01-part1.ipynb") -> Any:
    return nbformat.reads(build(files).learner[name].decode(), as_version=4)


@slow
@given(courses())
def test_the_same_input_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    turned = dict(reversed(files.items()))
    assert build(files) == build(turned)


@slow
@given(courses(private=written.SECRET))
def test_nothing_private_is_in_the_learner_bundle_in_any_encoding(files: dict[str, bytes]) -> None:
    built = build(files)
    whole = b"\n".join([*built.learner.values(), *(path.encode() for path in built.learner)])
    assert not [place for place in written.hiding_places(written.SECRET) if place in whole]


@slow
@given(st.data())
def test_the_learner_bundle_is_a_function_of_the_public_fields(data: st.DataObject) -> None:
    files = data.draw(courses(private="PRIVATE1"))
    other = {path: content.replace(b"PRIVATE1", b"PRIVATE2") for path, content in files.items()}
    first, second = build(files), build(other)
    assert first.learner == second.learner
    hashes = [
        [[exercise["public_hash"] for exercise in lesson["exercises"]] for lesson in one.record["lessons"]]
        for one in (first, second)
    ]
    assert hashes[0] == hashes[1]


@slow
@given(st.data())
def test_whatever_is_private_of_a_kind_changes_no_learners_byte(data: st.DataObject) -> None:
    fields = data.draw(written.of_any_kind())
    first, second = (
        build(course(["# One", written.cell({**one, "was": ""})])) for one in (fields, written.otherwise(fields, data))
    )
    assert first.learner == second.learner
    assert first.key != second.key


@slow
@given(courses())
def test_learners_get_valid_notebooks_whose_exercises_name_their_place(files: dict[str, bytes]) -> None:
    built = build(files)
    for entry in built.record["lessons"]:
        shown = nbformat.reads(built.learner[entry["file"]].decode(), as_version=4)
        nbformat.validate(shown)
        assert [mark for one in shown.cells if (mark := _mark(one))] == [
            (f"demo/{entry['id']}#{one['id']}", one["public_hash"]) for one in entry["exercises"]
        ]


def _mark(cell: Any) -> tuple[str, str] | None:
    """(ref, hash) of a learner's cell that is an exercise."""
    if exercises.is_exercise(cell.source):
        found = exercises.parse(cell.source)
        return found.ref, found.hash
    mark = cell.metadata.get("proboost")
    return (mark["ref"], mark["hash"]) if mark and "ref" in mark else None


@slow
@given(courses())
def test_keys_read_back_as_the_authors_exercises(files: dict[str, bytes]) -> None:
    for one in read(files).lessons:
        keys = json.loads(build(files).key[f"{one.id}.json"])["exercises"]
        assert {name: exercises.from_key(key) for name, key in keys.items()} == {
            exercise.id: exercise for _cell, exercise in one.notebook.exercises
        }


def test_outputs_raw_cells_and_other_tools_metadata_do_not_enter() -> None:
    shown = lesson(course(["# One", cell("raw", "draft"), cell("code", "1+1", outputs=[{"output_type": "stream"}])]))
    assert [one.cell_type for one in shown.cells] == ["markdown", "code"]
    assert shown.cells[1].outputs == []
    assert shown.cells[1].execution_count is None
    assert shown.metadata.kernelspec.name == "python3"
    assert "author" not in shown.metadata


def test_media_of_the_courses_hosts_are_shown_in_exercises_too() -> None:
    asked = CHOICE.replace(
        "Which?", "'Which? ![x](https://img.example.org/a.png) ![y](https://other.example.org/b.png)'"
    )
    built = build(course(["# One", asked, CODE], more="embed_hosts: [img.example.org, unused.example.org]\n"))
    cells = nbformat.reads(built.learner["01-part1.ipynb"].decode(), as_version=4).cells
    found = [exercises.parse(one.source) for one in cells if exercises.is_exercise(one.source)]
    assert [one.hosts for one in found] == [("img.example.org",), ()]
    shown = exercises.view(exercises.public(found[0]), hosts=found[0].hosts)["prompt_html"]
    assert "https://img.example.org/a.png" in shown
    assert "other.example.org" not in shown
    assert found[0].hash == exercises.public_hash(exercises.public(found[0]))


def test_learners_kernels_are_told_where_errors_are_not_explained() -> None:
    def told(*, more: str = "", ours: str = "") -> list[bool | None]:
        files = course(["# One", CODE], ["# Two", "text"], more=more)
        files["course.yml"] = files["course.yml"].replace(b"02-part2.ipynb", f"02-part2.ipynb{ours}".encode())
        names = ("01-part1.ipynb", "02-part2.ipynb")
        return [lesson(files, name).metadata.proboost.get("explain_errors") for name in names]

    assert told() == [None, None]
    assert told(more="explain_errors: false\n") == [False, False]
    assert told(more="explain_errors: false\n", ours="\n    explain_errors: true") == [False, None]


def test_scripts_do_not_enter() -> None:
    shown = lesson(course(["# One\n<script>alert(1)</script> <b onclick='x'>b</b>"]))
    assert "<script" not in shown.cells[0].source
    assert "onclick" not in shown.cells[0].source
    assert "<b>b</b>" in shown.cells[0].source


def test_pasted_images_enter_when_the_public_text_shows_them() -> None:
    pasted = {name: {"image/png": PIXEL, "text/html": "<script>"} for name in ("a.png", "b.png", "c d.png", "e.png")}
    text = "# One\n![](attachment:a.png) ![](attachment:c%20d.png) <!-- ![](attachment:b.png) -->"
    shown = lesson(course([cell("markdown", text, attachments=pasted)]))
    assert shown.cells[0].attachments == {"a.png": {"image/png": PIXEL}, "c d.png": {"image/png": PIXEL}}


def test_files_are_handed_out_when_they_are_listed() -> None:
    files = {"data/a.csv": b"1", "data/deep/b.csv": b"2", "img/c.png": b"3", "img/d/e.png": b"4", "key.txt": b"5"}
    built = build(course(more="files: [data/*.csv, img]\n", files=files))
    assert set(built.learner) == {"manifest.json", "01-part1.ipynb", "data/a.csv", "img/c.png", "img/d/e.png"}
    assert "key.txt" in built.source
    manifest = json.loads(built.learner["manifest.json"])
    assert [one["path"] for one in manifest["files"]] == ["data/a.csv", "img/c.png", "img/d/e.png"]
    assert manifest["lessons"][0]["sha256"] == release.sha256(built.learner["01-part1.ipynb"])


def test_neither_sources_nor_course_yml_are_handed_out() -> None:
    built = build(course(more="files: ['**']\n", files={"old.ipynb": notebook(["# Old", CODE]), "a.txt": b"a"}))
    assert set(built.learner) == {"manifest.json", "01-part1.ipynb", "a.txt"}


def test_a_release_that_only_mends_a_key_changes_no_learners_byte() -> None:
    mended = CHOICE.replace("answer: left", "answer: right")
    one, two = build(course(["# One", CHOICE])), build(course(["# One", mended]))
    assert one.learner == two.learner
    assert one.key != two.key
    before, after = (built.record["lessons"][0]["exercises"][0] for built in (one, two))
    assert before["public_hash"] == after["public_hash"]
    assert before["key_hash"] != after["key_hash"]


def test_release_json_knows_every_byte() -> None:
    built = build(course())
    for name in ("source", "learner", "key"):
        bundle = getattr(built, name)
        assert built.record["bundles"][name] == {
            path: {"sha256": release.sha256(content), "size": len(content)} for path, content in bundle.items()
        }
    assert [one["points"] for one in built.record["lessons"][0]["exercises"]] == [1, 2]


def test_cells_of_one_id_are_told_apart_and_cells_without_get_one() -> None:
    files = course()
    files["01-part1.ipynb"] = notebook([cell("markdown", "# One", id="a"), cell("markdown", "x", id="a")])
    assert [one.id for one in lesson(files).cells] == ["a", "a-2"]
    files["01-part1.ipynb"] = notebook(["# One", "x"], ids=False)
    assert [one.id for one in lesson(files).cells] == ["cell-1", "cell-2"]


def test_a_source_with_errors_is_not_built() -> None:
    with pytest.raises(Unsound) as caught:
        build(course(["# One", "%%exercise a\nkind: choise\n"]))
    assert caught.value.flaws[0].file == "01-part1.ipynb"


def assignment(solution: str = "return x * 2", hidden: str = "assert f(4) == 8", scheme: str = "three reasons") -> Any:
    """A lesson of native cells whose private parts are the arguments."""
    return course(
        [
            "# One",
            nbgrader("code", "imports", "import math", locked=True),
            nbgrader(
                "code", "f", f"def f(x):\n    ### BEGIN SOLUTION\n    {solution}\n    ### END SOLUTION\n", solution=True
            ),
            nbgrader(
                "code",
                "test-f",
                f"assert f(2) == 4\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS",
                grade=True,
                locked=True,
                points=2,
            ),
            nbgrader("markdown", "essay", f"Because {scheme}", grade=True, solution=True, points=3),
            nbgrader(
                "markdown",
                "task",
                f"Draw it.<!-- note -->\n### BEGIN MARK SCHEME\n{scheme}\n### END MARK SCHEME",
                task=True,
                locked=True,
                points=1.5,
            ),
            CHOICE,
        ]
    )


def test_graded_native_cells_are_exercises_and_learners_get_their_own_version() -> None:
    built = build(assignment())
    entry = built.record["lessons"][0]
    assert [(one["id"], one["kind"], one["points"]) for one in entry["exercises"]] == [
        ("test-f", "cell", 2),
        ("essay", "cell", 3),
        ("task", "cell", 1.5),
        ("pick", "choice", 1),
    ]
    shown = lesson(assignment())
    nbformat.validate(shown)
    texts = {one.metadata.get("nbgrader", {}).get("grade_id"): one for one in shown.cells}
    assert texts["f"].source == "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
    assert texts["test-f"].source.strip() == "assert f(2) == 4"
    assert texts["essay"].source == "YOUR ANSWER HERE"
    assert texts["task"].source.strip() == "Draw it."
    assert texts["test-f"].metadata["proboost"] == {
        "ref": f"demo/{entry['id']}#test-f",
        "hash": entry["exercises"][0]["public_hash"],
    }
    assert "slides" not in texts["f"].metadata
    keys = json.loads(built.key[f"{entry['id']}.json"])["exercises"]
    assert "f(4) == 8" in exercises.from_key(keys["test-f"]).spec.author
    assert "f(4) == 8" not in exercises.from_key(keys["test-f"]).spec.source


def test_native_cells_are_called_by_the_heading_they_stand_under() -> None:
    cells = [
        "# Practice",
        nbgrader("code", "first", "assert f(1)", grade=True, points=1),
        "## Means\n\nText.",
        nbgrader("code", "mean", "assert f(1)", grade=True, points=1),
        nbgrader("code", "more", "assert f(2)", grade=True, points=1),
        nbgrader("markdown", "why", "### Why *not* zero?", task=True, points=1),
        CHOICE,
    ]
    (told,) = build(course(cells)).record["lessons"]
    titles = {exercise["id"]: exercise["title"] for exercise in told["exercises"]}
    assert titles == {"first": "", "mean": "Means", "more": "Means (2)", "why": "Why not zero?", "pick": titles["pick"]}


def test_what_is_private_in_native_cells_changes_no_learners_byte() -> None:
    one = build(assignment())
    other = build(assignment("return x + x", "assert f('a') == 'aa'", written.SECRET))
    assert one.learner == other.learner
    assert one.key != other.key
    hashes = [[each["public_hash"] for each in built.record["lessons"][0]["exercises"]] for built in (one, other)]
    assert hashes[0] == hashes[1]
    assert not [place for place in written.hiding_places(written.SECRET) if place in b"".join(other.learner.values())]


def test_solutions_of_nbgrader_are_not_given_away() -> None:
    with pytest.raises(Unsound):
        build(course(["# One", ">>> ### BEGIN SOLUTION\nx = 1\n### END SOLUTION"]))
    with pytest.raises(Unsound):
        build(course(["# One", cell("code", "x = 1", metadata={"nbgrader": {"solution": True}})]))
    with pytest.raises(Unsound):
        build(course(["# One", nbgrader("code", "a", "### BEGIN SOLUTION\nx = 1", solution=True)]))
    with pytest.raises(Unsound):
        build(course(["# One", nbgrader("code", "a", CHOICE, grade=True, points=1)]))


def told_later(key: Any, *, private: bool = False) -> Iterator[str]:
    """Texts of a key that learners are told after an answer at the earliest, or never."""
    if isinstance(key, str):
        if private:
            yield key.strip()
    elif isinstance(key, list):
        for one in key:
            yield from told_later(one, private=private)
    elif isinstance(key, dict):
        for name, value in key.items():
            hidden = name == "code" and key.get("hidden") is True
            yield from told_later(value, private=private or hidden or name in PRIVATE)


@pytest.mark.parametrize("name", ["python-start", "data-analysis"])
def test_our_own_courses_build_and_keep_their_secrets(name: str) -> None:
    found = source.read_folder(NOTEBOOKS / name)
    built = release.build(found)
    whole = b"\n".join(built.learner.values()).decode()
    for one in found.lessons:
        for _cell, exercise in one.notebook.exercises:
            secrets = list(filter(None, told_later(exercises.key(exercise))))
            assert secrets, f"{exercise.id} explains nothing, whatever is answered"
            if exercise.kind == "cell":
                secrets += MARKED.findall(exercise.spec.author)
            for secret in secrets:
                assert secret not in whole
                assert json.dumps(secret, ensure_ascii=False)[1:-1] not in whole
