"""Learners' servers against stock ones: how long a start takes, what it costs, and what a learner costs who is there.

The peer is a stock JupyterHub of the same release with its SimpleLocalProcessSpawner and `jupyterhub-singleuser`, in
the same environment and at the same time, turn by turn. Both ways go through the Hub's API, from the request to the
Hub's own "ready". CPU and memory are those of the server with everything it started, read from /proc.

A lesson is open when a kernel has imported numpy, pandas, matplotlib.pyplot and ipywidgets, as lessons with data do.

usage: python benchmarks/servers.py [--rounds N] [--learners N] [--crowd N] [--fill N]
as root; asserts nothing about time
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import psutil
from peers.hubs import Hub, Ours, patiently, stock_hub
from running import PASSWORD, Running, running  # of tests/, where peers.hubs has led

MB = 1 << 20


def spawn(client: httpx.Client, name: str) -> float:
    """Seconds until the Hub says that the server is ready."""
    began = time.perf_counter()
    answer = client.post(f"/hub/api/users/{name}/server")
    answer.raise_for_status()
    if answer.status_code == 202:
        for _ in patiently(300, 0.02):
            if (client.get(f"/hub/api/users/{name}").json().get("servers") or {}).get("", {}).get("ready"):
                break
        else:
            raise RuntimeError(f"{name}: not ready")
    return time.perf_counter() - began


def stop(client: httpx.Client, name: str) -> float:
    """Seconds until it is gone."""
    began = time.perf_counter()
    answer = client.delete(f"/hub/api/users/{name}/server")
    answer.raise_for_status()
    if answer.status_code == 202:
        for _ in patiently(120, 0.02):
            if not client.get(f"/hub/api/users/{name}").json().get("servers"):
                break
    return time.perf_counter() - began


def cpu(processes: list[psutil.Process]) -> float:
    """Seconds of processor time of these, and of those they have waited for."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def pss(processes: list[psutil.Process]) -> float:
    """MB, shared pages counted by share."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError, psutil.Error):
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    return total / MB


def settled(hub: Hub, name: str) -> list[psutil.Process]:
    """What runs for a learner when it has come to rest: no processor time used for half a second."""
    before = -1.0
    for _ in patiently(60, 0.5):
        processes = hub.processes(name)
        if (now := cpu(processes)) - before < 0.02:
            return processes
        before = now
    return hub.processes(name)


def people(school: Running, number: int) -> list[str]:
    """Accounts of ours; the stock Hub makes its users as they are named."""
    names = [f"bench{n}" for n in range(number)]
    with school.internal() as inside, school.hub() as hub:
        inside.post("/internal/users", json=[{"name": name} for name in names]).raise_for_status()
        for name in names:
            hub.put(f"/hub/api/proboost/accounts/{name}", json={"password": PASSWORD}).raise_for_status()
    return names


def starts(ours: Hub, theirs: Hub, names: list[str], rounds: int) -> None:
    """One server after the other, ours and a stock one by turns; the first pair warms both and is not counted."""
    wall: list[tuple[float, float]] = []
    used: list[tuple[float, float]] = []
    ends: list[tuple[float, float]] = []
    with ours.api() as first, theirs.api() as second:
        for turn in range(rounds + 1):
            name = names[turn % len(names)]
            pair = []
            for hub, client in ((ours, first), (theirs, second)):
                seconds = spawn(client, name)
                spent = cpu(hub.processes(name))
                pair.append((seconds, spent, stop(client, name)))
            if turn:
                for row, values in zip((wall, used, ends), zip(*pair, strict=True), strict=True):
                    row.append(values)
    show("spawn → ready through the Hub, s", wall)
    show("processor time until ready, s", used)
    show("stop → gone, s", ends)


def together(ours: Hub, theirs: Hub, names: list[str]) -> None:
    """Everybody's server runs at the same time, then everybody has a lesson open."""
    alone: list[list[float]] = []
    waiting: list[list[float]] = []
    opened: list[list[float]] = []
    for hub in (ours, theirs):
        with hub.api() as client, ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(spawn, client), names))
            waiting.append([pss(settled(hub, name)) for name in names])
            alone.append([pss(hub.alone(name)) for name in names])
            list(pool.map(hub.open_lesson, names))
            print(f"{len(names)} lessons open, {complete(hub, names)} of them with all that belongs to one")
            opened.append([pss(settled(hub, name)) for name in names])
            list(pool.map(partial(stop, client), names))
    show(f"PSS of a server alone, {len(names)} at once, MB", list(zip(*alone, strict=True)))
    show(f"PSS of a server with all its processes, {len(names)} at once, MB", list(zip(*waiting, strict=True)))
    show(f"the same with a lesson open, {len(names)} at once, MB", list(zip(*opened, strict=True)))


