"""What a warm parent does last, so that its forks write on few of the pages that they share with it.

A page is shared until somebody writes on it, and Python writes wherever it uses an object: it counts its users there.
What is used cannot be moved, but much of what a fork writes need not be written by it, or not on old pages.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Any


def prepare() -> None:
    """Called once, by a parent that is warm and is going to be forked from now on."""
    _annotations()
    _forget_lookups()
    _fill()


def _annotations() -> None:
    """Asks for the annotations of zmq's classes, as each setting of an option does.

    Where a class has none, the question gives it some, and marks each class derived from it: of `Generic`, hundreds.
    """
    for name in ("Context", "Socket"):
        class_: Any = getattr(sys.modules.get("zmq"), name, object)
        for one in class_.mro():
            getattr(one, "__annotations__", None)


def _forget_lookups() -> None:
    """Empties Python's table of names lately looked up: a fork would let go of old names, each on its page."""
    clear: Any = getattr(sys, "_clear_internal_caches", None) or getattr(sys, "_clear_type_cache", None)
    if clear is not None:
        clear()


class _Heap(ctypes.Structure):
    """`struct mallinfo2` of the C library, bytes."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


def _fill() -> None:
    """Takes what is free between what is used, for good: forks put what they make side by side on new pages instead."""
    with contextlib.suppress(OSError, AttributeError):  # no C library of GNU's, or an old one
        library = ctypes.CDLL(None)
        library.mallinfo2.restype = _Heap
        library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        library.free.argtypes = [ctypes.c_void_p]
        size = 1 << 16
        left = library.mallinfo2().fordblks  # another malloc, preloaded, is not the one that these numbers are of
        while size >= 24 and left > 0:  # malloc's smallest
            top = library.mallinfo2().keepcost
            piece = library.malloc(size)
            if piece is None:
                return
            if library.mallinfo2().keepcost != top:  # taken from the end: nothing of that size is free in between
                library.free(piece)
                size = size * 7 // 8
            else:
                left -= size
