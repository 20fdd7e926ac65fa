"""GIFT: read as Moodle reads it, and written so that it reads the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from course_folders import course as folder
from exchange_sources import SAMPLES, TEXT
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost.courses import source
from proboost.exchange import bank, gift, gift_writing
from proboost.exchange.question import Category, Question
from proboost.exchange.report import Made
from proboost_kernel import exercises
from proboost_kernel.exercises.prose import words
from proboost_kernel.exercises.written_yaml import dump

Opened = Callable[[Made], Any]


def made(text: str) -> Made:
    return bank.course(gift.read(text), id="made", title="Bank", around={})


@pytest.fixture(scope="module")
def sample(opened: Opened) -> Any:
    return opened(made((SAMPLES / "bank.gift").read_text("utf-8")))


def test_every_question_is_an_exercise_a_text_or_named(sample: Any) -> None:
    report = sample.report
    assert (report.lessons, report.exercises, report.texts) == (1, 13, 1)
    assert list(sample.refused()) == ["Без скобки", "Не число", "Дважды", "Один"]
    assert [lesson.title for lesson in sample.source.lessons] == ["Физика / Свет"]
    assert sample.source.course.language == "ru"


def test_choice_with_weights_formats_feedback_and_id(sample: Any) -> None:
    exercise = sample["Столица"]
    assert exercise.id == "capital"
    assert exercise.common.prompt == "Столица **Франции**: какая?"
    assert exercise.explanation == "Это Париж."
    assert sample.score("Столица", {"choice": "Париж"}) == (1.0, "Да!")
    assert sample.score("Столица", {"choice": "Лион"}) == (0.5, "Почти")
    assert sample.score("Столица", {"choice": "Ницца"}) == (0.0, "")


def test_missing_word_leaves_a_line(sample: Any) -> None:
    exercise = sample["grant-is-in-grants-tomb"]
    assert exercises.view(exercises.public(exercise))["prompt_html"] == "<p>Grant is _____ in Grant's tomb.</p>"
    assert sample.score(exercise.id, {"choice": "entombed"})[0] == 1


def test_true_false_says_what_its_author_says(sample: Any) -> None:
    name = "grant-is-buried-in-grants-tomb"
    assert sample[name].common.penalty == (1.0, 0.0)
    assert sample.score(name, {"choice": "Неверно"}) == (1.0, "Right!")
    assert sample.score(name, {"choice": "Верно"}) == (0.0, "No one is.")


def test_short_answers_with_anything_in_them(sample: Any) -> None:
    assert sample.score("Короткий", {"text": "НИКТО"}) == (1.0, "верно")
    assert sample.score("Короткий", {"text": "ни один кто"})[0] == 0.5
    assert sample.score("Короткий", {"text": "грант"}) == (0.0, "Он же её строил.")


@pytest.mark.parametrize(("typed", "score"), [("1822", 1.0), ("1821", 0.5), ("1824", 0.5), ("1825", 0.0)])
def test_numbers_with_tolerance_and_near_misses(sample: Any, typed: str, score: float) -> None:
    assert sample.score("Год", {"number": typed})[0] == score


def test_ranges_are_exact(sample: Any) -> None:
    name = "what-is-the-value-of-pi"
    assert [sample.score(name, {"number": value})[0] for value in ("3.141", "3.142", "3.1421", "3.1409")] == [
        1,
        1,
        0,
        0,
    ]


def test_pairs_over_a_blank_line_and_a_half_that_belongs_to_none(sample: Any) -> None:
    part = exercises.public(sample["match-the-capitals"])
    assert sorted(half["text"] for half in part["right"]) == ["Berlin", "Ottawa", "Rome", "Tokyo"]
    right = {"Canada": "Ottawa", "Italy": "Rome", "Japan": "Tokyo"}
    assert sample.score("match-the-capitals", {"pairs": right})[0] == 1


def test_several_answers_count_as_their_weights_do(sample: Any) -> None:
    name = "what-two-people-are-entombed-in-grants-tomb"
    weights = {"No one": -50, "Grant": 50, "Grant's wife": 50, "Grant's father": -50}
    for ticked in (["Grant"], ["Grant", "Grant's wife"], ["Grant", "No one"], ["Grant", "Grant's wife", "No one"]):
        moodle = max(0.0, sum(weights[text] for text in ticked) / 100)
        assert sample.score(name, {"choices": ticked})[0] == pytest.approx(moodle)


def test_a_category_and_its_question_without_a_blank_line_between() -> None:
    found = list(gift.read("$CATEGORY: a\n$CATEGORY: $course$/top/b//c/d\n::T::Q{T}\nQ2{F}"))
    assert found[:2] == [Category(("a",)), Category(("b/c", "d"))]
    assert [(one.name, one.kind) for one in found[2:]] == [("T", "truefalse"), ("", "truefalse")]


def test_control_characters_are_text_when_escaped(sample: Any) -> None:
    part = exercises.public(sample["GIFT Control Characters"])
    assert sorted(words(option["text"]) for option in part["options"]) == ["=", "\\", "~"]


def test_tags_are_tags_of_cells(sample: Any) -> None:
    written = sample.made.files[sample.source.lessons[0].file].decode()
    assert '"tags": [\n     "easy",\n     "география"\n    ]' in written


@given(
    st.lists(
        st.sampled_from(
            [
                "Q{=a ~b}",
                "::T::Q{T}",
                "{#3:1}",
                "Q{}",
                "Q{=a -> b =c -> d}",
                "Q{=a}",
                "text",
                "Q{~%50%a ~%50%b}",
                "{",
                "}",
                "Q{=",
                "::",
                "//c",
                "$CATEGORY: x",
                "\\{",
                "\\",
                "####",
                "Q{#1..2}",
                "Q{#x}",
                "Q{=a#b\n~c}",
                "[html]<b>{=a ~b}",
            ]
        ),
        max_size=6,
    ),
    TEXT,
)
@settings(max_examples=40, deadline=None)
def test_questions_in_are_exercises_out_and_refused(blocks: list[str], noise: str) -> None:  # fmt: skip
    text = "\n\n".join([*blocks, noise])
    entries = list(gift.read(text))
    asked = [entry for entry in entries if isinstance(entry, Question)]
    report = made(text).report
    assert report.exercises + report.texts + len(report.refused) == len(asked)
    told = [line for line in text.split("\n") if line.strip() and not line.strip().startswith(("//", "$CATEGORY:"))]
    assert bool(told) == bool(asked)
    assert sum(isinstance(entry, Category) for entry in entries) <= text.count("$CATEGORY:")


WORDS = (
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and not re.search(r"[<>\\$\[\]`|*]", text))
)
PLAIN = WORDS.filter(lambda text: not re.match(r"[\W_]|\d+[.)]", text) and "->" not in text and "//" not in text)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of an exercise that GIFT can say whole."""
    texts = draw(st.lists(PLAIN, min_size=2, max_size=4, unique_by=lambda text: text.casefold()))
    said = draw(PLAIN)
    common = {"title": draw(PLAIN), "prompt": draw(PLAIN), "explanation": draw(PLAIN | st.just(""))}
    kind = draw(st.sampled_from(["choice", "multiple", "text", "number", "match", "essay"]))
    own: dict[str, Any] = {
        "choice": {
            "options": texts,
            "answer": [{"text": texts[0], "feedback": said}, {"text": texts[1], "share": "0.5"}],
            "penalty": ["1"],
        },
        "multiple": {"options": texts, "answers": texts[:1], "scoring": "partial", "penalty": ["1"]},
        "text": {"answers": [texts[0], {"text": texts[1], "share": "0.25", "feedback": said}]},
        "number": {"answer": [{"value": "2.5", "tolerance": "0.1"}, {"value": "3", "share": "0.5", "feedback": said}]},
        "match": {"pairs": {texts[0]: "one", texts[1]: "two"}, "distractors": ["three"]},
        "essay": {},
    }[kind]
    return {"kind": kind, **common, **own}


