"""What authors are told, and where: file, cell, field; a course of ten lessons within a second."""

from __future__ import annotations

import time
from typing import Any

import pytest
from course_folders import CHOICE, CODE, NOTEBOOKS, cell, course, notebook, read
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost import i18n
from proboost.courses import source
from proboost.courses.check import check
from proboost.courses.flaws import Flaw
from proboost.courses.links import addresses
from proboost.courses.requirements import unmet

PASTED = {"a.png": {"image/png": "AAAA"}}


def found(files: dict[str, bytes]) -> list[tuple[str, int | None, str, str, str]]:
    return [(flaw.file, flaw.cell, flaw.field, flaw.severity, flaw.code) for flaw in check(read(files))]


def in_lesson(*cells: str | dict[str, Any], **more: Any) -> list[tuple[int | None, str, str, str]]:
    return [one[1:] for one in found(course(["# One", *cells], **more))]


def in_yml(text: str) -> list[tuple[int | None, str, str]]:
    files = course()
    files["course.yml"] = text.encode()
    return [(flaw.line, flaw.field, flaw.code) for flaw in check(read(files)) if flaw.file == "course.yml"]


def test_a_sound_course_has_nothing() -> None:
    assert found(course()) == []


@pytest.mark.parametrize("name", ["python-start", "data-analysis"])
def test_our_own_courses_have_nothing(name: str) -> None:
    assert check(source.read_folder(NOTEBOOKS / name)) == []


def test_an_exercises_problem_is_told_with_cell_line_and_field() -> None:
    (flaw,) = check(
        read(course(["# One", CHOICE, "%%exercise b\nkind: choice\noptions: [a, b]\nanswr: a\nanswer: b\n"]))
    )
    assert (flaw.file, flaw.cell, flaw.line, flaw.field, flaw.code) == ("01-part1.ipynb", 3, 4, "answr", "unknown")
    assert flaw.text() == "01-part1.ipynb:3: line 4, answr: “answr” is not known here. Did you mean “answer”?"


def test_flaws_speak_the_authors_language() -> None:
    with i18n.using("ru"):
        (flaw,) = check(read(course(["Без заголовка"])))
    assert "заголовк" in flaw.message


def test_lessons_have_headings() -> None:
    assert found(course(["just text"])) == [("01-part1.ipynb", 1, "", "error", "no-heading")]
    assert found(course(["One\n===\ntext"])) == []
    assert found(course(["```\n# no heading\n```"])) == [("01-part1.ipynb", 1, "", "error", "no-heading")]


def test_ids_are_unique_in_a_lesson_only() -> None:
    assert in_lesson(CHOICE, CHOICE) == [(3, "id", "error", "duplicate-id")]
    assert found(course(["# One", CHOICE], ["# Two", CHOICE])) == []


