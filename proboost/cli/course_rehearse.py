"""`course rehearse`: lessons run as their page runs them, on this machine, and what is noted of it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from proboost.cli.course_told import placed, read, sound, tell
from proboost.cli.words import _
from proboost.courses.flaws import Flaw, errors
from proboost.courses.rehearsal import rehearse as run


def rehearse(folders: Iterable[Path], *, note: bool, as_json: bool) -> int:
    """The exit status: 1 when a lesson has errors."""
    found: list[Flaw] = []
    for folder in folders:
        source = sound(read(folder), folder)
        with TemporaryDirectory(prefix="proboost-rehearsal-") as work:  # lessons write files: not among the sources
            for path in source.handed_out:
                (Path(work) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(work) / path).write_bytes(source.files[path])
            for lesson in source.lessons:
                content = source.files[lesson.file]
                with click.progressbar(
                    length=len(lesson.notebook.cells), label=str(folder / lesson.file), file=sys.stderr
                ) as bar:

                    def begun(number: int, bar: Any = bar) -> None:
                        bar.update(number - bar.pos)

                    done = run(lesson, content, Path(work), begun=begun)
                    begun(len(lesson.notebook.cells))
                found += [placed(flaw, folder) for flaw in done.flaws]
                if note and done.content != content:
                    write_down(folder / lesson.file, content, done.content)
    if as_json:
        click.echo(json.dumps([flaw.json() for flaw in found], ensure_ascii=False, indent=1))
    else:
        tell(found)
        if not found:
            click.echo(_("Every cell runs."), err=True)
    return 1 if errors(found) else 0


def write_down(file: Path, before: bytes, content: bytes) -> None:
    """All of it or nothing, also when the machine stops in between; nothing where its author saved it meanwhile."""
    file = file.resolve()
    if file.read_bytes() != before:
        told = _("{file} was changed meanwhile: nothing was noted in it. Rehearse it again.")
        click.echo(told.format(file=file), err=True)
        return
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        shutil.copymode(file, beside)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
