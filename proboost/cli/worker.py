"""`proboost worker`: who may come from other machines (add, list, remove), and what such a worker does (run)."""

from __future__ import annotations

import ipaddress
import json
import logging
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx

from proboost.cli.group import Failed
from proboost.cli.inside import Inside, data_option, load, settings_of
from proboost.i18n import datetime_text, language
from proboost.i18n import gettext as _
from proboost.settings import PREFIX, WORKERS
from proboost.worker.platform import Door

TOKEN = re.compile(r"[A-Za-z0-9_-]+")


@click.group(
    help=_(
        "Workers on other machines that grade for this platform. Each has a token, asks the platform for jobs over "
        "https, and needs nothing else of it: no database, no files."
    ),
    short_help=_("Workers on other machines."),
)
def worker() -> None:
    pass


@worker.command(
    help=_("Let a worker NAME come, and print its token: it is shown this once. On the platform’s machine.")
)
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON to stdout."))
@data_option
def add(name: str, as_json: bool, data: Path | None) -> None:
    with Inside(settings_of(data)) as inside:
        made = inside.platform("POST", "/workers", json={"name": name})
        address = inside.conf.origin
    if as_json:
        click.echo(json.dumps({**made, "platform": address}))
        return
    told = _("Keep this token in a file on the worker’s machine, and start there: {command}")
    click.echo(told.format(command=f"proboost worker run {address} --token-file FILE"), err=True)
    click.echo(made["token"])


@worker.command("list", help=_("The workers that may come, and when each was seen last. On the platform’s machine."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON to stdout."))
@data_option
def listed(as_json: bool, data: Path | None) -> None:
    with Inside(settings_of(data)) as inside:
        rows = inside.platform("GET", "/workers")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo(_("No worker of another machine may come. Let one with: proboost worker add NAME"), err=True)
    for row in rows:
        seen = row["seen_at"] and datetime_text(datetime.fromisoformat(row["seen_at"]))
        click.echo(f"{row['name']}\t" + (_("seen {when}").format(when=seen) if seen else _("never seen")))


@worker.command(help=_("Let a worker come no more; what it is grading goes to others. On the platform’s machine."))
@click.argument("name")
@data_option
def remove(name: str, data: Path | None) -> None:
    with Inside(settings_of(data)) as inside:
        released = inside.platform("DELETE", f"/workers/{name}")["released"]
    click.echo(_("{name} may come no more; jobs given to others: {n}.").format(name=name, n=released), err=True)


@worker.command(
    help=_(
        "Grade for the platform at ADDRESS (such as https://school.example) until it is stopped. On a machine of its "
        "own, with this version of ProBoost and the packages that courses require."
    )
)
@click.argument("address")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help=_("The file with the token that `proboost worker add` printed."),
)
@click.option("--jobs", type=click.IntRange(min=1), help=_("Programs at once (default: one a processor)."))
@click.option("--plain-http", is_flag=True, help=_("Accept an address without encryption: learners’ work is readable."))
def run(address: str, token_file: Path, jobs: int | None, plain_http: bool) -> None:
    from proboost.grading.rooms import SandboxBroken
    from proboost.worker.serving import serve

    conf = load(None, **({"worker_jobs": jobs} if jobs else {}))
    token = token_file.read_text("utf-8", "replace").strip()
    if not TOKEN.fullmatch(token):
        raise Failed(_("{path} holds no token. Make one with: proboost worker add NAME").format(path=token_file))
    door = Door(url=door_of(address, plain_http=plain_http), token=token)
    name = named(door)
    logging.basicConfig(level=conf.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    click.echo(_("{name} grades for {address}. Ctrl-C stops it.").format(name=name, address=address), err=True)
    try:
        serve(door, name, conf)
    except SandboxBroken as error:
        raise Failed(str(error)) from error


def door_of(address: str, *, plain_http: bool) -> str:
    """Where workers are let in at an address that people type. Raises Failed."""
    wrong = _("{address} is no address; it should look like https://school.example.").format(address=address)
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        parts.port  # noqa: B018 -- raises where it is no number
    except ValueError:
        raise Failed(wrong) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Failed(wrong)
    if parts.scheme == "http" and not plain_http and not _is_loopback(parts.hostname):
        raise Failed(
            _(
                "Over {address} learners’ work and the token would be readable on the way. Use https, or accept it "
                "with --plain-http inside a network that you trust."
            ).format(address=address)
        )
    path = parts.path.rstrip("/").removesuffix(PREFIX)
    return f"{parts.scheme}://{parts.netloc}{path}{PREFIX}{WORKERS}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def named(door: Door) -> str:
    """Who we are, by the platform's word. Raises Failed when it does not know the token, or is no ProBoost."""
    with door.client() as client:
        try:
            answer = client.get("/me", headers={"Accept-Language": language()})
        except httpx.HTTPError as error:
            raise Failed(
                _("{address} does not answer: {reason}").format(address=client.base_url, reason=error)
            ) from error
    try:
        told = answer.json()
        if answer.is_success:
            return str(told["name"])
        raise Failed(str(told["message"]))
    except (ValueError, KeyError, TypeError):
        raise Failed(
            _("{address} is no ProBoost, or an older one (status {status}).").format(
                address=answer.url, status=answer.status_code
            )
        ) from None
