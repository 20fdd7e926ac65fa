"""An author's own variant of an exercise: drawn whenever its cell is run, by the generator in the author's kernel."""

from __future__ import annotations

import os

from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise, ExerciseError, Problem, generating, params
from proboost_kernel.i18n import _
from proboost_kernel.widgets.running import error_of

DRAWS = 10


def drawn(exercise: Exercise) -> Exercise:
    """The exercise with values drawn for its author; itself where everybody has the same. Raises ExerciseError when no
    draw gives an exercise, and where the generator fails.
    """
    if not exercise.params:
        return exercise
    for left in reversed(range(DRAWS)):
        try:
            return exercises.drawn(exercise, _values(exercise, os.urandom(16)))
        except ExerciseError:
            if not left:
                raise
    raise AssertionError("unreachable")


def _values(exercise: Exercise, seed: bytes) -> dict[str, str]:
    values = params.draw(exercise.params, seed)
    job = params.job(exercise.params, values, seed, exercises.used_values(exercise))
    try:
        return values | generating.run(job)
    except Exception as error:  # noqa: BLE001  # the author's own program, whose fault is told
        told = error_of(error)["error"]
        message = _("The generator fails: {error}").format(error=f"{told['name']}: {told['message']}")
        raise ExerciseError([Problem(0, "generator", "generator", message)]) from None
