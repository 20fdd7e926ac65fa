"""What the reference solution shows of an exercise: names, needed operations, tests that cannot be split.

Found by running it through the very same rooms, once for each key; the worker remembers.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from proboost.grading import broker
from proboost.grading.broker import Outcome, Test, Told, Work
from proboost.grading.rooms import Rooms

WEAK = ("eq:", "ne:", "lt:", "le:", "gt:", "ge:", "contains:", "bool:", "isinstance:", "issubclass:")


@dataclass(frozen=True)
class Reference:
    """`tests` carry what is allowed to them; `broken`: tests (or "") that the reference itself fails, and why."""

    names: Mapping[str, Any]
    tests: tuple[Test, ...]
    broken: Mapping[str, str] = field(default_factory=dict)

    @property
    def inside(self) -> frozenset[str]:
        """Tests that run beside the learner's program, since the reference passes them in no other way."""
        return frozenset(test.name for test in self.tests if test.inside)


def fingerprint(payload: Mapping[str, Any]) -> str:
    """The same for jobs that the same reference serves."""
    parts = [payload.get("setup"), payload.get("solution"), payload["tests"], payload.get("timeout")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def learn(rooms: Rooms, work: Work, solution: str) -> Reference:
    """Runs `solution` in the place of the learner's program. Raises SandboxBroken."""
    if not solution.strip():
        return Reference(
            wanted_names(work.setup, [test.code for test in work.tests]),
            tuple(replace(test, shape=()) for test in work.tests),
        )
    free = tuple(replace(test, shape=None, inside=False) for test in work.tests)
    trial = replace(work, code=solution, tests=free, names=None)
    outcome = broker.run(rooms, trial)
    if outcome.broken or outcome.problem is not None:
        return Reference({}, work.tests, {"": outcome.broken or said(outcome.problem or {})})
    if _failing(outcome) and (shared := _shared(work.setup, solution, outcome.names)):
        # A function may change what set-up made while it is called: then the tests look at the program's own copy.
        other = broker.run(rooms, replace(trial, names={**outcome.names, **shared}))
        if _failing(other) < _failing(outcome):
            outcome = other
    alone = [test.code for test in free if outcome.verdicts[test.name].get("alone")]
    if asked := in_question(outcome.names, alone):
        other = broker.run(rooms, replace(trial, names={**outcome.names, **asked}))
        if _failing(other) <= _failing(outcome):
            outcome = other
    again = tuple(replace(test, inside=True) for test in free if test.name in _failing(outcome))
    second = broker.run(rooms, replace(trial, tests=again)) if again else Outcome()
    tests, broken = [], {}
    for test in free:
        verdict = outcome.verdicts[test.name]
        if verdict["passed"]:
            tests.append(replace(test, shape=tuple(verdict.get("used") or ())))
        elif second.verdicts.get(test.name, {}).get("passed"):
            tests.append(replace(test, shape=(), inside=True))
        else:
            tests.append(replace(test, shape=()))
            broken[test.name] = said(verdict)
    return Reference(outcome.names, tuple(tests), broken)


def _failing(outcome: Outcome) -> set[str]:
    return {name for name, verdict in outcome.verdicts.items() if not verdict["passed"]}


def _shared(setup: str, solution: str, names: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Names that set-up binds, the solution uses and the tester has taken for its own."""
    used = {node.id for node in ast.walk(ast.parse(solution)) if isinstance(node, ast.Name)}
    return {name: {"remote": "value"} for name in (_bound(setup) & used) - names.keys()}


def in_question(names: Mapping[str, Any], alone: Sequence[str]) -> dict[str, dict[str, str]]:
    """Names to ask for, though the reference imports them (`from statistics import mean` is an answer too): what tests
    use that ask the program for nothing else. Nobody could fail those.
    """
    used = {node.id for code in alone for node in ast.walk(_tree(code)) if isinstance(node, ast.Name)}
    ways = {name: names[name] for name in sorted(used & names.keys()) if "remote" not in names[name]}
    return {name: {"remote": "function" if "from" in way else "value"} for name, way in ways.items()}


def said(told: Told) -> str:
    """A verdict or an error in few words, for authors."""
    parts = [told.get("why"), *(told.get("kinds") or [])[:1], told.get("kind"), told.get("name"), told.get("text")]
    line = f"line {told['line']}" if told.get("line") else None
    return ": ".join(str(part) for part in (*parts, line) if part)


def wanted_names(setup: str, tests: Sequence[str]) -> dict[str, dict[str, str]]:
    """Without a reference: the names that tests use and neither they, set-up nor Python define."""
    defined = set(vars(builtins)) | _bound(setup)
    names: dict[str, dict[str, str]] = {}
    for code in tests:
        tree = _tree(code)
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        for name in loaded - defined - _bound(code):
            names.setdefault(name, {"remote": "function" if name in called else "value"})
    return names


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # a notebook's magic, say
        return ast.Module([], [])


def _bound(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(_tree(source)):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    return names
