"""What a cell prints is bounded, and says so: a program without an end fills neither the page nor the notebook."""

from __future__ import annotations

import sys
from typing import Any

from proboost_kernel.i18n import _

MOST = 1024 * 1024  # characters of one cell; a line that is written over again (`\r`) counts for nothing


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython: `IPKernelApp.extra_extensions`."""
    bound = Bound()
    shell.events.register("pre_run_cell", bound.begin)
    for stream in (sys.stdout, sys.stderr):
        bound.limit(stream)


class Bound:
    """What is left for the cell that runs. After it, prints go nowhere; the program runs on."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.left = most

    def begin(self, _info: object = None) -> None:
        self.left = self.most

    def limit(self, stream: Any) -> None:
        """Bounds a stream whose `write` is looked up at each call, as ipykernel's is."""
        write = stream.write

        def bounded(text: str) -> Any:
            if not isinstance(text, str) or text.startswith("\r"):
                return write(text)
            room, self.left = self.left, self.left - len(text)
            if self.left >= 0:
                return write(text)
            if room >= 0:
                write(f"{text[:room]}\n{_over()}\n")
            return len(text)

        stream.write = bounded


def _over() -> str:
    return _(
        "… the rest of what this cell prints is not shown: it is too long. If the program does not end, stop it with ■."
    )
