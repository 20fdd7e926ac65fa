"""Words about submissions that several pages share."""

from __future__ import annotations

from proboost import i18n
from proboost.i18n import _

BROKE = "job: "  # what a reason begins with that is a machine's own words


def reason(written: str) -> str:
    """Why a submission was set aside."""
    if not written.startswith(BROKE):
        return written
    return _("Grading it broke, again and again ({reason}).").format(reason=written.removeprefix(BROKE) or "?")


def state(state: str) -> str:
    """Of a submission."""
    return {
        "grading": _("being checked"),
        "waits": _("waits for a grader"),
        "graded": _("graded"),
        "replaced": _("replaced by a later one"),
        "aside": _("set aside"),
    }.get(state, state)


def item(state: str) -> str:
    """Of one answer."""
    return {
        "passed": _("Correct"),
        "partial": _("Partly correct"),
        "failed": _("Not yet"),
        "pending": _("being checked"),
        "manual": _("waits for a grader"),
        "error": _("the check broke"),
        "new": _("not answered"),
    }.get(state, state)


def size(count: int) -> str:
    """12 B, 3,4 KiB."""
    if count < 1024:
        return _("{n} B").format(n=count)
    if count < 1024**2:
        return _("{n} KiB").format(n=i18n.number(round(count / 1024, 1)))
    return _("{n} MiB").format(n=i18n.number(round(count / 1024**2, 1)))
