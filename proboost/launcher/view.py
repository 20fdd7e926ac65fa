"""What a confined process sees of the machine: a root of its own that holds only what is named (an allow-list)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from proboost_kernel.forkserver import linux
from proboost_kernel.forkserver.linux import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    mount,
)

RUNTIME = "/run/jupyter"  # kernels' ipc sockets: short, private, gone with the namespace
NOTICES = "/run/proboost"  # what the keeper tells a server
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
PACKAGES = ("proboost", "proboost_kernel", "proboost_lab")


@dataclass(frozen=True)
class View:
    """Paths lie at the same place inside unless a pair (outside, inside) says else; missing ones are left out.

    `hidden` are folders inside of what is shown that are shown empty; `files` are made here.
    """

    read: tuple[str, ...]
    write: tuple[tuple[str, str], ...]
    uid: int
    hidden: tuple[str, ...] = ()
    read_at: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    runtime: bool = False
    tmp_mb: int = 256
    shm_mb: int = 128


def code(*, with_courses: bool, packages: tuple[str, ...] = PACKAGES) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What must be shown so that this Python and our packages run, and what of it must be hidden.

    Authors' notebooks hold answers: they are shown only `with_courses`.
    """
    shown = [os.path.realpath(sys.base_prefix), sys.prefix, os.path.realpath(sys.prefix)]
    hidden = []
    for name in packages:
        folder = _package(name)
        if folder is None:
            continue
        shown.append(folder)
        if not with_courses:
            hidden.append(f"{folder}/notebooks")
    if not with_courses:  # an editable install leaves a copy of them in site-packages
        hidden += [f"{os.path.realpath(entry)}/proboost/notebooks" for entry in sys.path if entry]
    ours = _package("proboost")
    beside = f"{os.path.dirname(ours)}/notebooks" if ours else ""
    if with_courses and os.path.isdir(beside) and "site-packages" not in beside:
        shown.append(beside)
    return _outermost(shown), tuple(path for path in dict.fromkeys(hidden) if os.path.isdir(path))


def _package(name: str) -> str | None:
    """The folder of an import package, found without importing it."""
    for entry in sys.path:
        if os.path.isfile(f"{entry or '.'}/{name}/__init__.py"):
            return os.path.realpath(f"{entry or '.'}/{name}")
    from importlib.util import find_spec

    spec = find_spec(name)
    return os.path.realpath(os.path.dirname(spec.origin)) if spec and spec.origin else None


def _outermost(paths: list[str]) -> tuple[str, ...]:
    """Without what /usr or another of the paths shows already."""
    kept: list[str] = []
    for path in sorted(set(paths), key=len):
        if not any(path == above or path.startswith(above + "/") for above in ("/usr", "/etc", *kept)):
            kept.append(path)
    return tuple(kept)


def resolver() -> dict[str, str]:
    """The machine's names: files that may be links to /run, or mounts of their own that a plain bind does not carry."""
    found = {}
    for path in ("/etc/resolv.conf", "/etc/hosts"):
        with contextlib.suppress(OSError):
            found[path] = Path(path).read_text()
    return found


def identity(name: str, uid: int, home: str) -> dict[str, str]:
    """Account files in which the uid has a name, and the machine's other accounts do not exist."""
    return {
        "/etc/passwd": f"root:x:0:0:root:/:/usr/sbin/nologin\n{name}:x:{uid}:{uid}::{home}:/bin/bash\n",
        "/etc/group": f"root:x:0:\n{name}:x:{uid}:\n",
    }


