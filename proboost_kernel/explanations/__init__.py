"""Errors of beginners in words: one function for each, from facts to a sentence; imported when an error happens.

Nothing of the learner's is run for it: no repr, no property, no comparison. Own, since friendly-traceback has had no
release since 2022, and costs a kernel 0.2 s and 10 MiB.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from proboost_kernel.explanations import names, operations, syntax, values
from proboost_kernel.explanations.facts import Facts, gather
from proboost_kernel.i18n import _, ngettext

EXPLAINERS: Mapping[str, tuple[Callable[[Facts], str], ...]] = {
    "NameError": names.NAME,
    "UnboundLocalError": (names.unbound,),
    "AttributeError": names.ATTRIBUTE,
    "ModuleNotFoundError": (names.module,),
    "ImportError": (names.imported,),
    "KeyError": (names.key,),
    "FileNotFoundError": (names.file,),
    "TypeError": operations.TYPE,
    "ValueError": values.VALUE,
    "IndexError": (values.index,),
    "ZeroDivisionError": (values.zero,),
    "RecursionError": (values.recursion,),
    "KeyboardInterrupt": (values.stopped,),
    "SyntaxError": syntax.SYNTAX,
    "IndentationError": syntax.INDENTATION,
    "TabError": (syntax.tabs,),
}
TOGETHER = 5  # errors of a group that are explained
FROM_DEEP = ("ModuleNotFoundError", "KeyError", "FileNotFoundError", "RecursionError", "KeyboardInterrupt")


def explain(error: BaseException) -> str:
    """A paragraph in the language in force; empty where we have nothing to say. Never raises.

    Of errors that a library raised in its own code only those are explained that mean the same there.
    """
    try:
        if isinstance(error, BaseExceptionGroup):
            return _together(error)
        facts = gather(error)
        if facts.deep and facts.kind not in FROM_DEEP:
            return ""
        return next((said for one in EXPLAINERS.get(facts.kind, ()) if (said := one(facts))), "")
    except Exception:  # the learner's own error is what counts
        logging.getLogger(__name__).debug("an error could not be explained", exc_info=True)
        return ""


def _together(group: BaseExceptionGroup[BaseException]) -> str:
    """What is in a group, one after the other: each by its type, and in words where there are some."""
    found = list(islice(_leaves(group), TOGETHER + 1))
    several = ngettext("{n} error at once.", "{n} errors at once.", len(found)).format(n=len(found))
    if len(found) > TOGETHER:
        several = _("Many errors at once. The first of them:")
    return " ".join([several, *(_named(one) for one in found[:TOGETHER])])


def _named(error: BaseException) -> str:
    kind = type(error).__name__
    said = explain(error)
    return f"{kind}: {said}" if said else f"{kind}."


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from _leaves(one)
        else:
            yield one
