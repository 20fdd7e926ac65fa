"""Kernels forked from a warm parent against stock ipykernel: until they answer, are ready, have ended; what they take.

Both sides do the same work in the same run, turn by turn; ratios are medians of pairs. "Libraries": numpy, pandas,
matplotlib.pyplot and ipywidgets, imported by the first cell. Processor time is the kernel's own (of a spare, its making
as well) and what its parent spent on it. Prints medians and ratios; asserts nothing about time.

usage: python benchmarks/kernel.py [--rounds N] [--kernels N] [--transport tcp|ipc]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

from proboost_kernel.forkserver import asking
from proboost_kernel.install import spec

LIBRARIES = "import numpy, pandas, matplotlib.pyplot, ipywidgets"
CODE = {"bare": "1 + 1", "libraries": LIBRARIES}
QUIET = open(os.devnull, "w")  # noqa: SIM115 -- as long as this program
Figures = dict[tuple[str, str, str], list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--kernels", type=int, default=10, help="at once, for memory")
    parser.add_argument("--transport", choices=("tcp", "ipc"), default="tcp")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as folder:
        bench = Bench(Path(folder), given.transport)
        try:
            figures = bench.pairs(given.rounds)
            memory = {side: bench.memory(side, given.kernels) for side in ("stock", "fork")}
        finally:
            bench.close()
    show(figures)
    print(f"private memory of one of {given.kernels} idle kernels with libraries, MB: ", end="")
    print(f"stock {memory['stock']:.1f}, ours {memory['fork']:.1f}: {memory['stock'] / memory['fork']:.1f} times less")
    print("load", " ".join(f"{one:.1f}" for one in os.getloadavg()))


class Bench:
    """Kernelspecs of the three sides in a folder of their own, and the parents started there."""

    def __init__(self, folder: Path, transport: str) -> None:
        self.folder, self.transport = folder, transport
        self.runtime = folder / "run"
        self.runtime.mkdir(mode=0o700)
        self.used: set[str] = set()
        os.environ["JUPYTER_RUNTIME_DIR"] = str(self.runtime)
        stock = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "",
                 "language": "python"}  # fmt: skip
        for name, kernel in {"stock": stock, "fork": spec(title=""), "spare": spec(title="")}.items():
            if name != "stock":
                metadata: Any = kernel["metadata"]
                metadata["kernel_provisioner"]["config"] = {
                    "busy": 101.0, "patient": True, "idle": 120.0, "spares": int(name == "spare")
                }  # fmt: skip
            (folder / name).mkdir()
            (folder / name / "kernel.json").write_text(json.dumps(kernel))

    def manager(self, side: str) -> KernelManager:
        specs = KernelSpecManager(kernel_dirs=[str(self.folder)], ensure_native_kernel=False)
        return KernelManager(kernel_name=side, kernel_spec_manager=specs, transport=self.transport,
                             connection_file=str(self.runtime / f"{os.urandom(6).hex()}.json"))  # fmt: skip

    def pairs(self, rounds: int) -> Figures:
        found: Figures = defaultdict(list)
        for turn in range(rounds + 1):
            for what in ("bare", "libraries", "ready"):
                for side in ("stock", "fork", "spare"):
                    self.settle()
                    figures = self.ready(side) if what == "ready" else self.reply(side, CODE[what])
                    if turn:  # the first one warms everything
                        for name, value in figures.items():
                            found[name, what, side].append(value)
        return found

    def settle(self) -> None:
        """The next spare is made, and nothing of ours runs."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            states = [asking.question(str(path), "info") for path in self.sockets()]
            if not states or any(state["spare"] for state in states) or "spare" not in self.used:
                return
            time.sleep(0.05)
        raise AssertionError("no spare came")

    def sockets(self) -> list[Path]:
        return [path for path in self.runtime.glob("kernel-parents/*") if not path.suffix]

    def reply(self, side: str, code: str) -> dict[str, float]:
        """Seconds from start_kernel to the reply of the first cell, of the processor, and until it has ended."""
        self.used.add(side)
        manager = self.manager(side)
        before = {pid: spent(pid) for pid in self.parents()}
        began = time.perf_counter()
        manager.start_kernel(stdout=QUIET, stderr=QUIET)
        client = manager.client()
        client.start_channels()
        reply = client.execute(code, reply=True, timeout=60)
        figures = {"reply": time.perf_counter() - began}
        assert reply["content"]["status"] == "ok"
        figures["processor"] = time.clock_gettime(~manager.provisioner.pid << 3 | 2)  # of a whole process, by its pid
        by = getattr(manager.provisioner, "started_by", "program")
        if by != "program":
            figures["processor"] += sum(spent(pid) - before.get(pid, 0.0) for pid in self.parents())
        assert by in {side, "program", "fork"}, by
        began = time.perf_counter()
        manager.shutdown_kernel()
        figures["end"] = time.perf_counter() - began
        client.stop_channels()
        return figures

    def ready(self, side: str) -> dict[str, float]:
        """Seconds from start_kernel until a client says that the kernel is ready."""
        self.used.add(side)
        manager = self.manager(side)
        began = time.perf_counter()
        manager.start_kernel(stdout=QUIET, stderr=QUIET)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        took = time.perf_counter() - began
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        return {"ready": took}

    def parents(self) -> list[int]:
        return [asking.question(str(path), "info")["pid"] for path in self.sockets()]

    def memory(self, side: str, kernels: int) -> float:
        """Private megabytes of a kernel that has imported the libraries and does nothing, `kernels` at once."""
        started = []
        for _ in range(kernels):
            manager = self.manager(side)
            manager.start_kernel(stdout=QUIET, stderr=QUIET)
            client = manager.client()
            client.start_channels()
            client.execute(LIBRARIES, reply=True, timeout=120)
            started.append((manager, client))
        found = statistics.median(private(manager.provisioner.pid) for manager, _client in started)
        for manager, client in started:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        return found

    def close(self) -> None:
        for path in self.sockets():
            asking.question(str(path), "stop")


def spent(pid: int) -> float:
    """Processor seconds of a process with one thread."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def private(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def show(figures: Figures) -> None:
    titles = {"reply": "start → first reply", "processor": "processor time", "ready": "start → wait_for_ready",
              "end": "polite shutdown"}  # fmt: skip
    print(f"{'milliseconds':36}{'stock':>9}{'fork':>9}{'times':>7}{'spare':>9}{'times':>7}")
    for name, what in dict.fromkeys((name, what) for name, what, _side in figures):
        row = {side: [1000 * one for one in figures[name, what, side]] for side in ("stock", "fork", "spare")}
        line = f"{titles[name] + ('' if name == 'ready' else ', ' + what):36}{statistics.median(row['stock']):9.0f}"
        for side in ("fork", "spare"):
            ratio = statistics.median(a / b for a, b in zip(row["stock"], row[side], strict=True))
            line += f"{statistics.median(row[side]):9.0f}{ratio:7.1f}"
        print(line)


if __name__ == "__main__":
    main()
