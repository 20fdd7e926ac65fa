from __future__ import annotations

import time
from typing import Any

import pytest

from proboost_kernel.widgets.running import BYTES, EVERY, MOST, PACE, Budget


def text(said: list[dict[str, Any]]) -> str:
    return "".join(message.get("text", "") for message in said)


def leaked(said: list[dict[str, Any]]) -> list[Any]:
    return [message["leaked"] for message in said if "leaked" in message]


def test_a_run_prints_shows_its_last_value_and_keeps_its_names(kernel: Any) -> None:
    names = "print(*(name for name in globals() if name[0] != '_'))"
    before = set(kernel.execute(names)[0]["text"].split())
    said = kernel.run("print('hello', base)\nx = 5\nx + 1", setup="base = 10")
    assert text(said) == "hello 10\n"
    assert {"text/plain": "6"} in [message.get("data") for message in said]
    assert leaked(said) == []
    assert kernel.execute("print(x)")[0]["text"] == "5\n"
    assert set(kernel.execute(names)[0]["text"].split()) - before == {"base", "x"}


def test_an_error_says_the_learners_line_and_what_is_wrong(kernel: Any) -> None:
    said = kernel.run("def f(x):\n    return 1 / x\n\nf(0)")
    (error,) = [message["error"] for message in said]
    assert (error["name"], error["message"], error["line"]) == ("ZeroDivisionError", "division by zero", 2)
    assert error["traceback"] == "line 4:\n    f(0)\nline 2, f():\n    return 1 / x"
    assert error["explanation"].startswith("Nothing can be divided by zero, and `x` is 0 here.")


def test_a_setup_that_fails_is_told_and_the_program_does_not_run(kernel: Any) -> None:
    said = kernel.run("print('never')", setup="1 / 0")
    assert [message["error"]["name"] for message in said] == ["ZeroDivisionError"]


def test_a_mistake_of_syntax_points_at_its_place(kernel: Any) -> None:
    said = kernel.run("x = 1\nif x = 2:\n    pass")
    (error,) = [message["error"] for message in said]
    assert (error["name"], error["line"]) == ("SyntaxError", 2)
    assert error["traceback"].startswith("line 2:\n    if x = 2:\n")
    assert "/" not in error["traceback"]


def test_what_is_printed_is_said_while_it_runs_and_an_interrupt_ends_it(kernel: Any) -> None:
    def stop(message: dict[str, Any]) -> None:
        if "tock" in message.get("text", ""):
            kernel.manager.interrupt_kernel()

    silent = "import time\nprint('tick')\nprint('tock')\ntime.sleep(3600)"  # what was printed is said in its silence
    said = kernel.run(silent, during=stop)
    assert [message["error"]["name"] for message in said if "error" in message] == ["KeyboardInterrupt"]
    assert text(kernel.run("print('alive')")) == "alive\n"


def test_input_asks_whoever_ran_the_program(kernel: Any) -> None:
    code = "name = input('Who? ')\nprint('Hello,', name)\nimport getpass\nprint(len(getpass.getpass('Word: ')))"
    said = kernel.run(code, answers=["Ada", "secret"])
    asked = [message["asked"] for message in said if "asked" in message]
    assert asked == [{"prompt": "Who? ", "password": False}, {"prompt": "Word: ", "password": True}]
    assert text(said) == "Hello, Ada\n6\n"


def test_a_flood_of_output_is_cut(kernel: Any) -> None:
    said = kernel.run("for n in range(10**5):\n    print('x' * 50, flush=True)", seconds=60)
    assert len(text(said)) < 250_000
    assert "not shown" in text(said)[-80:]
    assert len(said) < 200


def test_a_flood_of_displays_is_cut_and_a_drawing_that_clears_goes_on(kernel: Any) -> None:
    said = kernel.run("from IPython.display import display\nfor n in range(10**4):\n    display(n)", seconds=60)
    assert len([message for message in said if "data" in message]) == 100
    assert "not shown" in text(said)
    moving = "from IPython.display import clear_output\nfor n in range(150):\n    clear_output(True)\n    display(n)"
    said = kernel.run(moving, seconds=60)
    assert said[-1] == {"data": {"text/plain": "149"}}
    assert {"clear": True} in said


def test_a_log_is_heard_in_every_run_and_in_cells_between(kernel: Any) -> None:
    program = "import logging\nlogging.basicConfig(format='%(message)s')\nlogging.warning('heard')"
    assert [kernel.run(program), kernel.run(program)] == [[{"stream": "stderr", "text": "heard\n"}]] * 2
    assert kernel.execute("logging.warning('by a cell')") == [{"name": "stderr", "text": "by a cell\n"}]


def test_pictures_and_tables_are_shown(kernel: Any) -> None:
    said = kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", seconds=60)
    pictures = [message["data"]["image/png"] for message in said if "image/png" in message.get("data", {})]
    assert pictures
    assert pictures[0].startswith("iVBOR")
    said = kernel.run("import pandas\npandas.DataFrame({'a': [1]})", seconds=60)
    assert any("<table" in message.get("data", {}).get("text/html", "") for message in said)


def test_await_at_the_top_is_explained(kernel: Any) -> None:
    said = kernel.run("import asyncio\nawait asyncio.sleep(0)")
    assert "JupyterLab" in said[0]["error"]["message"]
    assert text(kernel.run("print(1)")) == "1\n"


def test_the_kernels_own_streams_are_as_before(kernel: Any) -> None:
    kernel.run("print(1)")
    assert kernel.execute("print('cell'); 3")[0] == {"name": "stdout", "text": "cell\n"}
    assert kernel.execute("3")[0]["data"] == {"text/plain": "3"}
    assert kernel.execute("1/0")[0]["ename"] == "ZeroDivisionError"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_budget_says_no_more_than_its_most(name: str) -> None:
    said: list[dict[str, Any]] = []
    budget = Budget(said.append)
    for _ in range(30):
        budget.write(name, "x" * (MOST // 20))
    budget.flush()
    assert MOST <= len(text(said)) < MOST + 100
    assert {message["stream"] for message in said} == {name}


def test_what_was_cleared_before_it_was_said_is_never_said() -> None:
    said: list[dict[str, Any]] = []
    budget = Budget(said.append)
    budget.write("stdout", "old")
    budget.clear()
    budget.write("stdout", "new\n")
    end = time.monotonic() + 5
    while len(said) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert said == [{"clear": True}, {"stream": "stdout", "text": "new\n"}]


@pytest.mark.parametrize("frame", [{"image/png": "x" * (BYTES // 40)}, {"text/plain": "x" * 100}])
def test_what_is_cleared_makes_room_as_fast_as_a_page_bears(frame: dict[str, str]) -> None:
    said: list[dict[str, Any]] = []
    budget = Budget(said.append)
    begun = time.monotonic()
    for _ in range(12):
        budget.data(frame)
        budget.clear()
    assert [message["data"] for message in said if "data" in message] == [frame] * 12
    assert time.monotonic() - begun > 11 * max(EVERY / 2, len(*frame.values()) / PACE) * 0.9
    for _ in range(40):
        budget.write("stdout", "y" * (MOST // 20))
        budget.clear()
    budget.write("stdout", "z" * (MOST - 1))
    budget.flush()
    assert text(said)[-MOST:].count("z") == MOST - 1
    assert "not shown" not in text(said)


def test_what_is_cleared_is_gone_before_the_program_asks() -> None:
    said: list[dict[str, Any]] = []
    budget = Budget(said.append)
    budget.write("stdout", "old\n")
    budget.clear()
    budget.flush_soon()  # as input() does
    assert said[-1] == {"clear": True}
