"""Where a process stands: what a fork of another one would have to share with it to pass for its own child."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import stat
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from . import hygiene

# What Python and its libraries read once, when they start: a fork of a process started with other values differs.
_AT_START = (
    "PYTHON", "LD_", "MALLOC_", "GLIBC_", "OMP_", "OPENBLAS_", "MKL_", "KMP_", "NUMEXPR_", "BLIS_", "GOTO_", "ARROW_",
    "PYDEVD_", "JE_ARROW_",
)  # fmt: skip
# What a kernel reads while it is made ready, so before it knows who will use it.
_AT_SETUP = ("LC_", "MPL", "IPYTHON", "JUPYTER_")
_NAMES = frozenset({"HOME", "LANG", "LANGUAGE", "PATH", "TMPDIR", "USER", "VIRTUAL_ENV", "CONDA_PREFIX", "NO_COLOR",
                    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "PROBOOST_NOTICES",
                    "PROBOOST_KERNEL_PACKAGES"})  # fmt: skip
_IGNORED = frozenset({"PYTHONUNBUFFERED", "JUPYTER_SERVER_ROOT", "JUPYTER_SERVER_URL"})
_SECRET = ("TOKEN", "SECRET", "PASSWORD", "API_KEY", "CREDENTIAL")
_STATUS = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
           "Seccomp_filters")  # fmt: skip
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")

# A warm parent is started with these, so that no library starts a native thread in it, and that the threads which a
# kernel then starts for linear algebra go to sleep within a millisecond (2^20 cycles; otherwise they spin for 100).
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_THREAD_TIMEOUT": "20",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def at_start(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of `variables` that only count when Python starts, sorted."""
    return {name: variables[name] for name in sorted(variables) if name.startswith(_AT_START) and name not in _IGNORED}


def at_setup(variables: Mapping[str, str]) -> dict[str, str]:
    """Those that a kernel is made ready with, sorted: no others, and no secret, are ever kept by a warm parent."""
    return {
        name: value
        for name, value in sorted(variables.items())
        if (name.startswith((*_AT_START, *_AT_SETUP)) or name in _NAMES)
        and name not in _IGNORED
        and not any(word in name for word in _SECRET)
    }


def here() -> dict[str, str]:
    """Identity, privileges, namespaces and control groups of this process: equal for a fork that may pass for ours.

    A fork of a process elsewhere would have other rights, other files in sight or other limits.
    """
    found = {}
    with open("/proc/self/status") as file:
        for line in file:
            name, _colon, value = line.partition(":")
            if name in _STATUS:
                found[name] = " ".join(value.split())
    for name in _NAMESPACES:
        try:
            found[f"ns/{name}"] = os.readlink(f"/proc/self/ns/{name}")
        except OSError:
            found[f"ns/{name}"] = ""
    with open("/proc/self/cgroup") as file:
        found["cgroup"] = file.read()
    found["root"] = "{0.st_dev}:{0.st_ino}".format(os.stat("/"))
    return found


def ceilings() -> list[object]:
    """What an unprivileged process could not take back if its parent had less: hard limits and niceness."""
    hard = [resource.getrlimit(limit)[1] for limit in hygiene.LIMITS]
    return [hard, os.getpriority(os.PRIO_PROCESS, 0)]


def digest(*parts: object) -> str:
    """A short name for anything JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def key(python: str, flags: Sequence[str], variables: Mapping[str, str], settings: object) -> str:
    """Names the warm parent that a request needs: the same for requests that one parent, so set, can serve."""
    return digest(python, list(flags), settings, at_start(variables), variables.get("HOME"), _locale(variables),
                  variables.get("PROBOOST_KERNEL_PACKAGES"), here(), ceilings())  # fmt: skip


def _locale(variables: Mapping[str, str]) -> list[str]:
    return [f"{name}={variables[name]}" for name in sorted(variables) if name.startswith("LC_") or name == "LANG"]


def encoding(variables: Mapping[str, str]) -> str:
    """What the locale of `variables` says of text: "utf-8" also where Python takes it in place of the C locale."""
    name = variables.get("LC_ALL") or variables.get("LC_CTYPE") or variables.get("LANG") or "C"
    codes = name.partition(".")[2].partition("@")[0].lower().replace("-", "")
    return "utf-8" if codes == "utf8" or name in {"C", "POSIX"} else codes or name


def folder(variables: Mapping[str, str]) -> str:
    """A private folder (0700, ours) for the sockets of warm parents. Raises PermissionError when it is not.

    It lies where Jupyter keeps its own sockets, else where the system keeps this user's, else in the folder for
    temporary files.
    """
    base = variables.get("JUPYTER_RUNTIME_DIR") or variables.get("XDG_RUNTIME_DIR") or ""
    path = os.path.join(base, "kernel-parents")
    if not os.path.isdir(base) or len(path) > 60:  # a unix socket's whole path has room for 107 bytes
        path = os.path.join(tempfile.gettempdir(), f"kernel-parents-{os.getuid()}")
    os.makedirs(path, mode=0o700, exist_ok=True)
    facts = os.lstat(path)  # never trust a folder that somebody else made in /tmp
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise PermissionError(f"{path} is not a private folder of uid {os.getuid()}")
    return path


def need(python: str, flags: Sequence[str], variables: Mapping[str, str]) -> dict[str, Any]:
    """What a parent must have for a kernel with this command and environment, asked for from here."""
    return {
        "python": python,
        "flags": list(flags),
        "start": at_start(variables),
        "text": encoding(variables),
        "place": here(),
    }


def differs(wanted: Mapping[str, Any], started_with: Mapping[str, str]) -> str:
    """Whether this process, whose Python was started with those variables, lacks something of `wanted`: what, or ""."""
    if wanted["python"] != sys.executable:
        return "Python"
    if wanted["start"] != dict(started_with):
        names = {*wanted["start"].items()} ^ {*started_with.items()}
        return "environment: " + ", ".join(sorted({name for name, _value in names}))
    if wanted["text"] != sys.getfilesystemencoding():
        return "encoding"
    mine = here()
    return ", ".join(sorted(name for name in {*mine, *wanted["place"]} if mine.get(name) != wanted["place"].get(name)))
