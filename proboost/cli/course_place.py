"""Where courses are published: the platform, over its internal socket or, in JupyterLab, over the learner's server."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from proboost.cli.course_told import problem_told
from proboost.cli.group import Failed
from proboost.cli.words import _
from proboost.courses import archive
from proboost.courses.course_file import ID
from proboost.courses.flaws import Flaw
from proboost.courses.release import Bundle

SERVER_SOCKET = "PROBOOST_SERVER_SOCKET"
TIMEOUT = httpx.Timeout(120, connect=10)


class Refused(Exception):
    """What the platform said to a course that it did not take."""

    def __init__(self, message: str, flaws: list[Flaw]) -> None:
        super().__init__(message)
        self.message = message
        self.flaws = flaws


class Away(Failed):
    """The platform does not answer."""


class Place:
    """The platform as an operator has it, or as an author's own server relays it (`hosted`)."""

    def __init__(self, socket: Path, *, hosted: bool) -> None:
        self.socket = socket
        self.hosted = hosted
        base = "http://server" if hosted else "http://platform/internal"
        language = os.environ.get("PROBOOST_LANG", "en")
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)),
            base_url=base,
            timeout=TIMEOUT,
            headers={"Accept-Language": language},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

    def courses(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", "/sources" if self.hosted else "/courses").json()["courses"]
        return found

    def source(self, course: str, number: str | None = None) -> tuple[int, bytes]:
        """The number of the release that learners have, or of the one asked for, and its folder as a zip."""
        query = {} if number is None else {"release": number}
        answer = self._ask("GET", f"/sources/{course}" if self.hosted else f"/courses/{course}/source", params=query)
        return int(answer.headers["X-ProBoost-Release"]), answer.content

    def results(self, course: str) -> dict[tuple[str, str], int]:
        """(lesson, exercise) -> how many learners have results in it."""
        rows = self._ask("GET", f"/{'sources' if self.hosted else 'courses'}/{course}/results").json()["results"]
        return {(row["lesson"], row["exercise"]): int(row["learners"]) for row in rows}

    def releases(self, course: str) -> list[dict[str, Any]]:
        if self.hosted:
            raise Failed(_("Releases are listed on the platform's page “Releases”, not in JupyterLab."))
        found: list[dict[str, Any]] = self._ask("GET", f"/courses/{course}/releases").json()["releases"]
        return found

    def publish(self, content: bytes, course: str, base: int, notes: str = "") -> dict[str, Any]:
        """{"course", "release"}, or when hosted {"id", "url"} of the candidate. Raises Refused."""
        if self.hosted:
            where, query = "/candidates", {"course": course, "base": str(base)}
        else:
            where, query = "/courses/publish", {"confirm": "1", "base": str(base), "notes": notes}
        answer = self._ask("POST", where, content=content, params=query, headers={"Content-Type": "application/zip"})
        found: dict[str, Any] = answer.json()
        return found

    def withdraw(self, course: str) -> int:
        if self.hosted:
            raise Failed(_("A course is withdrawn where the platform runs, not from JupyterLab."))
        return int(self._ask("POST", f"/courses/{course}/withdraw").json()["release"])

    def regrade(self, course: str, exercise: str | None) -> dict[str, Any]:
        """Begins to find answers again; the regrade's state as its routes tell it."""
        if self.hosted:
            raise Failed(_("Answers are found again on the platform's page “Regrading”, not from JupyterLab."))
        return self._told("POST", "/regrades", json={"course": course, "exercise": exercise})

    def regrade_state(self, regrade: str) -> dict[str, Any]:
        return self._told("GET", f"/regrades/{regrade}")

    def apply_regrade(self, regrade: str) -> dict[str, Any]:
        return self._told("POST", f"/regrades/{regrade}/apply")

    def _told(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(method, path, **more).json()
        return found

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        away = Away(_("The platform does not answer. Is it running? ({path})").format(path=self.socket))
        if not self.socket.exists():
            raise away
        if not os.access(self.socket, os.W_OK):
            raise Failed(_("This needs the rights of the account that started ProBoost."))
        try:
            answer = self._client.request(method, path, **more)
        except httpx.TransportError:
            raise away from None
        if answer.is_error:
            raise _refusal(answer)
        return answer


def place(data: Path | None) -> Place:
    """The server's relay when this is a terminal in JupyterLab, else the installation's own socket."""
    relay = os.environ.get(SERVER_SOCKET)
    if relay and data is None:
        return Place(Path(relay), hosted=True)
    from proboost.settings import Settings

    conf = Settings() if data is None else Settings(data=data)
    return Place(conf.internal_socket, hosted=False)


def published(there: Place, which: str) -> tuple[str, Bundle]:
    """The id and the files of what is published as `COURSE`, or of `COURSE@N`, its Nth release.

    Raises Failed, in words for somebody who may have meant a folder too.
    """
    course, mark, number = which.partition("@")
    if not ID.match(course) or (mark and not number.isdigit()):
        raise Failed(_("“{text}” is no folder, and no release like python-start@3.").format(text=which[:200]))
    try:
        _release, content = there.source(course, number or None)
    except Away as error:
        words = _("There is no folder “{path}”, and a published course of this name could not be looked up. {reason}")
        raise Failed(words.format(path=which, reason=error.message)) from None
    return course, problem_told(archive.unpack, content)


def _refusal(answer: httpx.Response) -> Exception:
    try:
        found = answer.json()
    except ValueError:
        found = {}
    found = found if isinstance(found, dict) else {}
    message = str(found.get("message") or _("The platform refused this (status {n}).").format(n=answer.status_code))
    if found.get("problems"):
        return Refused(message, [Flaw(**problem) for problem in found["problems"]])
    return Failed(message)
