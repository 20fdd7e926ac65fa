"""Landlock: what files a sandboxed process may touch at all, whatever the mounts say (landlock(7))."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterable

from .linux import PR_SET_NO_NEW_PRIVS, checked, libc, prctl

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK, _TRUNCATE, _IOCTL = 1 << 6, 1 << 11, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK = 3  # bind and connect of TCP
_SCOPES = 3  # abstract unix sockets and signals stay within the sandbox


def version() -> int:
    """The kernel's Landlock ABI; 0 when it has none."""
    return max(0, int(libc.syscall(_CREATE_RULESET, None, 0, 1)))


def restrict(*, read: Iterable[str], write: Iterable[str]) -> None:
    """From now on this process reads and executes below `read`, writes below `write`, and has no TCP.

    Paths that do not exist are left out. Raises OSError where the kernel has no Landlock.
    """
    abi = version()
    if not abi:
        raise OSError("this kernel has no Landlock")
    handled = _ALL[min(abi, 5)]
    attributes = struct.pack("QQQ", handled, _NETWORK, _SCOPES)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    rules = checked(libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0), "landlock_create_ruleset")
    reading = _READ_FILE | _READ_DIR | _EXECUTE
    writing = handled & ~(_MAKE_CHAR | _MAKE_BLOCK)
    for paths, access in ((read, reading), (write, writing)):
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                _allow(rules, path, access & handled)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    checked(libc.syscall(_RESTRICT_SELF, rules, 0), "landlock_restrict_self")
    os.close(rules)


def _allow(rules: int, path: str, access: int) -> None:
    below = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            access &= _OF_FILES
        checked(libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", access, below), 0), f"landlock_add_rule {path}")
    finally:
        os.close(below)
