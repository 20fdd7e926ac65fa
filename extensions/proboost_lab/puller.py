"""Fetches the courses open to this learner, and their lessons, as they change; offline, what is here is used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from logging import Logger
from pathlib import Path
from typing import Any

from proboost_lab.lessons import Lesson, Shelf, UnsafePath, digest
from proboost_lab.platform import Away, Json, Platform, segment
from proboost_lab.spool import Spool


async def nothing() -> Collection[str]:
    return ()


class Puller:
    """One pull of a course at a time.

    `opened` says which notebooks (`COURSE/FILE`) are open now: they are not changed unasked. `tell` hears
    {"type": "update", …} of those.
    """

    def __init__(
        self,
        platform: Platform,
        home: Path,
        spool: Spool,
        log: Logger,
        *,
        opened: Callable[[], Awaitable[Collection[str]]] = nothing,
        tell: Callable[[Json], None] = lambda _news: None,
    ) -> None:
        self.platform = platform
        self.home = home
        self.spool = spool
        self.log = log
        self.opened = opened
        self.tell = tell
        self.refused: set[str] = set()  # courses of which the platform said last that they are not for us
        self._turn: dict[str, asyncio.Lock] = {}

    def shelf(self, course: str) -> Shelf:
        return Shelf(self.home, course)

    async def pull_all(self) -> None:
        """All courses, the lessons included; what fails is logged and tried again at the next request."""
        try:
            reply = await self.platform.ask("GET", "bundles")
        except Away:
            return
        if not reply.ok:
            self.log.warning("proboost: courses were not listed: status %s", reply.status)
            return
        self.spool.remember("bundles", reply.json())
        for row in reply.json().get("courses", ()):
            try:
                await self.pull(str(row["course"]))
                await self.files(str(row["course"]))
            except Away:
                return
            except (OSError, KeyError, UnsafePath) as error:
                self.log.warning("proboost: a course could not be pulled: %r", error)

    async def pull(
        self, course: str, lesson: str | None = None, *, open_: Collection[str] = (), asked: bool = False
    ) -> Json | None:
        """Bring one course up to date: its list of lessons, then the named lesson or all. None: no such course for us.

        `open_`: files of it that a page has open, besides those with a kernel; `asked`: the learner wants the new
        version of this lesson, open or not. Its files are a second step, `files`. Raises Away, and OSError when the
        disk is full.
        """
        shelf = self.shelf(course)
        async with self._turn.setdefault(course, asyncio.Lock()):
            reply = await self.platform.ask("GET", f"bundles/{segment(course)}")
            if reply.status in {403, 404}:
                self.refused.add(course)
                return None
            if not reply.ok:
                raise Away(f"bundles: status {reply.status}")
            self.refused.discard(course)
            bundle = reply.json()
            rows = [Lesson.of(row) for row in bundle.get("lessons", ())]
            if bundle != shelf.bundle():
                await asyncio.to_thread(shelf.note_bundle, bundle)
            held = set() if asked else {*open_, *await self.opened()}
            for row in rows:
                if row.open and lesson in {None, row.id}:
                    await self._lesson(shelf, row, held)
            return bundle

    async def update(self, course: str, lesson: str) -> str | None:
        """The learner wants the version of a lesson that waits; what became of their copy. None: it is not here.

        While the platform is away, what is on the shelf is brought.
        """
        try:
            await self.pull(course, lesson, asked=True)
        except Away:
            shelf = self.shelf(course)
            row = shelf.lesson(lesson)
            if row is not None and row.open:
                await self._redeliver(shelf, row, set())
        row = self.shelf(course).lesson(lesson)
        return row.file if row is not None and self.shelf(course).notebook(row.file) is not None else None

    async def files(self, course: str) -> None:
        """Bring the course's data and pictures up to date with the bundle that was pulled last. Raises as `pull`."""
        shelf = self.shelf(course)
        async with self._turn.setdefault(f"{course} files", asyncio.Lock()):
            for file in (shelf.bundle() or {}).get("files", ()):
                await self._file(shelf, file)

    async def _lesson(self, shelf: Shelf, row: Lesson, held: Collection[str]) -> None:
        if await asyncio.to_thread(shelf.has, row.file, row.sha256):
            await self._redeliver(shelf, row, held)
            return
        reply = await self.platform.ask("GET", f"bundles/{segment(shelf.course)}/lessons/{segment(row.id)}", timeout=30)
        if not reply.ok:
            self.log.warning("proboost: %s/%s was not given: status %s", shelf.course, row.id, reply.status)
            return
        outcome = await asyncio.to_thread(_bring, shelf, row, reply.body, held)
        self._said(shelf, row, outcome)

    def _said(self, shelf: Shelf, row: Lesson, outcome: str) -> None:
        if outcome != "same":
            self.log.info("proboost: %s/%s: %s", shelf.course, row.id, outcome)
        if outcome == "waiting":
            news = {"type": "update", "course": shelf.course, "lesson": row.id, "title": row.title}
            self.tell({**news, "file": f"{shelf.course}/{shelf.former(row)}"})

    async def _file(self, shelf: Shelf, file: dict[str, Any]) -> None:
        path, sha256 = str(file["path"]), file.get("sha256")
        if await asyncio.to_thread(shelf.has, path, sha256):
            if not await asyncio.to_thread(shelf.gave, path, sha256):
                data = await asyncio.to_thread(shelf.notebook, path)
                if data is not None:
                    await self._kept_going(shelf, path, lambda: shelf.deliver_file(path, data))
            return
        reply = await self.platform.ask(
            "GET", f"bundles/{segment(shelf.course)}/files/{'/'.join(map(segment, path.split('/')))}", timeout=120
        )
        if reply.ok and (sha256 is None or digest(reply.body) == sha256):
            await asyncio.to_thread(shelf.receive_file, path, reply.body)
        else:
            self.log.warning("proboost: file %s of %s was not given: status %s", path, shelf.course, reply.status)

    async def _redeliver(self, shelf: Shelf, row: Lesson, held: Collection[str]) -> None:
        """What is on the shelf may have been taken away, or we ended before it was in the learner's folder."""
        data = await asyncio.to_thread(shelf.notebook, row.file)
        if data is not None:
            outcome = await self._kept_going(shelf, row.file, lambda: _deliver(shelf, row, data, held))
            if outcome is not None:
                self._said(shelf, row, outcome)

    async def _kept_going(self, shelf: Shelf, file: str, work: Callable[[], str]) -> str | None:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:  # their folder may hold anything
            self.log.warning("proboost: %s/%s could not be copied: %r", shelf.course, file, error)
            return None


def _bring(shelf: Shelf, row: Lesson, data: bytes, held: Collection[str]) -> str:
    """A pulled lesson: onto the shelf, then into the learner's copy."""
    shelf.keep_lesson(row.file, data)
    return _deliver(shelf, row, data, held)


def _deliver(shelf: Shelf, row: Lesson, data: bytes, held: Collection[str]) -> str:
    """Into the learner's copy, which goes by the lesson's present name unless it is open under the former one."""
    former = shelf.former(row)
    if f"{shelf.course}/{former}" in held:
        return shelf.deliver(former, data, held=True)
    shelf.follow(row)
    return shelf.deliver(row.file, data, held=f"{shelf.course}/{row.file}" in held)
