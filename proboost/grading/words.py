"""Sentences about programs and tests, for people who program since last week."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proboost.i18n import _

Told = Mapping[str, Any]
TEXT = 300  # characters of an error's own text


def problem(told: Told, *, limit: float, memory: int) -> str:
    """Why the program did not get as far as its tests."""
    why = told.get("why")
    if why == "slow":
        return slow(None, limit)
    if why == "memory":
        return out_of_memory(memory)
    if why == "crashed":
        return _("Python itself crashed while your program ran. Very deep recursion is a common reason.")
    if why == "ended":
        return _("Your program ended itself before it could be checked. Take os._exit out of it.")
    kinds = told.get("kinds")
    kinds = [str(kind) for kind in kinds] if isinstance(kinds, list) else []
    line = told.get("line") if isinstance(told.get("line"), int) else None
    return _error(kinds, told, line, limit=limit, memory=memory)


def _error(kinds: list[str], told: Told, line: int | None, *, limit: float, memory: int) -> str:
    kind = kinds[0] if kinds else "Exception"
    name, text = str(told.get("name") or "")[:80], str(told.get("text") or "")[:TEXT]
    if kind == "TimeIsUp":
        return slow(line, limit)
    if kind == "TooMuchOutput":
        return _("Your program prints too much. Is there a print in an endless loop?")
    if kind == "MemoryError":
        return out_of_memory(memory)
    if "SyntaxError" in kinds:
        return at(line, _syntax(kind, text, str(told.get("source") or "")))
    if kind == "SystemExit":
        return at(line, _("The program ends itself here, before it could be checked. Take exit() out of it."))
    if kind == "RecursionError":
        return at(line, _("The function calls itself without end. When should it stop?"))
    if kind in ("NameError", "UnboundLocalError") and name:
        return at(line, _("The name “{name}” is not defined.").format(name=name))
    if kind == "ModuleNotFoundError" and name:
        return at(line, _("There is no module “{name}” here.").format(name=name))
    if kind == "EOFError":
        return at(line, _("The program waits for input(), but nobody types anything during a check."))
    said = f"{kind[:80]}: {text}" if text else kind[:80]
    return at(line, f"{said}. {_HINTS[kind]()}" if kind in _HINTS else said)


_HINTS: dict[str, Callable[[], str]] = {
    "ZeroDivisionError": lambda: _("There is a division by zero."),
    "IndexError": lambda: _("The list or text has no element with this number; counting starts at 0."),
    "KeyError": lambda: _("The dictionary has no such key."),
    "AttributeError": lambda: _("A value of this type has no such method or attribute."),
    "ValueError": lambda: _("The type is right, but the value does not fit."),
    "TypeError": lambda: _("This operation does not go with values of these types, or with this number of them."),
}


def _syntax(kind: str, text: str, source: str) -> str:
    if source.lstrip().startswith(("%", "!")):
        return _("Commands that start with % or ! work in a notebook only. Take this line out before the check.")
    if kind in ("IndentationError", "TabError"):
        return _("The indentation is not right: {reason}.").format(reason=_reason(text))
    return _("Python does not understand this line: {reason}.").format(reason=_reason(text))


def _reason(text: str) -> str:
    """Python's own reason, in the reader's language where it is one that beginners meet."""
    for start, words in _REASONS.items():
        if text.startswith(start):
            return words()
    return text


_REASONS: dict[str, Callable[[], str]] = {
    "expected ':'": lambda: _("a colon is missing"),
    "invalid syntax. Perhaps you forgot a comma": lambda: _("perhaps a comma is missing"),
    "invalid syntax. Maybe you meant '=='": lambda: _("comparing is written with two equal signs, =="),
    "invalid syntax": lambda: _("something is missing here or does not belong here"),
    "unterminated string literal": lambda: _("a text is not closed with a quotation mark"),
    "unterminated triple-quoted": lambda: _("a text is not closed with three quotation marks"),
    "'(' was never closed": lambda: _("a bracket is not closed"),
    "'[' was never closed": lambda: _("a bracket is not closed"),
    "'{' was never closed": lambda: _("a bracket is not closed"),
    "unmatched ": lambda: _("a bracket is closed that was not opened"),
    "expected an indented block": lambda: _("the line has to begin further to the right"),
    "unexpected indent": lambda: _("the line begins further to the right than the one before"),
    "unindent does not match": lambda: _("the line begins where no line above it does"),
    "Missing parentheses in call to 'print'": lambda: _("print needs brackets: print(…)"),
    "cannot assign to": lambda: _("a value cannot be given to this; did you mean == ?"),
}


def at(line: int | None, sentence: str) -> str:
    return sentence if line is None else _("Line {line}: {sentence}").format(line=line, sentence=sentence)


def slow(line: int | None, limit: float) -> str:
    seconds = int(limit) if float(limit).is_integer() else round(limit, 1)
    return at(line, _("The program did not end within {seconds} s. Is there an endless loop?").format(seconds=seconds))


def out_of_memory(memory: int) -> str:
    return _("The program needed more than {memory} MiB of memory.").format(memory=memory)


def test(told: Told, names: Mapping[str, Any], *, limit: float, memory: int) -> str:
    """Why a visible test did not pass; empty when its case says it all."""
    why, name, text = told.get("why"), str(told.get("name") or "")[:80], str(told.get("text") or "")[:TEXT]
    if why == "assert":
        return text or ("" if told.get("case") else _("What this test asks for does not hold."))
    if why == "missing":
        return missing(name, names)
    if why == "raised":
        kind = str(told.get("kind") or "Exception")
        line = told.get("line") if isinstance(told.get("line"), int) else None
        if kind == "AssertionError" and line is None:
            return text or _("What this test asks for does not hold.")
        return _error([kind], told, line, limit=limit, memory=memory)
    if why == "error":
        return _("The test could not use what your program returned: {reason}").format(reason=text)
    if why == "slow":
        return slow(told["line"] if isinstance(told.get("line"), int) else None, limit)
    if why == "memory":
        return out_of_memory(memory)
    return _SIMPLE[str(why)]() if why in _SIMPLE else _("The test could not be run to its end.")


_SIMPLE: dict[str, Callable[[], str]] = {
    "late": lambda: _("This test was not run: the tests before it took all the time."),
    "died": lambda: _("Your program ended itself during this test."),
    "ended": lambda: _("Your program ended itself during this test."),
    "crashed": lambda: _("Python itself crashed while your program ran. Very deep recursion is a common reason."),
    "output": lambda: _("Your program prints too much. Is there a print in an endless loop?"),
    "large": lambda: _("What your program returned is too large."),
    "unreadable": lambda: _("What your program returned cannot be read."),
    "object": lambda: _(
        "Your program returned an object of its own class where a plain value (a number, text, list …) is expected."
    ),
}


def missing(name: str, names: Mapping[str, Any]) -> str:
    what = (names.get(name) or {}).get("remote", "value")
    if what == "function":
        return _("The function “{name}” was not found.").format(name=name)
    if what == "class":
        return _("The class “{name}” was not found.").format(name=name)
    return _("The variable “{name}” was not found.").format(name=name)


def broken_exercise() -> str:
    return _(
        "This exercise is broken: its own solution does not pass. This attempt does not count. Tell us through “Help”."
    )
