from __future__ import annotations

import json
import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proboost_kernel.forkserver import wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    a, b = socket.socketpair()
    with a, b:
        yield a, b


@given(JSON.filter(lambda value: value is not None))
def test_what_is_sent_is_received(message: Any) -> None:
    a, b = socket.socketpair()
    with a, b:
        wire.send(a, message)
        assert wire.receive(b) == (message, [])


@given(st.binary(max_size=64))
def test_any_bytes_are_a_message_or_malformed(raw: bytes) -> None:
    a, b = socket.socketpair()
    with b:
        with a:
            a.sendall(raw)
        try:
            message, _descriptors = wire.receive(b, limit=1000, seconds=5)
        except wire.Malformed:
            return
        assert json.dumps(message)


def test_descriptors_cross_and_are_owned(pair: tuple[socket.socket, socket.socket]) -> None:
    reading, writing = os.pipe()
    wire.send(pair[0], {"op": "take"}, (writing,))
    os.close(writing)
    message, descriptors = wire.receive(pair[1], descriptors=1)
    assert message == {"op": "take"}
    os.write(descriptors[0], b"x")
    os.close(descriptors[0])
    assert os.read(reading, 2) == b"x"
    os.close(reading)


def test_descriptors_that_nobody_asked_for_are_closed(pair: tuple[socket.socket, socket.socket]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    wire.send(pair[0], {}, (0, 0, 0))
    assert wire.receive(pair[1]) == ({}, [])
    pair[0].sendmsg([struct.pack("!I", 5) + b"12"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", 0))])
    pair[0].shutdown(socket.SHUT_WR)
    with pytest.raises(wire.Malformed):
        wire.receive(pair[1], descriptors=1)
    assert len(os.listdir("/proc/self/fd")) == before


def test_too_long_is_refused_on_both_sides_before_it_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(wire.Malformed, match="are allowed"):
        wire.send(pair[0], "x" * 100, limit=50)
    pair[0].sendall(struct.pack("!I", 1 << 31))
    with pytest.raises(wire.Malformed, match="are allowed"):
        wire.receive(pair[1])


def test_end_of_file_between_frames_is_an_end_and_inside_is_malformed(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    wire.send(pair[0], 1)
    pair[0].sendall(b"\x00\x00")
    pair[0].shutdown(socket.SHUT_WR)
    assert wire.receive(pair[1]) == (1, [])
    with pytest.raises(wire.Malformed, match="cut short"):
        wire.receive(pair[1])
    assert wire.receive(pair[1]) == (None, [])


def test_a_frame_that_trickles_in_has_one_deadline_as_a_whole(pair: tuple[socket.socket, socket.socket]) -> None:
    stop = threading.Event()

    def trickle() -> None:
        pair[0].sendall(struct.pack("!I", 1000))
        while not stop.wait(0.05):
            pair[0].sendall(b" ")

    thread = threading.Thread(target=trickle)
    thread.start()
    start = time.monotonic()
    try:
        with pytest.raises(TimeoutError):
            wire.receive(pair[1], seconds=0.3)
    finally:
        stop.set()
        thread.join()
    assert time.monotonic() - start < 5


def test_deep_nesting_is_malformed(pair: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(wire.Malformed):
        wire.decode(b"[" * 100_000)


def test_listen_replaces_what_lay_there_and_has_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for _again in range(2):
        with wire.listen(str(path), mode=0o600) as listening, socket.socket(socket.AF_UNIX) as client:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            client.connect(str(path))
            served, _address = listening.accept()
            with served:
                assert wire.peer(served) == wire.Peer(os.getpid(), os.getuid(), os.getgid())
    assert os.listdir(tmp_path) == ["s"]
