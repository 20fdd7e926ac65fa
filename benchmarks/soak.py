"""Starts and ends kernels many times, with and without spares, and counts what is left: processes, sockets, files.

Each is ended in one of four ways: politely, killed by its manager, by a signal from outside, after an interrupt. Prints
what was left, and fails when anything was, when the parent or this program has grown, or when a start was not a fork.

usage: python benchmarks/soak.py [--times N]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.proboost_kernel.forkserver.kernels import Kernel, Place, gone, parent_of, until  # noqa: E402 -- see above

CODE = "import numpy, pandas; pandas.DataFrame({'a': [1]}).describe(); print('done')"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=500)
    times = parser.parse_args().times
    left = [soak(way, transport, times // 2) for way, transport in (("fork", "tcp"), ("spare", "ipc"))]
    sys.exit(1 if any(left) else 0)


def soak(way: str, transport: str, times: int) -> list[str]:
    """What was left that should not be."""
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as folder:
        place = Place(Path(folder))
        pids: list[int] = []
        ways: dict[str, int] = {}
        first: tuple[int, int, int] | None = None
        began = time.monotonic()
        for number in range(times):
            kernel = start(place, way, transport)
            pids.append(kernel.pid)
            ways[kernel.by] = ways.get(kernel.by, 0) + 1
            assert kernel.run(CODE) == "done"
            parent = parent_of(kernel.pid)
            end(kernel, number % 4)
            place.kernels.clear()
            if number in {20, times - 1} or (number == 2 and times < 21):
                until(lambda parent=parent: quiet(place, parent, way))  # type: ignore[misc]  # bound now
                now = (memory(parent), descriptors(parent), descriptors(os.getpid()))
                first = first or now
        last = (memory(parent), descriptors(parent), descriptors(os.getpid()))
        place.close()
        assert first is not None
        found = [f"process {pid}" for pid in [*pids, parent] if not gone(pid)]
        names = [str(path.relative_to(place.runtime)) for path in place.runtime.rglob("*") if not path.is_dir()]
        found += [name for name in names if not name.endswith((".lock", ".log"))]
        found += [
            f"socket {line.split()[-1]}" for line in Path("/proc/net/unix").read_text().splitlines() if folder in line
        ]
        if last[0] > first[0] + 4 or last[1] > first[1] or last[2] > first[2]:
            found.append(f"growth from {first} to {last} (parent's MB, its descriptors, ours)")
        if ways.get("program"):
            found.append(f"ordinary starts: {ways['program']}")
        print(f"{times} starts with {transport}, {ways}, {time.monotonic() - began:.0f} s; parent's MB, descriptors, "
              f"ours: {first} → {last}; left: {found or 'nothing'}", flush=True)  # fmt: skip
        return found


def start(place: Place, way: str, transport: str) -> Kernel:
    traits: dict[str, Any] = {"transport": transport}
    if transport == "ipc":
        traits["connection_file"] = str(place.runtime / f"kernel-{os.urandom(4).hex()}.json")
    return place.start_one(way, place.environment(), traits, {})


def end(kernel: Kernel, how: int) -> None:
    if how == 0:
        kernel.manager.shutdown_kernel()
    elif how == 1:
        kernel.manager.shutdown_kernel(now=True)
    elif how == 2:
        os.kill(kernel.pid, random.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGABRT]))
        until(kernel.ended, 5)
    else:
        kernel.client.execute("print('runs', flush=True)\nwhile True: pass")
        kernel.until_printed("runs")
        kernel.manager.interrupt_kernel()
        assert kernel.client.get_shell_msg(timeout=20)["content"]["ename"] == "KeyboardInterrupt"
        kernel.manager.shutdown_kernel()
    kernel.close()
    kernel.manager.context.destroy(linger=0)
    kernel.client.context.destroy(linger=0)


def quiet(place: Place, parent: int, way: str) -> bool:
    """The parent has buried its kernels, and its spare is there."""
    states = [one for one in place.parents().values() if one["pid"] == parent]
    return not states or (states[0]["kernels"] == [] and (way == "fork" or bool(states[0]["spare"])))


def memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


if __name__ == "__main__":
    main()
