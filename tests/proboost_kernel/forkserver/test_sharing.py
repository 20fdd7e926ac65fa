"""What a warm parent does so that its forks write little: in a process of its own, since it is done for good."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import ctypes, sys
import zmq
from proboost_kernel.forkserver import sharing

heap = ctypes.CDLL(None)
heap.mallinfo2.restype = sharing._Heap
between = lambda: (now := heap.mallinfo2()).fordblks - now.keepcost
pieces = [bytearray(2000) for _ in range(2000)]
del pieces[::2]
before = between()
assert before > 1_000_000, before
sharing.prepare()
assert between() < before / 4, (before, between())
made_by_python = [one for one in zmq.Socket.__mro__ if one.__flags__ & 1 << 9]
assert len(made_by_python) >= 2
assert all("__annotations__" in one.__dict__ for one in made_by_python)
with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
    socket.linger = 0
    assert socket.linger == 0
print("ok")
"""


def test_free_pieces_are_taken_and_zmq_still_works() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout == "ok\n"
