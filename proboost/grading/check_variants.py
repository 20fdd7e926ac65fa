"""An exercise with variants put to the test: values are drawn as for learners, and each draw must give an exercise."""

from __future__ import annotations

from proboost.grading import drawing
from proboost.grading.engine import Engine
from proboost.i18n import _
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise, ExerciseError, params

DRAWN = 20  # learners that are tried
ONE_IN = 2  # a draw that gives no exercise is drawn again; that half of them do is too much


def drawn(exercise: Exercise, engine: Engine, number: int = DRAWN) -> tuple[list[Exercise], str]:
    """What that many learners would get, and why some would not; empty when all would. Raises SandboxBroken."""
    found: list[Exercise] = []
    reasons: list[str] = []
    for position in range(number):
        seed = f"check {position}".encode()
        values = params.draw(exercise.params, seed)
        job = params.job(exercise.params, values, seed, exercises.used_values(exercise))
        if job["names"]:
            told = drawing.draw(engine, job)
            made = params.generated(job, told.get("values"))
            if made is None:
                reasons.append(str(told.get("failed") or ""))
                continue
            values |= made
        try:
            found.append(exercises.drawn(exercise, values))
        except ExerciseError as error:
            reasons.append(str(error))
    if len(found) * ONE_IN > number:
        return found, ""
    message = _("Of {total} draws only {n} give an exercise: {reason}")
    return found, message.format(total=number, n=len(found), reason=reasons[0][:300])
