"""What runs inside a learner's view: a first process that buries orphans, and the server that it starts.

Also the program that bubblewrap starts where nobody is root: `python -m proboost.launcher.inside LISTENING LAUNCH`, two
descriptors: the server's socket, and the launch as JSON (never in arguments or environment, which /proc shows).
"""

from __future__ import annotations

import contextvars
import os
import re
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NoReturn

from proboost_kernel.forkserver import hygiene, linux, seccomp, wire

from . import kernels
from .view import NOTICES, RUNTIME

_PASSED = re.compile(r"(JUPYTERHUB_|PROBOOST_|JPY_)[A-Z0-9_]*\Z|(LANG|LC_ALL|TZ|MEM_LIMIT|CPU_LIMIT)\Z")
_BROKEN = 70  # exit status of a start that failed before Jupyter ran; the reason is in the log


@dataclass(frozen=True)
class Launch:
    """What a server is started with. `memory_mb`, `nice` 0: a control group bounds memory, processors."""

    name: str
    home: str
    env: dict[str, str]
    args: list[str]
    pids: int
    home_mb: int
    memory_mb: int = 0
    nice: int = 0
    runtime: str = RUNTIME
    notices: str = NOTICES


def environment(launch: Launch) -> dict[str, str]:
    """The server's variables: those of Hub and platform, by allow-list, and those that keep it out of its home.

    A server reads no configuration, no extension and no site-packages from the home: whoever can write there (a kernel)
    would otherwise run code where the server's token is.
    """
    passed: Mapping[str, str] = {key: value for key, value in launch.env.items() if _PASSED.match(key)}
    return {
        "LANG": "C.UTF-8",
        **passed,
        "HOME": launch.home,
        "USER": launch.name,
        "LOGNAME": launch.name,
        "SHELL": "/bin/bash",
        "TMPDIR": "/tmp",
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "JUPYTER_RUNTIME_DIR": launch.runtime,
        "JUPYTER_CONFIG_DIR": f"{launch.runtime}/config",
        "JUPYTER_DATA_DIR": f"{launch.runtime}/data",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTERHUB_DISABLE_USER_CONFIG": "1",
        "JUPYTERLAB_SETTINGS_DIR": f"{launch.home}/.proboost/lab/settings",
        "JUPYTERLAB_WORKSPACES_DIR": f"{launch.home}/.proboost/lab/workspaces",
        "PROBOOST_NOTICES": f"{launch.notices}/notice.json",
        **({"VIRTUAL_ENV": sys.prefix} if sys.prefix != sys.base_prefix else {}),
    }


def limits(launch: Launch) -> None:
    """Resource limits of the server and all it starts."""
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (8192, 8192),
        resource.RLIMIT_NPROC: (launch.pids, launch.pids),
        resource.RLIMIT_FSIZE: (launch.home_mb << 20, launch.home_mb << 20),
        resource.RLIMIT_MEMLOCK: (64 << 20, 64 << 20),
    }
    if launch.memory_mb:  # one process alone is stopped at once; several together by the keeper's watch
        wanted[resource.RLIMIT_DATA] = (launch.memory_mb << 20, launch.memory_mb << 20)
    linux.limits(wanted)
    if launch.nice:
        os.nice(launch.nice)


def first(launch: Launch, listening: socket.socket, told: socket.socket | None = None) -> NoReturn:
    """The first process of the namespace: starts the server, passes signals on, waits for orphans, ends as it ends.

    The uid is the learner's already. From here on nobody can make namespaces, trace or mount. `told`: where the server
    reads its variables; then we and the kernels' parent, which we fork as well, never know them.
    """
    limits(launch)
    seccomp.install(seccomp.SERVER)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)  # kernels have the same uid: they read neither our memory nor environ
    os.umask(0o077)
    warm_kernels = kernels.Parent(launch.runtime) if told is not None else None
    server = os.fork()  # the first one: the keeper knows it by that
    if server == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        if warm_kernels is not None:
            warm_kernels.close()
        _serve(launch, listening, told)
    listening.close()
    if told is not None:
        told.close()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: os.kill(server, number))
    if warm_kernels is not None:
        warm_kernels.start(environment(launch), launch.home)
    while True:
        pid, status = os.wait()
        if pid == server:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)
        if warm_kernels is not None and pid == warm_kernels.pid:
            warm_kernels.ended(status)


