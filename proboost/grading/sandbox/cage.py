"""The cage around the warm parent: namespaces of its own and a root that holds only what is named.

Three tiers, by what the machine allows: A has everything; B cannot have a fresh /proc (it is bound, and Landlock shuts
it); C has no namespaces at all (Landlock, seccomp and limits alone). As uid 0 the root is built with root's rights and
the uid is dropped for good; anybody else does the same inside a user namespace.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from proboost_kernel.forkserver import linux

TIERS = ("A", "B", "C")
HOME, SHARED, TEMPORARY = "/home/l", "/dev/shm", "/tmp"  # noqa: S108 -- inside the cage they are tmpfs of its own
OURS = ("proboost", "proboost_kernel", "proboost_lab", "hub_config")  # packages that nobody inside may read
_DEVICES = ("null", "zero", "full", "random", "urandom")
_SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/mime.types")
_LINKS = ("bin", "lib", "lib64", "sbin")
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_READ_ONLY_NOSUID_NODEV = 0x1 | 0x2 | 0x4


def shown() -> list[str]:
    """What of this machine is visible inside, read-only: the system's files and this Python with its packages."""
    prefixes = {os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    prefixes |= {sys.prefix, sys.base_prefix}  # as they are written in sys.path, too
    paths = [path for path in (*_SYSTEM, *sorted(prefixes)) if os.path.exists(path)]  # noqa: PTH110
    return [path for path in paths if not any(_below(path, other) for other in paths)]


def hidden(paths: Iterable[str]) -> list[str]:
    """Our own packages where they lie below `paths`: an installed wheel brings the courses' sources with it."""
    found = []
    for entry in sys.path:
        for name in OURS:
            folder = os.path.join(entry, name)  # noqa: PTH118
            if any(_below(folder, path) for path in paths) and Path(folder).is_dir():
                found.append(folder)
    return found


def enter(tier: str, uid: int) -> None:
    """This process and its children live in the cage from now on; the caller must be single-threaded and free of
    secrets.

    Only a child of the caller returns, as process 1 of the cage, without any capability; the caller waits and exits
    with it.
    """
    if tier == "C":
        if os.getuid() == 0:
            _drop(uid)
        return
    root_user = os.getuid() == 0
    paths = shown()
    masks = hidden(paths)
    if not root_user:
        linux.new_user_namespace()
        uid = os.getuid()
    linux.unshare(linux.ALL_NAMESPACES)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(max(0, os.waitstatus_to_exitcode(status)) or 0)
    linux.prctl(linux.PR_SET_PDEATHSIG, 9)
    os.umask(0o022)
    build(paths, masks, fresh_proc=tier == "A", uid=uid)
    if root_user:
        _drop(uid)
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_PDEATHSIG, 9)  # forgotten when the uid changes
    os.umask(0o077)


def _drop(uid: int) -> None:
    linux.drop_bounding_set()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else nothing of ours in /proc may be opened, uid_map neither


def build(paths: list[str], masks: list[str], *, fresh_proc: bool, uid: int) -> None:
    """A root of tmpfs with `paths` at their own places, read-only, and empty folders over `masks`."""
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    root = "/tmp"  # noqa: S108 -- covered by the new root, in this namespace only
    quiet = linux.MS_NOSUID | linux.MS_NODEV
    # What lies in /tmp itself (an environment of a test, say) is reached through descriptors of before.
    sources = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths}
    devices = {name: os.open(f"/dev/{name}", os.O_PATH | os.O_CLOEXEC) for name in _DEVICES}
    links = {name: os.readlink(f"/{name}") for name in _LINKS if os.path.islink(f"/{name}")}  # noqa: PTH114, PTH115
    proc = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
    linux.mount("tmpfs", root, "tmpfs", quiet, "mode=0755,size=4m,nr_inodes=4096")
    os.makedirs(f"{root}/proc")  # noqa: PTH103
    if fresh_proc:
        linux.mount("proc", f"{root}/proc", "proc", quiet | linux.MS_NOEXEC)
    else:
        linux.mount(f"/proc/self/fd/{proc}", f"{root}/proc", None, linux.MS_BIND | linux.MS_REC)
    for name, target in links.items():
        os.symlink(target, f"{root}/{name}")  # noqa: PTH211
    for path in (TEMPORARY, HOME, SHARED):  # first: an environment may lie below /tmp
        os.makedirs(root + path, exist_ok=True)  # noqa: PTH103
        linux.mount("tmpfs", root + path, "tmpfs", quiet, f"mode=0700,uid={uid},gid={uid},size=16m,nr_inodes=1024")
    for name, opened in devices.items():
        _bind(root, opened, f"/dev/{name}", read_only=False)
    for path, opened in sources.items():
        _bind(root, opened, path, read_only=True)
    for path in masks:
        linux.mount("tmpfs", root + path, "tmpfs", quiet | linux.MS_RDONLY, "mode=0755,size=4k,nr_inodes=8")
    for opened in (*sources.values(), *devices.values(), proc):
        os.close(opened)
    linux.pivot_root(root)
    linux.mount(None, "/", None, linux.MS_REMOUNT | linux.MS_BIND | quiet | linux.MS_RDONLY)


def empty(path: str, options: str) -> None:
    """A fresh tmpfs at `path`, in this mount namespace; what is shown below it stays shown."""
    kept = {other: os.open(other, os.O_PATH | os.O_CLOEXEC) for other in shown() if _below(other, path)}
    linux.mount("tmpfs", path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    for other, opened in kept.items():
        _bind("", opened, other, read_only=False)  # it is so already
        os.close(opened)


def _bind(root: str, source: int, path: str, *, read_only: bool) -> None:
    target = root + path
    folder = os.path.isdir(f"/proc/self/fd/{source}")  # noqa: PTH112
    os.makedirs(target if folder else os.path.dirname(target), mode=0o755, exist_ok=True)  # noqa: PTH103, PTH120
    if not folder:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o644))
    linux.mount(f"/proc/self/fd/{source}", target, None, linux.MS_BIND | linux.MS_REC)
    if read_only:
        set_read_only(target)


def set_read_only(path: str) -> None:
    """Nothing at or below `path`, other mounts included, can be written, and nothing there raises rights."""
    attributes = struct.pack("QQQQ", _READ_ONLY_NOSUID_NODEV, 0, 0, 0)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result = linux.libc.syscall(
        _MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), _AT_RECURSIVE, ctypes.byref(buffer), len(attributes)
    )
    linux.checked(result, f"mount_setattr {path}")


def _below(path: str, other: str) -> bool:
    return path != other and path.startswith(other.rstrip("/") + "/")
