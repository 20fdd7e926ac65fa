"""`proboost grade`: handed-in notebooks are run and put to their author's tests, in the sandbox, without a platform."""

from __future__ import annotations

import csv
import json
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from proboost import i18n
from proboost.cli.course_told import readable
from proboost.cli.grade_work import Handed, Source, Submission, of_course, sources, submissions
from proboost.cli.group import Failed
from proboost.cli.inside import load
from proboost.courses import source as course_source
from proboost.grading import feedback, notebooks, tiers
from proboost.grading.engine import Engine, cores
from proboost.grading.result import CellResult, Failure, NotebookResult
from proboost.grading.rooms import SandboxBroken
from proboost.i18n import gettext as _
from proboost.spreadsheets import BOM, safe

Row = dict[str, Any]
HEADING = ("file", "score", "max", "needs_manual", "error", "remarks")


@click.command(
    help=_(
        "Grade handed-in notebooks by the author's. A SUBMISSION is a notebook, or a folder of one learner's. "
        "The author's are those of a course of the running platform (COURSE, or COURSE@3 for its third release), of a "
        "course's folder, or with --source any notebook or folder with nbgrader's cells."
    ),
    short_help=_("Grade handed-in notebooks."),
)
@click.argument("what", metavar="[COURSE|RELEASE] SUBMISSION…", nargs=-1, required=True)
@click.option(
    "--source", type=click.Path(exists=True, path_type=Path), help=_("The author's notebook, or a folder of them.")
)
@click.option("--jobs", type=click.IntRange(1, 256), help=_("How many learners at once (default: one a processor)."))
@click.option("--json", "as_json", is_flag=True, help=_("Print a JSON list to stdout, one row a notebook."))
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help=_("Write a table to this file.")
)
@click.option(
    "--feedback", "pages", type=click.Path(path_type=Path, file_okay=False), help=_("Write pages into this folder.")
)
@click.option(
    "--sandbox",
    type=click.Choice(tiers.TIERS),
    help=_("The weakest sandbox that will do (default: as in the settings)."),
)
@click.option(
    "--data", type=click.Path(path_type=Path), help=_("The folder of this installation (default: .proboost).")
)
@click.option("--quiet", "-q", is_flag=True, help=_("Show no progress."))
def grade(
    what: tuple[str, ...],
    source: Path | None,
    jobs: int | None,
    as_json: bool,
    csv_file: Path | None,
    pages: Path | None,
    sandbox: str | None,
    data: Path | None,
    quiet: bool,
) -> None:
    known = sources(source) if source is not None else _of_course(what[0], data)
    paths = [_existing(path) for path in (what if source is not None else what[1:])]
    if not paths:
        raise click.UsageError(_("There is no submission to grade."))
    work = submissions(paths, known, one=source is not None and not source.is_dir())
    conf = load(data)
    number = min(jobs or cores(), len(work))
    progress = Progress(sum(len(one.handed) for one in work), quiet=quiet)
    try:
        engine = Engine(sandbox or conf.sandbox, uid=conf.worker_uid, jobs=number, only_notebooks=True)
        with engine, ThreadPoolExecutor(number) as pool:
            grader = Grader(engine, progress, pages)
            rows = [row for found in pool.map(grader.submission, work) for row in found]
    except tiers.NoSandbox as error:
        hint = _("A weaker one is accepted with --sandbox.")
        raise Failed(f"{error} {hint}") from error
    except SandboxBroken as error:
        raise Failed(_("Nothing could be run here: {reason}").format(reason=error)) from error
    if csv_file is not None:
        _write_csv(csv_file, rows)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False))
    elif csv_file is None:
        for row in rows:
            click.echo(_line(row))
    if all(row["error"] is not None for row in rows):
        click.get_current_context().exit(1)


def _existing(path: str) -> Path:
    if not Path(path).exists():
        raise Failed(_("There is no file or folder “{path}”.").format(path=path))
    return Path(path)


def _of_course(name: str, data: Path | None) -> list[Source]:
    """The course's source: from the running platform, or from a folder here (a course's, or one made by `build`)."""
    folder = Path(name)
    files: Mapping[str, bytes]
    if folder.is_dir():
        folder = folder / "source" if (folder / "release.json").exists() else folder
        files = course_source.folder(folder)
    else:
        from proboost.cli.course_place import place, published

        with place(data) as there:
            _course, files = published(there, name)
    found = course_source.read(files, name=folder.name)
    if not found.lessons:
        readable(found, folder)
    return of_course(files, [lesson.file for lesson in found.lessons], list(found.handed_out))