def _serve(launch: Launch, listening: socket.socket, told: socket.socket | None) -> NoReturn:
    try:
        if told is not None:
            variables, _none = wire.receive(told)
            told.close()
            if variables is None:
                raise ConnectionError("the launcher ended before it said what this server is told")
            launch = replace(launch, env={**variables, kernels.VARIABLE: f"{launch.runtime}/parent"})
        hygiene.environment(environment(launch))
        hygiene.reseed()
        os.chdir(launch.home)
        listening.setblocking(False)
        warm()
        from jupyter_server.serverapp import ServerApp

        # The socket was bound by our keeper: no port is looked for, and what others could connect to is never opened.
        given: Any = ServerApp
        given._find_http_port = lambda _self: None  # noqa: SLF001 -- no setting does it
        given._bind_http_server = lambda self: self.http_server.add_sockets([listening])  # noqa: SLF001
        sys.argv = ["jupyterhub-singleuser", *launch.args]
        from jupyterhub.singleuser import main

        # Context variables of the request that we were forked in, its language among them, are not the learner's.
        contextvars.Context().run(main)
        os._exit(0)
    except SystemExit as leaving:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1)
    except BaseException:  # noqa: BLE001 -- the last line of a process: told in the log
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(_BROKEN)


def warm() -> None:
    """Imports what every server needs. `rfc3987_syntax` builds a grammar for a second and a half that nobody uses."""
    modules: dict[str, Any] = sys.modules  # None means: cannot be imported
    modules.setdefault("rfc3987_syntax", None)
    os.environ.setdefault("JUPYTERHUB_SINGLEUSER_EXTENSION", "1")
    import importlib

    for name in _WARM:
        try:
            importlib.import_module(name)
        except ImportError as error:  # Jupyter says it again, and runs without that extension
            print(f"launcher: {name}: {error}", file=sys.stderr, flush=True)


_WARM = (
    "jupyter_server.serverapp",
    "jupyter_server.services.contents.largefilemanager",
    "jupyterlab.labapp",
    "jupyterlab.handlers.announcements",
    "jupyterlab.handlers.build_handler",
    "jupyterlab.handlers.extension_manager_handler",
    "jupyterlab_server",
    "jupyterhub.singleuser.extension",
    "ipykernel",
    "jsonschema",
    "nbconvert",
    "voila.server_extension",
    # what Jupyter imports by name only while it starts
    "jinja2.ext",
    "jupyter_core.migrate",
    "jupyter_server.kernelspecs.handlers",
    "jupyter_server.nbconvert.handlers",
    "jupyter_server.services.api.handlers",
    "jupyter_server.services.config.handlers",
    "jupyter_server.services.events.handlers",
    "jupyter_server.services.kernels.handlers",
    "jupyter_server.services.kernelspecs.handlers",
    "jupyter_server.services.nbconvert.handlers",
    "jupyter_server.services.security.handlers",
    "jupyter_server.services.sessions.handlers",
    "jupyter_server.services.shutdown",
    "jupyter_server.view.handlers",
    "ipykernel.kernelspec",
    "proboost_lab.extension",
    "proboost_lab.kernels",
)


def main() -> None:
    """Called by bubblewrap as the first process of its namespaces."""
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    listening = socket.socket(fileno=int(sys.argv[1]))
    with socket.socket(fileno=int(sys.argv[2])) as channel:
        message, _none = wire.receive(channel)
    first(Launch(**message), listening)


def as_message(launch: Launch) -> dict[str, object]:
    return asdict(launch)


if __name__ == "__main__":
    main()
