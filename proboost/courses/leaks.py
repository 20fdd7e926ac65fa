"""Answers that give themselves away: solutions in what learners read, tests whose names quote what they hide. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from proboost.i18n import _
from proboost_kernel.exercises import Exercise

LONG = 20  # characters without spaces that are no accident
TALKATIVE = 12  # characters of an option that a prompt does not use by chance
TELLING = 3  # characters of a literal that a name may not quote


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


def in_lesson(exercise: Exercise, cells: Iterable[tuple[int, str]]) -> Iterator[int]:
    """Numbers of the cells (folded) in which the whole solution stands."""
    if exercise.kind != "code":
        return
    solution = folded(exercise.spec.solution)
    if len(solution) >= LONG:
        yield from (number for number, text in cells if solution in text)


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
