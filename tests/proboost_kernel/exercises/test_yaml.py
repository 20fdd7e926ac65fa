"""YAML without surprises: text stays text, and what is refused says its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel.exercises import yaml
from proboost_kernel.exercises.written_yaml import dump
from proboost_kernel.exercises.yaml import ExerciseError, Items, Text

STRING = st.text(st.characters(codec="utf-8", exclude_characters="\r"))
VALUE = st.recursive(
    STRING, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRING, inner, max_size=4), max_leaves=12
).filter(lambda value: depth(value) < yaml.MAX_DEPTH)


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((depth(item) for item in inner), default=0) if isinstance(value, (dict, list)) else 0


def plain(node: yaml.Node) -> object:
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.values]
    return {name: plain(item) for name, item in node.values.items()}


@given(st.dictionaries(STRING, VALUE, min_size=1, max_size=5))
def test_what_is_dumped_loads_back(value: dict[str, object]) -> None:
    assert plain(yaml.load(dump(value))) == value


@given(st.text())
def test_any_text_is_a_tree_or_an_error_with_a_line(source: str) -> None:
    found: list[yaml.Problem] = []
    try:
        yaml.load(source)
    except ExerciseError as error:
        found = error.problems
    assert len(found) < 2
    assert all(0 <= problem.line <= len(source) + 2 for problem in found)


def test_scalars_are_text() -> None:
    node = yaml.load("a: yes\nb: 3.10\nc: 010\nd: null\ne: 2026-01-01\nf: 1_000\ng:\n")
    assert plain(node) == {"a": "yes", "b": "3.10", "c": "010", "d": "null", "e": "2026-01-01", "f": "1_000", "g": ""}


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate", 3),
        ("a: &x 1\n", "anchor", 1),
        ("a: 1\nb: *x\n", "anchor", 2),
        ("a: 1\nb: !!python/object:os.system x\n", "tag", 2),
        ("a: !x 1\n", "tag", 1),
        ("a: 1\n---\nb: 2\n", "documents", 2),
        ("a: 1\nb: [1, 2\n", "yaml", 3),
        ("a: 1\nb: 'x\n", "yaml", 3),
        ("a: 1\n\tb: 2\n", "yaml", 2),
        ("a: 1\nb: \x07\n", "yaml", 2),
        ("? [a]\n: b\n", "key", 1),
        ("[" * 20 + "]" * 20, "too-deep", 1),
        ("- a\n" * 6000, "too-many", 5000),
        ("a: " + "x" * 200_000, "too-large", 0),
        ("a: \ud800", "yaml", 1),
    ],
)
def test_what_is_refused_says_where(source: str, code: str, line: int) -> None:
    with pytest.raises(ExerciseError) as caught:
        yaml.load(source)
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [(code, line)]


def test_lines_end_alike_whoever_wrote_them() -> None:
    assert plain(yaml.load("a: |\r\n  x\r\n  y\r\nb: 1\r\n")) == {"a": "x\ny\n", "b": "1"}
    assert plain(yaml.load("\ufeffa: 1\n")) == {"a": "1"}
