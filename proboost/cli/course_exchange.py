"""`proboost course import` and `course export`: what comes from other systems, and what goes to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from proboost.cli.group import Failed
from proboost.cli.words import _

if TYPE_CHECKING:
    from proboost.exchange.report import Report
    from proboost.exchange.service import From


@click.command(
    "import",
    help=_(
        "Make the folder DIR of a course from what another system wrote: a course of nbgrader, or a bank of questions"
        " as GIFT or Moodle XML. SOURCE is a file, a folder, or a zip or tar of one. What cannot be taken is named."
    ),
    short_help=_("Make a course of another system's one."),
)
@click.option("--from", "kind", required=True, type=click.Choice(["nbgrader", "gift", "moodle-xml"]))
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help=_("Print the report as JSON to stdout."))
def import_(kind: str, source: Path, folder: Path, as_json: bool) -> None:
    from proboost.exchange import service  # its libraries take a while to load

    try:
        report = service.bring(cast("From", kind), source, folder)
    except service.NothingTaken as error:
        tell(error.report, as_json=as_json)
        raise Failed(error.message) from None
    tell(report, as_json=as_json)
    if not as_json:
        message = _("Made {path} (lessons: {lessons}, exercises: {exercises}). Then: proboost course check {path}")
        click.echo(message.format(path=folder, lessons=report.lessons, exercises=report.exercises), err=True)


def tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.json(), ensure_ascii=False, indent=1))
        return
    for one in report.refused:
        click.echo(_("Not taken: “{question}”. {reason}").format(question=one.question, reason=one.reason), err=True)
    for sentence in report.remarks:
        click.echo(_("Note: {sentence}").format(sentence=sentence), err=True)
