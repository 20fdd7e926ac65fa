"""A course's folder as the commands read it, and what is wrong with it as they tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from proboost.cli.group import Failed
from proboost.cli.words import _
from proboost.courses import check as checks
from proboost.courses import source as sources
from proboost.courses.flaws import Flaw, Unsound, errors
from proboost.courses.source import Source
from proboost.errors import Problem

T = TypeVar("T")


def read(folder: Path) -> Source:
    return problem_told(sources.read_folder, folder)


def sound(source: Source, folder: Path) -> Source:
    """The source, when it has no errors; else they are told and it is over."""
    return readable(source, folder, checks.check(source))


def readable(source: Source, folder: Path | str, flaws: Iterable[Flaw] | None = None) -> Source:
    """The source, when none of the flaws (without any given: of those found while it was read) is an error."""
    found = [placed(flaw, folder) for flaw in (source.flaws if flaws is None else flaws)]
    if errors(found):
        tell(found, err=True)
        raise Failed(Unsound(found).message)
    return source


def placed(flaw: Flaw, folder: Path | str) -> Flaw:
    """The flaw with the way to its file from here."""
    return replace(flaw, file=str(Path(folder) / flaw.file))


def tell(flaws: Iterable[Flaw], *, err: bool = False) -> None:
    for flaw in flaws:
        mark = _("warning:") + " " if flaw.severity == "warning" else ""
        click.echo(f"{mark}{flaw.text()}", err=err)


def problem_told(ask: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """The answer of `ask`; what it refuses is one sentence here."""
    try:
        return ask(*arguments, **more)
    except Unsound as error:
        tell(error.flaws, err=True)
        raise Failed(error.message) from None
    except Problem as error:
        raise Failed(error.message) from None
