"""Runs a program as one of our uids, seeing only what it needs; it ends when the supervisor does.

`python -m proboost.supervisor.confine '{"uid": 990, "read": […], "write": […], …}' PROGRAM ARGUMENT…`; without `uid`
only the last holds. Python and the checkout may lie under root's own home: the view is made before the uid is given up.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys

from proboost.launcher.isolation import shut_in
from proboost.launcher.view import View, identity
from proboost_kernel.forkserver import linux

ACCOUNT = "proboost"


def main() -> None:
    spec, command = json.loads(sys.argv[1]), sys.argv[2:]
    parent = os.getppid()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold secrets
    if "uid" in spec:
        seen = View(
            read=tuple(spec["read"]),
            write=tuple((path, path) for path in spec["write"]),
            hidden=tuple(spec["hidden"]),
            uid=spec["uid"],
            files=identity(ACCOUNT, spec["uid"], spec["cwd"]),
        )
        if spec["nice"] < 0:
            os.setpriority(os.PRIO_PROCESS, 0, spec["nice"])
        shut_in(seen)
        os.environ.update(USER=ACCOUNT, LOGNAME=ACCOUNT)
    os.umask(0o077)
    os.chdir(spec["cwd"])
    # last, since a change of uid clears it; whoever lost the supervisor meanwhile ends here
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.execvp(command[0], command)  # noqa: S606 -- that is what it is for


if __name__ == "__main__":
    main()
