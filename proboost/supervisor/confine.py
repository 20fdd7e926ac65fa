"""Runs a program as one of our uids, seeing only what it needs; it ends when the supervisor does.

`python -m proboost.supervisor.confine '{"uid": 990, "read": […], "write": […], …}' PROGRAM ARGUMENT…`; without `uid` only
the last holds. Python and the checkout may lie under root's own home: the view is made before the uid is given up.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys

from proboost.launcher.view import View, enter
from proboost_kernel.forkserver import linux


def become(uid: int) -> None:
    """This process is `uid` from now on, for ever: no groups, no capabilities, none to be had by running anything."""
    os.setgroups([])
    linux.drop_bounding_set()
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)


def end_with(parent: int) -> None:
    """SIGKILL when the supervisor dies, however it does; at once if it is dead already."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of uid clears it: so it comes last
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    spec, command = json.loads(sys.argv[1]), sys.argv[2:]
    parent = os.getppid()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold secrets
    if "uid" in spec:
        linux.unshare(linux.CLONE_NEWNS)
        enter(
            View(
                read=tuple(spec["read"]),
                write=tuple((path, path) for path in spec["write"]),
                hidden=tuple(spec["hidden"]),
                uid=spec["uid"],
                tmp_mb=spec.get("tmp_mb", 256),
            )
        )
        become(spec["uid"])
    os.umask(0o077)
    os.chdir(spec["cwd"])
    end_with(parent)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
