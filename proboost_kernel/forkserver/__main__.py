"""`python -m proboost_kernel.forkserver`: a warm parent of kernels as a program of its own, which outlives its starter.

The starter holds a lock on a file and hands its descriptor over; the lock is kept until requests are served.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]  # as a kernel's own program does; with -P its forks would have the flag as well
    if os.fork():  # in the background from here on: nobody waits for us, nobody must bury us
        os._exit(0)
    os.setsid()

    import argparse

    from proboost_kernel import packages
    from proboost_kernel.forkserver import libraries, linux, parent, pressure, wire

    parser = argparse.ArgumentParser(prog="python -m proboost_kernel.forkserver")
    parser.add_argument("--socket", required=True)
    parser.add_argument("--lock", type=int, required=True)
    parser.add_argument("--preload", default=",".join(libraries.LESSONS))
    parser.add_argument("--idle", type=float, default=600.0)
    parser.add_argument("--spares", type=int, default=1)
    parser.add_argument("--busy", type=float, default=pressure.BUSY)
    given = parser.parse_args()
    linux.close_all_but({0, 1, 2, given.lock})
    packages.on_path()
    names = [name for name in given.preload.split(",") if name]
    libraries.load(names)  # before the socket is there: it appears when requests are served at once
    listening = wire.listen(given.socket)
    os.close(given.lock)
    parent.serve(
        listening,
        preload=names,
        spares=given.spares,
        busy=given.busy,
        idle=given.idle,
        path=given.socket,
        packages=packages.folder(),
    )
