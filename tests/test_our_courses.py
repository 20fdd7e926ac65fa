"""The courses that come with ProBoost can be taken: right answers earn everything, and the examples run."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from course_folders import NOTEBOOKS

from proboost.courses import source
from proboost.courses.source import Source
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise, generating, params

COURSES = ("python-start", "data-analysis")
BY_HAND = {"essay", "upload", "cell", "code"}  # nothing here judges them
EXAMPLES = """
import json, os, pathlib, sys
os.environ["MPLBACKEND"] = "Agg"
for lesson in sorted(pathlib.Path().glob("*.ipynb")):
    names = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(lesson.read_text("utf-8"))["cells"], 1):
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and not text.startswith("%%exercise"):
            exec(compile(text, f"{lesson}:{number}", "exec"), names)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
print("ran")
"""


@pytest.fixture(scope="module", params=COURSES)
def course(request: pytest.FixtureRequest) -> Source:
    return source.read_folder(NOTEBOOKS / request.param)


def its_exercises(course: Source) -> list[tuple[str, Exercise]]:
    return [(lesson.id, one) for lesson in course.lessons for _cell, one in lesson.notebook.exercises]


def right(one: Exercise) -> list[dict[str, Any]]:
    """The answers that the key says earn everything."""
    spec = one.spec
    if one.kind == "choice":
        return [{"choice": item} for item, share in spec.shares if share == 1]
    if one.kind == "multiple":
        return [{"choices": [item for item, share in spec.shares if share > 0]}]
    if one.kind == "number":
        return [{"number": answer.text} for answer in spec.answers if answer.share == 1]
    if one.kind == "text":
        return [{"text": answer.text} for answer in spec.answers if answer.share == 1]
    if one.kind == "blanks":
        fullest = {name: next(one.text for one in accepted if one.share == 1) for name, accepted in spec.answers}
        return [{"blanks": fullest}]
    if one.kind == "order":
        orders = [answer.lines for answer in spec.answers if answer.share == 1]
        return [{"lines": [{"item": item, "indent": level} for item, level in lines]} for lines in orders]
    assert one.kind == "match", one.kind
    return [{"pairs": {pair.left: pair.right for pair in spec.pairs if pair.share == 1}}]


def test_right_answers_earn_everything(course: Source) -> None:
    for lesson, one in its_exercises(course):
        if one.kind in BY_HAND or one.params:
            continue
        answers = right(one)
        assert answers, f"{lesson}#{one.id}"
        for answer in answers:
            exercises.check_response(exercises.public(one), answer)
            assert exercises.judge(one, answer).score == 1, f"{lesson}#{one.id}: {answer}"


def test_each_learners_own_numbers_make_an_exercise() -> None:
    varied = [one for name in COURSES for _, one in its_exercises(source.read_folder(NOTEBOOKS / name)) if one.params]
    assert varied
    for one in varied:
        for number in range(60):
            seed = number.to_bytes(16, "big")
            values = params.draw(one.params, seed)
            job = params.job(one.params, values, seed, exercises.used_values(one))
            drawn = exercises.drawn(one, values | generating.run(job))
            for answer in right(drawn):
                assert exercises.judge(drawn, answer).score == 1, f"{one.id}: {values}"


def test_there_is_a_course_to_take() -> None:
    found = {name: its_exercises(source.read_folder(NOTEBOOKS / name)) for name in COURSES}
    kinds = {name: Counter(one.kind for _, one in rows) for name, rows in found.items()}
    assert set(kinds["python-start"]) == set(exercises.kinds()), "every kind can be met in the first course"
    assert kinds["data-analysis"]["cell"], "and an assignment of nbgrader's cells in both"
    assert kinds["python-start"].total() >= 60
    assert kinds["data-analysis"].total() >= 30


@pytest.mark.slow
@pytest.mark.parametrize("name", COURSES)
def test_examples_run_from_top_to_bottom(name: str, tmp_path: Path) -> None:
    """As learners get them: the files that the course hands out lie beside the lessons, and no others."""
    folder = source.read_folder(NOTEBOOKS / name)
    for path in (*folder.handed_out, *(lesson.file for lesson in folder.lessons)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(folder.files[path])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXAMPLES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("ran\n")
