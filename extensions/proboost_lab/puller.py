"""Fetches the courses open to this learner, and their lessons, as they change; offline, what is here is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from logging import Logger
from pathlib import Path
from typing import Any

from proboost_lab.lessons import Lesson, Shelf, UnsafePath, digest
from proboost_lab.platform import Away, Json, Platform, segment
from proboost_lab.spool import Spool


class Puller:
    """`courses()` is the list as last heard. One pull of a course at a time."""

    def __init__(self, platform: Platform, home: Path, spool: Spool, log: Logger) -> None:
        self.platform = platform
        self.home = home
        self.spool = spool
        self.log = log
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

    async def pull(self, course: str, lesson: str | None = None) -> Json | None:
        """Bring one course up to date: its list of lessons, then the named lesson or all. None: no such course for us.

        Its files are a second step, `files`. Raises Away, and OSError when the disk is full.
        """
        shelf = self.shelf(course)
        async with self._turn.setdefault(course, asyncio.Lock()):
            reply = await self.platform.ask("GET", f"bundles/{segment(course)}")
            if reply.status in {403, 404}:
                return None
            if not reply.ok:
                raise Away(f"bundles: status {reply.status}")
            bundle = reply.json()
            rows = [Lesson.of(row) for row in bundle.get("lessons", ())]
            if bundle != shelf.bundle():
                await asyncio.to_thread(shelf.note_bundle, bundle)
            for row in rows:
                if row.open and lesson in {None, row.id}:
                    await self._lesson(shelf, row)
            return bundle

    async def files(self, course: str) -> None:
        """Bring the course's data and pictures up to date with the bundle that was pulled last. Raises as `pull`."""
        shelf = self.shelf(course)
        async with self._turn.setdefault(f"{course} files", asyncio.Lock()):
            for file in (shelf.bundle() or {}).get("files", ()):
                await self._file(shelf, file)

    async def _lesson(self, shelf: Shelf, row: Lesson) -> None:
        if await asyncio.to_thread(shelf.has, row.file, row.sha256):
            await self._redeliver(shelf, row.file, shelf.deliver)
            return
        reply = await self.platform.ask("GET", f"bundles/{segment(shelf.course)}/lessons/{segment(row.id)}", timeout=30)
        if not reply.ok:
            self.log.warning("proboost: %s/%s was not given: status %s", shelf.course, row.id, reply.status)
            return
        outcome = await asyncio.to_thread(shelf.receive_lesson, row.file, reply.body)
        self.log.info("proboost: %s/%s: %s", shelf.course, row.id, outcome)

    async def _file(self, shelf: Shelf, file: dict[str, Any]) -> None:
        path, sha256 = str(file["path"]), file.get("sha256")
        if await asyncio.to_thread(shelf.has, path, sha256):
            if not await asyncio.to_thread(shelf.gave, path, sha256):
                await self._redeliver(shelf, path, shelf.deliver_file)
            return
        reply = await self.platform.ask(
            "GET", f"bundles/{segment(shelf.course)}/files/{'/'.join(map(segment, path.split('/')))}", timeout=120
        )
        if reply.ok and (sha256 is None or digest(reply.body) == sha256):
            await asyncio.to_thread(shelf.receive_file, path, reply.body)
        else:
            self.log.warning("proboost: file %s of %s was not given: status %s", path, shelf.course, reply.status)

    async def _redeliver(self, shelf: Shelf, file: str, deliver: Callable[[str, bytes], object]) -> None:
        """What is on the shelf may have been taken away, or we ended before it was in the learner's folder."""
        data = await asyncio.to_thread(shelf.notebook, file)
        try:
            if data is not None:
                await asyncio.to_thread(deliver, file, data)
        except OSError as error:  # their folder may hold anything
            self.log.warning("proboost: %s/%s could not be copied: %r", shelf.course, file, error)
