"""Texts of other systems: their encodings, their HTML as Markdown, their pictures, their names as ids."""

from __future__ import annotations

import hashlib
import re
import time

import pytest
from exchange_sources import PNG, TEXT
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost.exchange.charset import NotText, decoded, decoded_xml
from proboost.exchange.naming import slug, unique
from proboost.exchange.question import Rich, Untaken
from proboost.exchange.rich import clean, markdown_of, of_plain, words_of
from proboost.exchange.shelf import Shelf
from proboost_kernel.exercises.markup import public_text
from proboost_kernel.exercises.prose import markdown, words

PARTS = [
    *("<b>", "</b>", "<script>", "</script>", "<img src=x onerror=alert(1)>", "<a href='java&#10;script:x'>", "</a>"),
    *(
        "<pre>",
        "</pre>",
        "<ul><li>",
        "<table><tr><td>",
        "<svg onload=x>",
        "<math><mi onclick=x>",
        "<!--",
        "-->",
        "<style>",
    ),
    *(
        "`",
        "```",
        "$",
        "\n\n",
        "    ",
        "слово",
        "<",
        "&lt;script&gt;",
        "<iframe src='https://e.org'>",
        "]]>",
        "![",
        "](",
        ")",
    ),
]
RUSSIAN = "::Вопрос::Столица России?{=Москва ~Киев}\n\nКороткий?{=да}"
FRENCH = "::Été::Quel procédé dont on a parlé? {=déjà vu#Très bien, c'était ça} Ça été «hier» – 5 €"


def shown(html: str, shelf: Shelf | None = None) -> str:
    return markdown_of(Rich(html, "html"), shelf or Shelf())


# -- encodings


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *(
            (RUSSIAN, name)
            for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "cp866")
        ),
        *((FRENCH, name) for name in ("utf-8", "utf-16", "cp1252")),
        ("::Größe::Wie heißt der Fluß? {=Rhein ~Ölbach}", "cp1252"),
        ("¿Cuál es el año? {=mañana}", "cp1252"),
        ("Which? {=да ~нет}", "cp1251"),
        ("ВЕРНО ЛИ ЭТО?{T}", "cp1251"),
        ("plain ASCII {=a}", "ascii"),
    ],
)
def test_encodings_of_any_age(text: str, encoding: str) -> None:
    found, _name = decoded(text.encode(encoding))
    assert found.removeprefix("\ufeff") == text


def test_xml_says_its_encoding_but_is_not_believed() -> None:
    says = '<?xml version="1.0" encoding="{}"?><quiz>Вопрос о лете</quiz>'
    for declared, real in (
        ("windows-1251", "cp1251"),
        ("UTF-8", "cp1251"),
        ("windows-1251", "utf-8"),
        ("utf-16", "utf-16"),
    ):
        text, _name = decoded_xml(says.format(declared).encode(real))
        assert text == "<quiz>Вопрос о лете</quiz>"


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_text_or_none(content: bytes) -> None:
    try:
        text, name = decoded(content)
    except NotText:
        return
    assert text.encode(name) == content or content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))


# -- plain text and HTML


@settings(deadline=None)
@given(TEXT.filter(str.strip))
def test_plain_text_is_shown_as_it_was_written(text: str) -> None:
    text = re.sub(r"https?://\S*|\\[(\[]|\$\$|\[/?tex\]", "", clean(text))
    assert words(of_plain(text)).split() == text.split()


@pytest.mark.parametrize(
    "text",
    [
        "a*b*c _x_ snake_case $5 and $6 `x` <b> & &lt; [a](b) \\alpha * # h",
        "1. first\n- second\n# third\n> fourth\n+ fifth",
        "a\n===\nb\n---",
        "|a|b|\n|-|-|",
        "~~gone~~ ~x~ ![a](b) ![c][d]\n\n[d]: e",
        "x<y and <script>alert(1)</script> <!-- note --> <b",
        "_____ is it",
        "\\",
    ],
)
def test_what_markdown_could_take_for_its_own_stays_text(text: str) -> None:
    assert words(of_plain(text)).split() == text.split()
    assert words(public_text(of_plain(text))).split() == text.split()


def test_indented_plain_text_keeps_its_lines() -> None:
    made = markdown(of_plain("def f():\n    return 1"))
    assert "def f():<br>" in made
    assert made.count("&nbsp;") + made.count("\xa0") == 4


