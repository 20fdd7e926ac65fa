"""The command line's way into a running platform: its internal socket, and the Hub's API of accounts."""

from __future__ import annotations

import os
from pathlib import Path
from tomllib import TOMLDecodeError
from types import TracebackType
from typing import Any, Self

import click
import httpx
from pydantic import ValidationError

from proboost.cli.group import Failed
from proboost.i18n import gettext as _
from proboost.i18n import language
from proboost.settings import Settings
from proboost.supervisor import ground

data_option = click.option(
    "--data", type=click.Path(path_type=Path), help=_("The folder of this installation (default: .proboost).")
)


def load(data: Path | None, **given: Any) -> Settings:
    """The settings of DATA; what is given goes before them. Raises Failed, naming the setting or the file."""
    if data is not None:
        given["data"] = data
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Failed(_("The setting {name} is not right: {problem}").format(name=name, problem=first["msg"])) from error
    except TOMLDecodeError as error:
        file = (data or Path(os.environ.get("PROBOOST_DATA", ".proboost"))) / "proboost.toml"
        raise Failed(_("{path} cannot be read: {reason}").format(path=file, reason=error)) from error


def settings_of(data: Path | None) -> Settings:
    """The settings of an installation, with the ports that its running supervisor chose."""
    conf = load(data)
    return conf.model_copy(update=ground.ports_in_use(conf))


class Inside:
    """A running platform. Every method raises Failed, with a sentence."""

    def __init__(self, conf: Settings) -> None:
        self.conf = conf
        transport = httpx.HTTPTransport(uds=str(conf.internal_socket))
        spoken = {"Accept-Language": language()}
        self._platform = httpx.Client(
            transport=transport, base_url="http://platform/internal", headers=spoken, timeout=120.0
        )
        self._hub = httpx.Client(base_url=conf.hub_api_url, headers=spoken, timeout=60.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._platform.close()
        self._hub.close()

    def platform(self, method: str, path: str, **more: Any) -> Any:
        """JSON of the internal API."""
        return self._answer(self._platform, method, path, **more)

    def download(self, path: str, **query: str) -> bytes:
        """A file that the internal API makes."""
        return self._sent(self._platform, "GET", path, params=query).content

    def hub(self, method: str, path: str, **more: Any) -> Any:
        """JSON of the Hub's API, with the platform's own token."""
        try:
            token = self.conf.secret("hub_token")
        except PermissionError:
            raise Failed(_("This needs the rights of the account that started ProBoost.")) from None
        except FileNotFoundError:
            raise self._away() from None
        return self._answer(self._hub, method, path, headers={"Authorization": f"token {token}"}, **more)

    def has_login(self, name: str) -> bool:
        return self.hub("GET", f"/proboost/accounts/{name}") is not None

    def put_login(self, name: str, **wanted: Any) -> None:
        self.hub("PUT", f"/proboost/accounts/{name}", json=wanted)

    def link(self, name: str) -> str:
        made = self.hub("POST", f"/proboost/accounts/{name}/link", json={})
        if made is None:
            raise Failed(_("There is no account “{name}”.").format(name=name))
        return str(made["url"])

    def _answer(self, client: httpx.Client, method: str, path: str, **more: Any) -> Any:
        answer = self._sent(client, method, path, **more)
        return answer.json() if answer.content and not answer.is_error else None

    def _sent(self, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer; an error only where it is the Hub's 404, which says that there is no such account."""
        try:
            answer = client.request(method, path, **more)
        except httpx.TransportError as error:
            if isinstance(error.__cause__, PermissionError) or "Permission denied" in str(error):
                raise Failed(_("This needs the rights of the account that started ProBoost.")) from None
            raise self._away() from None
        if answer.is_error and not (answer.status_code == 404 and client is self._hub):
            raise Failed(_sentence(answer))
        return answer

    def _away(self) -> Failed:
        return Failed(
            _("ProBoost does not run on {path}. Start it with: proboost up --data {path}").format(
                path=os.path.relpath(self.conf.data)
            )
        )


def _sentence(answer: httpx.Response) -> str:
    try:
        found = answer.json()
    except ValueError:
        found = {}
    problems = [str(problem.get("message", problem)) for problem in found.get("problems", ()) if problem]
    message = str(found.get("message") or "; ".join(problems))
    return message or _("The platform refused this (status {status}).").format(status=answer.status_code)
