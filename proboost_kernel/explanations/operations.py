"""TypeError: values that do not go together, calls with the wrong arguments, what cannot be called or indexed."""

from __future__ import annotations

import ast
import builtins
import re

from proboost_kernel.explanations.facts import MISSING, Facts
from proboost_kernel.explanations.nothing import nothing
from proboost_kernel.i18n import _

UNCALLED = ("builtin_function_or_method", "function", "method")


def text_and_number(facts: Facts) -> str:
    """'a' + 1, in either order."""
    kinds = _operands(facts)
    if "str" not in kinds or not kinds & {"int", "float"}:
        return ""
    if _operator(facts) != "+":
        return _(
            "One value is a text, the other a number, and `{operator}` is not defined for them. If the text holds a "
            "number, turn it into one: `int(…)` or `float(…)`; what `input()` gives is always a text."
        ).format(operator=_operator(facts))
    return _(
        "A text and a number cannot be added. To make one text, turn the number into text: `str(…)`, or an f-string; "
        "to add numbers, turn the text into a number: `int(…)`. What `input()` gives is always a text."
    )


def compared(facts: Facts) -> str:
    """'5' < 6."""
    found = re.match(r"'([<>]=?)' not supported between instances of '(\w+)' and '(\w+)'", facts.message)
    if not found:
        return ""
    if "NoneType" in found.groups():
        return nothing(facts, _side(facts))
    return _(
        "`{operator}` cannot compare `{left}` with `{right}`. Make both the same type; what `input()` gives is a text "
        "until you write `int(input())`."
    ).format(operator=found[1], left=found[2], right=found[3])


def with_none(facts: Facts) -> str:
    """None + 1, None[0], for x in None, None()."""
    if "NoneType" not in facts.message:
        return ""
    if "object is not callable" in facts.message:
        return nothing(facts, facts.part.func if isinstance(facts.part, ast.Call) else None)
    return nothing(facts, _side(facts))


def without_brackets(facts: Facts) -> str:
    """print['x'], text.upper + 'x'."""
    found = next((one for one in UNCALLED if f"'{one}'" in facts.message or f'"{one}"' in facts.message), "")
    if not found or "argument" in facts.message:
        return ""
    if "not subscriptable" in facts.message and isinstance(facts.part, ast.Subscript):
        name = ast.unparse(facts.part.value)[:60]
        return _("`{name}` is a function: it is called with round brackets, `{name}(…)`, not with square ones.").format(
            name=name
        )
    return _("One of the values here is a function itself, not its result. Call it: write `()` after its name.")


def not_callable(facts: Facts) -> str:
    """5(3), list = [1]; list(…)."""
    found = re.match(r"'(\w+)' object is not callable", facts.message)
    if not found or found[1] == "NoneType":
        return ""
    function = facts.part.func if isinstance(facts.part, ast.Call) else None
    if isinstance(function, ast.Name) and hasattr(builtins, function.id):
        return _(
            "You gave the name `{name}` to a value, and it hides Python's function `{name}()`. Rename your variable "
            "and run `del {name}`."
        ).format(name=function.id)
    if found[1] in ("int", "float"):
        return _(
            "A number stands right before a bracket, so Python tries to call it like a function. If you mean to "
            "multiply, write `*`."
        )
    if found[1] in ("list", "tuple", "str", "dict"):
        return _(
            "Round brackets call a function, but what stands before them is of type `{type}`. For an element write "
            "square brackets: `[…]`."
        ).format(type=found[1])
    return _("What stands before the round brackets is of type `{type}`, not a function: it cannot be called.").format(
        type=found[1]
    )


