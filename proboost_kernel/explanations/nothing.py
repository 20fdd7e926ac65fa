"""Where a None comes from: a function without return, or a method that changes its object and gives nothing back."""

from __future__ import annotations

import ast
import re

from proboost_kernel.explanations.facts import MISSING, Facts
from proboost_kernel.i18n import _

CHANGERS = "append|sort|reverse|extend|insert|remove|clear|update|add|discard|shuffle"


def nothing(facts: Facts, node: ast.expr | None) -> str:
    """Why `node`, which is None, may be; `node` may be unknown."""
    if isinstance(node, ast.Name) and facts.value(node) in (None, MISSING):
        changed = re.search(rf"\b{node.id}\s*=[^=\n]*\.({CHANGERS})\(", facts.source)
        if changed:
            return _(
                "`{name}` is `None`: the method `.{method}()` changes the object itself and gives nothing back. "
                "Write it without `{name} =` before it."
            ).format(name=node.id, method=changed[1])
        return _(
            "`{name}` is `None`, that is nothing. If it comes from a function of yours, the function may lack a "
            "`return`; `print` shows a value and gives none back."
        ).format(name=node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _(
            "`{name}()` gives back `None`, that is nothing. Does each way through the function end with `return`?"
        ).format(name=node.func.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGERS.split("|"):
        return _(
            "The method `.{method}()` changes the object itself and gives nothing back (`None`). Use the object in the "
            "next line."
        ).format(method=node.func.attr)
    return _(
        "One of the values here is `None`, that is nothing. It often comes from a function without `return`, or from "
        "keeping the result of `print`, `.append()` or `.sort()`."
    )
