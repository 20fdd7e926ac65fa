"""Regions that nbgrader marks in a cell's text: solutions, hidden tests, mark schemes. Lines are its only grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Region = Literal["SOLUTION", "HIDDEN TESTS", "MARK SCHEME"]
REGIONS: tuple[Region, ...] = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
TEXT_STUB = "YOUR ANSWER HERE"
_STUBS = {
    "python": "# YOUR CODE HERE\nraise NotImplementedError()",
    "r": "# YOUR CODE HERE\nfail()",
    "matlab": "% YOUR CODE HERE\nerror('No Answer Given!')",
    "octave": "% YOUR CODE HERE\nerror('No Answer Given!')",
    "sas": "/* YOUR CODE HERE */\n %notImplemented;",
    "java": "// YOUR CODE HERE",
}
_COMMENTS = {"javascript": "//", "typescript": "//", "c++": "//", "c": "//", "rust": "//", "go": "//", "sql": "--"}
_AUTOTEST = re.compile(r"^[ \t]*#+[ \t]*(?P<hashed>HASHED[ \t]+)?AUTOTEST\b(?P<snippets>.*)$", re.MULTILINE)


class Unbalanced(ValueError):
    """A region is opened twice or never closed; `line` counts from 1, `region` names it."""

    def __init__(self, region: Region, line: int) -> None:
        self.region = region
        self.line = line
        super().__init__(f"{region}: line {line}")


@dataclass(frozen=True)
class Cut:
    """A text without its regions: what is `left`, and the lines (from 1) on which the regions began."""

    left: str
    begins: tuple[int, ...]


def cut(text: str, region: Region, stub: str | None = None) -> Cut:
    """Takes the regions of one name out, marks included, and puts `stub`, indented, in the place of each.

    Like nbgrader a line is a mark wherever the words stand in it. Raises Unbalanced.
    """
    begin, end = f"BEGIN {region}", f"END {region}"
    left: list[str] = []
    begins: list[int] = []
    opened = 0
    for number, line in enumerate(text.split("\n"), 1):
        if begin in line:
            if opened:
                raise Unbalanced(region, number)
            opened = number
            begins.append(number)
            indent = line[: len(line) - len(line.lstrip())]
            left += [] if stub is None else [indent + one for one in stub.split("\n")]
        elif end in line:
            opened = 0
        elif not opened:
            left.append(line)
    if opened:
        raise Unbalanced(region, opened)
    return Cut("\n".join(left), tuple(begins))


def without_hidden(text: str) -> str:
    """What a learner may see of a cell of tests or of a task. Raises Unbalanced."""
    return cut(cut(text, "HIDDEN TESTS").left, "MARK SCHEME").left


def code_stub(language: str) -> str:
    """What stands in the place of a solution in this language, as nbgrader writes it."""
    name = language.lower()
    return _STUBS.get(name) or f"{_COMMENTS.get(name, '#')} YOUR CODE HERE"


def autotests(text: str) -> tuple[tuple[int, bool], ...]:
    """Lines (from 1) on which nbgrader would write tests itself, and whether hashed."""
    return tuple(
        (text.count("\n", 0, match.start()) + 1, match["hashed"] is not None) for match in _AUTOTEST.finditer(text)
    )
