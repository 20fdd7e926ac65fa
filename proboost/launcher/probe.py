"""What this machine has of what keeps learners apart and bounded: each is tried, and what its lack means is said."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from proboost.i18n import _
from proboost.settings import Settings

from . import bounds, cgroups, isolation, view
from .isolation import Isolation


@dataclass(frozen=True)
class Mechanism:
    """`why` it does not work, in the machine's words; `consequence`, in the reader's language. Empty when it works."""

    name: str
    works: bool
    why: str = ""
    consequence: str = ""


def probe(settings: Settings) -> list[Mechanism]:
    """Everything that the launcher relies on, most important first. Takes a moment: programs are started."""
    root = os.geteuid() == 0
    way, why = isolation.choose(settings.uid_min)
    found = [_apart(way, why, root, settings)]
    found += _controllers(root)
    found.append(
        _tried(
            "seccomp",
            isolation.try_seccomp(),
            _("Learners’ programs reach more of the kernel than they need: keep the system up to date."),
        )
    )
    if root and way is Isolation.NAMESPACES:
        found.append(
            _tried(
                "python",
                try_python(settings.uid_min),
                _("Learners’ accounts cannot run this Python: their servers do not start."),
            )
        )
    found.append(_disk(settings))
    return found


def isolated(settings: Settings) -> bool:
    """Whether a second learner may be served here without anybody's accepting a risk."""
    return isolation.choose(settings.uid_min)[0] is not Isolation.NONE


def _tried(name: str, why: str, consequence: str) -> Mechanism:
    return Mechanism(name, not why, why, consequence if why else "")


def _apart(way: Isolation, why: str, root: bool, settings: Settings) -> Mechanism:
    if settings.accept_shared_risk:
        consequence = _("Learners can read each other’s files, and the platform’s. You have accepted that risk.")
    else:
        consequence = _(
            "Learners cannot be kept apart, so a second learner is refused. "
            "`proboost up --accept-shared-risk` serves them all the same."
        )
    return _tried("namespaces" if root else "bubblewrap", why if way is Isolation.NONE else "", consequence)


def _controllers(root: bool) -> list[Mechanism]:
    """Tried in a group of our own that is removed again, without moving any process."""
    consequences = {
        "memory": _("A learner’s memory is watched and not reserved: a sudden rise can slow others down for a moment."),
        "pids": _("Learners’ processes are counted by the account alone.")
        if root
        else _("Learners’ processes are counted by namespace alone."),
        "cpu": _("Learners’ programs only yield to the platform’s: a busy one slows the other learners down."),
    }
    trial = cgroups.cage(f"probe-{os.getpid()}", bounds.Bounds(512, 64, 1.0, 64, 1000, 0), cgroups.available())
    trial.remove()
    return [_tried(f"cgroup {name}", trial.missing.get(name, ""), consequences[name]) for name in cgroups.CONTROLLERS]


def try_python(uid: int) -> str:
    """Empty, or why this Python does not run for a learner's uid; for root."""
    shown, hidden = view.code(with_courses=False)

    def run() -> None:
        isolation.shut_in(view.View(read=shown, write=(), hidden=hidden, uid=uid))
        done = subprocess.run(
            [sys.executable, "-s", "-c", "import ssl, sqlite3, ctypes"], capture_output=True, timeout=60, check=False
        )
        if done.returncode:
            raise OSError(done.stderr.decode(errors="replace").strip()[-300:] or str(done.returncode))

    return isolation.in_child(run)


def _disk(settings: Settings) -> Mechanism:
    facts = os.statvfs(bounds.existing(str(settings.data)))
    free, reserve = facts.f_bavail * facts.f_frsize >> 20, bounds.of(settings).reserve_mb
    why = "" if free > 2 * reserve else _("{free} MiB are free").format(free=free)
    consequence = _("Soon learners’ homes stop growing: {reserve} MiB are kept for the platform.").format(
        reserve=reserve
    )
    return _tried("disk", why, consequence)
