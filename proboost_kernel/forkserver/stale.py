"""Whether what a warm parent has imported is still what an import would give today."""

from __future__ import annotations

import importlib
import os
import sys
import time

_TICK = 2_000_000_000  # ns: file times are coarse, so a time this fresh may hide a later change

Stamp = tuple[int, int, int] | None


class Fingerprint:
    """The files behind the imported modules, and the folders they were found in, as they are when this is made.

    `packages` is a folder (it need not exist yet) whose modules go before those of the other folders.
    """

    def __init__(self, packages: str = "") -> None:
        self.packages = packages
        self.files = {path: _stamp(path) for path in map(_file, list(sys.modules.values())) if path}
        self.folders = {path: _fresh(path) for path in {*sys.path, packages} if path}
        found = tuple(f"{path}{os.sep}" for path in sys.path if path and path in self.folders)
        # An editable install changes no folder of sys.path: these few are looked at each time.
        self.loose = [path for path in self.files if not path.startswith(found)]
        roots = [path for path in sys.path if path and "-packages" not in path and "/lib/python" not in path]
        self.loose += [path for path in self.files if path.startswith(tuple(f"{root}{os.sep}" for root in roots))]

    def changed(self) -> str:
        """What an import would find different, empty when nothing is. Cheap: installers touch the folder itself."""
        for path in self.loose:
            if _stamp(path) != self.files[path]:
                return path
        moved = [path for path, time_ in self.folders.items() if time_ is None or _time(path) != time_]
        if not moved:
            return ""
        for path, stamp in self.files.items():
            if _stamp(path) != stamp:
                return path
        if self.packages in moved and (name := self._shadowed()):
            return name
        for path in moved:
            before = self.folders[path]
            if before and any(_newer(os.path.join(path, name), before) for name in _links(path)):
                return f"{path}: *.pth"
            self.folders[path] = _fresh(path)  # an unrelated install: remembered, and the parent stays warm
        importlib.invalidate_caches()
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


def _file(module: object) -> str:
    return getattr(module, "__file__", None) or ""


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
