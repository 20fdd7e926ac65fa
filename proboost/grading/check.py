"""An author's exercise put to the test before anybody else is: its solution must pass, its starter must not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from proboost import i18n
from proboost.grading import check_variants
from proboost.grading.engine import Engine, work_of
from proboost.grading.reference import WEAK
from proboost.i18n import _
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise

WORKER = 991
TestClass = Literal["strict", "by handle", "weak", "not isolatable"]


@dataclass(frozen=True)
class Remark:
    """`field`: a path like `tests[1].code`; `code` is for programs, `message` for the author."""

    field: str
    severity: Literal["error", "warning"]
    code: str
    message: str


@contextmanager
def checking(*, uid: int = WORKER) -> Iterator[Engine]:
    """An engine for a series of checks of one's own exercises: the best sandbox that is to be had here, of any tier.

    `uid`: who runs them when we are root. Raises tiers.NoSandbox where there is none at all.
    """
    with Engine("C", uid=uid) as engine:
        yield engine


def check_source(exercise: Exercise, engine: Engine | None = None) -> list[Remark]:
    """What is wrong with an exercise when it runs; empty for kinds that run nothing. Without an engine one is made.

    Raises rooms.SandboxBroken.
    """
    if not (exercises.needs_sandbox(exercise.kind) or exercise.params) or exercise.is_public:
        return []
    if engine is None:
        with checking() as own:
            return check_source(exercise, own)
    if exercise.params:
        found, reason = check_variants.drawn(exercise, engine)
        told = [Remark("generator" if exercise.params.generator else "params", "error", "no-variant", reason)]
        return told if reason else check_source(found[0], engine)
    spec = exercise.spec
    if not spec.solution.strip():
        message = _("There is no solution, so nothing shows that the tests can be passed.")
        return [Remark("solution", "warning", "no-solution", message)]
    payload = payload_of(exercise, spec.solution)
    known = engine.reference(payload, work_of(payload))
    remarks = [_broken(exercise, name, why) for name, why in known.broken.items()]
    if remarks:
        return remarks
    remarks += _remarks_on_tests(exercise, known.inside, {test.name: test.shape or () for test in known.tests})
    starter = engine.grade(payload_of(exercise, spec.starter))
    if starter["state"] == "passed":
        message = _("The starter passes every test already, so there is nothing to do.")
        remarks.append(Remark("starter", "error", "starter-passes", message))
    return remarks


def classed(exercise: Exercise, engine: Engine) -> dict[str, TestClass]:
    """How much each test may be believed, test -> class: `strict`: it compares plain values that came out of the
    learner's room; `by handle`: it also works with an object that stays there; `weak`: the learner's own class has a
    say in it; `not isolatable`: it runs beside the learner's program. Empty where nothing runs or the solution fails.
    """
    if not exercises.needs_sandbox(exercise.kind) or not exercise.spec.solution.strip() or exercise.params:
        return {}
    payload = payload_of(exercise, exercise.spec.solution)
    known = engine.reference(payload, work_of(payload))
    if known.broken:
        return {}
    found: dict[str, TestClass] = {}
    for test in known.tests:
        shape = test.shape or ()
        if test.inside:
            found[test.name] = "not isolatable"
        elif any(operation.startswith(WEAK) for operation in shape):
            found[test.name] = "weak"
        else:
            found[test.name] = "by handle" if shape else "strict"
    return found


def payload_of(exercise: Exercise, code: str) -> dict[str, Any]:
    """The job that a worker would get for this answer."""
    job: dict[str, Any] = exercise.spec.job(code)
    return {"attempt": 0, "key_hash": "", "language": i18n.language(), **job}


def _broken(exercise: Exercise, name: str, why: str) -> Remark:
    if not name:
        message = _("The solution does not run: {reason}").format(reason=why)
        return Remark("solution", "error", "solution-fails", message)
    message = _("The solution does not pass the test “{name}”: {reason}").format(name=name, reason=why)
    return Remark(_field(exercise, name), "error", "solution-fails", message)


def _remarks_on_tests(exercise: Exercise, inside: frozenset[str], shapes: dict[str, tuple[str, ...]]) -> list[Remark]:
    remarks = []
    for test in exercise.spec.tests:
        field = _field(exercise, test.name)
        if test.name in inside and test.trust != "in-process":
            message = _(
                "The test “{name}” works only beside the learner's program, which could then deceive it: its findings "
                "will wait for a grader. Ask for plain values, or accept it with “trust: in-process”."
            )
            remarks.append(Remark(field, "warning", "not-isolatable", message.format(name=test.name)))
        elif any(operation.startswith(WEAK) for operation in shapes.get(test.name, ())):
            message = _(
                "The test “{name}” lets the learner's own class decide (==, in, isinstance …). Compare plain values."
            )
            remarks.append(Remark(field, "warning", "weak", message.format(name=test.name)))
    return remarks


def _field(exercise: Exercise, name: str) -> str:
    names = [test.name for test in exercise.spec.tests]
    return f"tests[{names.index(name)}].code" if name in names else "tests"
