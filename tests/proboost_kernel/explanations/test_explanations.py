"""Programs of beginners, run as they are: what is said of their errors, in both languages."""

from __future__ import annotations

import builtins
import linecache
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proboost_kernel import i18n
from proboost_kernel.explanations import EXPLAINERS, explain
from proboost_kernel.explanations.facts import gather

NAME = "<program of a test>"


def error_of(code: str, names: dict[str, Any] | None = None) -> BaseException:
    linecache.cache[NAME] = (len(code), None, code.splitlines(keepends=True), NAME)
    try:
        exec(compile(code, NAME, "exec"), {"__name__": "__main__", **(names or {})})
    except BaseException as error:  # noqa: BLE001  # a stopped program is one of them
        return error
    raise AssertionError("it runs")


# The program, words that the explanation holds in English and in Russian (besides names: those stand in both).
CASES: list[tuple[str, str, str]] = [
    ("price = 3\nprint(prise)", "Did you mean `price`", "имели в виду `price`"),
    ("Total = 3\nprint(total)", "Did you mean `Total`", "имели в виду `Total`"),
    ("x = true", "Did you mean `True`", "имели в виду `True`"),
    ("c\N{CYRILLIC SMALL LETTER ES} = 1\nprint(cc)", "different alphabets", "из разных алфавитов"),
    ("math.sqrt(2)", "Write `import math`", "`import math`"),
    ("pd.read_csv('x')", "`import pandas as pd`", "`import pandas as pd`"),
    ("x = null", "written `None`", "пишут `None`"),
    ("print(total)\ntotal = 5", "further down, in line 2", "только ниже, в строке 2"),
    ("f()\ndef f(): pass", "defined only further down, in line 2", "определена только ниже, в строке 2"),
    ("def f():\n    inner = 3\nf()\nprint(inner)", "only inside the function `f`", "только внутри функции `f`"),
    ("hello", "quotes: `'hello'`", "кавычки: `'hello'`"),
    ("count = 0\ndef add():\n    count += 1\nadd()", "not the one outside", "а не внешняя"),
    ("def f(n):\n    if n:\n        y = 1\n    return y\nf(0)", "before `y` has a value", "раньше, чем у `y`"),
    ("xs = [1]\nxs = xs.append(2)\nxs.append(3)", "without `xs =`", "без `xs =`"),
    ("'a'.uper()", "Did you mean `.upper`", "имели в виду `.upper`"),
    ("'a'.upper.strip()", "write `()`", "напишите `()`"),
    ("import math\nmath.squrt(3)", "Did you mean `.sqrt`", "имели в виду `.sqrt`"),
    ("[1].push(2)", "`.append(…)`", "`.append(…)`"),
    ("[1].length", "`len(…)`", "`len(…)`"),
    ("(5).foo", "type `int` have no `.foo`", "типа `int` нет `.foo`"),
    ("import radnom", "Did you mean `random`", "имели в виду `random`"),
    ("import nosuchthing_at_all", "`%pip install nosuchthing_at_all`", "`%pip install nosuchthing_at_all`"),
    ("from math import flor", "Did you mean `floor`", "имели в виду `floor`"),
    ("d = {'apple': 1}\nd['aple']", "Did you mean 'apple'", "имели в виду 'apple'"),
    ("d = {1: 2}\nd['1']", "different keys", "разные ключи"),
    ("d = {'x': {'yes': 1}}\nd['x']['other']", "`.get(…)`", "`.get(…)`"),
    ("'a' + 1", "cannot be added", "нельзя сложить"),
    ("1 + 'a'", "cannot be added", "нельзя сложить"),
    ("x = 'a'\nx += 1", "cannot be added", "нельзя сложить"),
    ("'a' - 1", "`-` is not defined", "`-` для них не определено"),
    ("'5' < 6", "cannot compare", "не может сравнить"),
    ("def f(a):\n    a\nf(1) + 2", "`f()` gives back `None`", "`f()` возвращает `None`"),
    ("x = None\nfor y in x: pass", "`x` is `None`", "В `x` лежит `None`"),
    ("x = [1].sort()\nx[0]", "method `.sort()`", "метод `.sort()`"),
    ("x = None\nx()", "`x` is `None`", "В `x` лежит `None`"),
    ("print['x']", "`print(…)`", "`print(…)`"),
    ("'a'.upper + 'b'", "function itself", "сама функция"),
    ("sum = 5\nsum([1])", "run `del sum`", "выполните `del sum`"),
    ("2(3)", "mean to multiply", "нужно умножить"),
    ("x = [1]\nx(0)", "square brackets", "квадратные скобки"),
    ("def f(a, b): pass\nf(1)", "it needs: `b`", "ей нужно: `b`"),
    ("def f(a, b, c): pass\nf()", "`a`, `b`, `c`", "`a`, `b`, `c`"),
    ("def f(a, b): pass\nf(1, 2, 3)", "2 at most, and there are 3", "не больше 2, а передано 3"),
    ("class D:\n    def bark(): pass\nD().bark()", "lacks `self`", "параметра `self`"),
    ("def f(a): pass\nf(b=2)", "no parameter `b`", "нет параметра `b`"),
    ("def f(a): pass\nf(1, a=2)", "`a` twice", "`a` дважды"),
    ("len(1, 2)", "there are 2", "сейчас их 2"),
    ("input(1, 2)", "there are 2", "сейчас их 2"),
    ("[1, 2]['a']", "meant to be a dictionary", "должен быть словарь"),
    ("[1, 2][4 / 2]", "Divide with `//`", "Делите через `//`"),
    ("'abc'['a']", "meant to be a dictionary", "должен быть словарь"),
    ("range(5 / 2)", "Divide with `//`", "Делите через `//`"),
    ("range([1])", "`len(…)`", "`len(…)`"),
    ("'abc'[0] = 'x'", "cannot be changed in place", "нельзя изменить на месте"),
    ("(1, 2)[0] = 3", "Take a list", "возьмите список"),
    ("for x in 5: pass", "`range(…)`", "`range(…)`"),
    ("len(5)", "no length", "нет длины"),
    ("{[1]: 2}", "Take a tuple", "Возьмите вместо него кортеж"),
    ("[1] + 1", "`.append(…)`", "`.append(…)`"),
    ("'2' * '3'", "cannot be multiplied", "нельзя перемножить"),
    ("[1] - [2]", "`-` does not work", "`-` не работает"),
    ("int('3,5')", "`float('3.5')`", "`float('3.5')`"),
    ("float('1,5')", "has a point", "отделяется точкой"),
    ("int('3.5')", "Write `float(…)`", "Напишите `float(…)`"),
    ("int('')", "the text is empty", "текст пустой"),
    ("int('1 2')", "several numbers", "несколько чисел"),
    ("int('abc')", "`abc` is not a number", "`abc` — не число"),
    ("a, b = [1]", "names 2, values 1", "имён 2, значений 1"),
    ("a, b = [1, 2, 3]", "names 2, values more", "имён 2, значений больше"),
    ("[1].remove(2)", "no such element", "Такого элемента"),
    ("'abc'.index('z')", "`.find(…)`", "`.find(…)`"),
    ("max([])", "is empty", "пуст"),
    ("import math\nmath.sqrt(-1)", "root of a negative", "корень из отрицательного"),
    ("xs = [1, 2, 3]\nxs[3]", "no element 3: counting starts at 0, so the indexes here are 0 to 2", "от 0 до 2"),
    ("xs = []\nxs[0]", "It is empty", "Там пусто"),
    ("[].pop()", "It is empty", "Там пусто"),
    ("xs = [1]\nf = lambda: 7\nxs[f()]", "0 to 0", "от 0 до 0"),
    ("n = 0\n1 / n", "`n` is 0 here", "`n` здесь 0"),
    ("xs = []\nsum(xs) / len(xs)", "`len(xs)` is 0 here", "`len(xs)` здесь 0"),
    ("def f(n):\n    return f(n + 1)\nf(1)", "calls itself again and again", "вызывает себя снова и снова"),
    ("if x = 2:\n    pass", "write `==`", "пишите `==`"),
    ("5 = x", "to the left of `=`", "Слева от `=`"),
    ("None = 1", "`None` is a word of Python's own", "`None` — слово самого Python"),
    ("class = 5", "`class` is a word of Python's own", "`class` — слово самого Python"),
    ("if 1 == 1\n    pass", "`if` ends with a colon", "с `if`, заканчивается двоеточием"),
    ("while True print(1)", "`while` ends with a colon", "с `while`, заканчивается двоеточием"),
    ("if 1:\n    pass\nelse if 2:\n    pass", "Python writes `elif`", "пишут `elif`"),
    ("if 1:\n    pass\nelse 2 > 1:\n    pass", "write `elif`", "пишите `elif`"),
    ("print('a'", "`(` in line 1 is never closed: add `)`", "`(` в строке 1 не закрыта: добавьте `)`"),
    ("print('a'))", "closes nothing", "ничего не закрывает"),
    ("x = [1, 2)", "`[` is closed by `)`", "`[` закрыта скобкой `)`"),
    ("print('a)", "no closing quote", "нет закрывающей кавычки"),
    ('x = """abc', "three quotes", "тремя кавычками"),
    ("print 'a'", "`print(…)`", "`print(…)`"),
    ("print(\N{LEFT DOUBLE QUOTATION MARK}a\N{RIGHT DOUBLE QUOTATION MARK})", "straight quotes", "прямые кавычки"),
    ("x = 3 \N{EM DASH} 2", "Write `-`", "Напишите `-`"),
    ("x =\N{NO-BREAK SPACE}2", "invisible", "невидимый"),
    ("return 5", "inside a function only", "только внутри функции"),
    ("break", "inside a loop only", "только внутри цикла"),
    ("x = 2y", "operator is needed", "нужен знак действия"),
    ("x = 012", "does not begin with 0", "не начинается с 0"),
    ("print(a b)", "a comma", "запятой"),
    ("try:\n    x = 1\nprint(2)", "`except`", "`except`"),
    ("f(a=1, 2)", "without a name come first", "сначала идут значения без имени"),
    ("x = = 2", "place of the arrow", "указывает стрелка"),
    ("if 1 && 2:\n    pass", "Python writes `and`", "пишут `and`"),
    ("x++", "`+= 1`", "`+= 1`"),
    ("if True:\nprint(1)", "Line 1 ends with a colon", "Строка 1 заканчивается двоеточием"),
    ("x = 1\n y = 2", "this line: 1; of the line above: 0", "этой строки: 1, в начале строки выше: 0"),
    ("x = 1\n    y = 2", "begins no block", "не начинает блок"),
    ("if 1:\n    x = 1\n   y = 2", "(spaces: 3)", "(пробелов: 3)"),
    ("if True:\n\tx = 1\n        y = 2", "Use spaces", "ставьте пробелы"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "english", "russian"), CASES, ids=[code for code, _en, _ru in CASES])
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_it_is_explained_in_both_languages(code: str, english: str, russian: str) -> None:
    error = error_of(code)
    for language, words in (("en", english), ("ru", russian)):
        with i18n.using(language):
            said = explain(error)
            assert words in said
            assert "\n" not in said
            assert bool(re.search("[а-я]{3}", said)) == (language == "ru")


