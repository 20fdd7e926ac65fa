"""Answers bare and long: what is read, what is told to authors, and which of several counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel.exercises import answers
from proboost_kernel.exercises.fields import Reader
from proboost_kernel.exercises.yaml import Fields, Problem, load, tree


def read(source: str, **how: object) -> tuple[list[tuple[str, str, float, str, str]], list[Problem]]:
    node = load(source)
    assert isinstance(node, Fields)
    problems: list[Problem] = []
    found = answers.read(Reader(node, problems), "answer", **how)  # type: ignore[arg-type]  # as the test says
    return [(one.text, one.said, one.share, one.feedback, one.tolerance) for one in found], problems


def test_bare_and_long_alone_or_in_a_list() -> None:
    assert read("answer: да\n") == ([("да", "", 1.0, "", "")], [])
    assert read("answer: [a, {text: b, share: 0.5, feedback: near}]\n") == (
        [("a", "", 1.0, "", ""), ("b", "text", 0.5, "near", "")],
        [],
    )
    numbers = read("answer: {value: 3.10, tolerance: 2%}\n", said=("value", "text"), tolerance=True)
    assert numbers == ([("3.10", "value", 1.0, "", "2%")], [])


def test_what_authors_are_told_names_line_and_field() -> None:
    def told(source: str, **how: object) -> list[tuple[int, str, str]]:
        return [(problem.line, problem.field, problem.code) for problem in read(source, **how)[1]]

    assert told("question: a\n") == [(1, "answer", "missing")]
    assert told("answer: []\n") == [(1, "answer", "no-answer")]
    assert told("answer:\n  - {share: 1}\n") == [(2, "answer[0].text", "missing")]
    assert told("answer:\n  - text: a\n    value: 1\n", said=("text", "value")) == [(3, "answer[0].value", "either")]
    assert told("answer:\n  - a\n  - text: b\n    share: 2\n") == [(4, "answer[1].share", "number")]
    assert told("answer: {text: a, tolerance: 1}\n") == [(1, "answer.tolerance", "unknown")]
    assert told("answer: [[a]]\n") == [(1, "answer[0]", "type")]


@given(
    text=st.text(max_size=20),
    share=st.floats(0, 1),
    feedback=st.text(max_size=20),
    tolerance=st.sampled_from(["", "0.5", "2%"]),
)
def test_written_reads_back_equal(text: str, share: float, feedback: str, tolerance: str) -> None:
    written = answers.written("value", text, share=share, feedback=feedback, tolerance=tolerance)
    node = tree({"answer": [written]})
    assert isinstance(node, Fields)
    problems: list[Problem] = []
    (found,) = answers.read(Reader(node, problems), "answer", said=("value",), tolerance=True)
    assert not problems
    assert (found.text, found.share, found.feedback, found.tolerance) == (text, share, feedback, tolerance)


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["", "one", "two"]))))
def test_the_best_matching_answer_counts_and_of_equals_the_first(matching: list[tuple[float, str]]) -> None:
    found = answers.judgement(matching)
    assert found.score == max((share for share, _said in matching), default=0)
    assert found.message == next((said for share, said in matching if share == found.score), "")
