"""Whose turn it is in a lesson's kernel: its author's cells one after the other, between them learners' programs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Listener = Callable[[str | None], None]  # hears the id of the author's cell that runs now, or None


@dataclass(frozen=True)
class Waiting:
    id: str
    needs: int  # this many of the lesson's cells
    go: Callable[[], None]


class Turns:
    """A program may run when the cells above its exercise have run and neither a cell nor another program runs; no cell
    begins while one runs.

    So a program is stopped exactly as long as it runs, and no cell of the author's in its place; and none waits in the
    kernel, where it would begin also when its page has gone.
    """

    def __init__(self, cells: Iterable[str] = ()) -> None:
        self._place = {cell: position for position, cell in enumerate(cells)}
        self._done = 0
        self._cell: str | None = None
        self._waiting: list[Waiting] = []
        self._running: str | None = None
        self._free = asyncio.Event()
        self._free.set()
        self._listeners: set[Listener] = set()

    @property
    def cell(self) -> str | None:
        """The author's cell that runs now."""
        return self._cell

    def ask(self, id_: str, cell: str, go: Callable[[], None]) -> bool:
        """Calls `go` as soon as the program of the exercise in that cell may run; whether that is now. A cell that the
        lesson does not have is behind all others.
        """
        one = Waiting(id_, self._place.get(cell, len(self._place)), go)
        if not self._may(one):
            self._waiting.append(one)
            return False
        self._begin(one)
        return True

    def _may(self, one: Waiting) -> bool:
        return self._cell is None and self._running is None and one.needs <= self._done

    def _begin(self, one: Waiting) -> None:
        self._running = one.id
        self._free.clear()
        one.go()

    def _next(self) -> None:
        for one in self._waiting:
            if self._may(one):
                self._waiting.remove(one)
                return self._begin(one)
        return None

    def forget(self, id_: str) -> bool:
        """Takes back a program that waits still; whether it did."""
        before = len(self._waiting)
        self._waiting = [one for one in self._waiting if one.id != id_]
        return len(self._waiting) < before

    def runs(self, id_: str) -> bool:
        return id_ == self._running

    def ended(self, id_: str) -> None:
        if id_ != self._running:
            return
        self._running = None
        self._next()
        if self._running is None:
            self._free.set()

    async def begin(self, cell: str) -> None:
        """Returns when the author's cell may run; those that wait for the cells above it come before it."""
        self._done = self._place[cell]
        self._next()
        while self._running is not None:
            await self._free.wait()
        self._cell = cell
        self._tell()

    def end(self) -> None:
        """The author's cell has run."""
        self._done = self._place.get(self._cell or "", -1) + 1
        self._cell = None
        self._next()
        self._tell()

    def over(self) -> None:
        """The lesson has run, or stopped: what waits gets its turn, for better or worse."""
        self._done, self._cell = len(self._place), None
        self._next()
        self._tell()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """The listener hears what runs now at once, and each change; returns the way to stop."""
        self._listeners.add(listener)
        listener(self._cell)
        return lambda: self._listeners.discard(listener)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener(self._cell)
