"""Whether what a warm parent has imported is still what an import would give today."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

_TICK = 2_000_000_000  # ns: file times are coarse, so a time this fresh may hide a later change

Stamp = tuple[int, int, int] | None


class Fingerprint:
    """The files behind the imported modules, and the folders they were found in, as they are when this is made.

    `packages` is a folder (it need not exist yet) whose modules go before those of the other folders.
    """

    def __init__(self, packages: str = "") -> None:
        self.packages = ""
        self.folders = {path: _fresh(path) for path in sys.path if path}
        entries = sorted(self.folders, key=len, reverse=True)
        # Of each folder its own files: a fork that looked at all would copy the pages of all their names.
        self.files: dict[str, dict[str, Stamp]] = {}
        # An editable install changes no folder of sys.path: the files of such are looked at each time.
        self.loose: dict[str, Stamp] = {}
        for path in filter(None, map(_file, list(sys.modules.values()))):
            entry = next((e for e in entries if path.startswith(e + os.sep)), "")
            (self.loose if _edited(entry) else self.files.setdefault(entry, {}))[path] = _stamp(path)
        self.with_packages(packages)

    def with_packages(self, folder: str) -> Fingerprint:
        """The same, for a process whose user installs into `folder`."""
        if folder:
            self.packages = folder
            self.folders[folder] = _fresh(folder)
        return self

    def changed(self) -> str:
        """What an import would find different, empty when nothing is. Cheap: installers touch the folder itself."""
        if changed := _other(self.loose):
            return changed
        moved = [path for path, time_ in self.folders.items() if time_ is None or _time(path) != time_]
        for path in moved:
            if changed := _other(self.files.get(path, {})):
                return changed
        if self.packages in moved and (name := self._shadowed()):
            return name
        for path in moved:
            before = self.folders[path]
            if before and any(_newer(os.path.join(path, name), before) for name in _links(path)):
                return f"{path}: *.pth"
            self.folders[path] = _fresh(path)  # an unrelated install: remembered, and the parent stays warm
            finder: Any = sys.path_importer_cache.get(path)
            if finder is None:
                sys.path_importer_cache.pop(path, None)  # it was no folder when it was looked at
            elif hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()
        return ""

    def _shadowed(self) -> str:
        """A name that was imported from elsewhere, and would now be imported from the folder of packages."""
        try:
            entries = os.listdir(self.packages)
        except OSError:
            return ""
        for entry in entries:
            name = entry.partition(".")[0]
            loaded = _file(sys.modules.get(name))
            if loaded and not loaded.startswith(self.packages + os.sep) and not entry.endswith((".dist-info", ".data")):
                return os.path.join(self.packages, entry)
        return ""


_remembered: Fingerprint | None = None


def remember() -> Fingerprint:
    """Called by a warm parent whose forks are warm parents themselves: what `here` gives to each of them.

    To look at every module anew, a fork would have to copy nearly every page that modules lie in.
    """
    global _remembered
    _remembered = Fingerprint()
    return _remembered


def here(packages: str = "") -> Fingerprint:
    """The fingerprint of what this process has imported: the one it was forked with, where there is one."""
    return _remembered.with_packages(packages) if _remembered is not None else Fingerprint(packages)


def _edited(entry: str) -> bool:
    """Whether modules found in this folder of sys.path ("": in none) are changed without a trace in the folder."""
    return "-packages" not in entry and "/lib/python" not in entry


def _file(module: object) -> str:
    return getattr(module, "__file__", None) or ""


def _other(files: Mapping[str, Stamp]) -> str:
    """The first of these files that is not as it was."""
    return next((path for path, stamp in files.items() if _stamp(path) != stamp), "")


def _stamp(path: str) -> Stamp:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _time(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _fresh(path: str) -> int | None:
    """The folder's time; None while a change of this very moment could leave it as it is."""
    time_ = _time(path)
    return None if time_ and time.time_ns() - time_ < _TICK else time_


def _links(path: str) -> list[str]:
    try:
        return [name for name in os.listdir(path) if name.endswith(".pth")]
    except OSError:
        return []


def _newer(path: str, time_: int) -> bool:
    return _time(path) > time_
