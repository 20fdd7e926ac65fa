"""Learners' Markdown source: nothing that runs, nothing that authors noted for themselves, all that teaches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel.exercises.markup import bad_formulas, outside_code, public_text

PIECES = [
    "<",
    ">",
    "script",
    "b",
    "/",
    "<!--",
    "-->",
    "`",
    "```",
    "~~~",
    "\n",
    "$",
    "$$",
    " onload=",
    '"',
    "'",
    "x",
    " ",
    "\\",
    "!",
    "&lt;",
    "=",
    "<svg>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = public_text(text)
    assert public_text(once) == once


@given(st.text(st.characters(exclude_characters="<")))
def test_text_without_html_stays_as_it_is(text: str) -> None:
    assert public_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Если `a < b`, то $a \\le b$; <b>важно</b>.",
        "```python\nif a <b and c> d: print('<script>')\n```",
        "~~~\n<script>\n~~~",
        "`<script>` и ``<i>`</i>``",
        "<https://example.org/a?b=c>",
        "x < y, 3 <4",
        '<img src="img/a.png" alt="схема" width="40">',
    ],
)
def test_what_teaches_is_kept(text: str) -> None:
    assert public_text(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a<!-- ответ: 4 -->b", "ab"),
        ("a<!-- без конца", "a"),
        ("<script>x</script>", "&lt;script>x&lt;/script>"),
        ("<SCRIPT >x", "&lt;SCRIPT >x"),
        ('<b onclick="x" title="q">b</b>', '<b title="q">b</b>'),
        ("<a href='java\nscript:x'>y</a>", "<a>y</a>"),
        ("<a href='&#106;avascript:x'>y</a>", "<a>y</a>"),
        ("<iframe src=//x>", "&lt;iframe src=//x>"),
        ("<img src=x onerror=alert(1)//", "&lt;img src=x onerror=alert(1)//"),
        ("<scr<!-- -->ipt>", "&lt;script>"),
        ("<<!-- -->script>", "&lt;script>"),
        ("$a<b$", "$a< b$"),
        ("<?php x ?> <!DOCTYPE x>", "&lt;?php x ?> &lt;!DOCTYPE x>"),
        ("```\n<script>\n```\n<script>", "```\n<script>\n```\n&lt;script>"),
    ],
)
def test_what_runs_or_was_noted_is_not(text: str, cleaned: str) -> None:
    assert public_text(text) == cleaned


def test_a_formula_that_cannot_be_shown_is_found() -> None:
    text = "$x^2$ and $x^1^2$, `$\\frac{2}$`, $5 and $6\n\n$$\n\\sqrt{\n$$\n```\n$\\frac{3}$\n```"
    assert bad_formulas(text) == ["x^1^2", "\\sqrt{"]


def test_links_in_code_are_no_links() -> None:
    shown = outside_code("[a](b) `[c](d)`\n```\n[e](f)\n```\n[g](h)")
    assert "[a](b)" in shown
    assert "[g](h)" in shown
    assert "(d)" not in shown
    assert "(f)" not in shown