def enter(view: View) -> None:
    """Makes the view this process's root. Called as root in a mount namespace of its own, before the uid goes.

    Folders above what is shown are passable, whatever they are outside: so Python may lie below /root.
    """
    os.umask(0o022)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    sources = _open(view)  # before anything is covered
    root = next(path for path in ("/mnt", "/media", "/srv", "/tmp") if os.path.isdir(path))
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4m")
    for link in ("bin", "lib", "lib32", "lib64", "sbin"):
        if os.path.islink(f"/{link}"):
            os.symlink(os.readlink(f"/{link}"), f"{root}/{link}")
    files = {**resolver(), **view.files}
    _own(root, view)
    for (inside, writable), source in sources.items():
        device = inside.startswith("/dev/")
        _bind(root, source, inside, MS_NOSUID | (0 if device else MS_NODEV) | (0 if writable else MS_RDONLY))
        if not writable:
            for path in view.hidden:
                if path == inside or path.startswith(inside + "/"):
                    mount("tmpfs", root + path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k")
    for source in sources.values():
        os.close(source)
    _write_files(root, files)
    os.makedirs(f"{root}/proc", exist_ok=True)
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    linux.pivot_root(root)
    mount(None, "/", None, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_RDONLY)


def _open(view: View) -> dict[tuple[str, bool], int]:
    """A descriptor of each thing shown, in the order in which they are bound: outer ones first."""
    wanted = [(path, path, False) for path in ("/usr", "/etc", *view.read)]
    for link in ("/bin", "/lib", "/lib64", "/sbin"):  # folders of their own where /usr is not merged
        if os.path.isdir(link) and not os.path.islink(link):
            wanted.append((link, link, False))  # noqa: PERF401 -- with its condition
    wanted += [(outside, inside, False) for outside, inside in view.read_at]
    wanted += [(outside, inside, True) for outside, inside in view.write]
    wanted.sort(key=lambda entry: len(entry[1]))
    wanted += [(f"/dev/{name}", f"/dev/{name}", True) for name in DEVICES]
    opened = {}
    for outside, inside, writable in wanted:
        with contextlib.suppress(FileNotFoundError):
            opened[inside, writable] = os.open(outside, os.O_PATH | os.O_CLOEXEC)
    return opened


def _own(root: str, view: View) -> None:
    """Folders in memory: they count as the learner's memory, so their sizes are bounded."""
    for name, options in (
        ("tmp", f"mode=1777,size={view.tmp_mb}m"),
        ("run", "mode=0755,size=4m"),
        ("var", "mode=0755,size=1m"),
        ("dev", "mode=0755,size=64k"),
        ("dev/shm", f"mode=1777,size={view.shm_mb}m"),
    ):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        mount("tmpfs", f"{root}/{name}", "tmpfs", MS_NOSUID | MS_NODEV, options)
    os.makedirs(f"{root}/dev/pts")
    mount("devpts", f"{root}/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
    os.symlink("pts/ptmx", f"{root}/dev/ptmx")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{root}/dev/{name}")
    os.makedirs(f"{root}/var/tmp")
    os.chmod(f"{root}/var/tmp", 0o1777)  # noqa: S103 -- as everywhere, and in memory of its own
    if view.runtime:
        os.mkdir(root + RUNTIME, 0o700)
        os.chown(root + RUNTIME, view.uid, view.uid)


def _bind(root: str, source: int, inside: str, flags: int) -> None:
    target = root + inside
    outside = f"/proc/self/fd/{source}"
    if os.path.isdir(outside):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    mount(outside, target, None, MS_BIND)
    mount(None, target, None, MS_BIND | MS_REMOUNT | flags)


def _write_files(root: str, files: Mapping[str, str]) -> None:
    """Made in a folder of the new root, then bound over what /etc shows, or over what a link there names."""
    os.mkdir(f"{root}/.files", 0o755)
    for number, (path, text) in enumerate(files.items()):
        made = f"{root}/.files/{number}"
        with open(made, "w") as file:
            file.write(text)
        if os.path.islink(root + path):  # never followed by the kernel, for which it starts at the old root
            path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(root + path)))  # noqa: PLW2901
        target = root + path
        if not os.path.exists(target):
            if not path.startswith("/run/"):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            Path(target).touch()
        mount(made, target, None, MS_BIND)
        mount(None, target, None, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_RDONLY)
