"""`%pip` of a learner: installs into a folder of their own that is on the kernel's path only, and never elsewhere.

PROBOOST_KERNEL_PACKAGES names the folder (each Python has one of its own in it); without it `%pip` is IPython's. What
is installed there goes before what the machine offers, and after Python's own library.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from proboost_kernel.i18n import _

VARIABLE = "PROBOOST_KERNEL_PACKAGES"
_ELSEWHERE = ("-t", "--target", "--prefix", "--root", "-e", "--editable")  # who says where means it: pip decides
_SOURCES = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--proxy", "--trusted-host", "--cert")
_FLAGS = ("--no-index", "--pre", "--no-build-isolation", "--no-cache-dir")
_QUIET = ("--disable-pip-version-check", "--no-input")


def folder() -> str:
    """Where this kernel's user installs; empty where `%pip` is left as it is."""
    base = os.environ.get(VARIABLE)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return str(Path(base).expanduser() / version) if base else ""


def on_path() -> None:
    """Puts the folder on this process's path, before the machine's packages; makes it, so that imports look there."""
    path = folder()
    if not path or path in sys.path:
        return
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # a full or read-only home: nothing is installed there
    first = next((at for at, entry in enumerate(sys.path) if entry.endswith("-packages")), len(sys.path))
    sys.path.insert(first, path)


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython."""
    if folder():
        shell.register_magic_function(Pip(shell).pip, "line", "pip")


class Pip:
    """The magic. One place installs into the folder, another removes from it; all else is pip's own answer."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def pip(self, line: str) -> None:
        """Run pip for this kernel: `%pip install NAME…`, `%pip uninstall NAME…`, `%pip list`, …"""
        arguments = shlex.split(line)
        command = next((one for one in arguments if not one.startswith("-")), "")
        if command == "install" and not any(one.partition("=")[0] in _ELSEWHERE for one in arguments):
            self.install([one for one in arguments[arguments.index(command) + 1 :] if one != "--user"])
        elif command == "uninstall":
            self.uninstall([one for one in arguments[arguments.index(command) + 1 :] if not one.startswith("-")])
        else:
            self.shell.system(shlex.join(["env", f"PYTHONPATH={_searched()}", *_pip(), *arguments]))

    def install(self, wanted: list[str]) -> None:
        """Installs what pip finds missing, counting what the machine and the folder have; whole or not at all."""
        report = _resolve(wanted)
        if report is None:
            return
        found = report["install"]
        if not found:
            print(_("Everything you asked for is installed already."))
            return
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder()) as staged:
            sources = [_source(item["download_info"]) for item in found]
            options = ["--no-deps", "--no-warn-script-location", "--quiet", "--target", staged, *_options(wanted)]
            done = subprocess.run([*_pip(), "install", *_QUIET, *options, *sources], check=False, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
            if done.returncode:
                print(done.stdout, file=sys.stderr)
                return
            for item in found:
                _remove(item["metadata"]["name"])
            shutil.copytree(staged, folder(), dirs_exist_ok=True, symlinks=True)
        importlib.invalidate_caches()
        names = ", ".join(f"{item['metadata']['name']} {item['metadata']['version']}" for item in found)
        print(_("Installed into your own folder: {names}.").format(names=names))
        print(_("Restart the kernel to use what you had already imported in its new version."))

    def uninstall(self, names: list[str]) -> None:
        """Removes packages from the folder; those of the machine are not the learner's to remove."""
        for name in names:
            if _remove(name):
                print(_("Removed from your own folder: {name}.").format(name=name))
            else:
                print(_("{name} is not in your own folder: it stays.").format(name=name), file=sys.stderr)
        importlib.invalidate_caches()


def _pip() -> list[str]:
    return [sys.executable, "-m", "pip"]


def _searched() -> str:
    return os.pathsep.join(one for one in (folder(), os.environ.get("PYTHONPATH", "")) if one)


def _resolve(wanted: list[str]) -> dict[str, Any] | None:
    """pip's report of what it would install; None when it said why not."""
    with tempfile.NamedTemporaryFile(suffix=".json", dir=folder()) as report:
        command = [*_pip(), "install", *_QUIET, "--quiet", "--dry-run", "--report", report.name, *wanted]
        done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "PYTHONPATH": _searched()})  # fmt: skip
        if done.stdout.strip():
            print(done.stdout.strip(), file=sys.stderr)
        if done.returncode:
            return None
        found: dict[str, Any] = json.loads(Path(report.name).read_text("utf-8"))
        return found


def _source(info: dict[str, Any]) -> str:
    """The address of exactly what pip found (PEP 610)."""
    if "vcs_info" in info:
        return f"{info['vcs_info']['vcs']}+{info['url']}@{info['vcs_info']['commit_id']}"
    if "dir_info" in info:
        return str(info["url"]).removeprefix("file://")
    return str(info["url"])


def _options(wanted: list[str]) -> list[str]:
    """Those of the learner's options that say where packages come from."""
    kept: list[str] = []
    for at, one in enumerate(wanted):
        if one in _SOURCES:
            kept += wanted[at : at + 2]
        elif one.partition("=")[0] in _SOURCES or one in _FLAGS:
            kept.append(one)
    return kept


def _remove(name: str) -> bool:
    """Whether a package of that name was in the folder; it is not now."""
    found = [one for one in _mine() if _same(one.metadata["Name"] or "") == _same(name)]
    for package in found:
        files = [Path(str(package.locate_file(file))) for file in package.files or []]
        for file in files:
            file.unlink(missing_ok=True)
        for above in sorted({parent for file in files for parent in file.parents}, key=str, reverse=True):
            if str(above).startswith(folder() + os.sep):
                shutil.rmtree(above / "__pycache__", ignore_errors=True)
                if above.is_dir() and not any(above.iterdir()):
                    above.rmdir()
    return bool(found)


def _mine() -> Iterable[Distribution]:
    return distributions(path=[folder()])


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
