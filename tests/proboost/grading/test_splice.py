"""What of a submission is taken, and what is only remarked on."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost.courses import native
from proboost.grading.splice import Spliced, Unreadable, hidden_lines, read, splice, whole

from .written import Json, answer, cell, graded, handed_in, manual, notebook, readonly, task

SOURCE = notebook(
    cell("Intro", "markdown"),
    readonly("imports", "import math"),
    answer("f", "### BEGIN SOLUTION\ndef f(x): return x + 1\n### END SOLUTION"),
    cell("f(1)"),
    graded("test_f", "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(2) == 3\n### END HIDDEN TESTS", 2),
    manual("words", "It adds one."),
    task("task", "Show it."),
)
RELEASED = native.learner_notebook(SOURCE)
ANSWERED = handed_in(RELEASED, {"f": "def f(x): return x + 1", "words": "adds"})


def texts(spliced: Spliced) -> list[str]:
    return [piece.text for piece in spliced.pieces]


def codes(spliced: Spliced) -> list[tuple[str, str]]:
    return [(remark.code, remark.grade_id) for remark in spliced.remarks]


def of(notebook: Json, name: str) -> Json:
    return next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == name)


def test_answers_are_taken_and_nothing_else() -> None:
    done = splice(SOURCE, ANSWERED)
    wanted = [one["source"] for one in SOURCE["cells"]]
    wanted[2], wanted[5] = "def f(x): return x + 1", "adds"
    assert texts(done) == wanted
    assert [piece.trusted for piece in done.pieces] == [True, True, False, True, True, False, True]
    assert done.remarks == ()
    assert done.unanswered == frozenset()


def test_stubs_are_no_answers() -> None:
    assert splice(SOURCE, RELEASED).unanswered == {"f", "words"}
    beside = deepcopy(RELEASED)
    beside["cells"].insert(6, cell("My answer, below.", "markdown"))
    assert splice(SOURCE, beside).unanswered == {"f"}


def tampered(name: str, **meta: Any) -> Json:
    made = deepcopy(ANSWERED)
    of(made, name)["metadata"]["nbgrader"].update(meta)
    return made


def without(name: str) -> Json:
    made = deepcopy(ANSWERED)
    made["cells"].remove(of(made, name))
    return made


@pytest.mark.parametrize(
    ("submitted", "remark"),
    [
        (tampered("test_f", points=100), ("points", "test_f")),
        (tampered("words", points=0), ("points", "words")),
        (tampered("test_f", checksum="0" * 32), ("checksum", "test_f")),
        (tampered("test_f", solution=True), ("role", "test_f")),
        (handed_in(ANSWERED, {"test_f": "pass"}), ("changed", "test_f")),
        (handed_in(ANSWERED, {"imports": "math = 3"}), ("changed", "imports")),
        (without("test_f"), ("missing", "test_f")),
        (without("imports"), ("missing", "imports")),
        (handed_in(ANSWERED, {}, graded("test_f", "pass")), ("duplicate", "test_f")),
        (tampered("f", grade_id="g"), ("renamed", "f")),
    ],
)
def test_what_is_changed_around_the_answers_is_remarked_on_and_not_used(
    submitted: Json, remark: tuple[str, str]
) -> None:
    done = splice(SOURCE, submitted)
    assert remark in codes(done)
    assert texts(done)[:7] == texts(splice(SOURCE, ANSWERED))
    assert [piece.native.points for piece in done.pieces if piece.native is not None] == [0, 0, 2, 2, 4]


def test_a_changed_type_is_changed_back() -> None:
    made = deepcopy(ANSWERED)
    of(made, "f").update(cell_type="markdown")
    of(made, "words").update(cell_type="code", outputs=[], execution_count=None)
    done = splice(SOURCE, made)
    assert {("cell-type", "f"), ("cell-type", "words")} <= set(codes(done))
    assert [piece.kind for piece in done.pieces] == [one["cell_type"] for one in SOURCE["cells"]]
    assert "def f(x): return x + 1" in texts(done)


def test_a_deleted_answer_waits_for_a_grader_and_is_no_answer() -> None:
    done = splice(SOURCE, without("words"))
    assert ("missing", "words") in codes(done)
    assert "words" not in done.unanswered
    assert done.pieces[5].missing


def test_the_last_of_copies_counts_and_the_first_runs_as_the_learners_own() -> None:
    made = deepcopy(ANSWERED)
    made["cells"].insert(2, answer("f", "def f(x): return 0"))
    done = splice(SOURCE, made)
    assert ("duplicate", "f") in codes(done)
    assert [text for text in texts(done) if "def f" in text] == ["def f(x): return 0", "def f(x): return x + 1"]


def test_cells_of_the_learners_own_run_where_they_stand() -> None:
    made = deepcopy(ANSWERED)
    made["cells"].insert(0, cell("NAME = 'Lea'"))
    made["cells"].insert(4, cell("helper = 3"))
    done = splice(SOURCE, made)
    assert texts(done)[0] == "NAME = 'Lea'"
    assert texts(done).index("helper = 3") == texts(done).index("def f(x): return x + 1") + 1
    assert not any(piece.trusted for piece in done.pieces if piece.text in ("NAME = 'Lea'", "helper = 3"))


def test_a_free_cell_that_was_edited_takes_the_place_of_the_authors() -> None:
    made = deepcopy(ANSWERED)
    made["cells"][3]["source"] = "f(12)"
    assert "f(12)" in texts(splice(SOURCE, made))
    assert "f(1)" not in texts(splice(SOURCE, made))


def test_a_notebook_whose_metadata_is_gone_is_run_by_the_authors_version() -> None:
    bare = deepcopy(ANSWERED)
    for one in bare["cells"]:
        one["metadata"] = {}
    done = splice(SOURCE, bare)
    assert texts(done).count("def f(x): return x + 1") == 1
    assert texts(done).index("def f(x): return x + 1") < texts(done).index(SOURCE["cells"][4]["source"])
    assert ("missing", "test_f") in codes(done)


@pytest.mark.parametrize(
    "broken",
    [b"", b"no json", b"\xff\xfe", b"[]", b"{}", b'{"nbformat": 3, "worksheets": []}', b'{"nbformat": 4, "cells": [1]}',
     b'{"nbformat": 4, "cells": 5}', b'{"nbformat": 4, "cells": [{"cell_type": "x"}]}', b"[" * 100_000,
     b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "' + b"x" * 600_000 + b'"}]}'],
)  # fmt: skip
def test_what_is_no_notebook_is_refused(broken: bytes) -> None:
    with pytest.raises(Unreadable):
        read(broken)


def test_a_notebook_of_endless_text_is_refused() -> None:
    with pytest.raises(Unreadable, match="more than 8388608"):
        read(notebook(*[cell("x" * 500_000)] * 20))


def test_hidden_lines() -> None:
    assert hidden_lines(SOURCE["cells"][4]["source"]) == ((2, 4),)
    assert hidden_lines("assert f(1) == 2") == ()


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.data())
def test_however_a_submission_is_shuffled_the_authors_text_is_the_authors(seed: int, data: st.DataObject) -> None:
    chance = random.Random(seed)
    made = deepcopy(ANSWERED)
    chance.shuffle(made["cells"])
    made["cells"] = made["cells"][: data.draw(st.integers(0, 7))] * data.draw(st.integers(1, 2))
    for one in made["cells"]:
        if chance.random() < 0.3 and one["metadata"]:
            one["metadata"]["nbgrader"][chance.choice(["grade_id", "points", "solution", "task"])] = chance.choice(
                [None, True, "f", "test_f", 7, [], {}]
            )
    done = splice(SOURCE, read(made))
    authors = [piece.text for piece in whole(SOURCE).pieces if piece.native is not None and piece.native.locked]
    locked = [piece for piece in done.pieces if piece.native is not None and piece.native.locked]
    assert [piece.text for piece in locked] == authors
    assert all(piece.trusted for piece in locked)
    assert [piece.text for piece in done.pieces if piece.is_test] == [SOURCE["cells"][4]["source"]]
