"""Errors of beginners in words: one function for each, from facts to a sentence; imported when an error happens.

Nothing of the learner's is run for it: no repr, no property, no comparison. Own, since friendly-traceback has had no
release since 2022, and costs a kernel 0.2 s and 10 MiB.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from proboost_kernel.explanations import names, operations, syntax, values
from proboost_kernel.explanations.facts import Facts, gather

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
FROM_DEEP = ("ModuleNotFoundError", "KeyError", "FileNotFoundError", "RecursionError", "KeyboardInterrupt")


def explain(error: BaseException) -> str:
    """A paragraph in the language in force; empty where we have nothing to say. Never raises.

    Of errors that a library raised in its own code only those are explained that mean the same there.
    """
    try:
        facts = gather(error)
        if facts.deep and facts.kind not in FROM_DEEP:
            return ""
        return next((said for one in EXPLAINERS.get(facts.kind, ()) if (said := one(facts))), "")
    except Exception:  # the learner's own error is what counts
        logging.getLogger(__name__).debug("an error could not be explained", exc_info=True)
        return ""
