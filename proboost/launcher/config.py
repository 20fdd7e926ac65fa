"""What the launcher is told at its start: places, uids and bounds; plain data, so that a keeper needs nothing else."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from proboost.settings import Settings

from .bounds import Bounds, of


@dataclass(frozen=True)
class Config:
    data: str
    run: str
    socket: str  # the launcher's
    sockets: str  # folder of the servers'
    notices: str  # folder of what keepers tell servers
    state: str  # NAME.lock, NAME.exit, NAME.log
    homes: str
    service_uid: int
    uid_min: int
    uid_max: int
    bounds: Bounds
    language: str = "en"
    accept_shared_risk: bool = False
    control_groups: bool = True
    preload: tuple[str, ...] = ()  # libraries that kernels find imported

    @property
    def root(self) -> bool:
        return os.geteuid() == 0

    @property
    def mark(self) -> str:
        """Tells this installation's control groups from another's on the same machine."""
        return hashlib.sha256(os.fsencode(self.data)).hexdigest()[:8]


def of_settings(settings: Settings, *, language: str = "en") -> Config:
    return Config(
        data=str(settings.data),
        run=str(settings.run),
        socket=str(settings.launcher_socket),
        sockets=str(settings.server_sockets),
        notices=str(settings.run / "n"),
        state=str(settings.launcher_dir),
        homes=str(settings.homes),
        service_uid=settings.service_uid,
        uid_min=settings.uid_min,
        uid_max=settings.uid_max,
        bounds=of(settings),
        language=language,
        accept_shared_risk=settings.accept_shared_risk,
        preload=tuple(settings.preload.split()),
    )
