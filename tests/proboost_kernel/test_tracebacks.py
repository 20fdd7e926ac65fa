from __future__ import annotations

import io
import linecache
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from proboost_kernel import printing, tracebacks

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockingKernelClient]:
    """A learner's kernel, as a program of its own."""
    home = tmp_path_factory.mktemp("home")
    spec = {"PYTHONPATH": str(ROOT), "PROBOOST_LANG": "ru", "IPYTHONDIR": str(home / "ipython")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in spec.items():
            patch.setenv(name, value)
        manager = KernelManager(kernel_name="python3")
        manager.kernel_spec.argv = [sys.executable, "-m", "proboost_kernel", "-f", "{connection_file}"]  # type: ignore[union-attr]  # it was found
        manager.start_kernel(cwd=str(home))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def run(client: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = []
    client.execute_interactive(
        code,
        timeout=60,
        output_hook=lambda said: outputs.append(said["content"]) if said["msg_type"] in {"error", "stream"} else None,
    )
    return outputs


def below(outputs: list[dict[str, Any]]) -> str:
    """What stands below the traceback of the last output, which is an error."""
    lines = outputs[-1]["traceback"]
    return " ".join(lines[lines.index("") + 1 :]) if "" in lines else ""


def test_below_a_cells_error_stands_what_it_means(client: BlockingKernelClient) -> None:
    outputs = run(client, "price = 3\nprint(prise)")
    assert outputs[0]["ename"] == "NameError"
    assert outputs[0]["evalue"] == "name 'prise' is not defined"
    assert below(outputs) == "Имени `prise` здесь нет. Может быть, вы имели в виду `price`?"
    assert "не закрыта" in below(run(client, "print((1, 2)"))  # IPython lets Python say "incomplete input" here
    assert "четыре пробела" in below(run(client, "if True:\nprint(1)"))
    assert "столько же имён" in below(run(client, "%time a, b = 1, 2, 3"))
    assert below(run(client, "class Mine(Exception): pass\nraise Mine")) == ""


def test_an_author_turns_it_off_and_on(client: BlockingKernelClient) -> None:
    try:
        assert run(client, "%explain off") == []
        assert below(run(client, "1 / 0")) == ""
    finally:
        assert run(client, "%explain on") == []
    assert below(run(client, "1 / 0")) == "На ноль делить нельзя."
    assert "%explain on" in run(client, "%explain maybe")[0]["text"]


def test_frames_of_ours_are_hidden(client: BlockingKernelClient) -> None:
    (error,) = run(client, "from proboost_kernel.exercises import parse\nparse('%%exercise a\\nkind: nosuch')")
    text = "\n".join(error["traceback"])
    assert "Cell" in text
    assert "proboost_kernel/exercises" not in text


def test_errors_in_a_group_are_shown_from_the_cell_on_and_each_explained(client: BlockingKernelClient) -> None:
    program = """
from proboost_kernel.exercises import parse
found = []
for attempt in (lambda: 1 / 0, lambda: int("x"), lambda: parse("")):
    try:
        attempt()
    except Exception as error:
        found.append(error)
raise ExceptionGroup("several", [found[0], ExceptionGroup("inner", found[1:])])
"""
    outputs = run(client, program)
    assert outputs[0]["ename"] == "ExceptionGroup"
    shown = "\n".join(outputs[0]["traceback"])
    assert "1 / 0" in shown
    assert "interactiveshell" not in shown
    assert "proboost_kernel/exercises" not in shown
    said = below(outputs)
    assert said.startswith("Сразу 3 ошибки.")
    assert "ZeroDivisionError: На ноль делить нельзя." in said
    assert "ValueError: " in said
    assert said.endswith("ExerciseError.")


def test_a_cell_without_an_end_prints_a_bounded_text(client: BlockingKernelClient) -> None:
    text = "".join(output["text"] for output in run(client, "for n in range(100):\n    print('x' * 50_000)"))
    assert len(text) < 1.1 * printing.MOST
    assert text.rstrip().endswith("остановите её кнопкой ■.")
    assert run(client, "print('next')")[0]["text"] == "next\n"


def test_progress_that_writes_its_line_over_counts_for_nothing() -> None:
    class Written(io.StringIO):
        """One whose `write` can be replaced, like that of ipykernel's streams."""

    stream, bound = Written(), printing.Bound(10)
    bound.limit(stream)
    for n in range(10):
        assert stream.write(f"\r{n * 10} %") > 0
    assert stream.write("0123456789") == 10
    assert stream.getvalue().endswith("90 %0123456789")
    assert stream.write("a") == stream.write("b") == 1
    assert stream.getvalue().count("…") == 1
    assert stream.getvalue().endswith("■.\n")
    bound.begin()
    stream.write("again")
    assert stream.getvalue().endswith("again")


def test_frames_before_the_cell_and_of_libraries_stay() -> None:
    code = "import statistics\nstatistics.mean([])"
    linecache.cache["<program x>"] = (len(code), None, code.splitlines(keepends=True), "<program x>")
    with pytest.raises(Exception, match="at least one") as caught:
        exec(compile(code, "<program x>", "exec"), {"__name__": "__main__"})
    whole = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    short = tracebacks.without_ours(caught.value.__traceback__)
    assert [frame.name for frame in traceback.extract_tb(short)] == whole
    assert tracebacks.without_ours(None) is None


def test_the_author_turns_explanations_off_for_a_lesson(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error, lesson = ZeroDivisionError("division by zero"), tmp_path / "lesson.ipynb"
    monkeypatch.setenv("PROBOOST_LANG", "en")
    monkeypatch.setenv("JPY_SESSION_NAME", str(lesson))
    for text, explained in (
        ("", True),
        ('{"metadata": []}', True),
        ('{"metadata": {"proboost": {"explain_errors": false}}}', False),
    ):
        lesson.write_text(text, "utf-8")
        assert bool(tracebacks.explanation(error)) == explained
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert tracebacks.explanation(error)
    monkeypatch.setenv("PROBOOST_EXPLAIN", "off")
    assert tracebacks.explanation(error) == ""


def test_elsewhere_nothing_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBOOST_LANG", raising=False)
    assert tracebacks.explanation(ZeroDivisionError("division by zero")) == ""
    monkeypatch.setenv("PROBOOST_LANG", "en")
    assert tracebacks.explanation(ZeroDivisionError("division by zero")) == "Nothing can be divided by zero."
