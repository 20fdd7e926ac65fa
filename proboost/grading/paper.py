"""An author's notebook as a paper to be sat: its tests, and what the reference shows each of them may ask.

The reference is the notebook with its own solutions, run once through the very rooms that learners' are run in.
"""

from __future__ import annotations

import ast
import hashlib
import json
import socket
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from proboost.courses import marks, native
from proboost.courses.native import NativeCell
from proboost.grading import splice
from proboost.grading.pair import LIMIT, TOTAL, Pair
from proboost.grading.reference import WEAK, in_question, said, wanted_names
from proboost.grading.splice import Piece, Spliced

Told = dict[str, Any]


@dataclass(frozen=True)
class NotebookTest:
    """A test cell. `names`: how each is got at; `theirs`: those that solutions made since the test before.

    `shape`: operations on the learner's objects that the reference needed; `inside`: the reference passes it in no
    other way than beside the program; `broken`: why the reference does not pass it at all.
    """

    cell: NativeCell
    names: Mapping[str, Told]
    theirs: tuple[str, ...] = ()
    shape: tuple[str, ...] = ()
    inside: bool = False
    broken: str = ""

    @property
    def weak(self) -> bool:
        """Whether a class of the learner's has a say in it."""
        return any(operation.startswith(WEAK) for operation in self.shape)


@dataclass(frozen=True)
class Paper:
    """`steps` of the tester's room; `source`: what inspect.getsource shows; `hidden`: lines of each test cell."""

    cells: tuple[NativeCell, ...]
    tests: tuple[NotebookTest, ...] = ()
    steps: tuple[Told, ...] = ()
    source: str = ""
    hidden: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    @property
    def graded(self) -> tuple[NativeCell, ...]:
        return tuple(cell for cell in self.cells if cell.graded)


def fingerprint(source: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """The same for notebooks that the same reference serves."""
    parts = [[path, hashlib.sha256(content).hexdigest()] for path, content in sorted(files.items())]
    cells = [[cell.get("cell_type"), cell.get("source"), cell.get("metadata")] for cell in source["cells"]]
    return hashlib.sha256(json.dumps([parts, cells], sort_keys=True).encode()).hexdigest()


def steps_of(spliced: Spliced) -> list[Told]:
    """What the learner's room runs; of a test cell only the imports that learners see: later cells may rely on them."""
    steps: list[Told] = []
    tests = 0
    for index, piece in enumerate(spliced.pieces):
        if piece.is_test:
            visible = marks.without_hidden(piece.text)
            steps.append({"test": tests, "code": _imports(visible)})
            tests += 1
        elif piece.runs:
            steps.append({"cell": index, "code": piece.text, "trusted": piece.trusted})
    return steps


def read(source: Mapping[str, Any]) -> Paper:
    """The paper before its reference was run. Raises marks.Unbalanced."""
    cells = tuple(native.cells(source))
    pieces = splice.whole(source).pieces
    tests = [piece.native for piece in pieces if piece.is_test and piece.native is not None]
    steps = _tester_steps(pieces)
    hidden = {cell.grade_id: splice.hidden_lines(cell.source) for cell in tests}
    text = "\n".join(piece.text for piece in pieces if piece.runs)
    return Paper(cells, tuple(NotebookTest(cell, {}) for cell in tests), tuple(steps), text, hidden=hidden)


def _tester_steps(pieces: tuple[Piece, ...]) -> list[Told]:
    steps: list[Told] = []
    tests = 0
    for piece in pieces:
        if piece.is_test:
            steps.append({"test": tests})
            tests += 1
        elif piece.runs and piece.trusted:
            steps.append({"code": piece.text})
    return steps


def learn(pair: Pair, source: Mapping[str, Any], files: Mapping[str, bytes]) -> Paper:
    """The paper with what its reference showed. Raises marks.Unbalanced, SandboxBroken, belongings.TooMuch."""
    found = read(source)
    if not found.tests:
        return found
    steps, count = steps_of(splice.whole(source)), len(found.tests)
    sat = pair.run(steps, count, files, names=True)
    named = [_named(test, sat.ran.names.get(number), found) for number, test in enumerate(found.tests)]
    found = replace(found, tests=tuple(named))
    verdicts = ask(pair, found, sat.questions, files, free=True)
    others = {number: other for number, test in enumerate(named) if (other := _otherwise(test, verdicts[number]))}
    second: list[Told] = [{} for _ in named]
    tests = tuple(others.get(number, test) for number, test in enumerate(named))
    if others:
        again = pair.run(steps, count, files)
        second = ask(pair, replace(found, tests=tests), again.questions, files, free=True, only=others.keys())
    return replace(found, tests=tuple(map(_learned, named, verdicts, tests, second)))


def _otherwise(test: NotebookTest, verdict: Told) -> NotebookTest | None:
    """How to try it once more, if that might be better: beside the program, or asking for what it imports."""
    if not verdict["passed"]:
        return replace(test, inside=True)
    asked = in_question(test.names, [test.cell.source]) if verdict.get("alone") else {}
    return replace(test, names={**test.names, **asked}) if asked else None


def _named(test: NotebookTest, told: Told | None, paper: Paper) -> NotebookTest:
    """Its names as the reference has them; as the test itself calls them where the reference did not get so far."""
    if told is None:
        code = "\n".join(step["code"] for step in paper.steps if "code" in step)
        return replace(test, names=wanted_names(code, [test.cell.source]))
    return replace(test, names=dict(told["ways"]), theirs=tuple(told["theirs"]))


def _learned(test: NotebookTest, verdict: Told, other: NotebookTest, second: Told) -> NotebookTest:
    if second.get("passed"):
        return other if other.inside else replace(other, shape=tuple(second.get("used") or ()))
    if verdict["passed"]:
        return replace(test, shape=tuple(verdict.get("used") or ()))
    return replace(test, broken=said(verdict) or "?")


def ask(
    pair: Pair,
    paper: Paper,
    questions: Sequence[socket.socket],
    files: Mapping[str, bytes],
    *,
    free: bool = False,
    only: Set[int] | None = None,
) -> list[Told]:
    """A verdict for each test, in their order. `free`: any operation is allowed, and written down."""
    pair.paper(paper.steps, paper.source, files)
    end = time.monotonic() + TOTAL
    verdicts: list[Told] = []
    for number, (test, frozen) in enumerate(zip(paper.tests, questions, strict=True)):
        if time.monotonic() > end or (only is not None and number not in only):
            verdicts.append({"passed": False, "why": "late"})
            continue
        asked = {"test": number, "code": test.cell.source, "names": dict(test.names), "theirs": list(test.theirs)}
        asked |= {"shape": None if free else list(test.shape), "inside": test.inside, "visible": True, "limit": LIMIT}
        verdict = pair.ask(asked, frozen)
        if verdict is None:
            verdict = {"passed": False, "why": "slow"}
            pair.paper(paper.steps, paper.source, files)
        verdicts.append(verdict)
    return verdicts


def _imports(code: str) -> str:
    """The import statements at the top level of a test."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError):  # magics, perhaps
        return ""
    return "\n".join(ast.unparse(one) for one in body if isinstance(one, (ast.Import, ast.ImportFrom)))
