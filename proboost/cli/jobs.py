"""`proboost jobs`: how far a running platform is with what was handed in, and once more what was set aside."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from proboost.cli.group import Failed
from proboost.cli.inside import Inside, data_option, settings_of
from proboost.i18n import gettext as _

EVERY = 1.0  # seconds between two looks

Row = dict[str, Any]


@click.command(
    help=_(
        "How far grading of handed-in lessons is: of COURSE, or of all courses. Works on the platform's own machine. "
        "Exit status 1 when something was set aside."
    ),
    short_help=_("How far grading of handed-in lessons is."),
)
@click.argument("course", required=False, default="")
@click.option("--wait", is_flag=True, help=_("Show a bar until everything is graded that a machine can grade."))
@click.option("--again", is_flag=True, help=_("Grade once more what was set aside (names a COURSE)."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON to stdout."))
@data_option
def jobs(course: str, wait: bool, again: bool, as_json: bool, data: Path | None) -> int:
    if again and not course:
        raise click.UsageError(_("Name the course whose submissions are to be graded once more."))
    with Inside(settings_of(data)) as inside:
        if again:
            count = inside.platform("POST", f"/submissions/{course}/again")["again"]
            click.echo(_("Graded once more: {n}.").format(n=count), err=True)
        rows = look(inside, course)
        if wait:
            rows = watch(inside, course, rows)
    if course and not rows:
        raise Failed(_("Nothing was handed in in the course “{id}” yet.").format(id=course))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            tell(row)
    return 1 if any(row["aside"] for row in rows) else 0


def look(inside: Inside, course: str) -> list[Row]:
    return list(inside.platform("GET", "/submissions", params={"course": course})["courses"])


def watch(inside: Inside, course: str, rows: list[Row]) -> list[Row]:
    """A bar on stderr until the machine has nothing left to grade; what is handed in meanwhile makes it longer."""
    label = _("Graded")
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:
        while True:
            bar.length, bar.pos = max(1, sum(row["total"] for row in rows)), sum(row["done"] for row in rows)
            bar.update(0)
            bar.render_progress()
            if all(row["done"] == row["total"] for row in rows):
                return rows
            time.sleep(EVERY)
            rows = look(inside, course)


def tell(row: Row) -> None:
    said = _("{course}: the machine has graded {done} of {total}, {queued} wait, {running} are under way.")
    click.echo(said.format(**{name: row[name] for name in ("course", "done", "total", "queued", "running")}))
    if row["waits"]:
        click.echo(_("  {n} wait for a grader").format(n=row["waits"]))
    for one in row["aside"]:
        click.echo(_("  No. {number} was set aside: {reason}").format(**one))
