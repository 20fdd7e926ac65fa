"""An author's preview of a verdict: the key is in the cell, so it is judged here; learners' come from the platform."""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Mapping
from typing import Any

from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise
from proboost_kernel.exercises.code import Code, Test
from proboost_kernel.i18n import _
from proboost_kernel.widgets.running import error_of

Json = dict[str, Any]
LONGEST = 500  # characters of a call, a value


def verdict(exercise: Exercise, response: Json) -> Json:
    """The verdict of a checked response, in the shape that the platform gives; it counts for nobody."""
    said: Json = {"exercise": exercise.id, "max_points": exercise.points, "attempts_left": None, "preview": True}
    if exercises.by_submission(exercise.kind):
        return {**said, "state": "manual", "score": 0.0, "points": 0.0, "tests": []}
    if exercises.needs_sandbox(exercise.kind):
        said |= _tested(exercise.spec, str(response.get("code", "")))
    else:
        judged = exercises.judge(exercise, response)
        said |= {"score": judged.score, "message": judged.message, "message_html": judged.feedback, "tests": []}
    score = float(said["score"])
    said["state"] = said.get("state") or ("passed" if score >= 1 else "partial" if score > 0 else "failed")
    said["points"] = round(exercise.points * score, 2)
    if score >= 1:
        said["explanation"] = exercises.explanation_html(exercise)
    return said


def _tested(spec: Code, code: str) -> Json:
    """The code in a namespace of its own, then each test on a copy of what it left."""
    names: Json = {"__name__": "__main__"}
    for part, whose in ((spec.setup, "setup"), (code, "code")):
        problem = _exec(part, names)
        if problem is not None:
            message = (
                _("The setup of the exercise fails.") if whose == "setup" else _("The program ends with an error.")
            )
            tests = [{"name": test.name, "passed": False, "message": "", "hidden": test.hidden} for test in spec.tests]
            return {"score": 0.0, "tests": tests, "message": f"{message}\n{problem}"}
    rows = [_row(test, names) for test in spec.tests]
    whole = sum(test.points for test in spec.tests)
    passed = sum(test.points for test, row in zip(spec.tests, rows, strict=True) if row["passed"])
    first = next(
        (test.feedback for test, row in zip(spec.tests, rows, strict=True) if not row["passed"] and test.feedback), ""
    )
    return {"score": passed / whole if whole else 0.0, "tests": rows, "message": first}


def _row(test: Test, names: Mapping[str, Any]) -> Json:
    here = dict(names)
    problem = _exec(test.code, here)
    row: Json = {"name": test.name, "passed": problem is None, "message": "", "hidden": test.hidden}
    if problem is not None:
        case = None if test.hidden else case_of(test.code, names)
        if case:
            row["case"] = case
        elif not test.hidden:
            row["message"] = problem
    return row


def _exec(code: str, names: Json) -> str | None:
    """None, or what went wrong. Prints are not shown: the tests decide."""
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            exec(compile(code, "<program>", "exec"), names)  # noqa: S102  # the author's own code in the author's own kernel
    except BaseException as error:  # noqa: BLE001  # SystemExit and an interrupt too are findings here
        told = error_of(error)["error"]
        return "\n".join(part for part in (f"{told['name']}: {told['message']}".strip(": "), told["traceback"]) if part)
    return None


def case_of(code: str, names: Mapping[str, Any]) -> Json | None:
    """{"call", "got", "wanted"} of a test whose only assertion is `assert f(args) == value`, else None."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    asserts = [statement for statement in body if isinstance(statement, ast.Assert)]
    if len(asserts) != 1 or not isinstance(asserts[0].test, ast.Compare) or len(asserts[0].test.ops) != 1:
        return None
    compared = asserts[0].test
    if not isinstance(compared.ops[0], ast.Eq) or not isinstance(compared.left, ast.Call):
        return None
    here = dict(names)
    before = ast.Module([statement for statement in body if statement is not asserts[0]], [])
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            exec(compile(before, "<program>", "exec"), here)  # noqa: S102  # as above
            sides = [
                repr(eval(compile(ast.Expression(side), "<program>", "eval"), here))  # noqa: S307  # as above
                for side in (compared.left, compared.comparators[0])
            ]
    except BaseException:  # noqa: BLE001  # the call itself raises: its message is told instead
        return None
    call, got, wanted = ast.unparse(compared.left), *sides
    return {"call": call[:LONGEST], "got": got[:LONGEST], "wanted": wanted[:LONGEST]}
