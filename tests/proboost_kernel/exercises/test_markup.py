"""Learners' Markdown source: nothing that runs, nothing that authors noted for themselves, all that teaches."""

from __future__ import annotations

from html.parser import HTMLParser

import mistune
import pytest
from hypothesis import given, settings
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

EVIL = ["<script>", "</script>", "<i onclick=x>", "<https://x/onclick=y>", "<b/onclick=x>"]
BLOCKS = [
    *EVIL,
    *(
        "\n",
        "\n\n",
        "```",
        "```\n",
        "~~~\n",
        "`",
        "``",
        "- ",
        "> ",
        "   ",
        "1. ",
        "| ",
        "|-|-|\n",
        "<div>",
        "</div>",
        "<pre>\n",
    ),
    *("</pre>", "# ", "x", "<!-- ", "-->", "\\", "[a](", ")", "$", "$$\n", '"', "=", "*", "\t"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = public_text(text)
    assert public_text(once) == once


class Seen(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag, *(f"{tag} {name}" for name, _value in attrs)]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(BLOCKS), max_size=12).map("".join))
def test_renderers_that_clean_nothing_find_nothing_that_runs(text: str) -> None:
    """Whatever a renderer takes for code, a list or a table: mistune's output of the cleaned text holds no script."""
    shown = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url"])(public_text(text))
    reader = Seen()
    reader.feed(str(shown))
    reader.close()
    assert not [name for name in reader.found if name == "script" or " on" in name]


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
        ("- ```\n<script>\n", "- ```\n&lt;script>\n"),
        ("`\n\n`<script>`", "`\n\n`&lt;script>`"),
        ("<div>\n```\n<script>", "<div>\n```\n&lt;script>"),
        ("```\n<script>\n```\n<script>", "```\n<script>\n```\n&lt;script>"),
    ],
)
def test_what_runs_or_was_noted_is_not(text: str, cleaned: str) -> None:
    assert public_text(text) == cleaned


def test_a_formula_that_cannot_be_shown_is_found() -> None:
    text = "$x^2$ and $x^1^2$, `$\\frac{2}$`, $5 and $6\n\n$$\n\\sqrt{\n$$\n```\n$\\frac{3}$\n```"
    assert bad_formulas(text) == ["x^1^2", "\\sqrt{"]


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece", ["`", "` ``", "$a ", "<", "<b ", "<b a= ", "<!--", "[", "![a]", "![a](b)", "\\", "<pre>\n", "```\n", "|`"]
)
def test_long_text_takes_no_long_time(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    public_text(text)
    outside_code(text)


def test_links_in_code_are_no_links() -> None:
    shown = outside_code("[a](b) `[c](d)`\n```\n[e](f)\n```\n[g](h)")
    assert "[a](b)" in shown
    assert "[g](h)" in shown
    assert "(d)" not in shown
    assert "(f)" not in shown
