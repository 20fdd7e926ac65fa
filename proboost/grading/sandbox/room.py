"""One room: a process in namespaces of its own that waits for its part, and its guard, process 1.

The guard holds the lifeline: when the broker lets go of it, when the memory limit is passed or when the part ends, the
guard ends, and the kernel ends everything in the room with it. The part itself never holds the lifeline.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import tempfile
from typing import NoReturn

from proboost.grading.sandbox import cage, generator, learner, limits, notebook, notebook_tests, probe, tester
from proboost_kernel.forkserver import hygiene, landlock, linux, seccomp, wire

PLAN_LIMIT = 4 << 20  # bytes of the message that says what a room is to do
_WATCH = 50  # ms between two looks at the memory
ENVIRONMENT = {
    "HOME": cage.HOME,
    "TMPDIR": cage.TEMPORARY,
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": cage.TEMPORARY,
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
_READABLE = ("/usr", "/bin", "/lib", "/lib64", "/sbin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/dev")


def open_room(tier: str, control: int, lifeline: int, scratch: str) -> NoReturn:
    """Runs in a fork of the warm parent and never returns to it."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if tier != "C":
            linux.new_user_namespace()
            linux.unshare(linux.ALL_NAMESPACES)
            if os.fork():
                os._exit(0)
            _own_mounts(fresh_proc=tier == "A")
            with contextlib.suppress(OSError):
                _write("/proc/sys/user/max_user_namespaces", "0")
        else:
            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
            scratch = tempfile.mkdtemp(prefix="room-", dir=scratch)
        part = os.fork()
        if part == 0:
            os.close(lifeline)
            _part(tier, control, scratch)
        os.close(control)
        _guard(tier, part, lifeline, scratch)
    except BaseException as error:  # noqa: BLE001 -- nothing above us; the broker reads this from the lifeline
        with contextlib.suppress(OSError):
            os.write(lifeline, f"broken {type(error).__name__}: {error}"[:500].encode())
    finally:
        os._exit(70)


def _own_mounts(*, fresh_proc: bool) -> None:
    quiet = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    if fresh_proc:
        linux.mount("proc", "/proc", "proc", quiet | linux.MS_NOEXEC)
    owner = f"uid={os.getuid()},gid={os.getgid()},mode=0700"
    for path, size in ((cage.TEMPORARY, 64), (cage.HOME, 64), (cage.SHARED, 16)):
        cage.empty(path, f"size={size}m,nr_inodes=4096,{owner}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _guard(tier: str, part: int, lifeline: int, scratch: str) -> NoReturn:
    hygiene.streams(os.open(os.devnull, os.O_WRONLY))
    linux.close_all_but({0, 1, 2, lifeline})
    if tier != "C":
        linux.drop_capabilities()
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    life = socket.socket(fileno=lifeline)
    ended = os.pidfd_open(part)
    poller = select.poll()
    poller.register(life, select.POLLIN)
    poller.register(ended, select.POLLIN)
    memory: int | None = None
    word = ""
    while not word:
        happened = {descriptor for descriptor, _ in poller.poll(None if memory is None else _WATCH)}
        if life.fileno() in happened:
            said = life.recv(32)
            if not said:
                word = "let go"
            else:
                memory = int(said) + limits.SLACK_MB
        if ended in happened:
            word = f"ended {os.waitstatus_to_exitcode(os.waitpid(part, 0)[1])}"
        elif memory is not None and not limits.within(_people(tier), memory):
            word = "memory"
        else:
            _bury(part)
    with contextlib.suppress(OSError):
        life.send(word.encode())
    if tier == "C":
        _end_descendants()
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def _people(tier: str) -> list[int]:
    if tier == "A":
        return limits.inhabitants()
    return limits.descendants(int(os.readlink("/proc/self")))  # noqa: PTH115


def _bury(part: int) -> None:
    """Collects orphans that ended, but not the part: its end is waited for elsewhere."""
    with contextlib.suppress(ChildProcessError):
        while True:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None or found.si_pid == part:
                return
            os.waitpid(found.si_pid, 0)


def _end_descendants() -> None:
    """Without a pid namespace: kill what is left until nothing is."""
    for _ in range(1000):
        left = limits.descendants(os.getpid())
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return


def _part(tier: str, control: int, scratch: str) -> NoReturn:
    try:
        hygiene.own_session()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        hygiene.streams(nowhere)
        linux.close_all_but({0, 1, 2, control})
        hygiene.environment(ENVIRONMENT)
        hygiene.reseed()
        base = linux.address_space()  # asked now: later there may be no /proc
        processes = limits.PROCESSES + (limits.tasks_of(os.getuid()) if tier == "C" else 0)
        if tier == "C":
            writable = [scratch, os.devnull]
            os.environ.update(HOME=scratch, TMPDIR=scratch, MPLCONFIGDIR=scratch)
            linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        else:
            writable = [cage.TEMPORARY, cage.HOME, cage.SHARED, os.devnull]
            linux.drop_capabilities()
        os.chdir(writable[0] if tier == "C" else cage.HOME)
        if landlock.version():
            readable = [*_READABLE, *cage.shown(), *(["/proc"] if tier == "A" else [])]
            landlock.restrict(read=readable, write=writable)
        seccomp.install()
        _play(socket.socket(fileno=control), base, processes)
    except Exception as error:  # noqa: BLE001 -- nothing above us; the broker reads it
        with contextlib.suppress(OSError):
            wire.send(socket.socket(fileno=control), {"broken": f"{type(error).__name__}: {error}"[:500]})
    finally:
        os._exit(1)


def _play(control: socket.socket, base: int, processes: int) -> NoReturn:
    wire.send(control, {"ready": True})
    plan, _ = wire.receive(control, limit=PLAN_LIMIT)
    if plan is None:
        os._exit(0)
    more = int(plan.get("more", 0))  # processes and sockets that the tests of a notebook need
    limits.lower(base, cpu_seconds=plan["cpu"], memory_mb=plan["memory"], processes=processes, more=more)
    _PARTS[plan["part"]](control, plan)
    os._exit(0)


_PARTS = {
    "learner": learner.main,
    "generator": generator.main,
    "tester": tester.main,
    "notebook": notebook.main,
    "notebook tests": notebook_tests.main,
    "probe": probe.main,
}
