"""What was asked for by a name and is not there: variables, attributes, modules, keys, files."""

from __future__ import annotations

import ast
import builtins
import os
import re
import sys
from pathlib import Path

from proboost_kernel.explanations.facts import MANY, MISSING, Facts
from proboost_kernel.explanations.near import latin, nearest
from proboost_kernel.explanations.nothing import nothing
from proboost_kernel.i18n import _

ALIASES = {
    "np": "numpy as np", "pd": "pandas as pd", "plt": "matplotlib.pyplot as plt", "sns": "seaborn as sns",
    "numpy": "numpy", "pandas": "pandas", "matplotlib": "matplotlib",
}  # fmt: skip
ELSEWHERE = {"null": "None", "nil": "None", "undefined": "None"}  # words of other languages
METHODS = {"length": "len(…)", "size": "len(…)", "len": "len(…)", "push": ".append(…)", "add": ".append(…)"}


def not_imported(facts: Facts) -> str:
    """math.sqrt(2) without its import."""
    module = ALIASES.get(facts.name) or (facts.name if facts.name in sys.stdlib_module_names else "")
    if not module or facts.name in dir(builtins):
        return ""
    return _("`{name}` has not been imported yet. Write `import {module}` above this line.").format(
        name=facts.name, module=module
    )


def two_alphabets(facts: Facts) -> str:
    """The letter с instead of c."""
    near = next((one for one in facts.names() if one != facts.name and latin(one) == latin(facts.name)), "")
    if not near:
        return ""
    return _(
        "`{name}` and `{near}` look alike, but some of their letters belong to different alphabets. "
        "Type the name again without switching the keyboard layout."
    ).format(name=facts.name, near=near)


def other_word(facts: Facts) -> str:
    """null, as other languages say."""
    word = ELSEWHERE.get(facts.name)
    return _("Python has no `{name}`: here it is written `{near}`.").format(name=facts.name, near=word) if word else ""


def later(facts: Facts) -> str:
    """Used above the line that makes it."""
    if facts.function != "<module>":
        return ""
    for node in ast.walk(facts.tree()):
        if isinstance(node, ast.FunctionDef) and node.name == facts.name and node.lineno > facts.number:
            return _(
                "The function `{name}` is defined only further down, in line {n}. Move it above this line."
            ).format(name=facts.name, n=node.lineno)
    line = next((one for one in _assigned(facts.tree(), facts.name) if one > facts.number), 0)
    if not line:
        return ""
    return _("`{name}` gets its value only further down, in line {n}. Move that line above this one.").format(
        name=facts.name, n=line
    )


def elsewhere(facts: Facts) -> str:
    """A local variable of another function."""
    for node in ast.walk(facts.tree()):
        if isinstance(node, ast.FunctionDef) and node.name != facts.function and _assigned(node, facts.name):
            return _(
                "`{name}` lives only inside the function `{function}`. Let the function give it back with `return`, "
                "and keep what it gives back in a variable."
            ).format(name=facts.name, function=node.name)
    return ""


def near(facts: Facts) -> str:
    """A slip in the name."""
    found = nearest(facts.name, [*facts.names(), "True", "False", "None"])
    if not found:
        return ""
    return _("There is no `{name}` here. Did you mean `{near}`?").format(name=facts.name, near=found)


def unknown(facts: Facts) -> str:
    """All that can be said of a name that nobody knows."""
    if not facts.name:
        return ""
    return _(
        "Python does not know the name `{name}`. Check its spelling, and that the cell where it gets its value has "
        "been run. If it is a text, put it in quotes: `'{name}'`."
    ).format(name=facts.name)


NAME = (two_alphabets, not_imported, other_word, later, near, elsewhere, unknown)


def unbound(facts: Facts) -> str:
    """A function changes a variable that it has not given a value yet."""
    found = re.search(r"variable '(\w+)'", facts.message)
    name = facts.name or (found[1] if found else "")
    if not name:
        return ""
    if name in facts.shared:
        return _(
            "The function `{function}` gives `{name}` a value, so it is a variable of its own, not the one outside, "
            "and has no value yet in this line. Hand it over as a parameter and give the new value back with `return`."
        ).format(function=facts.function, name=name)
    return _(
        "The function `{function}` reaches this line before `{name}` has a value. Give it one above, also for the case "
        "that an `if` is not entered or a loop makes no step."
    ).format(function=facts.function, name=name)


def of_none(facts: Facts) -> str:
    """None.append."""
    if facts.owner != "NoneType":
        return ""
    inner = facts.part.value if isinstance(facts.part, ast.Attribute) else None
    return nothing(facts, inner)


def without_brackets(facts: Facts) -> str:
    """text.upper.strip()."""
    if facts.owner not in ("builtin_function_or_method", "function", "method"):
        return ""
    return _(
        "What stands before `.{name}` is a function, not its result. Call the function: write `()` after its name."
    ).format(name=facts.name)


