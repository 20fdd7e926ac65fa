"""Pages to read: what learners may see and nothing else, in the course's language, from nowhere but their folder."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest
from course_folders import CHOICE, CODE, cell, course, courses
from exchange_sources import PNG, nbgrader_course
from hypothesis import given, settings
from written import SECRET

from proboost.courses import source
from proboost.exchange import nbgrader, reading
from proboost.exchange.reading import Pages


def pages(files: dict[str, bytes]) -> Pages:
    return reading.pages(source.read(files, name="demo"))[0]


class Addresses(HTMLParser):
    """What a page loads, and where it leads."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name in ("src", "srcset", "data", "poster", "background") or (name == "href" and tag != "a"):
                self.loaded.append(value or "")
            elif name == "href":
                self.links.append(value or "")


@pytest.fixture(scope="module")
def made() -> Pages:
    pasted = base64.b64encode(PNG).decode()
    lesson = [
        "# One & <only>\n\n[next](02-part2.ipynb#x) [out](https://e.org) ![out](https://e.org/x.png)",
        "$x^2$ <script>1</script>",
        cell(
            "markdown", "![p](attachment:my%20p.png) ![d](img/d.png)", attachments={"my p.png": {"image/png": pasted}}
        ),
        CHOICE,
        CODE,
        ">>> print('a < b')",
        "%%exercise n\nkind: number\nunit: кг\nprompt: How?\nanswer: 77177\nhints: [Think]\nexplanation: because77",
        "%%exercise b\nkind: blanks\ntext: '2+2={{x}}'\nanswers: {x: ['99199']}",
        "%%exercise m\nkind: match\npairs: {a: one, b: two}",
        "%%exercise o\nkind: order\nlines: [first, second]",
        "%%exercise e\nkind: essay\nrubric: [{criterion: Style, points: 1}]\nnotes: note55",
    ]
    return pages(
        course(lesson, ["# Два"], files={"img/d.png": PNG, "index.html": b"mine"}, more="files: [img/*, index.html]\n")
    )


def test_a_page_for_each_lesson_and_contents(made: Pages) -> None:
    assert {"index.html", "01-part1.html", "02-part2.html", "img/d.png"} < made.keys()
    contents = Addresses(made["index.html"])
    assert contents.links == ["01-part1.html", "02-part2.html"]
    assert b"7 exercises" in made["index.html"]
    assert b"mine" not in made["index.html"]


def test_nothing_is_loaded_from_outside_and_nothing_runs(made: Pages) -> None:
    for path, content in made.items():
        if not path.endswith(".html"):
            continue
        page = Addresses(content)
        assert not {"script", "iframe", "object", "embed", "link"} & page.tags
        assert all(address in made for address in page.loaded)
        assert b"default-src 'none'" in content
        assert b"<script>" not in content


def test_links_lead_to_pages_and_pictures_are_there(made: Pages) -> None:
    page = Addresses(made["01-part1.html"])
    assert "02-part2.html#x" in page.links
    assert len(page.loaded) == 2
    assert all(made[path] == PNG for path in page.loaded)
    assert b"<math" in made["01-part1.html"]


def test_answers_hidden_tests_and_notes_are_not_there(made: Pages) -> None:
    page = made["01-part1.html"].decode()
    for secret in ("77177", "because77", "99199", "note55", "return 2 * x", "'aa'"):
        assert secret not in page
    for shown in ("left", "right", "кг", "Think", "Style", "first", "__________", "a number"):
        assert shown in page


@given(courses(private=SECRET))
@settings(max_examples=10, deadline=None)
def test_no_private_value_of_any_course_is_on_its_pages(files: dict[str, bytes]) -> None:
    assert not any(SECRET.encode() in content for path, content in pages(files).items() if path.endswith(".html"))


def test_pages_speak_the_course_and_native_cells_are_stubs() -> None:
    found = pages(dict(nbgrader.course(nbgrader_course(), name="demo").files))
    page = found["ps1/squares.html"].decode()
    assert '<html lang="ru">' in page
    assert "YOUR CODE HERE" in re.sub(r"<[^>]*>", "", page)
    for secret in ("i * i", "squares(3)", "Ось", "Оси"):
        assert secret not in page + found["ps2/tasks.html"].decode()
    assert 'href="../index.html"' in page
    assert "people.csv" not in found
