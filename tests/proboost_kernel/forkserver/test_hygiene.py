from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proboost_kernel.forkserver import hygiene


def in_fork(action: Callable[[], Any]) -> Any:
    """What `action` returns in a fork, as JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(action()).encode())
        except BaseException as error:
            os.write(writing, json.dumps(repr(error)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text)


def draws() -> list[object]:
    hygiene.reseed()
    return [random.random(), float(np.random.random()), multiprocessing.current_process().authkey.hex()]


def test_two_forks_draw_different_numbers() -> None:
    first, second = in_fork(draws), in_fork(draws)
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_the_environment_is_replaced_also_for_what_is_started() -> None:
    def replaced() -> object:
        hygiene.environment({"ONLY": "this", "PATH": os.environ["PATH"]})
        return [sorted(os.environ), os.popen("env | grep -c SECRET").read().strip()]

    os.environ["SECRET_OF_THE_PARENT"] = "x"
    try:
        assert in_fork(replaced) == [["ONLY", "PATH"], "0"]
    finally:
        del os.environ["SECRET_OF_THE_PARENT"]


def test_signals_and_session_are_as_after_exec() -> None:
    def state() -> object:
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        hygiene.own_session()
        return [
            signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
            signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL,
            signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN,
            len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
            os.getsid(0) == os.getpid(),
        ]

    assert in_fork(state) == [True, True, True, 0, True]


def test_streams_go_where_they_are_sent(tmp_path: Path) -> None:
    def talk() -> object:
        file = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
        hygiene.streams(file)
        os.write(1, b"out ")
        os.write(2, b"err")
        return os.read(0, 10).decode()

    assert in_fork(talk) == ""
    assert (tmp_path / "out").read_text() == "out err"


def test_settle_freezes_and_wants_one_thread() -> None:
    def one() -> object:
        hygiene.settle()
        return [gc.get_freeze_count() > 0, hygiene.tasks()]

    assert in_fork(one) == [True, 1]
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        with pytest.raises(hygiene.NotSingleThreaded):
            hygiene.settle()
    finally:
        gc.unfreeze()
        release.set()
        thread.join()


def test_the_room_imports_the_standard_library_alone() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from proboost_kernel.forkserver import hygiene, landlock, linux, seccomp, wire\n"
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    reading = os.popen(f'{sys.executable} -c "{code}"')
    assert reading.read().strip() == "['proboost_kernel']"
    assert reading.close() is None
