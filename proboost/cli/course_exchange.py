"""`proboost course import` and `course export`: what comes from other systems, and what goes to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from proboost.cli.course_told import problem_told, read, readable
from proboost.cli.group import Failed
from proboost.cli.words import _
from proboost.exchange.report import Made, Report

if TYPE_CHECKING:
    from proboost.courses.source import Source
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


@click.command(
    help=_(
        "Write a course for other places: as pages to read, without answers (html, into the folder -o), or its"
        " questions for Moodle (gift, into the file -o, or to stdout). COURSE is a published course, DIR the folder of"
        " one."
    ),
    short_help=_("Write a course as pages to read, or its questions for Moodle."),
)
@click.argument("what", metavar="COURSE|DIR")
@click.option("--to", "kind", required=True, type=click.Choice(["html", "gift"]))
@click.option("-o", "--output", type=click.Path(path_type=Path), help=_("The folder or file to write to."))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help=_("The installation's folder."))
def export(what: str, kind: str, output: Path | None, data: Path | None) -> None:
    if kind == "html" and output is None:
        raise click.UsageError(_("Name the folder of the pages: -o DIR."))
    source = source_of(what, data)
    if kind == "html":
        assert output is not None
        pages(source, output)
    else:
        gift(source, output)


def source_of(what: str, data: Path | None) -> Source:
    """The course in a folder, else the published one of that name."""
    from proboost.cli.course_place import place, published
    from proboost.courses import source as sources

    if Path(what).is_dir():
        return readable(read(Path(what)), what)
    with place(data) as there:
        course, files = published(there, what)
    return readable(sources.read(files, name=course), course)


def pages(source: Source, folder: Path) -> None:
    from proboost.exchange import reading, service  # nbconvert takes a while to load

    service.refuse_full(folder)
    found, remarks = problem_told(reading.pages, source)
    service.write(Made(found, Report()), folder)
    for sentence in remarks:
        click.echo(_("Note: {sentence}").format(sentence=sentence), err=True)
    click.echo(_("Made {path}; it begins at index.html.").format(path=folder), err=True)


def gift(source: Source, file: Path | None) -> None:
    from proboost.exchange import gift_writing

    made = gift_writing.write(source)
    for one in made.refused:
        click.echo(_("Not taken: “{question}”. {reason}").format(question=one.question, reason=one.reason), err=True)
    for sentence in made.remarks:
        click.echo(_("Note: {sentence}").format(sentence=sentence), err=True)
    if not made.questions:
        raise Failed(_("The course has no question that GIFT can say."))
    if file is None:
        click.echo(made.text, nl=False)
        return
    file.write_text(made.text, "utf-8")
    click.echo(_("Questions written: {n}.").format(n=made.questions), err=True)


def tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.json(), ensure_ascii=False, indent=1))
        return
    for one in report.refused:
        click.echo(_("Not taken: “{question}”. {reason}").format(question=one.question, reason=one.reason), err=True)
    for sentence in report.remarks:
        click.echo(_("Note: {sentence}").format(sentence=sentence), err=True)