def attribute(facts: Facts) -> str:
    """A slip in an attribute, or a word of another language."""
    if not facts.name or not facts.owner:
        return ""
    if found := nearest(facts.name, facts.attributes):
        return _("There is no `.{name}` here. Did you mean `.{near}`?").format(name=facts.name, near=found)
    if facts.owner in ("list", "str", "tuple", "dict", "set") and facts.name in METHODS:
        other = METHODS[facts.name]
        if not other.startswith(".") or facts.owner == "list":
            return _("Values of type `{type}` have no `.{name}`. What you need is `{near}`.").format(
                type=facts.owner, name=facts.name, near=other
            )
    if facts.owner == "module":
        return _(
            "This module has no `{name}`. Check the spelling; a file of your own with the same name as the module "
            "would also take its place."
        ).format(name=facts.name)
    return _(
        "Values of type `{type}` have no `.{name}`. Check the spelling, and that the variable holds what you expect."
    ).format(type=facts.owner, name=facts.name)


ATTRIBUTE = (of_none, without_brackets, attribute)


def module(facts: Facts) -> str:
    """import radnom."""
    top = facts.name.partition(".")[0]
    if not top:
        return ""
    if top in sys.modules and "." in facts.name:
        return _("The package `{top}` has no module `{name}`. Check the spelling.").format(top=top, name=facts.name)
    loaded = [name for name in list(sys.modules) if "." not in name and not name.startswith("_")]
    if found := nearest(top, [*sys.stdlib_module_names, *loaded]):
        return _("There is no module `{name}`. Did you mean `{near}`?").format(name=top, near=found)
    return _(
        "There is no module `{name}`. Check the spelling; if it is a package that is not installed here yet, run "
        "`%pip install {name}`."
    ).format(name=top)


def imported(facts: Facts) -> str:
    """from math import squrt."""
    wanted = re.match(r"cannot import name '(\w+)'", facts.message)
    known = sys.modules.get(facts.name)
    if not wanted or known is None:
        return ""
    found = nearest(wanted[1], [name for name in list(vars(known)) if not name.startswith("_")])
    if found:
        return _("The module `{module}` has no `{name}`. Did you mean `{near}`?").format(
            module=facts.name, name=wanted[1], near=found
        )
    return _("The module `{module}` has no `{name}`. Check the spelling.").format(module=facts.name, name=wanted[1])


def key(facts: Facts) -> str:
    """A key that a dictionary or a table does not have."""
    if facts.key is MISSING:
        return ""
    held = facts.value(facts.part.value) if isinstance(facts.part, ast.Subscript) else MISSING
    wanted = repr(facts.key)[:80]  # of a plain value
    keys: list[object] = list(held)[:MANY] if type(held) is dict else _columns(held)
    table = type(held) is not dict and bool(keys)
    texts = [one for one in keys if type(one) is str]
    if isinstance(facts.key, str) and (found := nearest(facts.key, texts)):
        if table:
            return _("The table has no column {key}. Did you mean {near}?").format(key=wanted, near=repr(found))
        return _("The dictionary has no key {key}. Did you mean {near}?").format(key=wanted, near=repr(found))
    twin = next((one for one in keys if type(one) in (int, str) and type(one) is not type(facts.key)
                 and str(one) == str(facts.key)), MISSING)  # fmt: skip
    if twin is not MISSING:
        return _("The dictionary has no key {key}, but it has {near}: a number and a text are different keys.").format(
            key=wanted, near=repr(twin)
        )
    if facts.deep and not table:
        return ""
    if table:
        return _("The table has no column {key}. Its columns are in `.columns`.").format(key=wanted)
    return _(
        "The dictionary has no key {key}. Ask first with `in`, or take the value with `.get(…)`, which gives `None` "
        "where there is no such key."
    ).format(key=wanted)


def file(facts: Facts) -> str:
    """A file that is not where it was looked for."""
    if not facts.message:
        return ""
    path = Path(facts.message)
    try:
        with os.scandir(path.parent) as entries:
            found = nearest(path.name, [entry.name for entry, _n in zip(entries, range(MANY), strict=False)])
    except OSError:
        return _("There is no folder `{folder}`, so the file `{name}` was not found. Check the path.").format(
            folder=path.parent, name=path.name
        )
    if found:
        return _("There is no file `{name}` in this folder. Did you mean `{near}`?").format(name=path.name, near=found)
    return _(
        "There is no file `{name}` there. Check its name and ending; a name without a folder is looked for beside the "
        "notebook."
    ).format(name=facts.message)


def _columns(held: object) -> list[object]:
    """Of a pandas table; of nothing else."""
    kind = type(held)
    if kind.__module__.partition(".")[0] != "pandas" or kind.__name__ != "DataFrame":
        return []
    found: list[object] = list(held.columns[:MANY])  # type: ignore[attr-defined]  # it is a DataFrame
    return found


def _assigned(tree: ast.AST, name: str) -> list[int]:
    """Lines where a name gets a value; of a module without those of its functions."""
    found: list[int] = []
    waiting = list(ast.iter_child_nodes(tree))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            found.append(node.lineno)
        waiting += ast.iter_child_nodes(node)
    return sorted(found)
