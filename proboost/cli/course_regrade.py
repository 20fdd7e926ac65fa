"""`course regrade`: asks the platform to find answers again, shows how far it is, then whose points change."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from proboost import i18n
from proboost.cli.course_place import place
from proboost.cli.words import _
from proboost.i18n import ngettext

PAUSE = 0.3  # seconds between two looks
Json = dict[str, Any]


def regrade(name: str, exercise: str | None, *, apply: bool, data: Path | None, as_json: bool) -> None:
    """Prints what would change, or with `apply` what did. The work itself goes on when this process is ended."""
    with place(data) as there:
        told = _followed(there, there.regrade(name, exercise))
        if apply and told["state"] == "ready":
            told = _followed(there, there.apply_regrade(told["id"]))
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for row in told["changes"] or ():
        click.echo(line(row))
    click.echo(summary(told), err=True)


def line(row: Json) -> str:
    """One learner in one exercise."""
    by = row["after"] - row["before"]
    change = f"{'+' if by > 0 else ''}{i18n.number(round(by, 4))}"
    points = f"{i18n.number(row['before'])} → {i18n.number(row['after'])} / {i18n.number(row['max_points'])}"
    return f"{row['learner']}\t{row['lesson']}#{row['exercise']}\t{points}\t{change}"


def summary(told: Json) -> str:
    said = [
        ngettext("{n} answer was found again.", "{n} answers were found again.", told["total"]).format(n=told["total"])
    ]
    if told["unfit"]:
        text = ngettext(
            "{n} does not fit the exercise as it is now, and keeps what was found of it.",
            "{n} do not fit the exercise as it is now, and keep what was found of them.",
            told["unfit"],
        )
        said.append(text.format(n=told["unfit"]))
    if told["broken"]:
        text = ngettext(
            "The check of {n} broke on our side; ask again later.",
            "The check of {n} broke on our side; ask again later.",
            told["broken"],
        )
        said.append(text.format(n=told["broken"]))
    if not told["changes"]:
        said.append(_("Nobody's points change."))
    elif told["state"] == "applied":
        said.append(_("The points are changed."))
    else:
        said.append(_("Nothing is changed yet; to change these points, ask again with --apply."))
    return " ".join(said)


def _followed(there: Any, told: Json) -> Json:
    """The regrade when its work is done. On a terminal the way there is shown."""
    shown = sys.stderr.isatty()
    while told["state"] in ("finding", "applying"):
        if shown:
            click.echo(f"\r{told['done']} / {told['total']}", nl=False, err=True)
        time.sleep(PAUSE)
        told = there.regrade_state(told["id"])
    if shown:
        click.echo("\r", nl=False, err=True)
    return told
