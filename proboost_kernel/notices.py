"""Tells the learner, below the next cell that is run, what the keeper did: a full home, programs that were ended.

The keeper writes one small JSON file (PROBOOST_NOTICES): {what: {"level", "used_mb", "limit_mb", "at"}} with what =
home, memory or disk; `{}` when all is well.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from proboost_kernel.i18n import _

FRESH = 600  # seconds: a kernel that starts later does not tell of it any more


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython: `IPKernelApp.extra_extensions`."""
    path = os.environ.get("PROBOOST_NOTICES")
    if path:
        shell.events.register("post_run_cell", Teller(Path(path)))


class Teller:
    """Called after each cell; says each thing once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.born = time.time()
        self.told = 0.0
        self.seen = 0

    def __call__(self, _result: object = None) -> None:
        try:
            facts = self.path.stat()
            if facts.st_mtime_ns == self.seen:
                return
            self.seen = facts.st_mtime_ns
            notices = json.loads(self.path.read_text("utf-8"))
            for what, notice in notices.items():
                at = float(notice["at"])
                if at > self.told and at > self.born - FRESH and (text := sentence(what, notice)):
                    print(text, file=sys.stderr)
                    self.told = at
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return  # no file, or not ours: there is nothing to tell


def sentence(what: str, notice: dict[str, Any]) -> str:
    """What happened, in the learner's language; empty for what we do not know."""
    used, limit = int(notice["used_mb"]), int(notice["limit_mb"])
    ended = notice["level"] != "full"
    match what:
        case "memory":
            text = _("Some of your programs were ended: together they may use {limit} MiB of memory.")
        case "home" if ended:
            text = _(
                "Your programs were ended: your folder kept growing beyond {limit} MiB. Delete what you do not need."
            )
        case "home":
            text = _(
                "Your folder is full: {used} of {limit} MiB. "
                "Programs cannot write more until you delete what you do not need."
            )
        case "disk" if ended:
            text = _("Your programs were ended: the disk of this school is almost full. Tell support.")
        case "disk":
            text = _("The disk of this school is almost full: programs cannot write much just now. Tell support.")
        case _other:
            return ""
    return text.format(used=used, limit=limit)
