"""`proboost course …`: makes, checks, builds, pulls and publishes courses; the thinking is done in proboost.courses."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from proboost.cli.course_copy import Copy
from proboost.cli.course_exchange import export, import_
from proboost.cli.course_place import Refused, place
from proboost.cli.course_told import placed, problem_told, read, sound, tell
from proboost.cli.group import Failed
from proboost.cli.words import _
from proboost.courses import archive, requirements
from proboost.courses import check as checks
from proboost.courses import release as releases
from proboost.courses.course_file import ID
from proboost.courses.flaws import Flaw, errors
from proboost.courses.source import Source

FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
ANY_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group(help=_("Make, check, build and publish courses."), no_args_is_help=True)
def course() -> None:
    pass


course.add_command(import_)
course.add_command(export)


@course.command(
    help=_("Make the folder of a new course, with a first lesson to change."),
    short_help=_("Make the folder of a new course."),
)
@click.argument("folder", type=ANY_FOLDER)
@click.option("--title", help=_("The course's title."))
@click.option(
    "--language", type=click.Choice(["ru", "en"]), help=_("The language of the course; yours when not given.")
)
def new(folder: Path, title: str | None, language: str | None) -> None:
    from proboost.courses.beginning import beginning
    from proboost.i18n import language as mine

    name = folder.resolve().name
    if not ID.match(name):
        raise Failed(
            _("A course's id is made of small Latin letters, digits and “-”; “{name}” is not one.").format(name=name)
        )
    if folder.exists() and any(folder.iterdir()):
        raise Failed(_("The folder “{path}” is not empty.").format(path=folder))
    write(beginning(name, title or name, language or mine()), folder)
    click.echo(
        _("Made {path}. Open it in JupyterLab, then: proboost course check {path}").format(path=folder), err=True
    )


@course.command(
    help=_("Tell everything that is wrong in course folders; nothing is executed unless --run is given."),
    short_help=_("Tell everything that is wrong in course folders."),
)
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=FOLDER)
@click.option("--run", is_flag=True, help=_("Run every solution against its tests; every starter must fail."))
@click.option("--tests", is_flag=True, help=_("With --run: say of each test how much it may be believed."))
@click.option("--json", "as_json", is_flag=True, help=_("Print a JSON list to stdout."))
def check(folders: tuple[Path, ...], run: bool, tests: bool, as_json: bool) -> None:
    if tests and not run:
        raise click.UsageError(_("--tests needs --run."))
    found: list[Flaw] = []
    for folder in folders:
        found += [placed(flaw, folder) for flaw in flaws_of(read(folder), run=run, tests=tests)]
    if as_json:
        click.echo(json.dumps([flaw.json() for flaw in found], ensure_ascii=False, indent=1))
    else:
        tell(found)
        if all(flaw.severity == "note" for flaw in found):
            click.echo(_("No problems."), err=True)
    sys.exit(1 if errors(found) else 0)


@course.command(
    help=_(
        "Run every lesson as its page does, in a kernel of this machine: tell the cells that fail, and write into the "
        "notebooks how much room the outputs take, so that nothing on the page moves when they come. Your own programs "
        "run with your rights."
    ),
    short_help=_("Run every lesson from top to bottom."),
)
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=FOLDER)
@click.option("--no-write", is_flag=True, help=_("Leave the notebooks as they are."))
@click.option("--json", "as_json", is_flag=True, help=_("Print a JSON list to stdout."))
def rehearse(folders: tuple[Path, ...], no_write: bool, as_json: bool) -> None:
    from proboost.cli.course_rehearse import rehearse as run

    sys.exit(run(folders, note=not no_write, as_json=as_json))


@course.command(
    help=_("Build a release into a folder: source/, learner/, key/ and release.json."),
    short_help=_("Build a release into a folder."),
)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("-o", "--output", required=True, type=ANY_FOLDER, help=_("The folder to write to."))
def build(folder: Path, output: Path) -> None:
    source = read(folder)
    built = releases.build(sound(source, folder))
    if output.exists() and any(output.iterdir()):
        if not (output / "release.json").is_file():
            raise Failed(_("The folder “{path}” is not empty.").format(path=output))
        shutil.rmtree(output)  # of a build before
    for name, bundle in (("source", built.source), ("learner", built.learner), ("key", built.key)):
        write(bundle, output / name)
    write({"release.json": releases.pretty(built.record)}, output)
    click.echo(_("Built {path}: give away only {learner}.").format(path=output, learner=output / "learner"), err=True)


@course.command(
    help=_("Publish a course. From a terminal in JupyterLab: propose it, for you to confirm on a page."),
    short_help=_("Publish a course, or propose it from JupyterLab."),
)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--notes", default="", help=_("What learners are told of this release."))
@click.option("--data", type=ANY_FOLDER, help=_("The installation's folder."))
@click.option("--json", "as_json", is_flag=True, help=_("Print the answer as JSON to stdout."))
def publish(folder: Path, notes: str, data: Path | None, as_json: bool) -> None:
    source = sound(read(folder), folder)
    for flaw in requirements.unmet(source):
        click.echo(_("warning:") + " " + placed(flaw, folder).text(), err=True)
    copy = Copy(folder)
    with place(data) as there:
        rows = {row["course"]: row for row in there.courses()}
        base = copy.base(source.id, rows.get(source.id))
        try:
            if notes and there.hosted:
                raise Failed(_("Write the notes on the page where you confirm the release."))
            answer = there.publish(archive.pack(source.files), source.id, base, notes)
        except Refused as error:
            tell((placed(flaw, folder) for flaw in error.flaws), err=True)
            raise Failed(error.message) from None
    copy.published(source.id, base, answer.get("release"), source.files)
    if as_json:
        click.echo(json.dumps(answer))
    elif "url" in answer:
        click.echo(_("Proposed. Look at what changes and confirm it here:"), err=True)
        click.echo(answer["url"])
    else:
        click.echo(_("Published: {course}, release {release}.").format(**answer))


@course.command(
    help=_("Take the source of a published course, to change it: into DIR, or into COURSE-source."),
    short_help=_("Take the source of a published course."),
)
@click.argument("name", metavar="COURSE")
@click.argument("folder", metavar="[DIR]", required=False, type=ANY_FOLDER)
@click.option("--data", type=ANY_FOLDER, help=_("The installation's folder."))
def pull(name: str, folder: Path | None, data: Path | None) -> None:
    if not ID.match(name):
        raise click.UsageError(
            _("A course's id is made of small Latin letters, digits and “-”; “{name}” is not one.").format(name=name)
        )
    target = folder or Path(f"{name}-source")  # COURSE itself is where authors have their learner's copy
    copy = Copy(target)
    with place(data) as there:
        release, content = there.source(name)
    files = problem_told(archive.unpack, content)
    copy.may_be_replaced(files)
    for path in copy.files.keys() - files.keys():
        (target / path).unlink()
    write(files, target)
    copy.pulled(name, release, files)
    click.echo(
        _("Release {release} of {course} is in {path}.").format(release=release, course=name, path=target), err=True
    )


@course.command("list", help=_("List the courses that you may pull, or the releases of one."))
@click.argument("name", metavar="[COURSE]", required=False)
@click.option("--data", type=ANY_FOLDER, help=_("The installation's folder."))
@click.option("--json", "as_json", is_flag=True, help=_("Print a JSON list to stdout."))
def list_(name: str | None, data: Path | None, as_json: bool) -> None:
    with place(data) as there:
        rows = there.releases(name) if name else there.courses()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo(release_line(row) if name else course_line(row))
    if not rows:
        click.echo(_("There are no courses that you are an author of."), err=True)


def course_line(row: dict[str, Any]) -> str:
    state = _("release {n}").format(n=row["release"]) if row["release"] else _("not published")
    return f"{row['course']}\t{state}\t{row['title']}"


def release_line(row: dict[str, Any]) -> str:
    state = _("published") if row["current"] else _("withdrawn") if row["withdrawn_at"] else _("replaced")
    return f"{row['release']}\t{row['published_at'][:16].replace('T', ' ')}\t{state}\t{' '.join(row['notes'].split())}"


@course.command(
    help=_("Take the current release of a course from learners; what they have done stays."),
    short_help=_("Take a course from learners."),
)
@click.argument("name", metavar="COURSE")
@click.option("--data", type=ANY_FOLDER, help=_("The installation's folder."))
def withdraw(name: str, data: Path | None) -> None:
    with place(data) as there:
        release = there.withdraw(name)
    click.echo(_("Release {release} of {course} is withdrawn.").format(release=release, course=name))


@course.command(
    help=_(
        "Say in words what would change for learners: from the published release, or from OTHER, to DIR. Each may be a"
        " folder or a release, like python-start@3."
    ),
    short_help=_("Say in words what would change."),
)
@click.argument("which", metavar="DIR")
@click.argument("other", metavar="[OTHER]", required=False)
@click.option("--data", type=ANY_FOLDER, help=_("The installation's folder."))
@click.option("--json", "as_json", is_flag=True, help=_("Print a JSON list to stdout."))
def diff(which: str, other: str | None, data: Path | None, as_json: bool) -> None:
    from proboost.cli.course_diff import differences_of

    found = differences_of(which, other, data)
    if as_json:
        click.echo(
            json.dumps([{"text": one.text, "weight": one.weight} for one in found], ensure_ascii=False, indent=1)
        )
        return
    for one in found:
        click.echo(one.text)
    if not found:
        click.echo(_("Nothing that learners see."), err=True)


@course.command(
    help=_(
        "Print the JSON Schema of course.yml or of an exercise's YAML, for editors that help while one writes. Name the"
        " file in the first line of yours: # yaml-language-server: $schema=course.schema.json"
    ),
    short_help=_("Print the JSON Schema of what authors write."),
)
@click.argument("what", type=click.Choice(["course", "exercise"]))
def schema(what: str) -> None:
    from proboost.courses.schema import written

    click.echo(written(what), nl=False)


@course.command(
    help=_(
        "Find answers again after a key was corrected, and tell whose points would change; nothing changes without"
        " --apply."
    ),
    short_help=_("Find answers again after a key was corrected."),
)
@click.argument("name", metavar="COURSE")
@click.option("--exercise", metavar="REF", help=_("All answers to this exercise (lesson#exercise), whatever its key."))
@click.option("--apply", is_flag=True, help=_("Let what was found count."))
@click.option("--data", type=ANY_FOLDER, help=_("The installation's folder."))
@click.option("--json", "as_json", is_flag=True, help=_("Print the answer as JSON to stdout."))
def regrade(name: str, exercise: str | None, apply: bool, data: Path | None, as_json: bool) -> None:
    from proboost.cli.course_regrade import regrade as run

    run(name, exercise, apply=apply, data=data, as_json=as_json)


def flaws_of(source: Source, *, run: bool, tests: bool = False) -> list[Flaw]:
    found = checks.check(source)
    if run and not errors(found):
        from proboost.cli.course_run import run as run_all

        found += checks.located(source, run_all(source, tests=tests))
    return found


def write(files: releases.Bundle, folder: Path) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