def arguments(facts: Facts) -> str:
    """f() missing, f(1, 2) too many, f(colour=1) unknown."""
    message = facts.message
    if found := re.match(
        r"([\w.<>]+)\(\) missing (\d+) required (?:positional|keyword-only) arguments?: (.+)", message
    ):
        return _(
            "`{name}()` was called without something that it needs: {missing}. Add it inside the brackets."
        ).format(
            name=found[1].rpartition(".")[2],
            missing=found[3].replace(" and ", ", ").replace("'", "`").replace(",,", ","),
        )
    if found := re.match(
        r"([\w.<>]+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) (?:was|were)", message
    ):
        owner, _dot, name = found[1].rpartition(".")
        if owner and not owner.endswith("<locals>") and int(found[3]) == int(found[2]) + 1 and "self" not in message:
            return _(
                "`{name}()` is a method: Python hands it the object itself as its first value. If its definition lacks "
                "`self` as first parameter, write it there; else it was called with one value too many."
            ).format(name=name)
        return _("`{name}()` was given too many values: it takes {n} at most, and there are {got}.").format(
            name=name, n=found[2], got=found[3]
        )
    if found := re.match(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'", message):
        return _("`{name}()` has no parameter `{parameter}`. Check how its parameters are spelt.").format(
            name=found[1].rpartition(".")[2], parameter=found[2]
        )
    if found := re.match(r"([\w.<>]+)\(\) got multiple values for argument '(\w+)'", message):
        return _("`{name}()` was given `{parameter}` twice: by its place and by its name.").format(
            name=found[1].rpartition(".")[2], parameter=found[2]
        )
    builtin = re.match(
        r"(\w+)(?:\(\))? (?:takes|expected) (?:exactly |at least |at most )?(?:no|one|\d+) "
        r"(?:positional )?arguments?,? (?:\(|got )(\d+)",
        message,
    )
    if not builtin:
        return ""
    return _("`{name}()` takes another number of values in its brackets: now there are {got}.").format(
        name=builtin[1], got=builtin[2]
    )


def index_type(facts: Facts) -> str:
    """xs['a'], xs[1.0], 'abc'['a']."""
    found = re.match(
        r"(list|tuple|string|range|byte) (?:object )?(?:indices|index) must be integers(?: or slices)?, not '?(\w+)'?",
        facts.message,
    )
    if not found:
        return ""
    if found[2] == "float":
        return _(
            "An index is a whole number, and this one is a `float`, even if it looks whole. Divide with `//` instead "
            "of `/`, or turn it into a whole number: `int(…)`."
        )
    if found[2] == "str":
        return _(
            "An index of a list or a text is a whole number, not a text. Is this meant to be a dictionary? In `for x "
            "in xs` the `x` is the element itself, not its number."
        )
    return _("An index is a whole number or a slice like `1:3`, and this one is of type `{type}`.").format(
        type=found[2]
    )


def whole_number(facts: Facts) -> str:
    """range(5 / 2)."""
    found = re.match(r"'(float|str|list)' object cannot be interpreted as an integer", facts.message)
    if not found:
        return ""
    if found[1] == "float":
        return _(
            "A whole number is needed here, and this is a `float`, as `/` gives. Divide with `//`, or write `int(…)`."
        )
    if found[1] == "list":
        return _("A whole number is needed here, and this is a list. For the number of its elements write `len(…)`.")
    return _("A whole number is needed here, and this is a text. Turn it into a number: `int(…)`.")


def fixed(facts: Facts) -> str:
    """'abc'[0] = 'x', (1, 2)[0] = 3."""
    found = re.match(r"'(str|tuple)' object does not support item (?:assignment|deletion)", facts.message)
    if not found:
        return ""
    if found[1] == "str":
        return _(
            "A text cannot be changed in place. Make a new one, as with `.replace(…)` or `text[:2] + 'x' + text[3:]`, "
            "and keep it in a variable."
        )
    return _("A tuple cannot be changed. Take a list, `[…]`, when its elements are to change.")


def not_a_collection(facts: Facts) -> str:
    """for x in 5, 5[0], len(5)."""
    if found := re.match(r"'(int|float|bool)' object is not iterable", facts.message):
        return _("A number has no elements to go through. To count up to it write `range(…)`.")
    if found := re.match(r"object of type '(int|float|bool)' has no len\(\)", facts.message):
        return _("A number has no length. For the number of its digits turn it into a text: `len(str(…))`.")
    if found := re.match(r"'(int|float|bool|set)' object is not subscriptable", facts.message):
        return _("A value of type `{type}` has no elements that could be taken by `[…]`.").format(type=found[1])
    if found := re.match(r"argument of type '(int|float|bool)' is not (?:iterable|a container)", facts.message):
        return _("`in` looks inside a collection or a text, and a number is neither.")
    return ""


def unhashable(facts: Facts) -> str:
    """{[1]: 2}."""
    found = re.search(r"unhashable type: '(list|dict|set)'", facts.message)
    if not found:
        return ""
    return _(
        "A value of type `{type}` can change, so it can be neither a key of a dictionary nor an element of a set. "
        "Take a tuple, `(…)`, instead."
    ).format(type=found[1])


def other_operands(facts: Facts) -> str:
    """[1] + 1, 'a' * 'b'."""
    kinds = re.findall(r"'(\w+)' and '(\w+)'", facts.message)
    adding = re.match(r'can only concatenate (\w+) \(not "(\w+)"\) to', facts.message)
    if adding and adding[1] == "list":
        return _("Only a list can be added to a list with `+`. For one element write `.append(…)`.")
    if "can't multiply sequence by non-int of type 'str'" in facts.message:
        return _(
            "Two texts cannot be multiplied. If they hold numbers, turn them into numbers: `int(…)`; what `input()` "
            "gives is always a text."
        )
    if not kinds and not adding:
        return ""
    left, right = kinds[0] if kinds else (adding[1], adding[2]) if adding else ("", "")
    if "unsupported operand" not in facts.message and not adding:
        return ""
    return _(
        "`{operator}` does not work between `{left}` and `{right}`. Turn one of them into the type you need."
    ).format(operator=_operator(facts), left=left, right=right)


TYPE = (
    with_none, text_and_number, compared, without_brackets, not_callable, arguments, index_type, whole_number, fixed,
    not_a_collection, unhashable, other_operands,
)  # fmt: skip


def _operands(facts: Facts) -> set[str]:
    if found := re.match(r'can only concatenate (\w+) \(not "(\w+)"\) to', facts.message):
        return set(found.groups())
    if found := re.match(r"unsupported operand type\(s\) for .+: '(\w+)' and '(\w+)'", facts.message):
        return set(found.groups())
    return set()


def _operator(facts: Facts) -> str:
    found = re.match(r"unsupported operand type\(s\) for (.+?)(?: or \w+\(\))?:", facts.message)
    return found[1].removesuffix("=") if found else "+"


def _side(facts: Facts) -> ast.expr | None:
    """The part of the failing expression that is None."""
    match facts.part:
        case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
            sides = [left, right]
        case ast.Subscript(value=inner):
            sides = [inner]
        case ast.Name() | ast.Call():
            sides = [facts.part]
        case _other:
            loops = [one for one in ast.walk(facts.tree()) if isinstance(one, ast.For) and one.lineno == facts.number]
            sides = [one.iter for one in loops]
    known = [one for one in sides if facts.value(one) is None]
    calls: list[ast.expr] = [one for one in sides if isinstance(one, ast.Call) and facts.value(one) is MISSING]
    return next(iter(known + calls), None)
