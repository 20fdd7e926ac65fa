"""`proboost`: the list of verbs, and what a failure looks like: one sentence, status 1; a wrong use, status 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

import proboost
from proboost.cli.group import Verb, Verbs
from proboost.cli.words import _, chosen, speak
from proboost.errors import Problem

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def verbs() -> dict[str, Verb]:
    """In the order in which the help shows them."""
    return {
        "up": Verb("proboost.cli.up:up", "hub,learner,grader", _("Start the whole platform.")),
        "course": Verb("proboost.cli.course:course", "hub", _("Make, check, build and publish courses.")),
        "grade": Verb("proboost.cli.grade:grade", "grader", _("Grade handed-in notebooks.")),
        "jobs": Verb("proboost.cli.jobs:jobs", "hub", _("How far grading of handed-in lessons is.")),
        "worker": Verb("proboost.cli.worker:worker", "grader", _("Workers on other machines.")),
        "export": Verb("proboost.cli.export:export", "hub", _("Take results out.")),
        "users": Verb(
            "proboost.cli.users:users", "hub", _("Accounts: add, list, switch off, links to set a password.")
        ),
        "doctor": Verb("proboost.cli.doctor:doctor", "hub", _("What this machine offers, and what is missing.")),
    }


def group() -> click.Group:
    made = Verbs(
        "proboost",
        verbs=verbs(),
        help=_("ProBoost, a platform for courses written as notebooks."),
        context_settings=CONTEXT,
        no_args_is_help=True,
    )
    return click.version_option(proboost.__version__, prog_name="proboost")(made)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point. Exit status: 0, 1 when what was asked failed, 2 for a wrong use."""
    speak(chosen(os.environ))
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    try:
        status = group().main(list(arguments), prog_name="proboost", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Problem as error:
        click.echo(_("Error: {message}").format(message=error.message), err=True)
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Aborted!"), err=True)
        return 1
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 -- the reader went away; nothing more is said
        return 1
    except Exception as error:
        if os.environ.get("PROBOOST_DEBUG"):
            raise
        click.echo(sentence(error), err=True)
        return 1
    return status if isinstance(status, int) else 0


def sentence(error: Exception) -> str:
    """What nobody foresaw; a file that cannot be used is named as what it is."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        told = _("{path} cannot be read or written: {reason}").format(path=error.filename, reason=error.strerror)
        return _("Error: {message}").format(message=told)
    told = _("Something unexpected happened: {error}. With PROBOOST_DEBUG=1 the whole story is shown.")
    return told.format(error=f"{type(error).__name__}: {error}")
