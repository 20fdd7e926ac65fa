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
