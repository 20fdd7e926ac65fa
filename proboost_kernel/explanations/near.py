"""The name that was meant: other capitals, a look-alike letter of another alphabet, or a slip of the finger."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_TWINS = str.maketrans("асеорхукАВСЕНКМОРТХУІіјѕ", "aceopxykABCEHKMOPTXYIijs")


def latin(name: str) -> str:
    """The name with Cyrillic letters that look Latin turned into these; itself where it has none."""
    return name.translate(_TWINS)


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of `names` that was most likely meant, empty when none is near."""
    others = [one for one in dict.fromkeys(names) if one != name]
    for same in (latin, str.casefold, lambda one: one.replace("_", "").casefold()):
        if found := next((one for one in others if same(one) == same(name)), ""):
            return found
    return next(iter(get_close_matches(name, others, 1, 0.7)), "") if len(name) > 2 else ""