class Progress:
    """On stderr: a line that counts, or a line a notebook where nobody watches."""

    def __init__(self, count: int, *, quiet: bool) -> None:
        self.count = count
        self.done = 0
        self.quiet = quiet
        self._lock = threading.Lock()

    def tell(self, file: str, found: NotebookResult) -> None:
        with self._lock:
            self.done += 1
            if self.quiet:
                return
            said = found.error.message if found.error else _points(found.score, found.max)
            line = f"[{self.done}/{self.count}] {file}: {said}"
            if sys.stderr.isatty() and found.error is None:
                last = self.done == self.count
                click.echo(f"\r\x1b[K{line[:200]}", err=True, nl=last)
            else:
                click.echo(line, err=True)


class Grader:
    """Grades submissions, several at once."""

    def __init__(self, engine: Engine, progress: Progress, pages: Path | None) -> None:
        self.engine = engine
        self.progress = progress
        self.pages = pages
        self.language = i18n.language()

    def submission(self, work: Submission) -> list[Row]:
        with i18n.using(self.language):
            return [self._row(handed, found) for handed, found in self._graded(work)]

    def _graded(self, work: Submission) -> list[tuple[Handed, NotebookResult]]:
        found: dict[int, NotebookResult] = {}
        read: dict[int, notebooks.Work] = {}
        for place, handed in enumerate(work.handed):
            if handed.path is None:
                found[place] = _failed(handed.source, "missing", _("This notebook was not handed in."))
                continue
            try:
                content = handed.path.read_bytes()
            except OSError as error:
                found[place] = _failed(handed.source, "unreadable", str(error.strerror))
            else:
                source = handed.source
                read[place] = notebooks.Work(source.notebook, content, source.files, work.brought)
        try:
            graded = notebooks.grade_all(list(read.values()), engine=self.engine, language=self.language)
            found |= dict(zip(read, graded, strict=True))
        except SandboxBroken:  # once more, each by itself
            for place, one in read.items():
                found[place] = self._alone(work.handed[place].source, one)
        return [(handed, found[place]) for place, handed in enumerate(work.handed)]

    def _alone(self, source: Source, work: notebooks.Work) -> NotebookResult:
        try:
            return notebooks.grade_all([work], engine=self.engine, language=self.language)[0]
        except SandboxBroken as error:
            return _failed(source, "sandbox", _("The sandbox broke: {reason}").format(reason=error))

    def _row(self, handed: Handed, found: NotebookResult) -> Row:
        if self.pages is not None:
            target = self.pages / handed.feedback
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(feedback.page(found, handed.shown), encoding="utf-8")
        self.progress.tell(handed.shown, found)
        return found.row(handed.shown)


def _failed(source: Source, code: str, message: str) -> NotebookResult:
    cells = {
        cell.grade_id: CellResult(0.0, cell.points, manual=cell.by_hand) for cell in notebooks.graded(source.notebook)
    }
    return NotebookResult(cells, Failure(code, message))


def _points(score: float, most: float) -> str:
    return _("{points} of {max} points").format(points=i18n.number(score), max=i18n.number(most))


def _line(row: Row) -> str:
    said = row["error"]["message"] if row["error"] else _points(row["score"], row["max"])
    waits = " " + _("(some answers wait for a grader)") if row["needs_manual"] else ""
    remarks = "".join(f"\n  {_remark(remark)}" for remark in row["remarks"])
    return f"{row['file']}: {said}{waits}{remarks}"


def _remark(remark: Row) -> str:
    return f"{remark['grade_id']}: {remark['message']}" if remark["grade_id"] else str(remark["message"])


def _write_csv(path: Path, rows: list[Row]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(BOM)
            writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
            writer.writerow(HEADING)
            for row in rows:
                error = row["error"]["message"] if row["error"] else ""
                remarks = "; ".join(map(_remark, row["remarks"]))
                writer.writerow(
                    [safe(row["file"]), row["score"], row["max"], int(row["needs_manual"]), safe(error), safe(remarks)]
                )
    except OSError as error:
        raise Failed(_("{path} cannot be written: {reason}").format(path=path, reason=error.strerror)) from None