def test_files_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text("")
    assert "Did you mean `data.csv`" in explain(error_of("open('dta.csv')"))
    assert "There is no file `other.txt`" in explain(error_of("open('other.txt')"))
    assert "no folder `nowhere`" in explain(error_of("open('nowhere/data.csv')"))


def test_columns_of_a_table() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"name": [1], "price": [2]})
    assert "no column 'pric'. Did you mean 'price'" in explain(error_of("t['pric']", {"t": table}))
    assert "`.columns`" in explain(error_of("t['zzz']", {"t": table}))


def test_an_endless_loop_that_was_stopped() -> None:
    code = "n = 0\nwhile n < 5:\n    raise KeyboardInterrupt"
    assert "loop in line 2" in explain(error_of(code))
    assert explain(error_of("raise KeyboardInterrupt")) == ""


def test_of_a_librarys_own_errors_little_is_said() -> None:
    assert explain(error_of("import json\njson.loads('{')")) == ""
    assert explain(error_of("import statistics\nstatistics.mean(5)")) == ""
    assert explain(error_of("class Mine(NameError): pass\nraise Mine('x')")) == ""


def test_nothing_of_the_learners_is_run() -> None:
    ran: list[str] = []

    class Trap:
        def __getattr__(self, name: str) -> Any:
            ran.append(name)
            raise AttributeError(name, name=name, obj=self)

        def __trap(self, *_more: object) -> Any:
            ran.append("?")
            raise RuntimeError

        __repr__ = __str__ = __dir__ = __len__ = __eq__ = __bool__ = __iter__ = __trap
        __hash__ = object.__hash__

    names = {"trap": Trap(), "d": {Trap(): 1, "apple": 2}, "xs": [Trap()]}
    for code in ("trap.foo", "d['aple']", "xs[3]", "trap + 1", "trap()", "prap", "xs[0] + 'a'", "raise KeyError(trap)"):
        error = error_of(code, names)
        before = len(ran)
        explain(error)
        assert len(ran) == before, code
    assert "Did you mean 'apple'" in explain(error_of("d['aple']", names))


KINDS = [getattr(builtins, kind) for kind in EXPLAINERS]
MESSAGES = [str(error_of(code)) for code, _en, _ru in CASES if not code.startswith("def f(n):\n    return")]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(KINDS), st.one_of(st.sampled_from(MESSAGES), st.text(), st.integers(), st.none()))
def test_any_error_at_all_gives_a_text(kind: Any, argument: Any) -> None:
    error = kind(argument)
    for one in (error, error_of("raise error", {"error": error})):
        facts = gather(one)
        for explainer in EXPLAINERS[kind.__name__]:
            assert isinstance(explainer(facts), str)
