from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from proboost_kernel.exercises import markdown
from proboost_lab.lesson import Part, parts
from proboost_lab.outline import Entry, outlined


def of(*sources: str) -> tuple[list[Part], list[Entry]]:
    return outlined(parts({"cell_type": "markdown", "id": f"c{n}", "source": text} for n, text in enumerate(sources)))


def test_headings_get_anchors_as_jupyterlab_makes_them() -> None:
    found, entries = of("# Функции\n\n## Зачем они *нужны*\n\nТекст", "## Два слова\n\n### И `ещё` три\n\n#### мелко")
    assert entries == [
        Entry("Зачем-они-нужны", "Зачем они нужны"),
        Entry("Два-слова", "Два слова"),
        Entry("И-ещё-три", "И ещё три", 1),
    ]
    assert '<h1 id="Функции">Функции</h1>' in found[0].html
    assert '<h2 id="Зачем-они-нужны">Зачем они <em>нужны</em></h2>' in found[0].html


def test_equal_headings_and_names_of_the_page_itself_stay_apart() -> None:
    _found, entries = of("## lesson\n\n## Loops\n\n## Loops\n\n## ex-one\n\n## process\n\n## `a < b`")
    assert [entry.id for entry in entries] == [
        "section-lesson",
        "Loops",
        "Loops-2",
        "section-ex-one",
        "section-process",
        "a-<-b",
    ]


def test_sections_may_be_written_as_titles() -> None:
    assert [entry.text for entry in of("# One", "# Two", "# Three")[1]] == ["Two", "Three"]
    assert of("# One", "## Only")[1] == [], "a list of one line helps nobody"
    assert of("text alone")[1] == []


def test_tables_have_a_place_to_scroll_in() -> None:
    (part,), _entries = of("| a | b |\n| - | - |\n| 1 | 2 |\n\n<p title='<table><h2>x</h2>'>t</p>")
    assert part.html.count('<div class="pb-wide"><table>') == part.html.count("</table></div>") == 1
    assert 'title="<div' not in part.html
    assert 'title="<h2 id' not in part.html


def test_a_native_cell_says_under_which_heading_it_stands() -> None:
    native = {
        "cell_type": "code",
        "id": "n",
        "source": "x = 1",
        "metadata": {"nbgrader": {"grade_id": "n", "grade": True}},
    }
    found, _entries = outlined(parts([{"cell_type": "markdown", "id": "m", "source": "# T\n\n## Sums"}, native]))
    assert found[1].heading == "Sums"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "# a",
                "## <b>x",
                "<table><tr><td><table><tr><td>1",
                "<h2><table>",
                "</h2>",
                "text",
                "<img alt='>'>",
                "- ## in a list",
            ]
        ),
        max_size=6,
    )
)
def test_nothing_of_the_text_is_lost_or_said_twice(pieces: list[str]) -> None:
    shown = markdown("\n\n".join(pieces))
    (part,), _entries = outlined([Part("prose", "x", html=shown)])
    added = (
        re.sub(r' id="[^"]*"', "", part.html).replace('<div class="pb-wide">', "").replace("</table></div>", "</table>")
    )
    assert added == shown.replace("</table></div>", "</table>")
