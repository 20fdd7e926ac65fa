"""A course with one exercise of each kind, in both languages, and how a learner answers each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exercise import choose, write
from playwright.sync_api import Locator, expect

COURSE = "every-kind"
LESSONS = {"ru": "Все виды заданий", "en": "Every kind of exercise"}

Act = Callable[[Locator], None]


@dataclass(frozen=True)
class Shown:
    """An exercise as its author writes it (`⟨ru¦en⟩` is one of both), and what its learner does: `wrong` or
    half right first, then right; where a person grades there is neither, and `last` is what is said of the answer.
    """

    kind: str
    text: str
    near: Act | None = None
    state: str = "failed"
    right: Act | None = None
    last: str = "passed"


def typed(*words: str) -> Act:
    def act(box: Locator) -> None:
        fields = box.locator("input.pb-field")
        expect(fields).to_have_count(len(words))
        for at, text in enumerate(words):
            fields.nth(at).fill(text)

    return act


def ticked(*words: str) -> Act:
    def act(box: Locator) -> None:
        for option in box.get_by_role("checkbox").all():
            option.set_checked((option.locator("xpath=..").inner_text()).strip() in words)

    return act


def placed(*lines: tuple[str, int]) -> Act:
    """Puts lines into the answer, each as deep as told, in place of what is there."""

    def act(box: Locator) -> None:
        answer = box.locator("[data-list=answer] .pb-line")
        while answer.count():
            answer.first.press("Delete")
        for text, depth in lines:
            exactly = box.page.get_by_text(text, exact=True)
            box.locator("[data-list=pool] .pb-line").filter(has=exactly).first.click()
            now = int(answer.last.evaluate("line => line.closest('li').style.getPropertyValue('--pb-level')"))
            for _ in range(abs(depth - now)):
                answer.last.press("ArrowRight" if depth > now else "ArrowLeft")
        expect(answer).to_have_count(len(lines))

    return act


def joined(**pairs: str) -> Act:
    """Chooses a right half for each left one, from its list."""

    def act(box: Locator) -> None:
        for left, right in pairs.items():
            pair = box.locator(".pb-pair").filter(has=box.page.get_by_text(left, exact=True))
            pair.locator(".pb-slot").click()
            pair.get_by_role("option", name=right, exact=True).click()
            expect(pair.locator(".pb-slot")).to_contain_text(right)

    return act


def told(box: Locator) -> None:
    box.get_by_role("textbox").fill("Функции дают имя мысли.\n\nAnd they keep a thought in one place.")
    expect(box.locator(".pb-length")).to_contain_text("12")


def brought(box: Locator) -> None:
    report = {"name": "report.txt", "mimeType": "text/plain", "buffer": b"It works."}
    box.locator("input[type=file]").set_input_files([report])
    expect(box.locator(".pb-file")).to_contain_text("report.txt")
    expect(box.locator(".pb-progress")).to_be_hidden()


def doubled(box: Locator) -> None:
    """Types twice the number that stands in the learner's own prompt."""
    number = box.locator(".pb-prompt mark").inner_text()
    box.locator("input.pb-field").fill(str(2 * int(number)))


