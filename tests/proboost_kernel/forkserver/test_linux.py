from __future__ import annotations

import ctypes
import os
import resource
import socket
from pathlib import Path

import pytest

from proboost_kernel.forkserver import landlock, linux, seccomp

from .test_hygiene import in_fork


def test_become_leaves_nothing_of_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")

    def state() -> object:
        linux.become(210_000, die_with_parent=True)
        with open("/proc/self/status") as file:
            facts = dict(line.split(":", 1) for line in file)
        signal_ = ctypes.c_int()
        linux.libc.prctl(2, ctypes.byref(signal_))
        return [
            os.getresuid(), os.getresgid(), os.getgroups(),
            [int(facts[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
            int(facts["NoNewPrivs"]), signal_.value,
        ]  # fmt: skip

    assert in_fork(state) == [[210_000] * 3, [210_000] * 3, [], [0] * 5, 1, 9]


def test_limits_are_never_above_the_ceiling() -> None:
    def state() -> object:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
        linux.limits({resource.RLIMIT_NOFILE: (1000, 1000)})
        return resource.getrlimit(resource.RLIMIT_NOFILE)

    assert in_fork(state) == [200, 200]


@pytest.mark.parametrize("allowed", [frozenset(), seccomp.SERVER])
def test_namespaces_are_denied_whatever_else_is_allowed(allowed: frozenset[str]) -> None:
    def attempt() -> object:
        seccomp.install(allowed)
        libc = linux.libc
        return [
            [libc.unshare(linux.CLONE_NEWUSER), ctypes.get_errno()],
            [libc.syscall(165, b"none", b"/", None, 0, None), ctypes.get_errno()],
            [libc.syscall(435, None, 0), ctypes.get_errno()],  # clone3
            [libc.syscall(56, linux.CLONE_NEWUSER | 17, 0, 0, 0, 0), ctypes.get_errno()],
        ]

    if os.uname().machine != "x86_64":
        pytest.skip("numbers of x86_64")
    assert in_fork(attempt) == [[-1, 1], [-1, 1], [-1, 38], [-1, 1]]


def families(allowed: frozenset[str]) -> list[str]:
    def attempt() -> object:
        seccomp.install(allowed)
        answers = []
        for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 38, 40):
            try:
                socket.socket(family, socket.SOCK_SEQPACKET if family == 38 else socket.SOCK_DGRAM).close()
                answers.append("made")
            except OSError as error:
                answers.append(os.strerror(error.errno or 0))
        socket.socketpair()[0].close()
        return answers

    return list(in_fork(attempt))


def test_a_server_has_ordinary_sockets_and_a_sandbox_none() -> None:
    ordinary, exotic = 4, "Address family not supported by protocol"
    assert families(seccomp.SERVER) == ["made"] * ordinary + [exotic] * 3
    assert families(frozenset()) == ["Operation not permitted"] * 7


def test_a_server_can_fork_thread_and_run_programs() -> None:
    def ordinary() -> object:
        seccomp.install(seccomp.SERVER)
        import subprocess
        import threading

        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join()
        os.mkfifo(f"/tmp/fifo-{os.getpid()}")
        os.unlink(f"/tmp/fifo-{os.getpid()}")
        os.close(os.memfd_create("x"))
        return subprocess.run(["true"], check=True).returncode

    assert in_fork(ordinary) == 0


def test_landlock_shows_only_what_is_named(tmp_path: Path) -> None:
    if not landlock.version():
        pytest.skip("no Landlock here")
    (tmp_path / "in").mkdir()
    (tmp_path / "out").write_text("secret")

    def attempt() -> object:
        landlock.restrict(read=["/usr", "/nowhere"], write=[str(tmp_path / "in")])
        (tmp_path / "in" / "x").write_text("x")
        try:
            return (tmp_path / "out").read_text()
        except PermissionError:
            return "denied"

    assert in_fork(attempt) == "denied"


def test_close_all_but() -> None:
    child = os.fork()
    if child == 0:
        os.dup2(1, 77)
        linux.close_all_but({0, 1, 2, 77})
        os._exit(0 if {int(n) for n in os.listdir("/proc/self/fd")} - {0, 1, 2, 77} <= {3} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
