"""ipykernel as ProBoost runs it: no port that others could connect to, our magics, and fit to be forked."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import zmq
from ipykernel import iostream, ipkernel, kernelapp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core import shellapp
from IPython.core.completer import IPCompleter
from IPython.core.formatters import DisplayFormatter
from IPython.core.inputtransformer2 import TransformerManager
from traitlets.config import Config, Configurable
from zmq.eventloop.zmqstream import ZMQStream

_Thread: Any = iostream.IOPubThread  # ipykernel types few of its functions
_App: Any = kernelapp.IPKernelApp

EXTENSIONS = tuple(f"proboost_kernel.{name}" for name in ("magics", "notices", "packages", "printing", "tracebacks"))
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")
_PATH = 100  # bytes: longer ones are no addresses of unix sockets
_EXTENSION = "--IPKernelApp.extra_extensions="


class PrivateThread(_Thread):  # type: ignore[misc]  # see above
    """ipykernel lets forked children send what they print to a TCP port on loopback; here it is a unix socket."""

    def __init__(self, place: str, *arguments: Any, **named: Any) -> None:
        self._place = place
        super().__init__(*arguments, **named)

    def _setup_pipe_in(self: Any) -> None:
        if len(os.fsencode(self._place)) > _PATH:
            self._place = str(Path(tempfile.mkdtemp(prefix="kernel-"), "printed"))
        self._pipe_address = f"ipc://{self._place}"
        self._pipe_uuid = os.urandom(16)
        incoming = self.socket.context.socket(zmq.PULL)
        incoming.linger = 0
        mask = os.umask(0o077)  # whatever the folder: others may not connect
        try:
            incoming.bind(self._pipe_address)
        finally:
            os.umask(mask)
        self._pipe_in = ZMQStream(incoming, self.io_loop)
        self._pipe_in.on_recv(self._handle_pipe_msg)

    def _setup_pipe_out(self: Any) -> tuple[Any, Any]:
        context = zmq.Context()  # a new one: we are in a fork
        outgoing = context.socket(zmq.PUSH)
        outgoing.linger = 3000
        outgoing.connect(self._pipe_address)
        return context, outgoing


class IPKernelApp(_App):  # type: ignore[misc]  # see above; the name is that of its configuration
    """The kernel's program. `forked`: somebody else than the operating system's parent is to be outlived by it not."""

    forked = False
    spare = False
    bound: Callable[[], None] = staticmethod(lambda: None)

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """As ever; what kernelspecs say is read without an argument parser, which takes as long as all the rest."""
        config = _plain(argv or []) if self.forked else None
        if config is None:
            super().parse_command_line(argv)
            return
        self.cli_config = config
        self.update_config(config)

    def init_poller(self) -> None:
        if not self.forked:
            super().init_poller()

    def init_connection_file(self) -> None:
        if not self.spare:
            super().init_connection_file()

    def write_connection_file(self, **named: Any) -> None:
        if not self.spare:
            super().write_connection_file(**named)

    def init_iopub(self, context: Any) -> None:
        module: Any = kernelapp
        stock = module.IOPubThread
        module.IOPubThread = partial(PrivateThread, self.printed)
        try:
            super().init_iopub(context)
        finally:
            module.IOPubThread = stock

    @property
    def printed(self) -> str:
        """The socket of what forked children print; beside the connection file."""
        return f"{Path(self.abs_connection_file).resolve().with_suffix('')}-printed"

    def files(self) -> list[str]:
        """Sockets of this kernel that are files: whoever ends it the hard way removes them."""
        place = self.iopub_thread._place  # noqa: SLF001 -- ours
        if self.transport != "ipc":
            return [place]
        return [place, *(f"{self.ip}-{getattr(self, f'{name}_port')}" for name in CHANNELS)]

    def init_io(self) -> None:
        self.bound()  # from here on a client's first try to connect succeeds
        super().init_io()

    def init_kernel(self) -> None:
        """As ever; of the modules that are there, which the debugger steps over, a list made before the fork is used.

        Asking each of them would make a copy of its page of memory: nine megabytes in every kernel.
        """
        with _remembered(ipkernel):
            super().init_kernel()

    def init_shell(self) -> None:
        super().init_shell()
        widgets: Any = sys.modules.get("ipywidgets")
        if widgets is not None and self.shell is not None:  # when it was imported there was no kernel to tell
            widgets.load_ipython_extension(self.shell)

    def init_gui_pylab(self) -> None:
        super().init_gui_pylab()
        matplotlib: Any = sys.modules.get("matplotlib")
        if matplotlib is not None and os.environ.get("MPLBACKEND"):  # it was imported before this was set
            matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]

    def init_path(self) -> None:
        super().init_path()
        from proboost_kernel import packages

        packages.on_path()

    def init_extensions(self) -> None:
        super().init_extensions()
        for name in EXTENSIONS:
            if name not in self.shell.extension_manager.loaded:
                self.shell.extension_manager.load_extension(name)

    def init_code(self) -> None:
        if not self.spare:  # a spare runs its user's startup files once it knows whose it is
            with _remembered(shellapp):
                super().init_code()

    def _configure_logging(self) -> None:
        super()._configure_logging()
        self.log.setLevel(self.log_level)  # otherwise each word that nobody wants to hear is put together all the same


def _plain(argv: list[str]) -> Config | None:
    """The configuration of `-f FILE`, and of naming the extensions that are there anyway; None for anything else."""
    config = Config()
    arguments = iter(argv)
    for argument in arguments:
        if argument == "-f":
            config.IPKernelApp.connection_file = next(arguments, "")
        elif not (argument.startswith(_EXTENSION) and argument[len(_EXTENSION) :] in EXTENSIONS):
            return None
    return config


@dataclass(frozen=True, slots=True)
class _Module:
    __file__: str


_modules: dict[str, _Module] = {}  # of the parent, when it was warm


class _Sys:
    """`sys`, whose modules are stand-ins that lie side by side in memory and know their files."""

    modules = _modules

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


@contextlib.contextmanager
def _remembered(module: Any) -> Iterator[None]:
    """What that module reads of all modules it reads of the stand-ins, in a fork of a warm parent."""
    if _modules:
        module.sys = _Sys()
    try:
        yield
    finally:
        module.sys = sys


def rehearse() -> None:
    """Fills what classes remember, with no thread, socket or file: called by a warm parent.

    Each kernel would otherwise compile the same patterns and ask the same classes for their traits. A parent that was
    forked from one which did it already has nothing to do.
    """
    if _modules:
        return
    for class_ in {*IPKernelApp.classes, *IPKernelApp.mro(), *ZMQInteractiveShell.mro()}:
        if hasattr(class_, "class_traits"):
            class_.class_traits(config=True)
    configurable: Any = Configurable  # what a class answers never changes, and each of a kernel's objects asks
    remembered: Any = cache(configurable.section_names.__func__)
    configurable.section_names = classmethod(remembered)
    configurable._load_config = _configured(configurable._load_config)  # noqa: SLF001 -- see there
    with contextlib.suppress(Exception):  # only time is lost where an IPython of another day is made otherwise
        completer: Any = IPCompleter
        completer(shell=None, namespace={}, global_namespace={})
        formatter: Any = DisplayFormatter()
        formatter.format(1)
        manager: Any = TransformerManager
        manager().transform_cell("x = f'1'\n%time 1\n!ls\nx?\n")
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        _modules["".join(list(name))] = _Module("".join(list(file)))  # copies: new texts, side by side


def _configured(stock: Callable[..., None]) -> Callable[..., None]:
    """traitlets' loading of configuration into an object, which first asks whether there is any for it."""

    def load(self: Any, cfg: Any, section_names: Any = None, traits: Any = None) -> None:
        if traits is not None or self._find_my_config(cfg):
            stock(self, cfg, section_names, traits)

    return load
