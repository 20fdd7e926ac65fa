"""`proboost up`: the whole platform on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from proboost.cli import demo as seeds
from proboost.cli.doctor import Found, line
from proboost.cli.group import Failed
from proboost.cli.inside import Inside, data_option, load
from proboost.i18n import gettext as _
from proboost.settings import Settings
from proboost.supervisor import ground, leftovers
from proboost.supervisor.programs import bundle, listen
from proboost.supervisor.supervisor import Interrupted, Supervisor

ADMINISTRATOR = "admin"


@click.command(
    help=_(
        "Start the whole platform with embedded defaults and keep it running until Ctrl-C. Everything it knows lies in "
        "DATA; a second start finds it there."
    )
)
@data_option
@click.option("--port", type=click.IntRange(1, 65535), help=_("The port that people open (default: 8000)."))
@click.option("--demo", is_flag=True, help=_("Demo accounts and courses, for this machine only."))
@click.option(
    "--accept-shared-risk",
    is_flag=True,
    help=_("Serve more than one learner although this machine cannot keep them apart."),
)
@click.option("--json", "as_json", is_flag=True, help=_("Print address and accounts as JSON on stdout when ready."))
def up(data: Path | None, port: int | None, demo: bool, accept_shared_risk: bool, as_json: bool) -> None:
    conf = settings_for(data, port, demo=demo, accept_shared_risk=accept_shared_risk)
    try:
        with ground.alone(conf):
            conf = prepared(conf)
            asyncio.run(serve(conf, as_json=as_json))
    except ground.CannotStart as error:
        raise Failed(str(error)) from error


def settings_for(data: Path | None, port: int | None, **flags: bool) -> Settings:
    """DATA's own settings with what the command line says on top. A flag that is not given says nothing."""
    given: dict[str, Any] = {name: True for name, value in flags.items() if value}
    if port is not None:
        given["port"] = port
    conf = load(data, **given)
    if conf.demo and not (_loopback(conf.bind) and conf.public_host == "localhost"):
        raise click.UsageError(_("--demo has known passwords, so it serves this machine only."))
    return conf


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def prepared(conf: Settings) -> Settings:
    """The ground laid: folders, secrets, ports; what an earlier supervisor left is ended."""
    ground.folders(conf)
    ended = leftovers.end(conf.run / "programs.json")
    if ended:
        tell(_("Ended what an earlier start left behind: {names}.").format(names=", ".join(ended)))
    ground.check_port(conf)
    if not bundle().exists():
        raise ground.CannotStart(_("The proxy is not built. Build it with: make front"))
    ground.make_secrets(conf)
    os.environ["PROBOOST_DATA"] = str(conf.data)
    handler = logging.FileHandler(conf.logs_dir / "supervisor.log")
    logging.basicConfig(
        level=conf.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[handler]
    )
    logging.getLogger("httpx").setLevel("WARNING")
    return ground.with_ports(conf)


def tell(line: str) -> None:
    """To the person at the terminal; stdout is for the result."""
    click.echo(line, err=True)


async def serve(conf: Settings, *, as_json: bool) -> None:
    """Everything up, seeded, told; then until a signal; then everything down."""
    tell(_("Starting ProBoost on {path}").format(path=conf.data))
    try:
        sockets = listen(conf)
    except OSError as error:
        raise ground.CannotStart(_("A port was taken meanwhile: {reason}.").format(reason=error.strerror)) from error
    supervisor = Supervisor(conf, sockets, tell)
    supervisor.prepare()
    looking = start_looking()
    try:
        await supervisor.start()
        await asyncio.to_thread(tell_missing, looking)
        told = await _unless_interrupted(supervisor, seed, conf)
        if told is not None:
            announce(conf, told, as_json=as_json)
            await supervisor.interrupted.wait()
    except Interrupted:
        pass
    finally:
        tell(_("Stopping. Learners’ answers are kept. Ctrl-C once more stops at once."))
        await supervisor.stop()
    tell(_("Stopped."))


def start_looking() -> subprocess.Popen[str]:
    """`proboost doctor` beside the start: what it tries takes seconds."""
    looking = subprocess.Popen(
        [sys.executable, "-m", "proboost", "doctor", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    looking.returncode = 0  # the supervisor reaps it
    return looking


def tell_missing(looking: subprocess.Popen[str]) -> None:
    """Says what this machine lacks, and what follows."""
    assert looking.stdout is not None
    with looking.stdout as output:
        text = output.read()
    for item in json.loads(text or "[]"):
        if not item["ok"]:
            tell(line(Found(**item)))


async def _unless_interrupted(
    supervisor: Supervisor, work: Callable[[Settings], dict[str, Any]], conf: Settings
) -> dict[str, Any] | None:
    working = asyncio.ensure_future(asyncio.to_thread(work, conf))
    waiting = asyncio.ensure_future(supervisor.interrupted.wait())
    await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not working.done():
        working.add_done_callback(lambda task: task.exception())  # it fails when the platform goes
        return None
    return working.result()


def seed(conf: Settings) -> dict[str, Any]:
    """What a first start makes: the demo's accounts and courses, or one administrator."""
    with Inside(conf) as inside:
        if conf.demo:
            return seeds.plant(inside, tell)
        if inside.has_login(ADMINISTRATOR):
            return {}
        inside.platform("POST", "/users", json=[{"name": ADMINISTRATOR, "admin": True}])
        inside.put_login(ADMINISTRATOR, active=True)
        return {"administrator": ADMINISTRATOR, "link": inside.link(ADMINISTRATOR)}


def announce(conf: Settings, told: dict[str, Any], *, as_json: bool) -> None:
    """The address, and how to get in."""
    if as_json:
        click.echo(json.dumps({"url": f"{conf.origin}/", **told}, ensure_ascii=False))
        return
    click.echo("")
    click.echo(_("ProBoost is ready: {url}").format(url=f"{conf.origin}/"))
    if "accounts" in told:
        click.echo("")
        click.echo(_("Demo accounts, all with the password {password}:").format(password=told["password"]))
        for account in told["accounts"]:
            click.echo(f"  {account['name']:<6} {account['role']}")
    if "link" in told:
        click.echo("")
        click.echo(
            _("The administrator’s login name is {name}. Set the password here (works once, for three days):").format(
                name=told["administrator"]
            )
        )
        click.echo(f"  {told['link']}")
    click.echo("")
    click.echo(_("Stop with Ctrl-C."))
