"""Copies of a process, made ahead: each acts once, ends with the next, and none is left."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from proboost.grading.sandbox.copies import Copies
from proboost_kernel.forkserver import wire

STATE = {"n": 0}


OTHERS: set[int] = set()


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if one.pid not in OTHERS]


@pytest.fixture
def copies() -> Iterator[Copies]:
    OTHERS.clear()
    OTHERS.update(one.pid for one in psutil.Process().children())  # of other tests
    control, other = socket.socketpair()

    def act(message: dict[str, Any], descriptor: int, link: socket.socket) -> None:
        os.write(descriptor, b"x")
        STATE["n"] += 1
        wire.send(link, {"n": STATE["n"], **message})
        while message.get("endless"):
            time.sleep(1)

    made = Copies(act, control)
    yield made
    made.end(all_of_them=True)
    control.close()
    other.close()
    left = psutil.wait_procs(children(), timeout=10)[1]
    assert not left


def asked(copies: Copies, **message: Any) -> Any:
    reader, writer = os.pipe()
    with copies.begin(message, writer) as link:
        os.close(writer)
        told, _none = wire.receive(link, seconds=10)
    assert os.read(reader, 10) == b"x"
    os.close(reader)
    return told


def test_each_copy_is_of_the_same_process_and_has_its_own_message(copies: Copies) -> None:
    copies.make_ahead()
    copies.make_ahead()  # it is there already
    for name in ("a", "b", "c"):
        assert asked(copies, name=name) == {"n": 1, "name": name}
        copies.make_ahead()
        copies.end()


def test_a_copy_without_an_end_is_ended_with_the_next(copies: Copies) -> None:
    assert asked(copies, endless=True)["endless"]
    running = children()
    copies.end()
    assert not psutil.wait_procs(running, timeout=10)[1]
    assert asked(copies) == {"n": 1}


def test_a_copy_that_died_before_it_was_needed_says_nothing(copies: Copies) -> None:
    copies.make_ahead()
    children()[-1].kill()
    reader, writer = os.pipe()
    with copies.begin({}, writer) as link:
        os.close(writer)
        try:
            told = wire.receive(link, seconds=10)
        except ConnectionError:
            told = (None, [])
    os.close(reader)
    assert told == (None, [])
