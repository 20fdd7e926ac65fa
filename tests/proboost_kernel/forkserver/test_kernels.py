"""A forked kernel behaves as one that was started as a program of its own: whatever its user may notice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .kernels import Kernel, Place, gone, until


def test_it_answers_and_is_what_it_was_asked_to_be(shared: Kernel) -> None:
    assert shared.run("print(6 * 7)") == "42"
    said = shared.run(
        "import sys; print(sys.argv[0].endswith('proboost_kernel/__main__.py'), __name__, '' in sys.path)"
    )
    assert said == "True __main__ True"


def test_a_busy_one_is_interrupted(shared: Kernel) -> None:
    for code in (
        "while True: pass",
        "import time; time.sleep(60)",
        "import subprocess; subprocess.run(['sleep', '60'])",
    ):
        # Else the kernel, because of this one's error, might pass over the next one.
        asked = shared.client.execute(f"print('runs', flush=True)\n{code}", stop_on_error=False)
        shared.until_printed("runs")
        shared.manager.interrupt_kernel()
        assert reply(shared, asked)["ename"] == "KeyboardInterrupt"
    assert shared.run("print(1)") == "1"


@pytest.mark.parametrize("now", [False, True])
def test_it_comes_back_on_the_same_ports(kernel: Kernel, now: bool) -> None:
    kernel.run("x = 1")
    before, ports = kernel.pid, kernel.manager.ports
    kernel.manager.restart_kernel(now=now)
    kernel.client.wait_for_ready(timeout=30)
    assert kernel.pid != before
    assert kernel.manager.ports == ports
    assert gone(before)
    assert kernel.run("print('x' in globals())") == "False"


def test_its_death_is_seen_at_once_with_its_status(place: Place) -> None:
    for name in ("fork", "spare"):
        killed, left = place.start(name), place.start(name)
        process = killed.manager.provisioner.process
        os.kill(killed.pid, 9)
        until(killed.ended, 2)
        assert process.returncode == -9
        process = left.manager.provisioner.process
        left.client.execute("import os; os._exit(3)")
        until(left.ended, 5)
        assert process.returncode == 3


def test_leaving_from_a_cell_ends_it(kernel: Kernel) -> None:
    kernel.client.execute("exit()")
    until(kernel.ended, 10)


def test_it_ends_politely(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run(f"""
        import atexit, threading, time
        atexit.register(lambda: open({str(tmp_path / "exit")!r}, "w").close())
        threading.Thread(target=lambda: (time.sleep(0.3), open({str(tmp_path / "thread")!r}, "w").close())).start()
    """)
    kernel.manager.shutdown_kernel()
    assert sorted(os.listdir(tmp_path)) == ["exit", "thread"]


def test_what_it_started_ends_with_it(kernel: Kernel) -> None:
    child = int(kernel.run("import subprocess; print(subprocess.Popen(['sleep', '100']).pid)"))
    kernel.manager.shutdown_kernel()
    until(lambda: gone(child), 5)


def test_it_asks_its_user(shared: Kernel) -> None:
    assert shared.run("print('got', input('? '))", typed="hello").endswith("got hello")
    assert shared.run("import sys; print(repr(sys.__stdin__.read()))") == "''"


def test_it_completes_inspects_and_remembers(shared: Kernel) -> None:
    shared.run("answer_of_all = 42")
    assert "answer_of_all" in shared.client.complete("answer_of", reply=True, timeout=30)["content"]["matches"]
    found = shared.client.inspect("zip", reply=True, timeout=30)["content"]
    assert found["found"]
    assert "iter" in found["data"]["text/plain"]
    history = shared.client.history(raw=True, hist_access_type="tail", n=3, reply=True, timeout=30)["content"]
    assert history["history"][-1][2] == "answer_of_all = 42"


def test_widgets_speak_both_ways(shared: Kernel) -> None:
    shared.run("import ipywidgets as w; s = w.IntSlider(value=3); log = []; s.observe(log.append, 'value'); display(s)")
    opened = [one["content"] for one in shared.messages if one["msg_type"] == "comm_open"]
    (slider,) = [one for one in opened if one["data"]["state"].get("_model_name") == "IntSliderModel"]
    update = {"method": "update", "state": {"value": 7}, "buffer_paths": []}
    send(shared, "comm_msg", comm_id=slider["comm_id"], data=update)
    assert shared.run("print(s.value, len(log))") == "7 1"
    send(shared, "comm_open", comm_id="c1", target_name="jupyter.widget.control", data={})  # as a page that comes back
    send(shared, "comm_msg", comm_id="c1", data={"method": "request_states"})
    until(lambda: is_states(shared.client.get_iopub_msg(timeout=10)))


def test_it_draws_inline(shared: Kernel) -> None:
    shared.run("import matplotlib.pyplot as plt; plt.plot([1, 2, 3]);")
    assert "image/png" in shown(shared)
    shared.run("%config InlineBackend.figure_formats = ['svg']\nplt.plot([1, 2, 3]);")
    assert "image/svg+xml" in shown(shared)
    shared.run("%matplotlib agg\nplt.plot([1]); assert plt.get_backend() == 'agg'")


def test_programs_threads_and_processes(shared: Kernel) -> None:
    assert "hi" in shared.run("!echo hi")
    assert shared.run("import threading; t = threading.Thread(target=print, args=(5,)); t.start(); t.join()") == "5"
    assert shared.run("import asyncio; await asyncio.sleep(0); print('awaited')") == "awaited"
    code = (
        "import subprocess, sys; print(subprocess.run([sys.executable, '-c', 'print(2)'], capture_output=True).stdout)"
    )
    assert shared.run(code) == r"b'2\n'"
    for way in ("fork", "forkserver", "spawn"):
        pool = f"m.get_context('{way}').Pool(2)"
        code = f"import multiprocessing as m, math\nwith {pool} as p: print(p.map(math.sqrt, [4, 9]))"
        assert shared.run(code, seconds=120) == "[2.0, 3.0]", way
    code = "import os\npid = os.fork()\nif pid == 0:\n print('from a fork', flush=True); os._exit(7)\n"
    said = shared.run(code + "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))")
    assert said.endswith("7")
    code = "p = await asyncio.create_subprocess_exec('echo', 'a', stdout=-1); print((await p.communicate())[0])"
    assert shared.run(code) == r"b'a\n'"


def test_what_its_forks_print_comes_through(shared: Kernel) -> None:
    shared.run("""
        import multiprocessing as m
        process = m.get_context("fork").Process(target=print, args=("from a child",), kwargs={"flush": True})
        process.start(); process.join()
    """)
    if not any("from a child" in one["content"].get("text", "") for one in shared.messages):
        shared.until_printed("from a child")


def test_linear_algebra_has_its_threads(shared: Kernel) -> None:
    assert shared.run("import numpy as np; a = np.random.rand(900, 900); print((a @ a).shape)") == "(900, 900)"
    tasks = "import os; print(len(os.listdir('/proc/self/task')))"
    if len(os.sched_getaffinity(0)) > 1:
        alone = shared.run("import threading; print(threading.active_count())")
        assert int(shared.run(tasks)) > int(alone)


def test_the_debugger_stops_and_goes_on(shared: Kernel) -> None:
    """Off in the kernelspec; asked for, it works."""
    client = shared.client
    shared.run("import debugpy")
    assert debug(shared, "initialize", clientID="test", adapterID="")["success"]
    asked = control(shared, "attach", {})
    code = "def double(x):\n    y = 2 * x\n    return y\nresult = double(4)"
    source = debug(shared, "dumpCell", code=code)["body"]["sourcePath"]
    at = {"source": {"path": source}, "breakpoints": [{"line": 2}], "sourceModified": False}
    assert debug(shared, "setBreakpoints", **at)["body"]["breakpoints"][0]["verified"]
    assert debug(shared, "configurationDone")["success"]
    assert asked
    client.execute(code)
    stopped = until(lambda: event(client.get_iopub_msg(timeout=20), "stopped"), 30)
    frames = debug(shared, "stackTrace", threadId=stopped["body"]["threadId"])["body"]["stackFrames"]
    assert frames[0]["name"] == "double"
    assert debug(shared, "continue", threadId=stopped["body"]["threadId"])["success"]
    assert shared.run("print(result)") == "8"


# -- how to ask


def reply(kernel: Kernel, asked: str) -> dict[str, str]:
    while True:
        message = kernel.client.get_shell_msg(timeout=20)
        if message["parent_header"].get("msg_id") == asked:
            return dict(message["content"])


def send(kernel: Kernel, kind: str, **content: object) -> None:
    kernel.client.shell_channel.send(kernel.client.session.msg(kind, content, metadata={"version": "1.0.0"}))


def is_states(message: dict[str, object]) -> bool:
    content: dict[str, dict[str, object]] = message["content"]  # type: ignore[assignment]  # JSON
    return message["msg_type"] == "comm_msg" and content["data"].get("method") == "update_states"


def shown(kernel: Kernel) -> set[str]:
    return {kind for one in kernel.messages if one["msg_type"] == "display_data" for kind in one["content"]["data"]}


_numbers = iter(range(1, 1_000_000))


def control(kernel: Kernel, command: str, arguments: dict[str, object]) -> str:
    content = {"type": "request", "seq": next(_numbers), "command": command, "arguments": arguments}
    message = kernel.client.session.msg("debug_request", content)
    kernel.client.control_channel.send(message)
    return str(message["header"]["msg_id"])


def debug(kernel: Kernel, command: str, **arguments: object) -> dict[str, object]:
    asked = control(kernel, command, arguments)
    while True:
        message = kernel.client.get_control_msg(timeout=30)
        if message["parent_header"].get("msg_id") == asked:
            return dict(message["content"])


def event(message: dict[str, object], name: str) -> dict[str, object] | None:
    content: dict[str, object] = message["content"]  # type: ignore[assignment]  # JSON
    return content if message["msg_type"] == "debug_event" and content.get("event") == name else None
