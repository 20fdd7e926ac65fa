"""Moodle XML: every type of question, what is said of what cannot be taken, and files built to do harm."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest
from exchange_sources import PNG, SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost import i18n
from proboost.courses import check
from proboost.exchange import bank, moodle
from proboost.exchange.charset import decoded_xml
from proboost.exchange.moodle import BadBank
from proboost.exchange.question import Question
from proboost.exchange.report import Made
from proboost_kernel import exercises
from proboost_kernel.exercises import generating, params

Opened = Callable[[Made], Any]
KINDS = [
    *("multichoice", "truefalse", "shortanswer", "numerical", "matching", "essay"),
    *("cloze", "ddwtos", "ordering", "random", "?"),
]
WEIGHTS = ["100", "50", "0", "-100", "x", "1e400", ""]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=30)


def made(text: str) -> Made:
    return bank.course(moodle.read(text), id="made", title="Bank", around={})


def quiz(*questions: str) -> str:
    return f"<quiz>{''.join(questions)}</quiz>"


def asked(kind: str, body: str, text: str = "Q?") -> str:
    return (
        f'<question type="{kind}"><name><text>one</text></name>'
        f'<questiontext format="html"><text>{escape(text)}</text></questiontext>{body}</question>'
    )


def answer(text: str, fraction: str, more: str = "") -> str:
    return f'<answer fraction="{fraction}"><text>{escape(text)}</text>{more}</answer>'


@pytest.fixture(scope="module")
def sample(opened: Opened) -> Any:
    text, _encoding = decoded_xml((SAMPLES / "bank.xml").read_bytes())
    return opened(made(text))


def test_every_question_is_there_in_its_order_or_named(sample: Any) -> None:
    assert [lesson.title for lesson in sample.source.lessons] == ["Python / Основы", "Python / Строки"]
    titles = [one.title for one in sample.exercises]
    assert titles == [
        *("Тип числа", "Чётные", "Правда", "Функция вывода", "Ускорение"),
        *("Методы", "Рассказ", "Файл", "Пропуски", "Слова", "Выбор", "Порядок"),
    ]
    assert list(sample.refused()) == ["Много", "Карта", "Производная", "Кроссворд", "Без верного"]
    assert sample.report.texts == 1
    assert sample.source.course.language == "ru"


def test_what_was_made_has_no_flaw(sample: Any) -> None:
    assert check.check(sample.source) == []


def test_a_choice_with_all_that_it_may_have(sample: Any) -> None:
    exercise = sample["Тип числа"]
    assert exercise.id == "type-of-number"
    assert exercise.points == 2
    assert exercise.common.penalty == (1.0, 0.6667, 0.3333, 0.0)
    assert exercise.common.hints == ("Посмотрите на точку.",)
    assert exercise.explanation == "С точкой — **float**."
    assert not exercise.spec.shuffle
    (picture,) = [path for path in sample.source.handed_out if path.startswith("img/skhema-")]
    assert exercise.common.prompt == f"Какой тип у `3.0`?\n\n![схема]({picture})"
    assert sample.made.files[picture].startswith(b"\x89PNG")
    assert sample.score("Тип числа", {"choice": "double"}) == (0.5, "Почти: так он зовётся в C.")
    assert sample.score("Тип числа", {"choice": "int < 3"})[0] == 0


def test_typed_answers(sample: Any) -> None:
    assert sample["Функция вывода"].spec.case
    scores = [sample.score("Функция вывода", {"text": text}) for text in ("print", "Print", "print(x)", "echo")]
    assert scores == [(1.0, ""), (0.0, "Нет."), (0.5, "Без скобок."), (0.0, "Нет.")]
    scores = [sample.score("Ускорение", {"number": text})[0] for text in ("9,85", "9.7", "10", "9.8 м/с²")]
    assert scores == [1, 0, 0.5, 1]


def test_texts_with_gaps(sample: Any) -> None:
    filled = {"b1": "Париж", "b2": "4.05", "b3": "красный"}
    assert sample.score("Пропуски", {"blanks": filled}) == (1.0, "Да")
    assert sample.score("Пропуски", {"blanks": {"b1": "Рим", "b2": "5", "b3": "зелёный & синий"}})[0] == pytest.approx(
        0.5 / 3
    )
    assert sample["Пропуски"].spec.text.endswith("{{b3}} (зелёный & синий / красный).")
    assert sample["Слова"].spec.text == "Цикл {{b1}} и условие {{b2}}.\n\nСлова: if, print, while"
    assert sample.score("Слова", {"blanks": {"b1": "while", "b2": "if"}})[0] == 1
    assert sample["Выбор"].spec.text == "Тип {{b1}} (bool / int), значение {{b2}} (7 / True)."


def test_pairs_orders_and_what_people_grade(sample: Any) -> None:
    assert sample.score("Методы", {"pairs": {"upper": "заглавные", "lower": "ничего"}})[0] == 0.5
    lines = [{"item": text, "indent": 0} for text in ("открыть файл", "прочитать", "закрыть")]
    assert sample.score("Порядок", {"lines": lines})[0] == 1
    assert sample["Рассказ"].spec.notes == "Есть пример: 2 балла."
    assert (sample["Файл"].kind, sample["Файл"].spec.accept) == ("upload", (".py", ".txt"))


def test_what_is_not_the_same_is_said(sample: Any) -> None:
    told = "\n".join(sample.report.remarks)
    for words in ("Читайте главу 2.", "м/с²", "Циклы бывают…", "cost points", "Дальше: it asks nothing"):
        assert words in told
    assert "Ваш ответ верный" not in told


def test_reasons_are_in_the_readers_language() -> None:
    with i18n.using("ru"):
        report = made((SAMPLES / "bank.xml").read_text("utf-8").partition("?>")[2]).report
    reasons = {one.question: one.reason for one in report.refused}
    assert reasons["Карта"] == "Перетаскивать метки на картинку здесь нельзя."
    assert all(any("а" <= char <= "я" for char in reason) for reason in reasons.values())


def test_one_question_built_to_break_readers_takes_none_with_it() -> None:
    deep = escape("<div>" * 5000 + "x")
    bad = asked(
        "multichoice", f"<single>true</single><correctfeedback><text>{deep}</text></correctfeedback>", "<b>" * 5000
    )
    worse = asked("essay", f"<generalfeedback format='html'><text>{deep}</text></generalfeedback>")
    found = made(quiz(bad, worse, asked("essay", "")))
    assert (found.report.exercises, len(found.report.refused)) == (1, 2)


def test_plugins_that_say_just_right_or_wrong(opened: Opened) -> None:
    body = answer("a", "100") + answer("b", "100") + answer("c", "0")
    for kind, half in (("multichoiceset", 0.0), ("oumultiresponse", 0.5)):
        course = opened(made(quiz(asked(kind, body))))
        assert course.report.remarks == []
        assert course.score("one", {"choices": ["a", "b"]})[0] == 1
        assert course.score("one", {"choices": ["a"]})[0] == half
        assert course.score("one", {"choices": ["a", "b", "c"]})[0] == half


def test_pairs_whose_right_halves_have_form(opened: Opened) -> None:
    def pair(left: str, right: str) -> str:
        said = f'<answer format="html"><text>{escape(right)}</text></answer>'
        return f'<subquestion format="html"><text>{left}</text>{said}</subquestion>'

    course = opened(made(quiz(asked("ddmatch", pair("a", "<b>one</b>") + pair("b", "two")))))
    assert course.score("one", {"pairs": {"a": "**one**", "b": "two"}})[0] == 1


def test_banks_of_the_first_moodle_have_their_picture_beside_the_text(opened: Opened) -> None:
    body = f"<image>pics/old.png</image><image_base64>\n{b64encode(PNG).decode()}\n</image_base64>"
    old = asked("essay", body, "a < b?\nTell.").replace(' format="html"', "")
    course = opened(made(quiz(old)))
    (picture,) = course.source.handed_out
    assert course.made.files[picture] == PNG
    assert f"]({picture})" in course["one"].common.prompt
    assert "a < b?" in course["one"].common.prompt


@pytest.mark.parametrize(
    ("weights", "exact"),
    [
        ((50, 50, -50), True),
        ((33.33333, 33.33333, 33.33333, -33.33333), True),
        ((70, 30, -100), True),
        ((100, -100), True),
        ((50, 50, 0), False),
        ((50, 50, -25), False),
    ],
)
def test_weights_of_several_answers(weights: tuple[float, ...], exact: bool, opened: Opened) -> None:
    body = "<single>false</single>" + "".join(answer(f"o{place}", str(one)) for place, one in enumerate(weights))
    course = opened(made(quiz(asked("multichoice", body))))
    if not exact:
        assert any("weights" in sentence for sentence in course.report.remarks)
        return
    assert course.report.remarks == []
    for ticked in range(1, 2 ** len(weights)):
        chosen = [place for place in range(len(weights)) if ticked >> place & 1]
        moodle_score = min(1.0, max(0.0, sum(weights[place] for place in chosen) / 100))
        found = course.score("one", {"choices": [f"o{place}" for place in chosen]})[0]
        assert found == pytest.approx(moodle_score, abs=1e-4)


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE quiz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><quiz>&b;</quiz>',
        '<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>',
        '<!DOCTYPE quiz SYSTEM "http://localhost/evil.dtd"><quiz/>',
        "<quiz><question>",
        "<html></html>",
        "",
        "<quiz>&nbsp;</quiz>",
    ],
)
def test_xml_that_is_none_or_does_harm_is_refused_whole(body: str) -> None:
    with pytest.raises(BadBank):
        made(body)


@pytest.mark.parametrize(
    "text",
    [
        "{1:FOO:=a}",
        "{1:SHORTANSWER:=a",
        "{1:NUMERICAL:=x}",
        "no gap",
        '<img src="{1:SA:=a}">',
        "{1:NUMERICAL:=*}",
        "{1:SA:a}",
    ],
)
def test_cloze_that_cannot_be_taken_says_why(text: str) -> None:
    report = made(quiz(asked("cloze", "", text))).report
    assert [one.question for one in report.refused] == ["one"]
    assert report.refused[0].reason


def calculated(formula: str, text: str = "{r} and {h 1}", more: str = "") -> str:
    def drawn(name: str, low: str, high: str, decimals: str) -> str:
        return (
            f"<dataset_definition><name><text>{name}</text></name><distribution><text>uniform</text></distribution>"
            f"<minimum><text>{low}</text></minimum><maximum><text>{high}</text></maximum>"
            f"<decimals><text>{decimals}</text></decimals></dataset_definition>"
        )

    sets = f"<dataset_definitions>{drawn('r', '1', '9.5', '1')}{drawn('h 1', '2', '4', '0')}</dataset_definitions>"
    rules = "<tolerance>0.01</tolerance><tolerancetype>1</tolerancetype><correctanswerformat>1</correctanswerformat>"
    rules += "<correctanswerlength>2</correctanswerlength>"
    return quiz(asked("calculated", answer(formula, "100", rules) + sets + more, text))


def test_formulas_over_values_are_variants(opened: Opened) -> None:
    text = "r={r}, h={h 1}, twice {={r}*2}, set {1, 2}"
    said = "<generalfeedback><text>Half of {h 1} is {={h 1}/2}.</text></generalfeedback>"
    course = opened(made(calculated("pi()*pow({r},2) + {h 1}/2", text, said)))
    exercise = course["one"]
    for seed in (b"a", b"b", b"c"):
        values = params.draw(exercise.params, seed)
        job = params.job(exercise.params, values, seed, exercises.used_values(exercise))
        one = exercises.drawn(exercise, values | generating.run(job))
        r, h = float(values["r"]), float(values["p2"])
        assert 1 <= r <= 9.5
        assert one.common.prompt == f"r={values['r']}, h={values['p2']}, twice {2 * r:.10g}, set {{1, 2}}"
        assert one.explanation == f"Half of {h:g} is {h / 2:g}."
        right = math.pi * r**2 + h / 2
        for typed, score in ((right, 1), (right * 1.009, 1), (right * 1.02, 0)):
            assert exercises.judge(one, {"number": f"{typed:.6f}"}).score == score


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')",
        "{r}.real",
        "{q}+1",
        "system({r})",
        "{r}**9**9",
        "{r",
        "1+",
        "'a'*9",
        "({r}" * 500,
        "{r} if 1 else 2",
    ],
)
def test_formulas_that_are_more_than_that_are_refused(formula: str) -> None:
    report = made(calculated(formula)).report
    assert (report.exercises, len(report.refused)) == (0, 1)


@given(st.lists(st.tuples(st.sampled_from(KINDS), TEXT, st.sampled_from(WEIGHTS)), max_size=5))
@settings(max_examples=40, deadline=None)
def test_questions_in_are_exercises_out_and_refused(given_questions: list[tuple[str, str, str]]) -> None:
    text = quiz(
        *(
            asked(kind, answer(words, weight) + answer("b", "100", "<tolerance>1</tolerance>"), words + "{1:SA:=a}")
            for kind, words, weight in given_questions
        )
    )
    found = made(text)
    assert found.report.exercises + len(found.report.refused) == len(given_questions)
    assert sum(isinstance(entry, Question) for entry in moodle.read(text)) == len(given_questions)
    for one in bank.course(moodle.read(text), id="x", title="x", around={}).files.values():
        assert b"<script" not in one