def test_former_names() -> None:
    def named(was: str) -> str:
        return CHOICE.replace("exercise pick", "exercise new").replace("kind: choice", f"kind: choice\nwas: {was}")

    assert in_lesson(named("part1#old")) == []
    assert in_lesson(named("old")) == [(2, "was", "error", "was")]
    assert in_lesson(CHOICE, named("part1#pick")) == [(3, "was", "error", "was")]
    twice = [named("part1#old"), named("part1#old").replace("exercise new", "exercise newer")]
    assert in_lesson(*twice) == [(3, "was", "error", "was")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("![](img/a.png)", None),
        ("[all](img/a.png#x)", None),
        ("[the other](02-part2.ipynb)", None),
        ("[up](#one) <https://example.org> [mail](mailto:a@b.c) [w](https://example.org/(x))", None),
        ("`[code](nowhere.png)`", None),
        ("![](https://cdn.example.org/a.png)", None),
        ("![](img/secret.png)", "unreleased"),
        ("![](img/nothing.png)", "no-target"),
        ('<img src="img/nothing.png">', "no-target"),
        ("[a](../x.txt)", "no-target"),
        ("[a]()", "no-target"),
        ("[a][b]\n\n[b]: nowhere.txt", "no-target"),
        ("![](https://evil.example/a.png)", "outside-media"),
        ("![](//evil.example/a.png)", "outside-media"),
        ("![](/services/proboost/logout)", "outside-media"),
        ("![](http://cdn.example.org/a.png)", "outside-media"),
        ("[x](javascript:alert)", "unsafe-link"),
        ("[x](data:text/html,x)", "unsafe-link"),
        ("![](attachment:a.png)", "no-attachment"),
    ],
)
def test_links_and_images(text: str, code: str | None) -> None:
    files = course(
        ["# One", text], ["# Two"],
        more="files: [img/a.png]\nembed_hosts: [cdn.example.org]\n",
        files={"img/a.png": b"1", "img/secret.png": b"2"},
    )  # fmt: skip
    assert [one[4] for one in found(files)] == ([code] if code else [])


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", ["[", "![a]", "![a](b)", "[a](", "[a]((", "[[a]", "]", "<a href='", "[a]: "])
def test_links_of_a_long_text_take_no_long_time(piece: str) -> None:
    list(addresses(piece * (30_000 // len(piece))))


def test_links_in_prompts_hints_and_feedback() -> None:
    broken = (
        CHOICE.replace("Which?", "Which? ![](no.png)") + "hints: ['[a](no.txt)']\nfeedback: {right: '[b](no.md)'}\n"
    )
    fields = [field for _cell, field, _severity, code in in_lesson(broken) if code == "no-target"]
    assert fields[:2] == ["prompt", "hints[0]"]
    assert fields[2].startswith("feedback.")


def test_a_pasted_image_is_there() -> None:
    assert in_lesson(cell("markdown", "![](attachment:a.png)", attachments=PASTED)) == []


def test_html_that_is_not_shown() -> None:
    assert in_lesson("<script>x</script>") == [(2, "", "warning", "html")]
    assert in_lesson("a < b <b>x</b> <!-- <script> -->") == []
    steps = "%%exercise s\nkind: order\nlines: ['a <script>', b]\n"
    assert in_lesson(steps) == [(2, "lines", "warning", "html")]
    assert in_lesson(steps.replace("order", "order\nlanguage: html")) == [], "a program is shown as it is"


def test_cells_that_learners_do_not_get_as_meant() -> None:
    assert in_lesson(cell("raw", "x")) == [(2, "", "warning", "raw-cell")]
    assert in_lesson(cell("code", "import os\n%%exercise a")) == [(2, "", "warning", "not-first")]
    assert in_lesson(CHOICE + "hash: 0123456789abcdef\n") == [(2, "hash", "error", "learners-copy")]


def test_solutions() -> None:
    none = CODE.replace("solution: |\n  def double(x):\n      return 2 * x\n", "")
    assert in_lesson(none) == [(2, "solution", "warning", "no-solution")]
    same = CODE.replace("      ...", "      return 2 * x  # here")
    assert in_lesson(same) == [(2, "starter", "error", "starter-solves")]


def test_answers_that_give_themselves_away() -> None:
    assert in_lesson(CODE, "So:\n```\ndef double(x):\n    return 2*x\n```") == [(3, "", "warning", "answer")]
    told = CODE.replace("prompt: Write `double`.", "prompt: |\n  def double(x):\n      return 2 * x")
    assert in_lesson(told) == [(2, "prompt", "warning", "answer")]
    quoting = CODE.replace("a text, hidden", "\"of 'abc'\", hidden").replace(
        "double('a') == 'aa'", "double('abc') == 1"
    )
    assert in_lesson(quoting) == [(2, "tests[1].name", "warning", "hidden-name")]
    shown = CODE + "hints: [\"assert double('a') == 'aa'\"]\n"
    assert in_lesson(shown) == [(2, "hints[0]", "warning", "hidden-test")]
    chatty = "%%exercise a\nkind: choice\nprompt: Well, a long option.\noptions: [a long option, b2]\nanswer: '#1'\n"
    assert in_lesson(chatty) == [(2, "prompt", "warning", "answer")]
    assert in_lesson(chatty.replace("Well, a long option", "Well, a long option or b2")) == []


def test_an_answer_to_be_typed_does_not_stand_in_its_prompt() -> None:
    text = "%%exercise t\nkind: text\nprompt: {prompt}\nanswers: [tuple, /b+/, {{text: nearly, share: 0.5}}]\n"
    for prompt, told in (("Is it a tuple or a list?", 1), ("A `tuple` or a `list`?", 0), ("tuples are nearly b", 0)):
        assert len(in_lesson(text.format(prompt=prompt))) == told
    number = "%%exercise n\nkind: number\nprompt: It is about 3.1416\nanswer: {answer}\ntolerance: 0.01\n"
    assert [len(in_lesson(number.format(answer=answer))) for answer in ("3.1416", "1.5708", "3")] == [1, 0, 0]


def test_answers_that_the_authors_programs_show() -> None:
    def shown(text: str) -> dict[str, Any]:
        output = {"output_type": "stream", "name": "stdout", "text": [text]}
        return cell("code", "import lesson\nlesson.show()", outputs=[output])

    question = "%%exercise t\nkind: text\nanswers: [immutable]\n"
    assert in_lesson(shown("it is Immutable\n"), question, more="files: [lesson.py]\n", files={"lesson.py": b""}) == [
        (2, "", "warning", "answer-shown")
    ]
    for text, count in (("def double(x):\n    return 2 * x\n", 1), ("4\n", 0)):
        assert len(in_lesson(shown(text), CODE, more="files: [lesson.py]\n", files={"lesson.py": b""})) == count


def test_headings_that_links_mean_are_there() -> None:
    for link, codes in (
        ("#Two-words", []),
        ("#two-words", []),
        ("01-part1.ipynb#One", []),
        ("#Three", ["no-heading-there"]),
    ):
        assert [code for *_, code in in_lesson(f"## Two words\n\n[x]({link})")] == codes


def test_lines_are_told_where_they_are_known() -> None:
    text = (
        "%%exercise t\nkind: choice\nprompt: |\n  a\nhints:\n  - one\n  - '![](none.png)'\noptions: [a, b]\nanswer: a\n"
    )
    flaws = check(read(course(["# One\n\ntext\n\n[x](nowhere.txt)", text])))
    assert [(flaw.cell, flaw.line, flaw.code) for flaw in flaws] == [(1, 5, "no-target"), (2, 7, "no-target")]


def test_cells_of_nbgrader_are_checked_too() -> None:
    def native(text: str, **more: Any) -> dict[str, Any]:
        about = {
            "schema_version": 3,
            "grade_id": "a",
            "grade": True,
            "solution": False,
            "locked": True,
            "points": 1,
            **more,
        }
        return cell("code", text, metadata={"nbgrader": about})

    assert in_lesson(native("assert True")) == []
    for cells in (
        [native("assert True"), native("assert True")],  # one id twice
        [native("x = 1\n### BEGIN SOLUTION\nx", grade=False, solution=True, locked=False)],
        [native("assert True", grade_id="")],
    ):
        assert any(severity == "error" for _cell, _field, severity, _code in in_lesson(*cells))


def test_packages_are_named() -> None:
    code = ">>> import numpy as np, os\nfrom sklearn.x import y\nfrom mine import z\n%matplotlib inline"
    files = {"mine.py": b"z = 1"}
    assert [one[3] for one in in_lesson(code, more="files: [mine.py]\n", files=files)] == ["requires", "requires"]
    named = "files: [mine.py]\nrequires: ['NumPy>=2', scikit_learn]\n"
    assert in_lesson(code, more=named, files=files) == []


def test_packages_that_learners_do_not_have() -> None:
    wanted = read(course(["# One"], more="requires: ['pytest>=1', 'pytest>=99', no-such-package-at-all]\n"))
    assert [(flaw.field, flaw.code) for flaw in unmet(wanted)] == [
        ("requires[1]", "not-installed"),
        ("requires[2]", "not-installed"),
    ]


def test_files_and_notebooks_that_are_missing_or_not_listed() -> None:
    assert found(course(more="files: [data/*.csv]\n")) == [("course.yml", None, "files[0]", "error", "no-match")]
    extra = course(files={"old.ipynb": notebook(["# Old"])})
    assert found(extra) == [("old.ipynb", None, "", "warning", "unlisted")]
    gone = course()
    del gone["01-part1.ipynb"]
    assert found(gone) == [("course.yml", None, "lessons[0].file", "error", "no-file")]


def test_course_yml_is_strict() -> None:
    lesson = "lessons: [01-part1.ipynb]\n"
    assert in_yml("title: T\n" + lesson) == []
    assert in_yml("titel: T\n" + lesson) == [(1, "title", "missing"), (1, "titel", "unknown")]
    assert in_yml("title: T\nid: Äh\n" + lesson) == [(2, "id", "id")]
    assert in_yml("title: T\nlessons: []\n") == [(2, "lessons", "empty")]
    assert in_yml("title: T\nlessons:\n- file: ../x.ipynb\n") == [(3, "lessons[0].file", "path")]
    assert in_yml("title: T\nlessons:\n- file: x.txt\n") == [(3, "lessons[0].file", "path")]
    assert in_yml(f"title: T\nfiles: [/etc/passwd]\n{lesson}") == [(2, "files[0]", "path")]
    assert in_yml(f"title: T\nlanguage: русский\n{lesson}") == [(2, "language", "language")]
    assert in_yml(f"title: T\nembed_hosts: ['https://x.y']\n{lesson}") == [(2, "embed_hosts[0]", "value")]
    assert in_yml(f"title: T\nrequires: ['numpy; rm -rf']\n{lesson}") == [(2, "requires[0]", "value")]
    assert in_yml(f"title: T\npolicy: {{take: worst, late: {{until: 7}}, pass: 2}}\n{lesson}") == [
        (2, "policy.take", "unknown-value"),
        (2, "policy.late.until", "duration"),
        (2, "policy.pass", "number"),
    ]
    assert in_yml("- a\n") == [(1, "", "type")]
    assert in_yml("a: [\n")[0][2] == "yaml"


def test_dates_need_their_offset_and_order() -> None:
    head = "title: T\nlessons:\n- file: 01-part1.ipynb\n"
    assert in_yml(head + "  opens: 2026-09-01T10:00+03:00\n  due: 2026-09-08T23:59Z\n") == []
    assert in_yml(head + "  opens: 2026-09-01\n") == [(4, "lessons[0].opens", "date")]
    assert in_yml(head + "  opens: soon\n") == [(4, "lessons[0].opens", "date")]
    backwards = "  opens: 2026-09-02T10:00Z\n  due: 2026-09-01T10:00Z\n"
    assert in_yml(head + backwards) == [(5, "lessons[0].due", "order")]
    assert in_yml(head + "  after: previous\n") == [(3, "lessons[0].after", "after")]


def test_two_lessons_of_one_id_or_file() -> None:
    text = "title: T\nlessons:\n- 01-part1.ipynb\n- {file: 02-x.ipynb, id: part1}\n- 01-part1.ipynb\n"
    assert [one[2] for one in in_yml(text)] == ["duplicate", "no-file", "duplicate"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b'{"cells": 1, "nbformat": 4}',
        b'{"worksheets": [], "nbformat": 3}',
        b"\xff\xfe",
        b"[" * 99999,
    ],
)
def test_what_is_no_notebook(content: bytes) -> None:
    files = course()
    files["01-part1.ipynb"] = content
    assert [one[4] for one in found(files)] == ["not-a-notebook"]


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.binary(max_size=200))
def test_any_bytes_are_told_of_and_break_nothing(yml: bytes, book: bytes) -> None:
    check(read({"course.yml": yml, "01.ipynb": book}))
    check(read({"course.yml": b"title: T\nlessons: [01.ipynb]\n", "01.ipynb": book}))


def test_ten_lessons_take_no_second() -> None:
    prose = "Some **text** with $x^2$, a [link](#More) and `code`.\n\n" * 5 + "## More\n"
    lessons = []
    for number in range(10):
        cells = [f"# Lesson {number}"]
        for k in range(10):
            cells += [prose, CHOICE.replace("pick", f"a{k}"), CODE.replace("exercise double", f"exercise b{k}")]
        lessons.append(cells)
    files = course(*lessons)
    check(read(course()))  # what is loaded once
    before = time.process_time()
    assert check(read(files)) == []
    assert time.process_time() - before < 1


def test_a_cell_without_end() -> None:
    assert in_lesson("x" * 300_000) == [(2, "", "error", "too-large")]


def test_a_flaw_is_json() -> None:
    flaw = Flaw("a.ipynb", 1, None, "id", "error", "x", "y")
    assert list(flaw.json()) == ["file", "cell", "line", "field", "severity", "code", "message"]
