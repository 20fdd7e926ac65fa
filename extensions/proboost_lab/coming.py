"""What a lesson's page is made of: what is here, at once; what the platform says of it, while one reads."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from proboost_kernel.i18n import language
from proboost_lab import state
from proboost_lab.lesson import script
from proboost_lab.lessons import Lesson, Shelf, UnsafePath
from proboost_lab.platform import Json, Reply
from proboost_lab.voila_pages import Anew

if TYPE_CHECKING:
    from proboost_lab.extension import Room

SOON = 0.15  # seconds that a page waits for what it can also fetch by itself, when nothing is remembered
FRESH = 0.5  # seconds that a page without memory waits for a newer release
NEWS = 3.0  # seconds that the lesson's programs wait for one
DATA = 1.5  # seconds that the lesson's programs wait for their data, and the page's end for the learner's answers
FIRST = 20.0  # seconds that a page waits for a lesson that is not here yet


class Coming:
    """The platform is asked for all of it when this is made; what comes late is kept for the next page."""

    def __init__(self, room: Room, course: str, lesson: str, nonce: str) -> None:
        self.room, self.course, self.lesson, self.nonce = room, course, lesson, nonce
        keep = room.relay.keep
        self.state = keep(state.of_lesson(room, course, lesson))
        self._pulled = keep(room.puller.pull(course, lesson))
        self._me = keep(_me(room))
        self.progress: Json | None = None  # as the page shows it
        self.me: Json | None = None

    @property
    def shelf(self) -> Shelf:
        return self.room.puller.shelf(self.course)

    @property
    def told(self) -> bool:
        """Whether the platform has said what the course is."""
        return answer(self._pulled) is not None

    @property
    def refused(self) -> bool:
        """Whether it has said that it has no such course for us."""
        asked = self._pulled
        return asked.done() and not asked.cancelled() and asked.exception() is None and asked.result() is None

    async def first(self) -> Lesson | None:
        """The lesson's line when it is open to this learner and its notebook is here.

        That is at once, with the progress and the name as they were last (the page asks for newer progress itself).
        What is not here, or was refused, is waited for.
        """
        recall, disk = self.room.spool.recall, self.room.relay.disk
        self.progress, self.me = await disk(recall, "progress"), await disk(recall, "me")
        row = open_here(self.shelf, self.lesson)
        here = row is not None and self.shelf.has(row.file, row.sha256)
        barred = self.course in self.room.puller.refused
        if not (here and self.progress and self.me) or barred:
            points = self.room.relay.keep(state.remembered(self.room, "progress", "progress"))
            limits = {self._pulled: FRESH if here and not barred else FIRST, points: SOON, self._me: SOON}
            await asyncio.gather(*(asyncio.wait([asked], timeout=limit) for asked, limit in limits.items()))
            self.progress = answer(points) or self.progress
            self.me = answer(self._me) or self.me
        self._shown = self._seen()
        return open_here(self.shelf, self.lesson)

    def meanwhile(self) -> list[Coroutine[Any, Any, str]]:
        """What goes on while the kernel starts. Raises Anew where the page shows what does not hold any more."""
        return [self._news(), *([] if self.state.done() else [self._answers()])]

    def _seen(self) -> tuple[object, ...]:
        """What a page shows and cannot mend by itself: another value of it is another page."""
        row = open_here(self.shelf, self.lesson)
        notebook = row and self.shelf.notebook(row.file)
        return language(), self.course in self.room.puller.refused, row and replace(row, sha256=None), notebook

    async def _news(self) -> str:
        """A newer release, a lesson that closed, another language; then the course's data, before programs read it."""
        await asyncio.wait([self._pulled, self._me], timeout=NEWS)
        if self._seen() != self._shown:
            raise Anew
        if self.told:  # what comes later is there at the next run
            files = self.room.relay.keep(self.room.puller.files(self.course))
            await asyncio.wait([files], timeout=DATA)
        return ""

    async def _answers(self) -> str:
        """What is known of the learner's answers, where prose did not wait for it."""
        await asyncio.wait([self.state], timeout=DATA)
        return (
            f'<script id="proboost-state" type="application/json">{script(answer(self.state))}</script>'
            f"<script nonce=\"{self.nonce}\">dispatchEvent(new Event('proboost:state'))</script>"
        )


async def _me(room: Room) -> Json | Reply | None:
    """Who this is, by the platform; from then on this server speaks the language that was chosen there."""
    found = await state.remembered(room, "me", "me")
    if isinstance(found, dict) and isinstance(found.get("language"), str):
        room.speak(found["language"])
    return found


def answer(asked: asyncio.Future[Any]) -> Json | None:
    """What the platform gave, as far as it has; None where it is away or said no."""
    if not asked.done() or asked.cancelled() or asked.exception() is not None:
        return None
    found = asked.result()
    return found if isinstance(found, dict) else None


def open_here(shelf: Shelf, lesson: str) -> Lesson | None:
    """The lesson's line when it is open to this learner and its notebook is here."""
    with suppress(UnsafePath, KeyError):
        row = shelf.lesson(lesson)
        if row is not None and row.open and shelf.notebook(row.file) is not None:
            return row
    return None
