"""From a fork of the warm parent to a kernel that answers: at once, or as a spare that waits for its user.

The environment, the key and the streams of a kernel are read here, from the connection of who asked for it, and never
by the parent: what one kernel is given is in no other.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib.util
import os
import select
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from . import hygiene, libraries, linux, wire

PATIENCE = 2.0  # seconds that a request may take to arrive
BROKEN = 70  # exit status of a kernel that could not be started


def start(connection: socket.socket, head: Mapping[str, Any], peer: int) -> NoReturn:
    """In a fork of the parent: this process is the kernel that the other side of `connection` asks for.

    Tells it {"pid"} with a pidfd, then {"bound"} when the kernel's sockets can be connected to; {"error"} instead when
    it cannot be.
    """
    try:
        linux.close_all_but({0, 1, 2, connection.fileno()})
        hygiene.own_session()
        linux.prctl(linux.PR_SET_DUMPABLE, 1)  # as after exec
        request, output = wire.receive(connection, descriptors=2, seconds=PATIENCE)
        hygiene.streams(*output)
        for descriptor in output:
            os.close(descriptor)
        _become(request)
        watch = None if head.get("independent") else os.pidfd_open(peer)
        _tell(connection, {"pid": os.getpid()}, pidfd=True)
    except BaseException as error:  # noqa: BLE001 -- whatever it is: the other side starts its kernel in another way
        _fail(connection, error)
    ended(_run, connection, request, watch, peer)


def _run(connection: socket.socket, request: Mapping[str, Any], watch: int | None, peer: int) -> None:
    app = _app()
    files: list[str] = []

    def bound() -> None:
        files.extend(app.files())
        _tell(connection, {"bound": True, "files": files})
        connection.close()

    if watch is not None:
        die_with(watch, files)
    sys.argv = [_program(request["module"]), *request["argv"]]
    app.parent_handle = peer
    app.bound = bound
    app.initialize(request["argv"])
    app.start()


def spare(control: socket.socket, mold: Mapping[str, Any]) -> NoReturn:
    """In a fork of the parent: a kernel made ready as `mold` says, which then waits at `control` for its user.

    Says {"ready", "files"} there; is given a connection, as `start` is. End of file there ends it.
    """
    files: list[str] = []
    connection = None
    try:
        linux.close_all_but({0, 1, 2, control.fileno()})
        hygiene.own_session()
        linux.prctl(linux.PR_SET_DUMPABLE, 1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        hygiene.streams(nowhere)
        os.close(nowhere)
        hygiene.environment(mold["variables"])
        hygiene.reseed()
        os.umask(0o077)
        libraries.renew()
        gc.enable()
        app = _ready(mold)
        files.extend(app.files())
        wire.send(control, {"ready": True, "files": files})
        message, given = wire.receive(control, descriptors=1)
        if message is None:
            _remove(files)
            os._exit(0)
        control.close()
        connection = socket.socket(fileno=given[0])
        _adopted(app, connection, message, files)
    except BaseException as error:  # noqa: BLE001 -- as in `start`
        _remove(files)
        _fail(connection, error)
    ended(app.start)


def _ready(mold: Mapping[str, Any]) -> Any:
    """The kernel with sockets of its own, its shell made, and the first cell's code run through once."""
    app = _app()
    app.spare = True
    app.transport = mold["transport"]
    name = os.path.join(mold["folder"], f"spare-{os.urandom(6).hex()}")
    app.connection_file = f"{name}.json"
    app.ip = f"{name}-ipc" if mold["transport"] == "ipc" else mold["ip"]
    sys.argv = [_program(mold["module"]), "-f", app.connection_file]
    app.initialize([*mold["argv"]])
    app.shell.run_cell("pass", silent=True, store_history=False)
    app.shell.display_formatter.format(1)  # makes what shows results
    gc.freeze()
    return app


