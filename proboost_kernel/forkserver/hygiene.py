"""What a fork of the warm parent must change before it is somebody else: descriptors, environment, signals, chance."""

from __future__ import annotations

import gc
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

LIMITS = tuple(sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}))


class NotSingleThreaded(RuntimeError):
    """A warm parent with a second thread would fork children whose locks nobody ever releases."""


def tasks() -> int:
    """Threads of this process, native ones included."""
    return len(os.listdir("/proc/self/task"))


def settle() -> None:
    """Called once by a parent that is warm: what it holds is never collected, so its pages stay shared with its forks.

    Raises NotSingleThreaded.
    """
    gc.freeze()
    if (number := tasks()) != 1:
        raise NotSingleThreaded(f"{number} threads in the warm parent")


def own_session() -> None:
    """A session of its own, signals as after exec: nothing of the parent's handling or terminal is left."""
    os.setsid()
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP) and signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python itself starts
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def streams(output: int, errors: int | None = None) -> None:
    """Standard input is empty; standard output and error go to these descriptors."""
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output if errors is None else errors, 2)
    if empty > 2:
        os.close(empty)


def environment(variables: Mapping[str, str]) -> None:
    """This process's environment is `variables` and nothing else, for itself and for what it starts."""
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()


def reseed() -> None:
    """New random streams: two forks of one parent must not draw the same numbers."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    process = sys.modules.get("multiprocessing.process")
    if process is not None:
        process.current_process().authkey = os.urandom(32)


def inheritable(descriptors: Iterable[int], *, yes: bool = True) -> None:
    """Whether programs that this process starts by exec get `descriptors`."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, yes)


def bounds() -> dict[str, Any]:
    """Limits, priority, processors and standing with the memory killer of this process, for `bounded`."""
    with open("/proc/self/oom_score_adj") as file:
        standing = int(file.read())
    return {
        "limits": {str(limit): list(resource.getrlimit(limit)) for limit in LIMITS},
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "processors": sorted(os.sched_getaffinity(0)),
        "oom": standing,
        "umask": _umask(),
    }


def bounded(wanted: Mapping[str, Any]) -> None:
    """This process is bounded as the one was whose `bounds` these are. Raises OSError where it may not be."""
    for name, (soft, hard) in wanted["limits"].items():
        limit = int(name)
        if resource.getrlimit(limit) != (soft, hard):
            try:
                resource.setrlimit(limit, (soft, hard))
            except ValueError as error:  # a ceiling that only root may lift
                raise PermissionError(str(error)) from error
    if (missing := wanted["nice"] - os.getpriority(os.PRIO_PROCESS, 0)) != 0:
        os.nice(missing)
    if sorted(os.sched_getaffinity(0)) != wanted["processors"]:
        os.sched_setaffinity(0, wanted["processors"])
    with open("/proc/self/oom_score_adj", "r+") as file:
        if int(file.read()) != wanted["oom"]:
            file.seek(0)
            file.write(str(wanted["oom"]))
    os.umask(wanted["umask"])


def _umask() -> int:
    with open("/proc/self/status") as file:  # os.umask() would change it for the other threads
        for line in file:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022
