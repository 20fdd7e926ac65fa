"""Rewritten assertions mean what they meant, and keep the case that did not hold."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from proboost.grading.sandbox import cases
from proboost.grading.sandbox.tester import _Helper


def run(code: str, **names: Any) -> cases.Cases:
    """Runs the rewritten test with these names; what it kept."""
    kept = cases.Cases()
    tree = cases.rewrite(ast.parse(code))
    exec(compile(tree, "<test>", "exec"), {**names, cases.NAME: _Helper(kept)})
    return kept


HOLD = [
    "assert f(1) == 1",
    "assert 1 == f(1)",
    "assert f(True) is True",
    "assert f(1)",
    "assert not f(0)",
    "assert f(1) and f(2) == 2",
    "assert f(1) == 1 == f(1)",
    "assert f(1) != 2",
    "assert (n := f(1)) == 1\nassert n == 1",
    "assert [f(x) for x in (1, 2)] == [1, 2]",
    "def g(y):\n    assert f(y) == y\ng(5)",
    "class T:\n    x = 3\n    def t(self):\n        assert f(self.x) == 3\nT().t()",
    "assert f(1) == 1, undefined",
]


@pytest.mark.parametrize("code", HOLD)
def test_what_holds_still_holds(code: str) -> None:
    exec(compile(ast.parse(code), "<test>", "exec"), {"f": lambda x: x})
    assert run(code, f=lambda x: x).last is None


@pytest.mark.parametrize(
    ("code", "case"),
    [
        ("assert f(1) == 3", ("f(1)", "2", "3")),
        ("x = [1]\nassert f(x[0], *x) == 3", ("f(x[0], *x)", "2", "3")),
        ("x = 'a'\nassert f(x) == x", ("f('a')", "2", "'a'")),
        ("assert f(1) is None", ("f(1)", "2", "None")),
        ("assert not f(1)", ("f(1)", "2", "False")),
        ("x = 1\nassert f(f) == x", ("f(f)", "2", "1")),
        ("assert f(1) == 3, 'said'", ("f(1)", "2", "3")),
        ("for n in range(5):\n    assert f(n) == 2 - n // 3", ("f(3)", "2", "1")),
    ],
)
def test_the_case_that_does_not_hold(code: str, case: tuple[str, str, str]) -> None:
    kept = cases.Cases()
    tree = cases.rewrite(ast.parse(code))
    with pytest.raises(AssertionError):
        exec(compile(tree, "<test>", "exec"), {"f": lambda *_: 2, cases.NAME: _Helper(kept)})
    assert kept.last == dict(zip(("call", "got", "wanted"), case, strict=True))


def test_each_side_is_evaluated_once_and_in_order() -> None:
    order: list[str] = []

    def said(word: str) -> str:
        order.append(word)
        return word

    with pytest.raises(AssertionError):
        run("assert f('left') == f('right')", f=said)
    assert order == ["left", "right"]


@pytest.mark.parametrize(
    "value",
    [10**5000, "x" * 10_000, [1] * 10_000, "\ud800", float("nan")],
    ids=["giant", "text", "list", "surrogate", "nan"],
)
def test_shown_values_are_short_and_valid(value: Any) -> None:
    text = cases.shown(value)
    assert 0 < len(text) <= cases.LIMIT
    text.encode()
