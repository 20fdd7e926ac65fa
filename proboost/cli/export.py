"""`proboost export`: results of a running platform as files, from its own machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from proboost.cli.group import Failed
from proboost.cli.inside import Inside, settings_of
from proboost.i18n import gettext as _


@click.group(
    help=_("Take results out of a running platform. Works on its own machine, for the account that started it.")
)
def export() -> None:
    pass


@export.command(help=_("The points of every learner of a course, as the gradebook shows them."))
@click.argument("course")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "xlsx", "json"]),
    default="csv",
    show_default=True,
    help=_("CSV and XLSX for spreadsheets, JSON for programs."),
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help=_("Write to this file instead of stdout.")
)
@click.option("--timezone", default="", metavar="ZONE", help=_("Times are those of this zone, like Europe/Moscow."))
@click.option(
    "--data", type=click.Path(path_type=Path), help=_("The folder of this installation (default: .proboost).")
)
def grades(course: str, format_: str, output: Path | None, timezone: str, data: Path | None) -> None:
    if format_ == "xlsx" and output is None and sys.stdout.isatty():
        raise click.UsageError(_("A workbook is not for a terminal; give a file with -o."))
    with Inside(settings_of(data)) as inside:
        language = os.environ.get("PROBOOST_LANG", "en")
        content = inside.download(f"/gradebook/{course}", format=format_, language=language, timezone=timezone)
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise Failed(_("{path} cannot be written: {reason}").format(path=output, reason=error.strerror)) from None
    click.echo(_("Written: {path}").format(path=output), err=True)
