"""The rule for account names: they become host names, folders and Hub users, so it is strict."""

from __future__ import annotations

import re
from collections.abc import Container

LONGEST = 31
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
        "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
        "я": "ya",
    }
)  # fmt: skip


def fits(name: str) -> bool:
    """Whether `name` may be an account's: latin small letters, digits and single hyphens, a letter first."""
    return bool(_NAME.fullmatch(name)) and "--" not in name and not name.endswith("-")


def suggest(display_name: str, taken: Container[str]) -> str:
    """A free name for a person: `Пётр Жуков` → `petr-zhukov`; empty when there is nothing to make it of."""
    latin = display_name.lower().translate(_LATIN)
    stem = re.sub(r"[^a-z0-9]+", "-", latin).strip("-").lstrip("0123456789-")[: LONGEST - 4].strip("-")
    if not stem:
        return ""
    names = (stem, *(f"{stem}-{n}" for n in range(2, 1000)))
    return next((name for name in names if name not in taken), "")
