from __future__ import annotations

from typing import Any

CODE = """%%exercise sum-even
kind: code
title: Sum
prompt: Write it.
setup: base = 10
starter: |
  def sum_even(xs):
      ...
tests:
  - name: small
    hidden: false
    points: 1
    code: assert sum_even([1, 2]) == 2
ref: demo/one#sum-even
hash: '0123456789abcdef'
"""


def outputs(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in said if message["type"] == "output"]


def text(said: list[dict[str, Any]]) -> str:
    return "".join(message.get("text", "") for message in outputs(said))


def test_a_run_prints_shows_its_last_value_and_keeps_its_names(kernel: Any) -> None:
    kernel.show(CODE)
    said = kernel.ask({"type": "run", "code": "print('hello', base)\nx = 5\nx + 1"}, "ran")
    assert said[0] == {"type": "heard", "n": "n1"}
    assert text(said) == "hello 10\n"
    assert {"text/plain": "6"} in [message.get("data") for message in outputs(said)]
    assert said[-1] == {"type": "ran", "n": "n1", "ok": True}
    assert not [message for message in said if message["type"] == "leaked"]
    assert kernel.execute("print(x)")[0]["text"] == "5\n"


def test_an_error_says_the_learners_line_and_what_is_wrong(kernel: Any) -> None:
    kernel.show(CODE)
    said = kernel.ask({"type": "run", "code": "def f(x):\n    return 1 / x\n\nf(0)"}, "ran")
    (error,) = [message["error"] for message in outputs(said)]
    assert (error["name"], error["message"], error["line"]) == ("ZeroDivisionError", "division by zero", 2)
    assert error["traceback"] == "line 4:\n    f(0)\nline 2, f():\n    return 1 / x"
    assert error["explanation"].startswith("Nothing can be divided by zero, and `x` is 0 here.")
    assert said[-1]["ok"] is False
    assert not [message for message in said if message["type"] == "leaked"]


def test_a_mistake_of_syntax_points_at_its_place(kernel: Any) -> None:
    kernel.show(CODE)
    said = kernel.ask({"type": "run", "code": "x = 1\nif x = 2:\n    pass"}, "ran")
    (error,) = [message["error"] for message in outputs(said)]
    assert (error["name"], error["line"]) == ("SyntaxError", 2)
    assert error["traceback"].startswith("line 2:\n    if x = 2:\n")
    assert "/" not in error["traceback"]


def test_what_is_printed_is_said_while_it_runs_and_an_interrupt_ends_it(kernel: Any) -> None:
    kernel.show(CODE)

    def stop(message: dict[str, Any]) -> None:
        if message.get("text", "").startswith("tick"):
            kernel.manager.interrupt_kernel()

    endless = "import time\nwhile True:\n    print('tick')\n    time.sleep(0.1)"
    said = kernel.ask({"type": "run", "code": endless}, "ran", during=stop)
    assert [message["error"]["name"] for message in outputs(said) if "error" in message] == ["KeyboardInterrupt"]
    again = kernel.ask({"type": "run", "code": "print('alive')"}, "ran")
    assert text(again) == "alive\n"


def test_a_flood_of_output_is_cut(kernel: Any) -> None:
    kernel.show(CODE)
    said = kernel.ask({"type": "run", "code": "for n in range(10**5):\n    print('x' * 50)"}, "ran", seconds=60)
    assert len(text(said)) < 250_000
    assert "not shown" in text(said)[-80:]
    assert len(outputs(said)) < 200


def test_pictures_and_tables_are_shown(kernel: Any) -> None:
    kernel.show(CODE)
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    said = kernel.ask({"type": "run", "code": code}, "ran", seconds=60)
    assert any("image/png" in message.get("data", {}) for message in outputs(said))
    said = kernel.ask({"type": "run", "code": "import pandas\npandas.DataFrame({'a': [1]})"}, "ran", seconds=60)
    assert any("<table" in message.get("data", {}).get("text/html", "") for message in outputs(said))


def test_await_at_the_top_is_explained(kernel: Any) -> None:
    kernel.show(CODE)
    said = kernel.ask({"type": "run", "code": "import asyncio\nawait asyncio.sleep(0)"}, "ran")
    assert "JupyterLab" in outputs(said)[0]["error"]["message"]
    assert text(kernel.ask({"type": "run", "code": "print(1)"}, "ran")) == "1\n"


def test_the_kernels_own_streams_are_as_before(kernel: Any) -> None:
    kernel.show(CODE)
    kernel.ask({"type": "run", "code": "print(1)"}, "ran")
    assert kernel.execute("print('cell'); 3")[0] == {"name": "stdout", "text": "cell\n"}
    assert kernel.execute("1/0")[0]["ename"] == "ZeroDivisionError"
