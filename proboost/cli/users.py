"""`proboost users`: accounts of a running platform, from its own machine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from proboost.cli.group import Failed
from proboost.cli.inside import Inside, data_option, settings_of
from proboost.i18n import gettext as _

ROLES = ("learner", "grader", "author")


@click.group(help=_("Accounts of a running platform. Works on its own machine, for the account that started it."))
def users() -> None:
    pass


@users.command(help=_("Make an account, or grant an existing one more, and print a one-time link to set the password."))
@click.argument("name")
@click.option("--display-name", default="", help=_("The person’s name as others see it."))
@click.option("--email", default="", help=_("Where mail for this person goes."))
@click.option("--language", type=click.Choice(["ru", "en"]), help=_("The language of pages and mail."))
@click.option("--role", "roles", multiple=True, metavar="COURSE=ROLE", help=_("learner, grader or author of a course."))
@click.option("--support", is_flag=True, help=_("Answers requests for help."))
@click.option("--admin", is_flag=True, help=_("Administrates the whole installation."))
@click.option("--json", "as_json", is_flag=True, help=_("JSON on stdout."))
@data_option
def add(
    name: str,
    display_name: str,
    email: str,
    language: str | None,
    roles: tuple[str, ...],
    support: bool,
    admin: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    person = {
        "name": name,
        "display_name": display_name,
        "email": email,
        "language": language or "",
        "support": support,
        "admin": admin,
        "roles": dict(_role(text) for text in roles),
    }
    with Inside(settings_of(data)) as inside:
        inside.platform("POST", "/users", json=[person])
        inside.put_login(name)
        link = inside.link(name)
    if as_json:
        click.echo(json.dumps({"name": name, "link": link}))
    else:
        click.echo(_("{name} sets the password here (works once, for three days):").format(name=name))
        click.echo(link)


def _role(text: str) -> tuple[str, str]:
    course, equals, role = text.partition("=")
    if not (course and equals and role in ROLES):
        raise click.BadParameter(_("{text} is not COURSE=learner, COURSE=grader or COURSE=author.").format(text=text))
    return course, role


@users.command("list", help=_("All accounts, with their roles."))
@click.option("--json", "as_json", is_flag=True, help=_("JSON on stdout."))
@data_option
def list_(as_json: bool, data: Path | None) -> None:
    with Inside(settings_of(data)) as inside:
        found = inside.platform("GET", "/users")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for user in found:
        marks = [f"{course}={role}" for course, role in sorted(user["roles"].items())]
        marks += [word for word, on in ((_("support"), user["support"]), (_("administrator"), user["admin"])) if on]
        marks += [] if user["active"] else [_("switched off")]
        click.echo("\t".join([user["name"], user["display_name"], ", ".join(marks)]))


@users.command(help=_("Switch an account off: sessions, tokens and server end at once. Results stay."))
@click.argument("name")
@data_option
def disable(name: str, data: Path | None) -> None:
    _set_active(name, data, active=False)
    click.echo(_("{name} is switched off.").format(name=name))


@users.command(help=_("Switch an account on again."))
@click.argument("name")
@data_option
def enable(name: str, data: Path | None) -> None:
    _set_active(name, data, active=True)
    click.echo(_("{name} is switched on.").format(name=name))


def _set_active(name: str, data: Path | None, *, active: bool) -> None:
    with Inside(settings_of(data)) as inside:
        if not inside.has_login(name):
            raise Failed(_("There is no account “{name}”.").format(name=name))
        inside.put_login(name, active=active)  # the Hub first: who is off there cannot come in
        inside.platform("PUT", f"/users/{name}", json={"active": active})


@users.command(help=_("Print a one-time link to set the password: for somebody who forgot it."))
@click.argument("name")
@data_option
def link(name: str, data: Path | None) -> None:
    with Inside(settings_of(data)) as inside:
        click.echo(inside.link(name))
