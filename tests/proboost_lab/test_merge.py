from __future__ import annotations

import copy
from typing import Any

import merges
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_lab.merge import Report, merge, source

Json = dict[str, Any]


def md(id_: str, text: str) -> Json:
    return {"cell_type": "markdown", "id": id_, "metadata": {}, "source": text}


def code(id_: str, text: str, outputs: list[Json] | None = None) -> Json:
    return {**md(id_, text), "cell_type": "code", "outputs": outputs or [], "execution_count": 1 if outputs else None}


def nb(*cells: Json) -> Json:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def texts(notebook: Json) -> list[str]:
    return [source(cell) for cell in notebook["cells"]]


BASE = nb(md("a", "A"), code("b", "B"), md("c", "C"))


def test_what_the_learner_never_touched_becomes_the_authors() -> None:
    merged, report = merge(BASE, BASE, nb(md("a", "A2"), code("b", "B"), md("d", "D")))
    assert texts(merged) == ["A2", "B", "D"]
    assert (report.updated, report.added, report.removed) == (["a"], ["d"], ["c"])


def test_what_both_changed_stays_the_learners_and_is_marked() -> None:
    mine = nb(md("a", "A mine"), code("b", "B"), md("c", "C"))
    merged, report = merge(BASE, mine, nb(md("a", "A2"), code("b", "B"), md("c", "C")))
    assert texts(merged) == ["A mine", "B", "C"]
    assert report.kept == ["a"]
    assert merged["cells"][0]["metadata"]["proboost"] == {"update_available": True}


def test_what_only_the_learner_changed_is_kept_as_it_is() -> None:
    mine = nb(md("a", "A"), code("b", "B mine", [{"output_type": "stream"}]), md("c", "C"))
    merged, _report = merge(BASE, mine, nb(md("a", "A2"), code("b", "B"), md("c", "C")))
    assert merged["cells"][1] == mine["cells"][1]


def test_outputs_of_an_unchanged_cell_stay_and_of_a_changed_one_go() -> None:
    mine = nb(md("a", "A"), code("b", "B", [{"output_type": "stream"}]), md("c", "C"))
    merged, _report = merge(BASE, mine, nb(md("a", "A2"), code("b", "B"), md("c", "C")))
    assert merged["cells"][1]["outputs"] == [{"output_type": "stream"}]
    merged, _report = merge(BASE, mine, nb(md("a", "A"), code("b", "B2"), md("c", "C")))
    assert merged["cells"][1]["outputs"] == []


def test_the_learners_own_cells_stay_after_their_neighbour_and_deleted_ones_stay_deleted() -> None:
    mine = nb(md("x", "first"), md("a", "A"), md("y", "note"), md("c", "C"))
    merged, _report = merge(BASE, mine, nb(md("c", "C"), md("a", "A"), code("b", "B"), md("d", "D")))
    assert texts(merged) == ["first", "C", "A", "note", "D"]


def test_work_in_a_cell_that_the_author_removed_is_kept() -> None:
    mine = nb(md("a", "A"), code("b", "B mine"), md("c", "C"))
    merged, report = merge(BASE, mine, nb(md("a", "A"), md("c", "C")))
    assert "B mine" in texts(merged)
    assert report.orphaned == ["b"]


cells = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["1", "2", "3"])), max_size=8)


def made(rows: list[tuple[str, str]]) -> Json:
    return nb(*(code(id_, text) for id_, text in rows))


@given(cells, cells, cells)
def test_no_text_of_the_learners_is_ever_lost(base: Any, mine: Any, new: Any) -> None:
    old, own, theirs = made(base), made(mine), made(new)
    before = copy.deepcopy((old, own, theirs))
    merged, _report = merge(old, own, theirs)
    assert (old, own, theirs) == before
    given_texts = {(cell["id"], source(cell)) for cell in old["cells"]}
    wrote = [source(cell) for cell in own["cells"] if (cell["id"], source(cell)) not in given_texts]
    left = texts(merged)
    for text in wrote:
        assert text in left
    assert merge(theirs, merged, theirs)[0]["cells"] == merged["cells"] or len(new) != len({id_ for id_, _ in new})


@given(cells)
def test_without_a_new_release_nothing_changes(rows: Any) -> None:
    notebook = made(list({id_: (id_, text) for id_, text in rows}.values()))
    assert merge(notebook, notebook, notebook)[0] == notebook


def test_generated_cases_lose_nothing_and_miss_nothing() -> None:
    """The first 150 of those that benchmarks/merge.py counts by the thousand."""
    found = {
        number: wrong for number, case in enumerate(merges.cases(150, merges.SEED)) if (wrong := merges.wrong(case))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("careless", "lacks"),
    [
        (lambda _base, _mine, new: (new, Report()), "lost text"),
        (lambda _base, mine, _new: (mine, Report()), "missed the author's"),
    ],
)
def test_what_is_asked_of_the_cases_can_fail(careless: Any, lacks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merges, "merge", careless)
    assert any(lacks in wrong for case in merges.cases(30, merges.SEED) for wrong in merges.wrong(case))


def test_a_file_without_ids_is_known_by_its_text_and_doubled_ids_are_told_apart() -> None:
    mine = copy.deepcopy(nb(md("a", "A"), code("b", "B mine"), md("c", "C")))
    for cell in mine["cells"]:
        cell.pop("id")
    mine["nbformat_minor"] = 4
    merged, _report = merge(BASE, mine, nb(md("a", "A2"), code("b", "B"), md("c", "C2")))
    assert texts(merged) == ["A2", "B mine", "C2"]
    assert merged["nbformat_minor"] == 5
    doubled = nb(md("a", "A"), md("a", "mine"), code("b", "B"), md("c", "C"))
    merged, _report = merge(BASE, doubled, nb(md("a", "A2"), code("b", "B"), md("c", "C")))
    assert texts(merged) == ["A2", "mine", "B", "C"]
    assert len({cell["id"] for cell in merged["cells"]}) == 4
