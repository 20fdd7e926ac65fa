"""Which sandbox this machine gives: found by making one and letting it try to break out, never by reading versions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from proboost.grading.rooms import Rooms, SandboxBroken
from proboost.grading.sandbox.cage import TIERS
from proboost.i18n import _

__all__ = ["TIERS", "NoSandbox", "Tier", "here", "lacking", "probe", "start"]

_SECRETS = ("/etc/shadow", "/etc/passwd", "/etc/hostname")


class NoSandbox(SandboxBroken):
    """This machine gives no sandbox as strong as is wanted; the sentence is for its administrator."""


@dataclass(frozen=True)
class Tier:
    """`name` A, B or C; `missing`: mechanisms of it that this kernel lacks, in words that go onto every finding."""

    name: str
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name if not self.missing else f"{self.name} ({', '.join('no ' + word for word in self.missing)})"


def start(wanted: str, *, uid: int, preload: Sequence[str], spare: int) -> tuple[Rooms, Tier]:
    """Rooms of the strongest tier that holds here. Raises NoSandbox when that is weaker than `wanted`."""
    found: list[str] = []
    for name in TIERS[: TIERS.index(wanted) + 1]:
        rooms = Rooms(name, uid=uid, preload=preload, spare=spare)
        try:
            rooms.start()
            return rooms, probe(rooms)
        except SandboxBroken as error:
            rooms.stop()
            found.append(f"{name}: {error}")
        except BaseException:
            rooms.stop()
            raise
    raise NoSandbox(
        _("This machine gives no sandbox of tier {wanted} or better, so no program is checked here: {reasons}").format(
            wanted=wanted, reasons="; ".join(found)
        )
    )


def here(*, uid: int) -> Tier:
    """The best sandbox that this machine gives, tried and let go of again. Raises NoSandbox when there is none."""
    rooms, tier = start("C", uid=uid, preload=(), spare=1)
    rooms.stop()
    return tier


def lacking(tier: Tier) -> list[str]:
    """Mechanisms that this machine does not give its sandbox, and what stands in their place; for its administrator."""
    found = []
    if tier.name != "A":
        found.append(_("no /proc of a room's own: it is shut instead"))
    if tier.name == "C":
        found.append(_("no namespaces: Landlock, seccomp and limits hold programs, and a disk may be filled"))
    if "landlock" in tier.missing:
        found.append(_("no Landlock: the room's own root holds programs alone"))
    found.append(_("no control group for memory: it is counted twenty times a second, and a room above it is ended"))
    return found


def probe(rooms: Rooms) -> Tier:
    """What these rooms hold back. Raises SandboxBroken when a room is not one."""
    room = rooms.take()
    try:
        # With a pid namespace of its own, a room has small numbers too: ours must not be one of them.
        outside = [os.getpid()] if rooms.tier == "C" or os.getpid() > 1000 else []
        plan = {"part": "probe", "secrets": list(_SECRETS), "processes": outside, "cpu": 10, "memory": 256}
        room.begin(plan, watched_mb=256)
        told = room.receive(20)
    except TimeoutError:
        told = None
    finally:
        room.close()
        rooms.refill()
    if told is None or told.get("canary") is not True:
        raise SandboxBroken(f"a room does not work: {told}")
    holes = [str(hole) for hole in told.get("holes", [])]
    if holes:
        raise SandboxBroken("not held back: " + ", ".join(holes))
    if not told["seccomp"] or not told["no_new_privileges"]:
        raise SandboxBroken("no seccomp filter")
    if not told["landlock"] and rooms.tier != "A":
        raise SandboxBroken("no Landlock")
    return Tier(rooms.tier, () if told["landlock"] else ("landlock",))
