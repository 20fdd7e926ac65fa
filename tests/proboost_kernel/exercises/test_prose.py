"""HTML of Markdown: formulas and code are shown, scripts never."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel.exercises import prose

PIECES = [
    "<",
    ">",
    "script",
    "*",
    "_",
    "[",
    "](",
    ")",
    "javascript:",
    "onerror=",
    "`",
    "```",
    "\n",
    "$",
    "$$",
    "|",
    "-",
    "#",
    ">",
    "!",
    "&",
    '"',
    " ",
    "\\frac",
    "{",
    "x",
    "http://a.b",
    "<svg/onload=x>",
    "<a href=",
]


class Seen(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_is_shown_and_nothing_runs(text: str) -> None:
    reader = Seen()
    reader.feed(prose.markdown(text))
    assert reader.tags <= prose.TAGS | prose.MATH
    assert not any(name.startswith("on") for name, _value in reader.attributes)
    assert not any("script:" in (value or "") for name, value in reader.attributes if name in ("href", "src"))


def test_formulas_become_mathml() -> None:
    shown = prose.markdown("Площадь $S = \\pi r^2$ и\n\n$$\n\\frac{a}{b}\n$$\n")
    assert "<msup>" in shown
    assert "<mfrac>" in shown
    assert "math-error" not in shown


def test_money_is_no_formula() -> None:
    assert "<math" not in prose.markdown("It costs $5 and $10.")


def test_code_is_coloured() -> None:
    assert 'class="k"' in prose.markdown("```python\nif x: pass\n```")


def test_media_come_from_beside_the_lesson_or_a_named_host() -> None:
    assert 'src="img/a.png"' in prose.markdown("![a](img/a.png)")
    assert "src" not in prose.markdown("![a](https://evil.example/a.png)")
    assert "src" in prose.markdown("![a](https://cdn.example/a.png)", hosts=["cdn.example"])
    assert "src" not in prose.markdown("![a](//evil.example/a.png)")
    assert "src" not in prose.markdown("![a](/services/proboost/api/me)")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["> ", "[", "*", "$", "`", "- ", "$$\n", "<b>", "![](", "$a ", "\\", "    - "])
def test_long_text_takes_no_long_time(piece: str) -> None:
    prose.markdown(piece * 2000)
