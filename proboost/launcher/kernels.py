"""The parent of one learner's kernels: forked from the warm parent, in the learner's view, before any token is known.

Where it listens stands in PROBOOST_KERNEL_PARENT of the server. Without it kernels start as they do everywhere.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback

from proboost_kernel import packages
from proboost_kernel.forkserver import hygiene, linux, parent, place, wire

VARIABLE = "PROBOOST_KERNEL_PARENT"
PACKAGES = ".proboost/packages"  # in the home: where the kernelspec of learners' servers has `%pip` install
SOON = 5.0  # seconds: who ends sooner than this so often is not started again
TRIES = 3


class Parent:
    """Held by the first process of the learner's view, which starts it again when it was killed."""

    def __init__(self, runtime: str) -> None:
        self.path = f"{runtime}/parent"
        self.listening = wire.listen(self.path)
        self.pid = 0
        self.began = 0.0
        self.short = 0

    def start(self, variables: dict[str, str], home: str) -> None:
        self.variables, self.home = variables, home
        self.began = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self._become()

    def _become(self) -> None:
        try:
            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
            linux.prctl(linux.PR_SET_DUMPABLE, 1)  # nothing in here is secret, and a kernel may look at itself
            hygiene.own_session()
            hygiene.environment({**self.variables, packages.VARIABLE: f"{self.home}/{PACKAGES}"})
            hygiene.reseed()
            os.chdir(self.home)
            linux.close_all_but({0, 1, 2, self.listening.fileno()})
            packages.on_path()
            began = place.at_start(self.variables)  # what the machine's warm parent was started with counts no more
            parent.serve(self.listening, preload=(), path=self.path, packages=packages.folder(), started_with=began)
        except SystemExit:
            pass
        except BaseException:  # noqa: BLE001 -- the last line of a process: told in the log
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(70)
        os._exit(0)

    def ended(self, status: int) -> None:
        """Starts another, unless it ended of its own will (it is not up to date) or does not live long."""
        self.pid = 0
        self.short = self.short + 1 if time.monotonic() - self.began < SOON else 0
        if status == 0 or self.short >= TRIES:
            self.close()
            return
        self.start(self.variables, self.home)

    def close(self) -> None:
        """From now on kernels start without it."""
        self.listening.close()
