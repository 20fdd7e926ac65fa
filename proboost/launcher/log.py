"""A server's log: a pipe that the keeper copies to a bounded file, since learners' programs can write to it too."""

from __future__ import annotations

import contextlib
import os

SIZE = 1 << 20  # then the file becomes NAME.log.1
_PIECE = 1 << 14


class Log:
    """Lines go in at `writing`; `copy` moves what has come to the file. Our own lines go to `file` directly."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.reading, self.writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.reading, False)
        self.file = self._opened()

    @property
    def ours(self) -> tuple[int, int]:
        """Descriptors that a server must not get."""
        return self.reading, self.file

    def only_read(self) -> None:
        """The server has been started: the pipe ends when the last process that got it ends."""
        os.close(self.writing)

    def copy(self) -> int | None:
        """Moves one piece: its length, 0 when nobody can write any more, None when nothing is there now."""
        try:
            piece = os.read(self.reading, _PIECE)
        except BlockingIOError:
            return None
        if piece:
            os.write(self.file, piece)
            if os.fstat(self.file).st_size > SIZE:
                self._begin_anew()
        return len(piece)

    def _begin_anew(self) -> None:
        os.rename(self.path, f"{self.path}.1")
        new = self._opened()
        for descriptor in (self.file, 1, 2):
            os.dup2(new, descriptor, inheritable=descriptor < 3)
        os.close(new)

    def close(self) -> None:
        for descriptor in (self.reading, self.file):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _opened(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