@given(questions())
@settings(max_examples=40, deadline=None)
def test_what_is_written_reads_the_same(fields: dict[str, Any]) -> None:
    cell = f"%%exercise one\n{dump(fields)}".rstrip("\n")
    read = source.read(folder(["# One", cell]), name="demo")
    ((_cell, before),) = read.lessons[0].notebook.exercises
    written = gift_writing.write(read)
    again = source.read(made(written.text).files, name="made")
    ((_cell, after),) = again.lessons[0].notebook.exercises
    assert after.id == "one"
    assert exercises.public(after) | {"penalty": None} == exercises.public(before) | {"penalty": None}
    assert after.spec == before.spec
    assert after.explanation == before.explanation


def test_what_gift_cannot_say_is_named(opened: Opened) -> None:
    cells = [
        "# One",
        "%%exercise a\nkind: order\nlines: [x, y]",
        "%%exercise b\nkind: text\nanswers: ['/a+/']",
        "%%exercise c\nkind: blanks\ntext: '2+2={{x}}, 3+3={{y}}'\nanswers: {x: ['4'], y: ['6']}",
        "%%exercise d\nkind: number\nparams: {n: {from: 1, to: 9}}\nprompt: '{{n}}?'\nanswer: '{{n}}'",
        "%%exercise e\nkind: blanks\ntext: '2+2={{x}}, not 5'\nanswers: {x: ['4']}",
    ]
    read = source.read(folder(cells), name="demo")
    assert read.flaws == ()
    found = gift_writing.write(read)
    assert [one.question for one in found.refused] == ["part1#a", "part1#b", "part1#c", "part1#d"]
    assert found.questions == 1
    again = opened(made(found.text))
    assert again.score("e", {"text": "4"})[0] == 1
    assert "not 5" in again["e"].common.prompt