EXERCISES = {
    "pick": Shown(
        "choice",
        """title: ⟨Один ответ¦One answer⟩
prompt: "⟨Чему равно `7 % 2`?¦What is `7 % 2`?⟩"
options: ["0", "1", "2"]
answer: "1"
feedback: {"0": ⟨Разделите ещё раз.¦Divide once more.⟩}
hints: [⟨Что остаётся от деления?¦What is left over?⟩]
""",
        lambda box: choose(box, "0"),
        "failed",
        lambda box: choose(box, "1"),
    ),
    "several": Shown(
        "multiple",
        """title: ⟨Несколько ответов¦Several answers⟩
points: 2
penalty: [1]
prompt: ⟨Отметьте **простые** числа.¦Tick the **prime** numbers.⟩
options: ["2", "4", "7", "9"]
answers: ["2", "7"]
scoring: partial
feedback: {"9": $9 = 3 \\cdot 3$}
explanation: ⟨Простое число делится только на себя и на 1.¦A prime is divisible by itself and 1 only.⟩
""",
        ticked("2"),
        "partial",
        ticked("2", "7"),
    ),
    "weight": Shown(
        "number",
        """title: ⟨Число¦A number⟩
prompt: "⟨Сколько весит $\\\\frac{1}{4}$ килограмма муки?¦How heavy is $\\\\frac{1}{4}$ of a kilogram of flour?⟩"
unit: ⟨кг¦kg⟩
answer:
  - 0.25
  - {value: 0.25, tolerance: 20%, share: 0.5, feedback: "⟨Точнее!¦More exactly, please!⟩"}
""",
        typed("0,3"),
        "partial",
        typed("0,25"),
    ),
    "capital": Shown(
        "text",
        """title: ⟨Слово¦A word⟩
required: no
prompt: ⟨Столица Франции?¦The capital of France?⟩
answers: [париж, {text: Лион, share: 0, feedback: ⟨Это второй город.¦That is the second city.⟩}]
""",
        typed("лион"),
        "failed",
        typed("  ПАРИЖ "),
    ),
    "loop": Shown(
        "blanks",
        """title: ⟨Пропуски¦Blanks⟩
points: 2
prompt: ⟨Пусть напечатается сумма.¦Let the sum be printed.⟩
text: |
  ```python
  total = 0
  for x {{word}} [1, 2, 3]:
      total {{plus}} x
  print(total)
  ```

  ⟨Напечатается **{{sum}}**.¦**{{sum}}** is printed.⟩
answers:
  word: in
  plus: +=
  sum: {value: 6}
case: yes
""",
        typed("in", "+", "6"),
        "partial",
        typed("in", "+=", "6,0"),
    ),
    "own": Shown(
        "number",
        """title: ⟨Своё число¦A number of one's own⟩
params: {n: {from: 100, to: 999}}
generator: |
  answer = n * 2
  near = answer + 1
prompt: "⟨Чему равно <mark>{{n}}</mark> · 2?¦What is <mark>{{n}}</mark> · 2?⟩"
answer: ["{{answer}}", {value: "{{near}}", share: 0.5}]
explanation: "{{n}} · 2 = {{answer}}"
""",
        typed("0"),
        "failed",
        doubled,
    ),
    "lines": Shown(
        "order",
        """title: ⟨Порядок строк¦Lines in order⟩
indent: yes
prompt: ⟨Соберите программу.¦Put the program together.⟩
lines:
  - "def hello():"
  - "    print('hi')"
  - hello()
distractors: [hello]
""",
        placed(("def hello():", 0), ("print('hi')", 1), ("hello()", 1)),
        "failed",
        placed(("def hello():", 0), ("print('hi')", 1), ("hello()", 0)),
    ),
    "pairs": Shown(
        "match",
        """title: ⟨Пары¦Pairs⟩
prompt: ⟨Что к чему?¦What belongs to what?⟩
pairs: {"len('ab')": "2", "'a' * 3": aaa, "'ab'[0]": a}
distractors: [b]
""",
        joined(**{"len('ab')": "2", "'a' * 3": "aaa", "'ab'[0]": "b"}),
        "partial",
        joined(**{"'ab'[0]": "a", "len('ab')": "2", "'a' * 3": "aaa"}),
    ),
    "program": Shown(
        "code",
        """title: ⟨Программа¦A program⟩
points: 3
prompt: ⟨Напишите `double(x)`.¦Write `double(x)`.⟩
starter: |
  def double(x):
      ...
solution: |
  def double(x):
      return 2 * x
tests:
  - {name: ⟨число¦a number⟩, code: assert double(2) == 4}
  - {name: ⟨строка¦a text⟩, hidden: true, code: assert double('a') == 'aa'}
""",
        lambda box: write(box, "def double(x):\n    return 4"),
        "partial",
        lambda box: write(box, "def double(x):\n    return 2 * x"),
    ),
    "opinion": Shown(
        "essay",
        """title: ⟨Текст¦A text⟩
points: 4
prompt: ⟨Зачем нужны функции?¦What are functions good for?⟩
rubric:
  - {criterion: ⟨мысль¦thought⟩, points: 3}
  - {criterion: ⟨язык¦language⟩, points: 1, description: ⟨Без ошибок.¦Without mistakes.⟩}
""",
        right=told,
        last="manual",
    ),
    "report": Shown(
        "upload",
        """title: ⟨Файл¦A file⟩
prompt: ⟨Загрузите отчёт.¦Bring a report.⟩
accept: [.pdf, .txt]
max_size: 1 MB
""",
        right=brought,
        last="manual",
    ),
}


def _native(name: str, kind: str, text: str, **flags: object) -> dict[str, object]:
    known = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    return {**_cell(name, kind, text), "metadata": {"nbgrader": {**known, **flags}}}


def folder(path: Path) -> Path:
    """The course, a lesson in each language."""
    path.mkdir(parents=True, exist_ok=True)
    listed = ""
    for language, title in LESSONS.items():
        cells = [_cell("prose", "markdown", f"# {title}")]
        for name, shown in EXERCISES.items():
            body = re.sub(r"⟨(.*?)¦(.*?)⟩", r"\1" if language == "ru" else r"\2", shown.text)
            cells.append(_cell(name, "code", f"%%exercise {name}\nkind: {shown.kind}\n{body}"))
        cells += NATIVE
        whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (path / f"{language}.ipynb").write_text(json.dumps(whole), "utf-8")
        listed += f"  - {{file: {language}.ipynb, id: {language}}}\n"
    (path / "course.yml").write_text(f"id: {COURSE}\ntitle: Every kind\nlanguage: en\nlessons:\n{listed}", "utf-8")
    return path


def _cell(name: str, kind: str, text: str) -> dict[str, object]:
    cell: dict[str, object] = {"id": name, "cell_type": kind, "metadata": {}, "source": text}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


NATIVE = [
    _native(
        "triple",
        "code",
        "def triple(x):\n    ### BEGIN SOLUTION\n    return 3 * x\n    ### END SOLUTION",
        solution=True,
    ),
    _native(
        "triple-test",
        "code",
        "assert triple(2) == 6\n### BEGIN HIDDEN TESTS\nassert triple('a') == 'aaa'\n### END HIDDEN TESTS",
        grade=True,
        locked=True,
        points=2,
    ),
    _native("why", "markdown", "Because.", grade=True, solution=True, points=1.5),
]
