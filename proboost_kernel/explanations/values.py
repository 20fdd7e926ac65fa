"""Right types, wrong values: texts that are no numbers, places beyond an end, division by zero, endless calls."""

from __future__ import annotations

import ast
import re
from typing import Any

from proboost_kernel.explanations.facts import Facts
from proboost_kernel.i18n import _


def no_whole_number(facts: Facts) -> str:
    """int('3,5')."""
    found = re.match(r"invalid literal for int\(\) with base \d+: '(.*)'", facts.message, re.DOTALL)
    return _no_number(found[1], whole=True) if found else ""


def no_number(facts: Facts) -> str:
    """float('3,5')."""
    found = re.match(r"could not convert string to float: '(.*)'", facts.message, re.DOTALL)
    return _no_number(found[1], whole=False) if found else ""


def _no_number(text: str, *, whole: bool) -> str:
    shown = text[:60]
    if not text.strip():
        return _("There is nothing to turn into a number: the text is empty.")
    if re.fullmatch(r"\s*[-+]?\d*,\d+\s*", text):
        return _(
            "`{text}` is written with a comma; in Python a fraction has a point. Write `float('{point}')`, or first "
            "`.replace(',', '.')`."
        ).format(text=shown, point=shown.replace(",", "."))
    if whole and re.fullmatch(r"\s*[-+]?\d*\.\d*\s*", text):
        return _("`{text}` is a fraction, and `int()` reads whole numbers only. Write `float(…)`.").format(text=shown)
    if len(text.split()) > 1 and all(re.fullmatch(r"[-+]?\d+([.,]\d+)?", one) for one in text.split()):
        return _(
            "`{text}` holds several numbers. Split it first, and turn each into a number: "
            "`[int(x) for x in text.split()]`."
        ).format(text=shown)
    return (
        _("`{text}` is not a number, so it cannot be turned into one. Only digits and a sign are allowed.").format(
            text=shown
        )
        if whole
        else _("`{text}` is not a number, so it cannot be turned into one.").format(text=shown)
    )


def unpacked(facts: Facts) -> str:
    """a, b = [1, 2, 3]."""
    if found := re.match(r"not enough values to unpack \(expected (?:at least )?(\d+), got (\d+)\)", facts.message):
        return _("There must be as many names on the left as values on the right: names {n}, values {got}.").format(
            n=found[1], got=found[2]
        )
    if found := re.match(r"too many values to unpack \(expected (\d+)", facts.message):
        return _("There must be as many names on the left as values on the right: names {n}, values more.").format(
            n=found[1]
        )
    return ""


def not_in_list(facts: Facts) -> str:
    """xs.remove(7), 'abc'.index('z')."""
    if re.search(r"x not in (list|tuple)|is not in (list|tuple|range)", facts.message):
        return _("The list has no such element. Ask first with `in`.")
    if facts.message in ("substring not found", "subsection not found"):
        return _("The text does not contain what is looked for. Ask first with `in`, or take `.find(…)`.")
    return ""


def empty(facts: Facts) -> str:
    """max([])."""
    found = re.match(r"(max|min)\(\)(?: arg is an empty sequence| iterable argument is empty)", facts.message)
    if not found:
        return ""
    return _("`{name}()` has nothing to choose from: what it was given is empty.").format(name=found[1])


def domain(facts: Facts) -> str:
    """math.sqrt(-1)."""
    if "math domain error" not in facts.message and not re.match(r"expected a (nonnegative|positive) ", facts.message):
        return ""
    return _("This function is not defined for the number that it was given, such as the root of a negative one.")


VALUE = (no_whole_number, no_number, unpacked, not_in_list, empty, domain)


def index(facts: Facts) -> str:
    """xs[len(xs)]."""
    if "index out of range" not in facts.message:
        return _("It is empty: there is nothing to take from it.") if facts.message.startswith("pop from empty") else ""
    held: Any = facts.value(facts.part.value) if isinstance(facts.part, ast.Subscript) else None
    place: Any = facts.value(facts.part.slice) if isinstance(facts.part, ast.Subscript) else None
    if type(held) not in (list, tuple, str):
        return _("There is no element with this number. Elements are counted from 0, so the last one is at length − 1.")
    if not held:
        return _("It is empty: there is no element to take.")
    if type(place) is not int:
        return _("There is no element with this number: the indexes here are 0 to {last}.").format(last=len(held) - 1)
    return _("There is no element {index}: counting starts at 0, so the indexes here are 0 to {last}.").format(
        index=place, last=len(held) - 1
    )


def zero(facts: Facts) -> str:
    """1 / n where n is 0."""
    divisor = facts.part.right if isinstance(facts.part, ast.BinOp) else None
    if isinstance(divisor, ast.Name):
        return _("Nothing can be divided by zero, and `{name}` is 0 here. Check it first: `if {name} != 0:`.").format(
            name=divisor.id
        )
    if divisor is not None and not isinstance(divisor, ast.Constant):
        return _("Nothing can be divided by zero, and `{part}` is 0 here. Check it first with `if`.").format(
            part=ast.unparse(divisor)[:60]
        )
    return _("Nothing can be divided by zero.")


def recursion(facts: Facts) -> str:
    """A function that calls itself for ever."""
    if facts.function in ("", "<module>") or facts.deep:
        return _("Functions call each other here without an end.")
    return _(
        "`{function}()` calls itself again and again without an end. It needs a case in which it returns without a "
        "further call, and each call has to come nearer to it."
    ).format(function=facts.function)


def stopped(facts: Facts) -> str:
    """The learner stopped it: in a loop that may be endless."""
    loops = [
        node
        for node in ast.walk(facts.tree())
        if isinstance(node, ast.While) and node.lineno <= facts.number <= (node.end_lineno or node.lineno)
    ]
    if not loops:
        return ""
    line = max(node.lineno for node in loops)
    return _(
        "The program was stopped inside the loop in line {n}. If it did not end by itself: something in the loop has "
        "to make its condition false, or lead to `break`."
    ).format(n=line)
