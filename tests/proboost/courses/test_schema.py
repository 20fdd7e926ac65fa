"""The schemas that editors get: what the readers take they take, what the readers refuse in form they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import written
import yaml
from course_folders import NOTEBOOKS
from hypothesis import given, settings
from hypothesis import strategies as st

import proboost
from proboost import i18n
from proboost.courses import schema
from proboost_kernel import exercises
from proboost_kernel.exercises import ExerciseError

PACKAGE = Path(proboost.__file__).parent / "courses" / "schemas"
COURSE = jsonschema.Draft7Validator(json.loads((PACKAGE / "course.schema.json").read_text("utf-8")))
EXERCISE = jsonschema.Draft7Validator(json.loads((PACKAGE / "exercise.schema.json").read_text("utf-8")))
COURSES = sorted(NOTEBOOKS.glob("*/course.yml"))


def wrong(validator: jsonschema.Draft7Validator, text: str) -> list[str]:
    """Where an editor would underline; it reads YAML with types, as editors do."""
    return [error.json_path for error in validator.iter_errors(plain(yaml.safe_load(text)))]


def plain(value: Any) -> Any:
    """Dates are texts to JSON Schema."""
    return json.loads(json.dumps(value, default=str))


def test_they_are_schemas_and_every_field_has_a_word() -> None:
    for validator in (COURSE, EXERCISE):
        jsonschema.Draft7Validator.check_schema(validator.schema)
        assert schema.undescribed(validator.schema) == []
    assert set(EXERCISE.schema["properties"]["kind"]["enum"]) == set(exercises.kinds()) - {"cell"}
    with i18n.using("ru"):
        assert "каталог" in schema.course()["properties"]["description"]["description"]


@pytest.mark.parametrize("path", COURSES, ids=lambda path: path.parent.name)
def test_the_courses_that_come_with_us_fit(path: Path) -> None:
    assert wrong(COURSE, path.read_text("utf-8")) == []
    cells = [
        "".join(cell["source"])
        for notebook in sorted(path.parent.glob("*.ipynb"))
        for cell in json.loads(notebook.read_bytes())["cells"]
    ]
    found = {cell.split("\n")[0]: wrong(EXERCISE, cell.partition("\n")[2]) for cell in cells if cell.startswith("%%ex")}
    assert found
    assert {name: errors for name, errors in found.items() if errors} == {}


@settings(max_examples=60, deadline=None)
@given(written.choices() | written.codes())
def test_what_the_reader_takes_fits(fields: dict[str, Any]) -> None:
    text = written.cell({**fields, "was": "a#b"})
    try:
        exercises.parse(text)
    except ExerciseError:
        return
    assert list(EXERCISE.iter_errors(fields)) == []


CHOICE = "kind: choice\noptions: [a, b]\nanswer: a\n"
LESSONS = "title: T\nlessons: [01-a.ipynb]\n"


@pytest.mark.parametrize(
    "text",
    [
        "prompt: no kind\n",
        "kind: chocie\noptions: [a, b]\nanswer: a\n",
        "kind: choice\nanswer: a\n",
        CHOICE + "anser: b\n",
        CHOICE + "tests: []\n",
        CHOICE + "points: -1\n",
        CHOICE + "hints: one\n",
        CHOICE + "shuffle: maybe\n",
        "kind: choice\noptions: [a, b]\nanswer: {text: a, share: 2}\n",
        "kind: code\ntests: [{name: one}]\n",
        "kind: code\ntests: [{name: one, code: x, trust: me}]\n",
        "kind: multiple\noptions: [a, b]\nanswers: [a]\nscoring: most\n",
    ],
)
def test_what_the_reader_refuses_in_form_does_not_fit(text: str) -> None:
    with pytest.raises(ExerciseError):
        exercises.parse(f"%%exercise e\n{text}")
    assert wrong(EXERCISE, text)


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    known = draw(st.sampled_from(sorted({"title", "description", "authors", "language", "lessons", "files", "policy"})))
    place = draw(st.integers(0, len(known) - 1))
    return known[:place] + "x" + known[place:]


@given(misspelt())
def test_an_unknown_key_of_a_course_is_underlined(key: str) -> None:
    assert wrong(COURSE, LESSONS) == []
    assert wrong(COURSE, f"{LESSONS}{key}: 1\n")


@pytest.mark.parametrize(
    "text",
    [
        "lessons: [01-a.ipynb]\n",
        "title: T\n",
        "title: T\nlessons: 01-a.ipynb\n",
        "title: T\nlessons: [{file: 01-a.ipynb, afer: previous}]\n",
        "title: T\nlessons: [{file: 01-a.ipynb, after: always}]\n",
        LESSONS + "policy: {take: first}\n",
        LESSONS + "policy: {pass: 60}\n",
    ],
)
def test_a_course_that_cannot_be_read_is_underlined(text: str) -> None:
    assert wrong(COURSE, text)
