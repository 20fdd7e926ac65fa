"""Copies of a room's process, one for each test, made ahead: while one test runs, the copy for the next gets ready."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, NoReturn

from proboost_kernel.forkserver import wire

LIMIT = 4 << 20  # bytes of a test


class Copies:
    """All copies are of the same process, which does nothing itself between them; none has a descriptor of another's.

    To fork a process that has pandas, and to take the memory of such a fork back, costs the system as long as a test;
    so neither is waited for.
    """

    def __init__(
        self,
        act: Callable[[dict[str, Any], int, socket.socket], object],
        control: socket.socket,
        fork: Callable[[], int] = os.fork,
    ) -> None:
        """`act` runs in the copy: the message, the descriptor that came with it, the link to whoever began it."""
        self._act, self._control, self._fork = act, control, fork
        self._ahead: tuple[int, socket.socket] | None = None
        self._begun = 0
        self._link: socket.socket | None = None  # to the one that was begun last
        self._ending: list[int] = []

    def make_ahead(self) -> None:
        """Makes the next copy, if there is room for it just now: it is made when it is needed otherwise."""
        with contextlib.suppress(OSError):
            self._make()

    def _make(self) -> None:
        if self._ahead is not None:
            return
        ours, theirs = socket.socketpair()
        process = self._fork()
        if process == 0:
            ours.close()
            self._live(theirs)
        theirs.close()
        self._ahead = process, ours

    def _live(self, link: socket.socket) -> NoReturn:
        try:
            self._control.close()
            if self._link is not None:
                self._link.close()
            message, descriptors = wire.receive(link, descriptors=1, limit=LIMIT)
            if message is not None:
                self._act(message, descriptors[0], link)
        finally:
            os._exit(0)

    def begin(self, message: dict[str, Any], descriptor: int) -> socket.socket:
        """Has the next copy act; returns the link to it. It may be dead already: then the link says nothing."""
        self._make()
        assert self._ahead is not None
        (self._begun, self._link), self._ahead = self._ahead, None
        with contextlib.suppress(OSError):
            wire.send(self._link, message, (descriptor,), limit=LIMIT)
        return self._link

    def end(self, *, all_of_them: bool = False) -> None:
        """Ends the copy that was begun last, whatever it does; `all_of_them`: also the one that nobody will need."""
        ending = [*self._ending, *([self._begun] if self._begun else [])]
        self._begun = 0
        if all_of_them and self._ahead is not None:
            process, link = self._ahead
            link.close()
            self._ahead = None
            ending.append(process)
        self._ending = []
        for process in ending:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):  # a program may collect all that ends
                os.kill(process, signal.SIGKILL)
                if os.waitpid(process, os.WNOHANG)[0] == 0:
                    self._ending.append(process)
