"""The Linux calls a sandbox is made of, through ctypes: namespaces, mounts, capabilities, limits."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Mapping

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
ALL_NAMESPACES = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def checked(result: int, what: str) -> int:
    """`result`, or OSError naming `what` when the call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Moves this process (for CLONE_NEWPID: its children) into new namespaces."""
    checked(libc.unshare(flags), "unshare")


def set_namespace(descriptor: int, kind: int) -> None:
    """Moves this process (for CLONE_NEWPID: its children) into the namespace that `descriptor` refers to."""
    checked(libc.setns(descriptor, kind), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    source_, target_, kind_, data_ = (None if s is None else os.fsencode(s) for s in (source, target, kind, data))
    checked(libc.mount(source_, target_, kind_, ctypes.c_ulong(flags), data_), f"mount {kind or source} on {target}")


def pivot_root(root: str) -> None:
    """Makes `root` (a mount point) the root of this mount namespace; the old root is gone afterwards."""
    os.chdir(root)
    checked(libc.syscall(_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    checked(libc.umount2(b".", MNT_DETACH), "umount the old root")
    os.chdir("/")


def prctl(option: int, value: int = 0) -> None:
    """prctl(2) with one argument."""
    checked(libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)), "prctl")


def new_user_namespace() -> None:
    """A user namespace in which our uid and gid mean themselves and nothing else exists."""
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def become(uid: int, *, die_with_parent: bool) -> None:
    """This process is `uid` (and the group of that number), without capabilities and without a way to get any."""
    drop_bounding_set()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL if die_with_parent else 0)  # the kernel forgets it when the uid changes


def drop_bounding_set() -> None:
    """Empties the capability bounding set; needs CAP_SETPCAP, so before the uid or the capabilities go."""
    for capability in range(64):
        if libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break  # past the last one this kernel knows


def drop_capabilities() -> None:
    """No capability is left to this process or to anything it starts."""
    drop_bounding_set()
    libc.prctl(PR_CAP_AMBIENT, ctypes.c_ulong(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")


def address_space() -> int:
    """Bytes of address space this process has mapped."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limits(wanted: Mapping[int, tuple[int, int]]) -> None:
    """Sets soft and hard resource limits, none above the ceiling that is already there."""
    for limit, (soft, hard) in wanted.items():
        _, ceiling = resource.getrlimit(limit)
        if ceiling != resource.RLIM_INFINITY:
            resource.setrlimit(limit, (min(soft, ceiling), min(hard, ceiling)))
        else:
            resource.setrlimit(limit, (soft, hard))


def close_all_but(keep: set[int]) -> None:
    """Closes every descriptor that is not in `keep`."""
    previous = -1
    for descriptor in [*sorted(keep), 65536]:
        if descriptor > previous + 1:
            with contextlib.suppress(OSError):
                os.closerange(previous + 1, descriptor)
        previous = descriptor
