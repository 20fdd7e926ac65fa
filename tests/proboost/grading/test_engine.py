"""What findings say: right and wrong answers, partial points, cases, and words for everything that can go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from proboost.grading.engine import Engine

from .conftest import SECRET, TOTAL, job, total

EVEN = "def sum_even(xs):\n    return sum(x for x in xs if x % 2 == 0)\n"


def even(code: str, **more: Any) -> dict[str, Any]:
    return job(
        code,
        {"name": "small", "code": "assert sum_even([1, 2, 4]) == 6"},
        {"name": "none", "code": "assert sum_even([]) == 0", "hidden": True, "points": 2},
        solution=EVEN,
        **more,
    )


def test_a_right_answer_has_all_points(engine: Any) -> None:
    found = engine.grade(even(EVEN))
    assert (found["state"], found["score"], found["isolated"]) == ("passed", 1.0, True)
    assert [test["passed"] for test in found["tests"]] == [True, True]
    assert found["tier"].startswith("A")
    assert found["key_hash"] == "key"
    assert "case" not in found["tests"][0]


def test_part_of_the_points_by_the_weights_of_tests(engine: Any) -> None:
    found = engine.grade(even("def sum_even(xs): return sum(xs)"))
    assert (found["state"], found["score"]) == ("partial", pytest.approx(2 / 3))
    small, none = found["tests"]
    assert small["case"] == {"call": "sum_even([1, 2, 4])", "got": "7", "wanted": "6"}
    assert none == {"name": "none", "passed": True, "message": "", "hidden": True}


def test_a_hidden_test_tells_its_name_and_the_authors_words_only(own_engine: Engine) -> None:
    payload = total("def total(xs): return 3")
    payload["tests"][1]["feedback"] = "Think of large numbers."
    found = own_engine.grade(payload)
    assert found["tests"][0]["passed"] is True
    assert found["tests"][1] == {
        "name": "secret",
        "passed": False,
        "message": "Think of large numbers.",
        "hidden": True,
    }
    assert SECRET not in str(found)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def sum_even(xs)\n    return 0", "Line 1: Python does not understand this line: a colon is missing."),
        (
            "def f():\n  x = 1\n   y = 2\n",
            "Line 3: The indentation is not right: the line begins further to the right than the one before.",
        ),
        ("x = 1\n%matplotlib inline\n", "Line 2: Commands that start with % or ! work in a notebook only."),
        ("x = 1\nprint(y)\n", "Line 2: The name “y” is not defined."),
        ("import nowhere_to_be_found\n", "Line 1: There is no module “nowhere_to_be_found” here."),
        ("x = 1 / 0\n", "Line 1: ZeroDivisionError: division by zero"),
        ("name = input('Name?')\n", "Line 1: The program waits for input()"),
        ("def f():\n    return f()\nf()\n", "Line 2: The function calls itself without end."),
        ("while True: pass\n", "Line 1: The program did not end within 1 s."),
        ("while True:\n  try:\n    while True: pass\n  except: pass\n", "The program did not end within 1 s."),
        ("import time\ntime.sleep(1000)", "Line 2: The program did not end within 1 s."),
        ("while True: print('x' * 1000)\n", "Your program prints too much."),
        ("xs = [0] * 10**9\n", "The program needed more than 256 MiB of memory."),
        ("import os\nos._exit(0)\n", "Your program ended itself before it could be checked."),
        ("import sys\nsys.exit('bye')\n", "Line 2: The program ends itself here"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "Python itself crashed while your program ran."),
    ],
)
def test_words_for_a_program_that_does_not_get_to_its_tests(own_engine: Engine, code: str, message: str) -> None:
    found = own_engine.grade(even(code, timeout=1))
    assert found["state"] == "failed"
    assert found["score"] == 0
    assert message in found["message"]
    assert not any(test["passed"] for test in found["tests"])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def sum_evn(xs): return 0", "The function “sum_even” was not found."),
        ("def sum_even(xs):\n  while True: pass", "Line 2: The program did not end within 1 s."),
        ("def sum_even(xs):\n  return xs[10]", "Line 2: IndexError: list index out of range"),
        ("def sum_even(xs):\n  return undefined", "Line 2: The name “undefined” is not defined."),
        ("def sum_even(xs):\n  return sum_even(xs)", "The function calls itself without end."),
        ("def sum_even(xs):\n  import os; os._exit(3)", "Your program ended itself during this test."),
        ("def sum_even(xs):\n  return [0] * 10**9", "The program needed more than 256 MiB of memory."),
        ("def sum_even(xs):\n  while True: print('x' * 1000)", "Your program prints too much."),
        ("def sum_even(xs):\n  return object()", "Your program returned an object of its own class"),
        ("def sum_even(xs):\n  return 'x' * 20_000_000", "What your program returned is too large."),
        ("sum_even = 5", "TypeError"),
    ],
)
def test_words_for_a_failed_test(own_engine: Engine, code: str, message: str) -> None:
    found = own_engine.grade(even(code, timeout=1))
    assert found["score"] == 0
    assert message in found["tests"][0]["message"]
    assert found["tests"][1]["message"] == ""


def test_words_in_the_learners_language(own_engine: Engine) -> None:
    found = own_engine.grade(even("def sum_evn(xs): return 0", language="ru"))
    assert found["tests"][0]["message"] == "Функция «sum_even» не найдена."
    found = own_engine.grade(even("while True: pass", language="ru", timeout=1))
    assert found["message"].startswith("Строка 1: ")


def test_a_program_that_ends_politely_is_tested(own_engine: Engine) -> None:
    assert own_engine.grade(even(EVEN + "import sys\nsys.exit()\n"))["state"] == "passed"


def test_a_crash_costs_one_test(own_engine: Engine) -> None:
    code = "import os\ndef sum_even(xs):\n    if xs: os._exit(1)\n    return 0\n"
    found = own_engine.grade(even(code))
    assert [test["passed"] for test in found["tests"]] == [False, True]


def test_an_endless_loop_costs_one_test(own_engine: Engine) -> None:
    found = own_engine.grade(even("def sum_even(xs):\n    while xs: pass\n    return 0\n", timeout=1))
    assert [test["passed"] for test in found["tests"]] == [False, True]


def test_tests_do_not_see_each_others_changes(own_engine: Engine) -> None:
    code = "seen = []\ndef count():\n    seen.append(1)\n    return len(seen)\n"
    tests = [{"name": f"test {n}", "code": "assert count() == 1\nassert count() == 2"} for n in range(3)]
    assert own_engine.grade(job(code, *tests, solution=code))["state"] == "passed"


def test_a_broken_exercise_is_an_error_and_nobodys_fault(own_engine: Engine) -> None:
    payload = job("x = 1", {"name": "wrong", "code": "assert f() == 2"}, solution="def f(): return 1")
    found = own_engine.grade(payload)
    assert (found["state"], found["score"], found["tests"]) == ("error", 0.0, [])
    assert "broken" in found["message"]


def test_without_a_solution_names_of_the_tests_are_asked_for(own_engine: Engine) -> None:
    found = own_engine.grade(job("def f(n): return n + 1", {"name": "one", "code": "assert f(1) == len([1, 2])"}))
    assert found["state"] == "passed"
    found = own_engine.grade(job("g = 1", {"name": "one", "code": "assert f(1) == 2"}))
    assert found["tests"][0]["message"] == "The function “f” was not found."


IDIOMS = {
    "values": ("answer = 42\nname = 'Ада'", "assert answer == 42 and name.startswith('А')"),
    "unpacking": ("def pair(): return 1, [2]", "a, (b,) = pair()\nassert (a, b) == (1, 2)"),
    "loop": ("def sq(x): return x * x", "for x, y in [(1, 1), (3, 9)]:\n    assert sq(x) == y, f'sq({x})'"),
    "raises": (
        "def f(x):\n    if x < 0: raise ValueError('negative')\n    return x",
        "try:\n    f(-1)\nexcept ValueError as error:\n    assert 'neg' in str(error)\nelse:\n    raise AssertionError",
    ),
    "own exception": (
        "class Empty(Exception): pass\ndef f(): raise Empty('no')",
        "try:\n    f()\nexcept Empty:\n    pass\nelse:\n    assert False",
    ),
    "printed": (
        "def hello(name): print('Hello', name)",
        (
            "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    hello('Lea')\n"
            "assert out.getvalue() == 'Hello Lea\\n'"
        ),
    ),
    "asked": (
        "def ask(): return int(input('n')) + 1",
        "import builtins\nbuiltins.input = lambda prompt='': '41'\nassert ask() == 42",
    ),
    "callback": ("def twice(f, x): return f(f(x))", "assert twice(lambda x: x + 3, 1) == 7"),
    "changes its argument": ("def add(xs): xs.append(1)", "xs = []\nadd(xs)\nassert xs == [1]"),
    "same object": ("def same(xs): return xs", "xs = [1]\nassert same(xs) is xs"),
    "another object": ("def copy(xs): return list(xs)", "xs = [1]\nassert copy(xs) == xs and copy(xs) is not xs"),
    "class": (
        "class Account:\n    def __init__(self): self.money = 0\n    def put(self, n): self.money += n; return self",
        "a = Account()\na.put(3).put(4)\nassert a.money == 7\nassert isinstance(a, Account)",
    ),
    "generator": (
        "def count():\n    n = 0\n    while True:\n        yield n; n += 1",
        "g = count()\nassert [next(g), next(g)] == [0, 1]",
    ),
    "finite generator": ("def up(n): yield from range(n)", "assert list(up(3)) == [0, 1, 2]"),
    "signature": ("def f(a, b=1): pass", "import inspect\nassert list(inspect.signature(f).parameters) == ['a', 'b']"),
    "source": ("def f(n):\n    for i in range(n): pass", "import inspect\nassert 'for' in inspect.getsource(f)"),
    "documented": ("def f():\n    'Does it.'", "assert f.__doc__ == 'Does it.'"),
    "numpy": ("import numpy as np\ndef f(n): return np.arange(n) * 0.5", "assert np.allclose(f(3), [0, 0.5, 1])"),
    "pandas": (
        "import pandas as pd\ndef f(): return pd.DataFrame({'a': [1, 2], 'b': ['x', None]})",
        "df = f()\nassert list(df.columns) == ['a', 'b'] and df['a'].sum() == 3 and df['b'].isna().sum() == 1",
    ),
    "library's name": ("from math import sqrt\ndef f(x): return sqrt(x)", "assert f(sqrt(16)) == 2"),
    "constant": ("LIMIT = 10\ndef f(x): return min(x, LIMIT)", "assert f(LIMIT + 1) == LIMIT"),
    "shadows": ("def sum(xs): return 7", "assert sum([1]) == 7"),
}


@pytest.mark.parametrize("name", IDIOMS)
def test_idioms_of_tests_work_split(own_engine: Engine, name: str) -> None:
    """Each is written as in one process; the reference passes it, and an empty program does not."""
    solution, code = IDIOMS[name]
    right = own_engine.grade(job(solution, {"name": name, "code": code}, solution=solution))
    assert (right["state"], right["isolated"]) == ("passed", True), right
    wrong = own_engine.grade(job("pass", {"name": name, "code": code}, solution=solution))
    assert wrong["state"] == "failed", wrong


SETUP_LOG = ("log = []", "def note(x): log.append(x)", "note(1)\nassert log == [1]")


def test_a_function_that_changes_what_set_up_made(own_engine: Engine) -> None:
    setup, solution, code = SETUP_LOG
    assert own_engine.grade(job(solution, {"name": "log", "code": code}, solution=solution, setup=setup))["isolated"]
    found = own_engine.grade(job("def note(x): pass", {"name": "log", "code": code}, solution=solution, setup=setup))
    assert found["state"] == "failed"
    assert found["tests"][0]["case"] == {"call": "log", "got": "[]", "wanted": "[1]"}


UNSPLIT = {"name": "kind", "code": "assert type(make()) is P"}
OWN_CLASS = "class P: pass\ndef make(): return P()"


def test_what_cannot_be_split_is_flagged(own_engine: Engine) -> None:
    found = own_engine.grade(job(OWN_CLASS, UNSPLIT, solution=OWN_CLASS))
    assert (found["state"], found["isolated"]) == ("passed", False)
    found = own_engine.grade(job("class P: pass\ndef make(): return 1", UNSPLIT, solution=OWN_CLASS))
    assert (found["state"], found["isolated"]) == ("failed", False)


def test_what_the_author_accepts_is_not_flagged(own_engine: Engine) -> None:
    found = own_engine.grade(job(OWN_CLASS, {**UNSPLIT, "trust": "in-process"}, solution=OWN_CLASS))
    assert (found["state"], found["isolated"]) == ("passed", True)


@pytest.mark.parametrize(
    ("code", "case"),
    [
        ("assert f(1, key=[2]) == {'a': 1}", {"call": "f(1, key=[2])", "got": "(1, [2])", "wanted": "{'a': 1}"}),
        ("x = [5]\nassert f(x) == 0", {"call": "f([5])", "got": "([5], None)", "wanted": "0"}),
        ("assert 3 == f(2)", {"call": "f(2)", "got": "(2, None)", "wanted": "3"}),
        ("assert f(0) is None", {"call": "f(0)", "got": "(0, None)", "wanted": "None"}),
        ("assert not f(0)", {"call": "f(0)", "got": "(0, None)", "wanted": "False"}),
        ("assert f(0)[1]", None),
        ("def check(v):\n    assert f(v) == v\ncheck(7)", {"call": "f(7)", "got": "(7, None)", "wanted": "7"}),
        ("assert f('x' * 600)[0] == 1", {"got": "'" + "x" * 498 + "…"}),
    ],
)
def test_cases(own_engine: Engine, code: str, case: dict[str, str] | None) -> None:
    found = own_engine.grade(job("def f(x, key=None): return x, key", {"name": "case", "code": code}))
    row = found["tests"][0]
    assert row["passed"] is False
    if case is None:
        assert "case" not in row
    else:
        assert row["case"] == {**row["case"], **case}
        assert all(len(text) <= 500 for text in row["case"].values())


def test_a_case_of_an_exception(own_engine: Engine) -> None:
    found = own_engine.grade(even("def sum_even(xs): return xs['a']"))
    assert found["tests"][0]["case"]["got"].startswith("TypeError: list indices must be integers")
    assert found["tests"][0]["case"]["wanted"] == "6"


def test_output_of_tests_goes_nowhere(own_engine: Engine) -> None:
    payload = total(TOTAL)
    payload["tests"][1]["code"] += f"\nprint('{SECRET}' * 100_000)"
    found = own_engine.grade(payload)
    assert found["state"] == "passed"
    assert SECRET not in str(found)


def test_what_the_program_defines_anew_is_asked_of_it(own_engine: Engine) -> None:
    test = {"name": "level", "code": "assert level == 3 and limit == 10"}
    exercise = {"solution": "level = 3", "setup": "level = 0\nlimit = 10"}
    assert own_engine.grade(job("level = 3", test, **exercise))["state"] == "passed"
    assert own_engine.grade(job("pass", test, **exercise))["state"] == "failed"
    assert own_engine.grade(job("limit = 0\nlevel = 3", test, **exercise))["state"] == "passed"


ANSWERS = ["f = abs", "from math import fabs as f", "import math\nf = math.fabs", "from numpy import abs as f"]


@pytest.mark.parametrize("solution", ANSWERS)
def test_a_solution_out_of_a_library_is_asked_of_the_program(own_engine: Engine, solution: str) -> None:
    tests = [{"name": "one", "code": "assert f(-1) == 1"}, {"name": "two", "code": "assert f(2) == 2", "hidden": True}]
    for code, state in (("pass", "failed"), (solution, "passed"), ("def f(x): return max(x, -x)", "passed")):
        found = own_engine.grade(job(code, *tests, solution=solution))
        assert (found["state"], found["isolated"]) == (state, True), code


def test_a_module_is_asked_of_the_program_where_nothing_else_is(own_engine: Engine) -> None:
    test = {"name": "pi", "code": "assert math.pi > 3"}
    for code, state in (("pass", "failed"), ("import math", "passed")):
        assert own_engine.grade(job(code, test, solution="import math"))["state"] == state


def test_what_the_solution_imports_for_its_own_use_nobody_else_has_to(own_engine: Engine) -> None:
    solution = "from collections import Counter\ndef f(word): return Counter(word)"
    test = {"name": "one", "code": "assert f('aab') == Counter(a=2, b=1)"}
    code = "import collections\ndef f(word): return collections.Counter(word)"
    assert own_engine.grade(job(code, test, solution=solution))["state"] == "passed"
    cheat = "class Counter:\n    def __init__(self, *a, **k): pass\n    __eq__ = lambda *a: True\nf = Counter"
    assert own_engine.grade(job(cheat, test, solution=solution))["state"] == "failed"


def test_a_reference_that_was_prepared_runs_no_more(own_engine: Engine) -> None:
    from proboost.grading import reference

    payload = even(EVEN, setup="prepared = True")
    own_engine.prepare({**payload, "code": ""})
    assert own_engine._references[reference.fingerprint(payload)].broken == {}
    assert own_engine.grade(payload)["state"] == "passed"
