"""The libraries a warm parent imports for its kernels, and what each of them must do anew in a fork."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

LESSONS = ("numpy", "pandas", "matplotlib.pyplot", "ipywidgets")

# What a kernel imports only while it starts, runs its first cells, completes and inspects.
_KERNEL = (
    "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "ipykernel.iostream",
    "debugpy.server.api", "debugpy.adapter", "jupyter_client.session", "tornado.platform.asyncio", "tornado.locks",
    "tornado.queues", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.magics.ast_mod",
    "IPython.core.magics.execution", "IPython.core.magics.namespace", "IPython.core.magics.packaging",
    "IPython.core.magics.pylab", "IPython.core.magic_arguments", "IPython.core.latex_symbols", "IPython.core.logger",
    "IPython.core.oinspect", "IPython.core.pylabtools", "IPython.extensions.storemagic", "IPython.utils.module_paths",
    "IPython.utils.timing", "IPython.utils.wildcard", "IPython.external.pickleshare", "IPython.utils._process_posix",
    "executing", "stack_data", "pygments.formatters.html", "pygments.formatters.terminal256", "pygments.lexers.python",
    "pygments.styles.default", "pexpect", "ptyprocess", "parso.python.diff", "jedi", "jedi.api.refactoring.extract",
    "jedi.plugins.stdlib", "jedi.plugins.flask", "jedi.plugins.pytest", "jedi.plugins.django",
    "jedi.inference.gradual.conversion", "jedi.inference.gradual.typeshed", "sqlite3", "psutil", "faulthandler", "pdb",
    "pydoc", "pydoc_data.topics", "resource", "stringprep", "timeit", "encodings.idna", "encodings.ascii",
    "encodings.latin_1", "email.parser", "fractions", "difflib", "mimetypes", "unicodedata",
    "concurrent.futures.thread", "multiprocessing.process", "matplotlib_inline.config", "comm",
    "proboost_kernel.kernelapp", "proboost_kernel.magics", "proboost_kernel.notices", "proboost_kernel.packages",
    "proboost_kernel.printing", "proboost_kernel.tracebacks",
)  # fmt: skip
_TOUCHY = ("matplotlib_inline.backend_inline",)  # its import ties it to the shell that is there: none yet
_WITH = {  # imported besides, where the first of a pair is wanted and there
    "matplotlib": ("matplotlib.backends.backend_agg", "matplotlib.figure"),
    "ipywidgets": ("anywidget", "proboost_kernel.widgets"),
}


def load(names: Iterable[str]) -> dict[str, str]:
    """Imports what every kernel needs, then `names`; answers with those that could not be: {name: why}.

    A library that is broken costs no kernel: whoever imports it there is told what an ordinary kernel would tell.
    """
    failed = {}
    names = list(names)
    for name in [*_KERNEL, *names]:
        if (why := _load(name)) and name in names:
            failed[name] = why
    for name, more in _WITH.items():
        if name in sys.modules:
            for other in more:
                _load(other)
    if "matplotlib" in sys.modules:
        _draw()
    for name in _TOUCHY:
        sys.modules.pop(name, None)
    return failed


def _load(name: str) -> str:
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 -- whatever somebody's library does when it is imported
        return repr(error)
    return ""


def _draw() -> None:
    """One picture, without pyplot: fonts and backends are found, and the drawing code is ready."""
    with contextlib.suppress(Exception):
        backends: Any = importlib.import_module("matplotlib.backends")
        backends.backend_registry.list_all()
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure()
        FigureCanvasAgg(figure)
        figure.add_subplot().plot([0, 1])
        figure.savefig(io.BytesIO(), format="png")


# -- in a fork


def renew() -> None:
    """Called in a fork once environment and folder are those of its user: what libraries read from these when imported.

    The parent has one thread; linear algebra gets as many here as it would have in a program started for itself.
    """
    _threads()
    _homes()
    _matplotlib()


_SETTERS = (
    "scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads", "openblas_set_num_threads64_",
    "openblas_set_num_threads", "MKL_Set_Num_Threads", "bli_thread_set_num_threads",
)  # fmt: skip
_found: list[Callable[[int], object]] | None = None


def blas() -> list[Callable[[int], object]]:
    """What sets the number of threads of each linear algebra library in this process; the parent looks once."""
    global _found
    if _found is None:
        _found = []
        for path in _mapped():
            library = ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_NOW)
            setter = next((getattr(library, name) for name in _SETTERS if hasattr(library, name)), None)
            if setter is not None:
                _found.append(setter)
    return _found


def _mapped() -> list[str]:
    found = []
    with open("/proc/self/maps") as file:
        for line in file:
            path = line.rstrip("\n").partition("/")
            name = os.path.basename(path[2])
            if any(word in name for word in ("openblas", "libmkl_rt", "libblis")):
                found.append("/" + path[2])
    return list(dict.fromkeys(found))


def _threads() -> None:
    wanted = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    number = int(wanted) if wanted.isdigit() and int(wanted) > 0 else len(os.sched_getaffinity(0))
    if number > 1:
        for set_threads in blas():
            set_threads(number)


def _homes() -> None:
    """Folders for caches that were found from the environment of whoever imported the library."""
    parso: Any
    jedi: Any
    parso, jedi = sys.modules.get("parso.cache"), sys.modules.get("jedi.settings")
    with contextlib.suppress(Exception):  # these names are those of today's versions; without them a cache is slower
        if parso is not None:
            path = parso._get_default_cache_path()  # noqa: SLF001
            parso._default_cache_path = type(parso._default_cache_path)(path)  # noqa: SLF001
            if jedi is not None:
                jedi.cache_directory = os.path.join(os.path.dirname(path), "jedi")


def _matplotlib() -> None:
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is None:
        return
    for name in ("get_configdir", "get_cachedir"):
        clear = getattr(getattr(matplotlib, name, None), "cache_clear", None)
        if clear is not None:
            clear()
    style: Any = matplotlib.matplotlib_fname()
    if _style_changed(style):
        found = dict(matplotlib.rc_params())
        found.pop("backend", None)
        matplotlib.rcParams.update(found)
    backend = os.environ.get("MPLBACKEND")
    if backend:
        matplotlib.rcParams["backend"] = backend


_style: tuple[str, float] | None = None


def _style_changed(path: str) -> bool:
    """Whether matplotlib would read another matplotlibrc here than the one the parent read."""
    return _stamp(path) != _style


def _stamp(path: str) -> tuple[str, float]:
    try:
        return path, os.stat(path).st_mtime
    except OSError:
        return path, 0.0


def remember() -> None:
    """Called by the parent once it is warm: what `renew` compares with."""
    global _style
    blas()
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is not None:
        _style = _stamp(matplotlib.matplotlib_fname())
