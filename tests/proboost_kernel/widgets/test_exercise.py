from __future__ import annotations

from typing import Any

WHOLE = """%%exercise sum-even
kind: code
points: 3
prompt: Write `sum_even(xs)`, $x^2$.
starter: |
  def sum_even(xs):
      ...
solution: |
  def sum_even(xs):
      return sum(x for x in xs if x % 2 == 0)
tests:
  - name: small
    code: assert sum_even([1, 2, 4]) == 6
  - name: empty
    hidden: true
    points: 2
    code: assert sum_even([]) == 0
    feedback: Think of nothing.
explanation: Well done.
"""
CHOICE = """%%exercise mod-1
kind: choice
prompt: What?
options: [zero, one]
answer: one
feedback:
  zero: Divide again.
"""


def check(kernel: Any, response: dict[str, Any]) -> dict[str, Any]:
    verdict: dict[str, Any] = kernel.ask({"type": "check", "response": response}, "verdict")[-1]["verdict"]
    return verdict


def test_an_authors_cell_is_shown_as_learners_will_see_it(kernel: Any) -> None:
    state = kernel.show(WHOLE)
    assert (state["id"], state["mode"], state["ref"]) == ("sum-even", "preview", "")
    assert len(state["hash"]) == 16
    assert "<math" in state["spec"]["prompt_html"]
    assert "solution" not in state["spec"]
    assert "return sum" not in str(state)
    assert state["response"] == {"code": "def sum_even(xs):\n    ...\n"}
    assert '"/user/lea/proboost/static/exercise.js?v=1"' in state["_esm"]


def test_an_author_checks_in_their_own_kernel(kernel: Any) -> None:
    kernel.show(WHOLE)
    good = check(kernel, {"code": "def sum_even(xs):\n    return sum(x for x in xs if x % 2 == 0)"})
    assert (good["state"], good["points"], good["explanation"]) == ("passed", 3, "<p>Well done.</p>")
    part = check(kernel, {"code": "def sum_even(xs):\n    return 6"})
    assert (part["state"], part["points"]) == ("partial", 1)
    assert part["message"] == "Think of nothing."
    assert [test["passed"] for test in part["tests"]] == [True, False]
    assert "case" not in part["tests"][1]  # a hidden test tells its name only
    bad = check(kernel, {"code": "def sum_even(xs):\n    return xs[0]"})
    assert bad["tests"][0]["case"] == {"call": "sum_even([1, 2, 4])", "got": "1", "wanted": "6"}
    broken = check(kernel, {"code": "1/0"})
    assert broken["state"] == "failed"
    assert "ZeroDivisionError: division by zero" in broken["message"]
    assert check(kernel, {"choice": "x"})["state"] == "refused"


def test_an_authors_choice_is_judged_in_their_own_kernel(kernel: Any) -> None:
    state = kernel.show(CHOICE)
    by_text = {option["html"]: option["item"] for option in state["spec"]["options"]}
    assert check(kernel, {"choice": by_text["one"]})["state"] == "passed"
    wrong = check(kernel, {"choice": by_text["zero"]})
    assert (wrong["state"], wrong["message"]) == ("failed", "Divide again.")


def test_a_learners_kernel_judges_nothing(kernel: Any) -> None:
    import contextlib
    import queue

    import pytest

    state = kernel.show(CHOICE.partition("answer")[0] + "ref: demo/one#mod-1\nhash: '0123456789abcdef'\n")
    assert (state["mode"], state["ref"], state["hash"]) == ("learn", "demo/one#mod-1", "0123456789abcdef")
    with pytest.raises((AssertionError, queue.Empty)), contextlib.suppress(TimeoutError):
        kernel.ask({"type": "check", "response": {"choice": "x"}}, "verdict", seconds=1)


VARIANT = """%%exercise sum
kind: number
params: {a: {from: 100, to: 999}}
generator: total = a * 2
prompt: "Twice {{a}}?"
answer: "{{total}}"
"""


def test_an_author_sees_a_variant_of_their_own_and_another_one_when_the_cell_is_run_again(kernel: Any) -> None:
    prompts = {kernel.show(VARIANT)["spec"]["prompt_html"] for _run in range(4)}
    assert len(prompts) > 1
    state = kernel.show(VARIANT)
    number = "".join(char for char in state["spec"]["prompt_html"] if char.isdigit())
    assert "variants" not in state["spec"]
    assert check(kernel, {"number": str(2 * int(number))})["state"] == "passed"
    assert check(kernel, {"number": number})["state"] == "failed"


def test_a_generator_that_fails_is_told_as_what_is_wrong_with_the_cell(kernel: Any) -> None:
    (shown,) = kernel.execute(VARIANT.replace("a * 2", "a / 0"))
    assert "generator: " in shown["data"]["text/plain"]
    assert "ZeroDivisionError" in shown["data"]["text/plain"]