def test_html_becomes_markdown() -> None:
    made = shown(
        '<p dir="ltr">Что выведет <code>print(a_b*2)</code>?<br>Ещё <b>жирно</b>, 5 &lt; 6, x<sub>2</sub></p>'
        "<pre><code class='language-python'>if a &lt; b:\n    x*y\n</code></pre>"
        "<ol><li>раз<ul><li>два</li></ul></li></ol><table><tr><td>a|b</td><td>c</td></tr></table>"
        '<a href="https://e.org/a_(b)">сюда</a> <a href="javascript:alert(1)">нет</a>'
    )
    assert "Что выведет `print(a_b*2)`?\\\nЕщё **жирно**, 5 < 6, x<sub>2</sub>" in made
    assert "```python\nif a < b:\n    x*y\n```" in made
    assert "1. раз\n   - два" in made
    assert "| a\\|b | c |" in made
    assert "[сюда](<https://e.org/a_(b)>) нет" in made
    assert public_text(made) == made


def test_formulas_of_moodle_are_ours_and_prices_are_not() -> None:
    made = shown(r"<p>\(x^2\)4, \[a&lt;b\] и $$\frac{1}{2}$$; цена $5 или $6</p>")
    assert made == r"$$x^2$$4, $$a< b$$ и $$\frac{1}{2}$$; цена \$5 или \$6"
    assert markdown(made).count("<math") == 3
    assert markdown_of(Rich(r"\\(x\\) и \(y\)", "markdown"), Shelf()) == "$x$ и $y$"


@settings(deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=12))
def test_no_html_brings_a_program_along(parts: list[str]) -> None:
    try:
        made = markdown_of(Rich("".join(parts), "html"), Shelf())
    except Untaken:
        return
    page = markdown(public_text(made)).lower()
    assert not re.search(r"<(?:script|iframe|svg|style)|<[^>]*\s(?:on\w+=|(?:href|src)=[\"']?\s*java)", page)


def test_nesting_without_end_is_refused_not_crashed() -> None:
    with pytest.raises(Untaken):
        shown("<div>" * 20_000 + "x")


@pytest.mark.parametrize("piece", ["\\(", "\\[", "$$", "[tex]", "![", "<b ", "{", "&#", "http://", "`"])
def test_openings_without_end_take_no_time(piece: str) -> None:
    started = time.process_time()
    for format_ in ("plain", "html", "markdown", "moodle"):
        markdown_of(Rich(piece * 10_000, format_), Shelf())  # type: ignore[arg-type]  # one of the formats
    assert time.process_time() - started < 5  # seconds of processor; where each is searched to the end it is far more


def test_answers_to_be_typed_have_no_form() -> None:
    assert words_of(Rich("<p><b>Париж</b>&nbsp;&amp; Лион</p>", "html")).split() == ["Париж", "&", "Лион"]
    assert words_of(Rich("a<b", "plain")) == "a<b"
    assert words_of(Rich("**Париж**", "markdown")) == "Париж"


# -- files


def test_pictures_go_to_the_course_under_names_of_their_own() -> None:
    shelf = Shelf({"pics/я.png": PNG})
    html = '<img src="@@PLUGINFILE@@/%D1%8F%20%D0%B8.png" alt="я"><img src="pics/я.png">'
    made = markdown_of(Rich(html, "html", {"я и.png": PNG}), shelf)
    mark = hashlib.sha256(PNG).hexdigest()[:8]
    assert shelf.files == {f"img/ya-i-{mark}.png": PNG, f"img/ya-{mark}.png": PNG}
    assert all(f"({path})" in made for path in shelf.files)
    assert not shelf.lost


def test_what_is_no_picture_or_not_there_is_told() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    good = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="3" fill="url(#a)"/></svg>'
    given_files = {"a.svg": svg, "b.svg": good, "c.png": b"<html>", "d.html": b"<script>"}
    shelf = Shelf()
    html = "".join(
        f'<img src="@@PLUGINFILE@@/{name}" alt="{name}">' for name in ("a.svg", "b.svg", "c.png", "gone.png")
    )
    html += '<a href="@@PLUGINFILE@@/d.html">d</a>'
    html += '<img src="http://e.org/x.png"><img src="https://pics.example.org/x.png">'
    made = markdown_of(Rich(html, "html", given_files), shelf)
    assert list(shelf.files.values()) == [good]
    assert len(shelf.lost) == 5
    assert shelf.hosts == {"pics.example.org"}
    assert "https://pics.example.org/x.png" in made
    assert "http://e.org" not in made


# -- names


def test_slugs_are_latin_stable_and_short() -> None:
    assert slug("Щука, ёжик и объём") == "shchuka-ezhik-i-obem"
    assert slug("C++ & “quotes”") == "c-quotes"
    assert slug("…", "q1") == "q1"
    assert slug("очень " * 40).endswith("ochen")
    assert unique("a", {"a", "a-2"}) == "a-3"


@settings(deadline=None)
@given(TEXT)
def test_a_slug_is_an_id_or_nothing(text: str) -> None:
    name = slug(text)
    assert name == "" or re.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", name)
    assert slug(name) == name
