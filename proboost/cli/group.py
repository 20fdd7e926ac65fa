"""A group of verbs that are imported when they are called, so that a bare install says which extra a verb needs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

import click

from proboost.cli.words import _


class Failed(click.ClickException):
    """What was asked did not work: a sentence on stderr, exit status 1."""


class Verb(NamedTuple):
    """Where a verb lives, in which extra its needs are, and its line in the list."""

    where: str  # "package.module:attribute"
    extra: str
    short: str


class Verbs(click.Group):
    """The group; `verbs` maps names to places."""

    def __init__(self, *arguments: object, verbs: Mapping[str, Verb], **more: object) -> None:
        super().__init__(*arguments, **more)  # type: ignore[arg-type]  # click's own
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for name, verb in self.verbs.items() if _exists(verb)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        verb = self.verbs.get(cmd_name)
        if verb is None or not _exists(verb):
            return None
        module, _colon, attribute = verb.where.partition(":")
        try:
            command: click.Command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if error.name == module:
                return None
            raise Failed(
                _(
                    'This needs {module}, which is not installed. Install it with: pip install "proboost[{extra}]"'
                ).format(module=error.name, extra=verb.extra)
            ) from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self.verbs[name].short) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section(_("Commands")):
                formatter.write_dl(rows)


def _exists(verb: Verb) -> bool:
    """A verb exists when its slice does. Looked up as a file: importing it may need what is not installed."""
    from pathlib import Path

    module = verb.where.partition(":")[0]
    return (Path(__file__).parents[2] / Path(*module.split("."))).with_suffix(".py").exists()