def complete(hub: Hub, names: list[str], seconds: float = 90) -> int:
    """How many have all that belongs to an open lesson; those whose spare waits for a quiet moment are waited for."""
    for _ in patiently(seconds, 0.5):
        if all(hub.complete(name) for name in names):
            break
    return sum(hub.complete(name) for name in names)


def growth(ours: Ours, names: list[str], step: int) -> None:
    """More and more learners have a lesson open, until all have or an eighth of the machine's memory is left.

    What they take is what the machine has less afterwards: page tables and sockets are in it, which no PSS counts.
    """
    machine = psutil.virtual_memory()
    least, before = machine.total // 8, machine.available
    print(f"{machine.total / MB / 1024:.1f} GiB, {before / MB / 1024:.1f} of them free before the first learner")
    there: list[str] = []
    while len(there) < len(names) and psutil.virtual_memory().available > least:
        more = names[len(there) : len(there) + step]
        began = time.perf_counter()
        with ours.api() as client, ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(spawn, client), more))
            list(pool.map(ours.open_lesson, more))
        took = time.perf_counter() - began
        spares = complete(ours, more, 20)
        there += more
        free = psutil.virtual_memory().available
        print(
            f"{len(there)} learners with a lesson open: {(before - free) / len(there) / MB:.1f} MB each, "
            f"{free / MB / 1024:.2f} GiB are left; the last {len(more)} were there after {took:.1f} s, "
            f"{spares} of them with a spare"
        )
    print(
        f"    {json.dumps({'what': 'learners', 'n': len(there), 'each': (before - free) / len(there), 'left': free})}"
    )
    with ours.api() as client, ThreadPoolExecutor(4) as pool:
        list(pool.map(partial(stop, client), there))


def crowd(ours: Ours, names: list[str]) -> None:
    """All start at once and stop at once, twice: what is left over afterwards."""
    launcher = ours.at.pids["launcher"]
    for turn in (1, 2):
        with ours.api() as client, ThreadPoolExecutor(len(names)) as pool:
            began = time.perf_counter()
            each = list(pool.map(partial(spawn, client), names))
            started = time.perf_counter() - began
            running_now = sum(bool(ours.processes(name)) for name in names)
            began = time.perf_counter()
            list(pool.map(partial(stop, client), names))
            stopped = time.perf_counter() - began
        left = [name for name in names if ours.processes(name)]
        descriptors = len(list(Path(f"/proc/{launcher}/fd").iterdir()))
        sockets = list(ours.at.settings.server_sockets.iterdir())
        print(
            f"{len(names)} at once, turn {turn}: all ready after {started:.1f} s (median of one "
            f"{statistics.median(each):.2f} s), {running_now} running; all gone after {stopped:.1f} s; left over: "
            f"{len(left)} servers, {len(sockets)} sockets, launcher's descriptors "
            f"{descriptors}"
        )


def show(what: str, pairs: list[tuple[float, float]]) -> None:
    ours, theirs = (round(statistics.median(column), 3) for column in zip(*pairs, strict=True))
    ratio = round(statistics.median(b / a for a, b in pairs if a), 1)
    print(f"{what}: {ours}, stock {theirs} → {ratio} times less (median of {len(pairs)} pairs)")
    print("    " + json.dumps({"what": what, "ours": ours, "stock": theirs, "ratio": ratio, "n": len(pairs)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--learners", type=int, default=20, help="who have a lesson open at once; 0: left out")
    parser.add_argument("--crowd", type=int, default=50, help="servers started and stopped at once; 0: left out")
    parser.add_argument(
        "--fill", type=int, default=0, help="learners with a lesson open, until memory ends; 0: left out"
    )
    given = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("servers are forked by root: run this as root")
    with (
        tempfile.TemporaryDirectory(prefix="proboost-bench-") as folder,
        running(Path(folder), demo=False, environment={"PROBOOST_MEMORY_MB": "1024"}) as school,
        stock_hub() as stock,
    ):
        ours = Ours(school)
        names = people(school, max(given.learners, given.crowd, given.fill, 4))
        with stock.api() as client:
            client.post("/hub/api/users", json={"usernames": names}).raise_for_status()
        if given.rounds:
            starts(ours, stock, names[:4], given.rounds)
        if given.learners:
            together(ours, stock, names[: given.learners])
        if given.crowd:
            crowd(ours, names[: given.crowd])
        if given.fill:
            growth(ours, names[: given.fill], 40)


if __name__ == "__main__":
    main()
