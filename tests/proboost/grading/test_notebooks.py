"""Handed-in notebooks: points by the author's tests, whatever learners did to their copy and in it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from proboost.courses import native
from proboost.grading import notebooks
from proboost.grading.engine import Engine
from proboost.grading.notebooks import Work, credit
from proboost.grading.result import NotebookResult, from_json

from .written import Json, answer, cell, graded, handed_in, manual, notebook, readonly, task

ADD = "def add(x):\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION"
SOURCE = notebook(
    answer("add", ADD),
    graded("test_add", "assert add(1) == 2\n### BEGIN HIDDEN TESTS\nassert add(20) == 21\n### END HIDDEN TESTS", 2),
    answer("twice", "def twice(x): return add(add(x))"),
    graded("test_twice", "assert twice(1) == 3", 1),
    manual("words", "It adds."),
    task("task", "Show it."),
)
RIGHT = {"add": "def add(x): return x + 1", "twice": "def twice(x): return add(add(x))", "words": "adds"}


def grade(engine: Engine, source: Json, submitted: Any, **more: Any) -> NotebookResult:
    return notebooks.grade(source, submitted, engine=engine, **more)


def scores(found: NotebookResult) -> dict[str, float | None]:
    return {name: one.score for name, one in found.cells.items()}


def learners(answers: dict[str, str], *extra: Json) -> Json:
    return handed_in(native.learner_notebook(SOURCE), answers, *extra)


def test_right_answers_have_all_points_and_people_grade_the_rest(own_engine: Engine) -> None:
    found = grade(own_engine, SOURCE, learners(RIGHT))
    assert scores(found) == {"test_add": 2.0, "test_twice": 1.0, "words": None, "task": None}
    assert (found.score, found.max, found.needs_manual, found.error, found.remarks) == (3.0, 9.0, True, None, ())
    assert found.tier.startswith("A")
    assert from_json(json.loads(json.dumps(found.json()))) == found


def test_stubs_have_none_and_say_why(own_engine: Engine) -> None:
    found = grade(own_engine, SOURCE, json.dumps(native.learner_notebook(SOURCE)).encode())
    assert scores(found) == {"test_add": 0.0, "test_twice": 0.0, "words": 0.0, "task": None}
    assert "NotImplementedError" in found.cells["test_add"].message


def test_a_visible_test_shows_its_case_and_a_hidden_one_nothing(own_engine: Engine) -> None:
    found = grade(own_engine, SOURCE, learners({**RIGHT, "add": "def add(x): return 5"}))
    assert found.cells["test_add"].case == {"call": "add(1)", "got": "5", "wanted": "2"}
    found = grade(own_engine, SOURCE, learners({**RIGHT, "add": "def add(x): return 2"}))
    hidden = found.cells["test_add"]
    assert (hidden.score, hidden.hidden, hidden.case) == (0.0, True, None)
    assert hidden.message == "A hidden test did not pass."
    assert "21" not in json.dumps(found.json())


def test_words_in_the_learners_language(own_engine: Engine) -> None:
    found = grade(own_engine, SOURCE, learners({}), language="ru")
    assert "NotImplementedError" in found.cells["test_add"].message
    assert (
        found.cells["test_add"].message.startswith("NotImplementedError") or "ответ" in found.cells["test_add"].message
    )


BROKEN = {
    "os._exit": ("import os\nos._exit(0)", "ended itself"),
    "an endless loop": ("while True: pass", "did not end within"),
    "a loop that catches everything": (
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "not end",
    ),
    "a memory bomb": ("x = bytearray(3 << 30)\nx[::4096] = x[::4096]", ""),
    "a crash": ("import ctypes\nctypes.string_at(1)", "crashed"),
    "a huge output": ("for _ in range(200): print('x' * 100_000)", ""),
    "an exception": ("1 / 0", ""),
    "a syntax error": ("def f(:", ""),
    "sys.exit": ("import sys\nsys.exit(3)", ""),
    "a closed control socket": ("import os\nos.closerange(3, 100)", "ended itself"),
    "standard error": ("import sys\nprint('careful', file=sys.stderr)", ""),
    "a warning": ("import warnings\nwarnings.warn('careful')", ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_cell_does_costs_what_stands_behind_it_at_most(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from proboost.grading import pair, paper

    for module in (pair, paper, notebooks):
        monkeypatch.setattr(module, "LIMIT", 1.0)
    code, said = BROKEN[name]
    made = learners(RIGHT)
    made["cells"].insert(2, cell(code))
    found = grade(own_engine, SOURCE, made)
    assert found.error is None
    assert found.cells["test_add"].score == 2.0
    if "ended" in said or "crash" in said:
        assert found.cells["test_twice"].score == 0.0
        assert said in found.cells["test_twice"].message
        assert "ended" in {remark.code for remark in found.remarks}
    elif name != "a loop that catches everything":
        assert found.cells["test_twice"].score == 1.0
    assert len(json.dumps(found.json())) < 500_000


def test_a_loop_in_one_test_costs_that_test(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from proboost.grading import pair, paper

    for module in (pair, paper, notebooks):
        monkeypatch.setattr(module, "LIMIT", 1.0)
    found = grade(own_engine, SOURCE, learners({**RIGHT, "twice": "def twice(x):\n    while True: pass"}))
    assert scores(found)["test_add"] == 2.0
    assert scores(found)["test_twice"] == 0.0
    assert "did not end" in found.cells["test_twice"].message


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (None, 2.0), (True, 2.0), (False, 0.0), (0.5, 0.5), (0.0, 0.0), (-1.0, 0.0), (2.0, 2.0), (7.0, 2.0),
        (float("inf"), 2.0), (float("nan"), 0.0),
    ],
)  # fmt: skip
def test_credit(value: Any, points: float) -> None:
    found, odd = credit(value, 2.0)
    assert found == points
    assert bool(odd) == (value in (-1.0, 7.0, float("inf")) or value != value)


LAST = {
    "1.5": 1.5, "True": 2, "False": 0, "-1": 0, "np.float64(0.5)": 0.5, "np.float64(0.0)": 0, "np.int64(1)": 1,
    "np.bool_(False)": 0, "np.float32(0.25)": 0.25, "'0.5'": 2, "None": 2, "0.5;": 2, "[0.5]": 2, "5": 2,
    "print(0.5)": 2, "add(0)": 1, "add(0) == 2": 0, "0.5  # half": 0.5,
}  # fmt: skip


def test_the_last_expression_is_partial_credit(own_engine: Engine) -> None:
    """All in one notebook: each test cell ends in another way."""
    tests = [graded(f"t{number}", f"assert add(1) == 2\n{last}", 2) for number, last in enumerate(LAST)]
    source = notebook(readonly("np", "import numpy as np"), answer("add", ADD), *tests)
    found = grade(own_engine, source, handed_in(source, {"add": RIGHT["add"]}))
    assert dict(zip(LAST, scores(found).values(), strict=True)) == LAST
    assert {remark.code for remark in found.remarks} == {"credit"}


IDIOMS = {
    "a helper of a test before": (
        ["def f(): return 3"],
        "def check(v): assert v == 3",
        "check(f())",
    ),
    "a result of the author's": (["def f(): return 3", readonly("r", "result = f()")], "assert result == 3"),
    "an object of the learner's": (
        ["class A:\n    def __init__(self): self.n = 1", readonly("r", "a = A()\na.n += 1")],
        "assert a.n == 2",
    ),
    "data of the author's": ([readonly("r", "data = [1, 2]"), "def f(x): return sum(x)"], "assert f(data) == 3"),
    "data that the learner changes": ([readonly("r", "data = [1]"), "data.append(2)"], "assert data == [1, 2]"),
    "an import in a test": (["def g(): return 0"], "import math\nassert g() == 0", "assert math.floor(g()) == 0"),
    "a seed": ([readonly("r", "import random\nrandom.seed(5)"), "def f(): return random.random()"],
               "assert round(f(), 6) == 0.622902"),
    "a replaced function": (
        ["def f(): return 1", "def g(): return f() + 1"],
        "old = f\nf = lambda: 10\ntry:\n    assert g() == 11\nfinally:\n    f = old",
    ),
    "a deleted function": (
        ["def f(): return 1", "def g(): return f() + 1"],
        "old = f\ndel f\ntry:\n    g()\nexcept NameError:\n    pass\nelse:\n    assert False\nfinally:\n    f = old",
    ),
    "a magic": ([readonly("r", "%matplotlib inline\nimport math"), "def f(): return math.pi"], "assert f() > 3"),
    "a file": ([readonly("r", "text = open('data/a.txt').read()"), "def f(t): return t.upper()"],
               "assert f(text) == 'HELLO' and open('data/a.txt').read() == 'hello'"),
}  # fmt: skip


@pytest.mark.parametrize("name", IDIOMS)
def test_idioms_of_test_cells_are_split(own_engine: Engine, name: str) -> None:
    """Each is passed by the reference, split, and by an empty answer not."""
    before, *codes = IDIOMS[name]
    cells = [answer(f"a{n}", one) if isinstance(one, str) else one for n, one in enumerate(before)]
    source = notebook(*cells, *(graded(f"t{n}", code) for n, code in enumerate(codes)))
    files = {"data/a.txt": b"hello"}
    found = grade(own_engine, source, source, files=files)
    assert [(one.score, one.isolated) for one in found.cells.values()] == [(1.0, True)] * len(codes), found.cells
    empty = {f"a{n}": "" for n in range(len(before))}
    found = grade(own_engine, source, handed_in(source, empty), files=files)
    assert list(found.cells.values())[-1].score == 0.0


def test_what_cannot_be_split_is_provisional(own_engine: Engine) -> None:
    source = notebook(answer("a", "class A: pass"), graded("t", "assert type(A()) is A and 'A' in globals()"))
    found = grade(own_engine, source, source)
    assert (found.cells["t"].score, found.cells["t"].isolated) == (1.0, False)
    assert [remark.code for remark in found.remarks] == ["provisional"]


def test_where_the_learners_class_decides_it_is_remarked(own_engine: Engine) -> None:
    own = "class P:\n    def __init__(self, x): self.x = x\n    def __eq__(self, other): return self.x == other.x"
    source = notebook(answer("a", own), graded("t", "assert P(1) == P(1)"), graded("u", "assert P(1).x == 1"))
    found = grade(own_engine, source, source)
    assert [one.score for one in found.cells.values()] == [1.0, 1.0]
    assert [(remark.code, remark.grade_id) for remark in found.remarks] == [("weak", "t")]


def test_a_helper_of_the_authors_cannot_be_replaced(own_engine: Engine) -> None:
    source = notebook(
        readonly("h", "def check(v): assert v == 3"), answer("a", "def f(): return 3"), graded("t", "check(f())")
    )
    found = grade(own_engine, source, handed_in(source, {"a": "def f(): return 0\ndef check(v): pass"}))
    assert found.cells["t"].score == 0.0


def test_a_result_of_the_authors_cannot_be_claimed(own_engine: Engine) -> None:
    source = notebook(
        answer("a", "def f(): return 3"), readonly("r", "result = f()"), graded("t", "assert result == 3")
    )
    cheat = handed_in(source, {"a": "def f(): return 0"})
    cheat["cells"].insert(2, cell("result = 3"))
    assert grade(own_engine, source, cheat).cells["t"].score == 0.0


def test_a_reference_that_fails_is_told_and_does_not_stop(own_engine: Engine) -> None:
    source = notebook(answer("a", "def f(): return 3"), graded("t", "assert f() == 4"), graded("u", "assert f() == 3"))
    found = grade(own_engine, source, source)
    assert [one.score for one in found.cells.values()] == [0.0, 1.0]
    assert [remark.code for remark in found.remarks] == ["reference"]


def test_another_language_waits_for_people(own_engine: Engine) -> None:
    source = notebook(answer("a", "f <- 1"), graded("t", "stopifnot(f == 1)"), language="R")
    found = grade(own_engine, source, source)
    assert found.error is not None
    assert (found.error.code, found.needs_manual, found.max) == ("kernel", True, 1.0)


@pytest.mark.parametrize("rubbish", [b"", b"{}", b"\xff", b'{"nbformat": 4, "cells": [{}]}'])
def test_rubbish_is_an_error_of_its_own(own_engine: Engine, rubbish: bytes) -> None:
    found = grade(own_engine, SOURCE, rubbish)
    assert found.error is not None
    assert (found.error.code, found.score, found.max) == ("not-a-notebook", 0.0, 9.0)


def test_one_learners_notebooks_together(own_engine: Engine) -> None:
    other = notebook(answer("a", "x = 1"), graded("t", "assert x == 1"))
    lingering = learners({**RIGHT, "twice": RIGHT["twice"] + "\nimport os\nif os.fork() == 0:\n    while True: pass"})
    work = [Work(SOURCE, lingering), Work(other, b"rubbish"), Work(other, other), Work(SOURCE, learners({}))]
    found = notebooks.grade_all(work, engine=own_engine)
    assert [one.score for one in found] == [3.0, 0.0, 1.0, 0.0]
    assert [one.error is None for one in found] == [True, False, True, True]


def test_one_that_takes_the_room_with_it_costs_the_others_nothing(own_engine: Engine) -> None:
    bomb = learners({**RIGHT, "twice": "import os\nos.kill(os.getppid(), 9)"})
    found = notebooks.grade_all([Work(SOURCE, learners(RIGHT)), Work(SOURCE, bomb)], engine=own_engine)
    assert [one.score for one in found] == [3.0, 0.0]


def test_what_a_test_hands_over_is_in_no_output_of_the_next_notebook(own_engine: Engine) -> None:
    keeps = "def add(x):\n    open('/tmp/seen', 'a').write(repr(x))\n    return x + 1"
    other = notebook(manual("m", "", kind="code"))
    looks = handed_in(
        other, {"m": "import os\nprint('looked', os.path.exists('/tmp/seen') and open('/tmp/seen').read())"}
    )
    found = notebooks.grade_all(
        [Work(SOURCE, learners({**RIGHT, "add": keeps})), Work(other, looks)], engine=own_engine
    )
    assert found[0].score == 3.0
    assert "looked False" in str(found[1].document)


def test_plots_and_output_are_kept_for_the_grader(own_engine: Engine) -> None:
    source = notebook(manual("m", "", kind="code"), readonly("r", "import matplotlib.pyplot as plt"))
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('seen')\n3 + 4"
    found = grade(own_engine, source, handed_in(source, {"m": code}))
    outputs = found.document["cells"][0]["outputs"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert {"output_type": "stream", "name": "stdout", "text": "seen\n"} in outputs
    assert any(output.get("data", {}).get("text/plain") == "7" for output in outputs)


def test_exercises_of_our_own_kind_are_not_run(own_engine: Engine) -> None:
    made = deepcopy(SOURCE)
    made["cells"].insert(0, cell("%%exercise other\nkind: choice"))
    found = grade(own_engine, made, handed_in(made, RIGHT))
    assert found.score == 3.0
    assert "outputs" not in found.document["cells"][0]


@pytest.mark.parametrize("solution", ["size = abs", "from math import fabs as size"])
def test_a_solution_out_of_a_library_is_asked_of_the_notebook(own_engine: Engine, solution: str) -> None:
    source = notebook(
        readonly("helper", "import math"),
        answer("size", f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"),
        graded("tests", "assert size(-1) == 1"),
        graded("more", "assert math.isclose(size(-2), 2)"),
    )
    assert grade(own_engine, source, handed_in(source, {"size": "pass"})).score == 0
    for right in (solution, "def size(x): return max(x, -x)"):
        found = grade(own_engine, source, handed_in(source, {"size": right}))
        assert (found.score, found.remarks) == (2, ())