def _adopted(app: Any, connection: socket.socket, message: Mapping[str, Any], files: list[str]) -> None:
    """The spare becomes the kernel that was asked for: its environment, folder, streams, limits, key and startup."""
    request, output = wire.receive(connection, descriptors=2, seconds=PATIENCE)
    for stream, standard, descriptor in ((sys.stdout, 1, output[0]), (sys.stderr, 2, output[-1])):
        os.dup2(descriptor, getattr(stream, "_original_stdstream_copy", standard), inheritable=False)
    for descriptor in output:
        os.close(descriptor)
    backend = os.environ.get("MPLBACKEND")
    _become(request)
    if backend:
        os.environ.setdefault("MPLBACKEND", backend)  # the kernel set it when it made its shell
    if not message.get("independent"):
        die_with(os.pidfd_open(message["peer"]), files)
    app.session.key = request["key"].encode()
    app.connection_file = request["argv"][request["argv"].index("-f") + 1]
    app.parent_handle = message["peer"]
    sys.argv = [_program(request["module"]), *request["argv"]]
    shell = app.shell
    shell.init_environment()  # variables of ipykernel's own, which went with the spare's environment
    shell.starting_dir = os.getcwd()
    shell.history_manager.dir_hist[:] = [type(entry)(os.getcwd()) for entry in shell.history_manager.dir_hist[:1]]
    if session := os.environ.get("JPY_SESSION_NAME"):
        shell.user_ns["__session__"] = session
    app.spare = False
    app.init_code()
    info = {f"{name}_port": getattr(app, f"{name}_port") for name in ("shell", "iopub", "stdin", "hb", "control")}
    _tell(connection, {"pid": os.getpid(), "bound": True, "files": files, "info": {**info, "ip": app.ip}}, pidfd=True)
    connection.close()


def _app() -> Any:
    from proboost_kernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.forked = True
    return app


def _program(module: str) -> str:
    """What an ordinary start would have as its first argument."""
    for name in (f"{module}.__main__", module):
        with contextlib.suppress(ImportError):
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.origin and not spec.submodule_search_locations:
                return spec.origin
    return module


def _become(request: Mapping[str, Any]) -> None:
    """Environment, folder, limits and random streams of who asked."""
    hygiene.environment(request["env"])
    os.chdir(request["cwd"])
    hygiene.bounded(request["bounds"])
    hygiene.reseed()
    libraries.renew()
    gc.enable()


def _tell(connection: socket.socket, message: object, *, pidfd: bool = False) -> None:
    """Raises OSError when nobody waits for us any more."""
    if not pidfd:
        wire.send(connection, message)
        return
    me = os.pidfd_open(os.getpid())
    try:
        wire.send(connection, message, (me,))
    finally:
        os.close(me)


def _fail(connection: socket.socket | None, error: BaseException) -> NoReturn:
    if connection is not None:
        with contextlib.suppress(OSError):
            wire.send(connection, {"error": repr(error)[:500]})
    os._exit(BROKEN)


def die_with(pidfd: int, files: Iterable[str]) -> None:
    """This process ends when that one does, whatever its main thread is doing; `files` are removed then."""

    def watch() -> None:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.poll()
        _remove(files)
        os._exit(1)

    thread = threading.Thread(target=watch, daemon=True, name="client-watch")
    thread.pydev_do_not_trace = True  # type: ignore[attr-defined]  # the debugger leaves it alone
    thread.start()


def _remove(files: Iterable[str]) -> None:
    for path in files:
        with contextlib.suppress(OSError):
            os.unlink(path)


def ended(program: Callable[..., object], *arguments: object) -> NoReturn:
    """Runs the program and ends as Python would, less the teardown of modules, which would copy every shared page."""
    status = 0
    try:
        program(*arguments)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except BaseException:  # noqa: BLE001 -- the last line of a process
        traceback.print_exc(file=sys.__stderr__)
        status = 1
    last: list[Callable[[], object]] = [threading._shutdown, atexit._run_exitfuncs]  # type: ignore[attr-defined]  # noqa: SLF001
    for step in [*last, *(stream.flush for stream in (sys.__stdout__, sys.__stderr__) if stream is not None)]:
        try:
            step()
        except BaseException:  # noqa: BLE001 -- as Python does: the other steps are taken all the same
            status = status or 1
    os._exit(status & 0xFF)
