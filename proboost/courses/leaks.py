"""Answers that give themselves away: solutions in what learners read, tests whose names quote what they hide. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from proboost.i18n import _
from proboost_kernel.exercises import Exercise, key
from proboost_kernel.exercises.markup import outside_code

LONG = 20  # characters without spaces that are no accident
TALKATIVE = 12  # characters of an option that a prompt does not use by chance
TELLING = 3  # characters of a literal that a name may not quote
TYPED = 5  # characters of an answer to be typed that do not stand in a prompt by chance


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Program text without comments' and spaces' accidents."""
    return re.sub(r"\s+", "", re.sub(r"#[^\n]*", "", text))


def in_exercise(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """(field, code, message) of what an exercise's public part tells of its private one."""
    if exercise.kind == "code":
        yield from _program(exercise)
    elif exercise.kind == "choice":
        yield from _choice(exercise)
    else:
        prompt = outside_code(exercise.common.prompt)  # names of a program are said there
        if answer := next((text for text in _typed(exercise) if _stands(text, prompt)), ""):
            yield "prompt", "answer", _("The answer stands here word for word: {answer}").format(answer=answer[:60])


def in_lesson(exercise: Exercise, cells: Iterable[tuple[int, str]]) -> Iterator[int]:
    """Numbers of the cells (folded) in which the whole solution stands."""
    if exercise.kind != "code":
        return
    solution = folded(exercise.spec.solution)
    if len(solution) >= LONG:
        yield from (number for number, text in cells if solution in text)


def in_outputs(exercise: Exercise, outputs: Iterable[tuple[int, str]]) -> Iterator[int]:
    """Numbers of the cells whose saved outputs hold the answer: learners who run them read it."""
    typed = list(_typed(exercise))
    solution = folded(exercise.spec.solution) if exercise.kind == "code" else ""
    for number, text in outputs:
        told = len(solution) >= LONG and solution in folded(text)
        if told or any(_stands(answer, text) for answer in typed):
            yield number


def _typed(exercise: Exercise) -> Iterator[str]:
    """Answers that learners type and that are worth all the points, where they are long enough to be no accident."""
    if exercise.kind not in ("text", "number", "blanks"):
        return
    part = key(exercise)
    given: Any = part.get("answers") or part.get("answer") or []
    for answer in given if isinstance(given, list) else [one for several in given.values() for one in several]:
        text = str(answer.get("text") or answer.get("value") or "").strip()
        if answer["share"] == 1 and len(text) >= TYPED and not (text.startswith("/") and text.endswith("/")):
            yield text


def _stands(answer: str, text: str) -> bool:
    """As a word of its own; letters' case is no difference."""
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE) is not None


def _program(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    spec, common = exercise.spec, exercise.common
    shown = {"prompt": common.prompt, "starter": spec.starter, "setup": spec.setup}
    shown |= {f"hints[{position}]": hint for position, hint in enumerate(common.hints)}
    solution = folded(spec.solution)
    for field, text in shown.items():
        if len(solution) >= LONG and field != "starter" and solution in folded(text):
            yield field, "answer", _("The solution stands here.")
    shown |= {f"tests[{position}].code": test.code for position, test in enumerate(spec.tests) if not test.hidden}
    for position, test in enumerate(spec.tests):
        if not test.hidden:
            continue
        for field, text in shown.items():
            code = folded(test.code)
            if len(code) >= LONG and code in folded(text):
                yield field, "hidden-test", _("The hidden test “{name}” stands here.").format(name=test.name)
        quoted = _quoted(test.name, test.code)
        if quoted:
            message = _("The name of this hidden test quotes what it tries: {quoted}").format(quoted=quoted)
            yield f"tests[{position}].name", "hidden-name", message


def _choice(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    spec, common = exercise.spec, exercise.common
    right = {item for item, share in spec.shares if share == 1}
    texts = {"prompt": common.prompt} | {f"hints[{position}]": hint for position, hint in enumerate(common.hints)}
    for field, text in texts.items():
        found = {option.item: len(option.text.strip()) for option in spec.options if option.text.strip() in text}
        if found.keys() <= right and max(found.values(), default=0) >= TALKATIVE:
            yield field, "answer", _("The right option stands here word for word, and no other one does.")


def _quoted(name: str, code: str) -> str:
    """A literal of the test's code that stands in its name."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                for text in _spellings(code, argument):
                    if len(text) >= TELLING and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", name):
                        return text
    return ""


def _spellings(code: str, node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant | ast.List | ast.Tuple | ast.Dict | ast.Set | ast.UnaryOp):
        yield ast.get_source_segment(code, node) or ""
        if isinstance(node, ast.Constant):
            yield str(node.value)
