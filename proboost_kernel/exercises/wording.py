"""When two texts are the same answer: folded alike, or matched by an author's pattern, by RE2 in linear time."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from proboost_kernel.i18n import _

MAX_PATTERN = 1000  # characters
MEMORY = 8 << 20  # bytes that RE2 may use for one pattern


class NoPatterns(RuntimeError):
    """RE2 is not installed here; the platform has it, and so have learners' servers."""

    def __init__(self) -> None:
        message = _(
            "Patterns (/…/) cannot be tried here: the package “google-re2” is missing (pip install google-re2)."
        )
        super().__init__(message)


def folded(text: str, *, case: bool, strict: bool) -> str:
    """The text as answers are compared: NFC, trimmed, spaces folded; without `case` capitals are small letters, without
    `strict` ё is е.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not strict:
        text = text.replace("ё", "е").replace("Ё", "Е")
    return text if case else unicodedata.normalize("NFC", text.casefold())


def is_pattern(text: str) -> bool:
    """Whether an author's answer is a pattern: `/…/`."""
    text = text.strip()
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def matches(written: str, given: str, *, case: bool, strict: bool) -> bool:
    """Whether `given` is the answer that an author wrote: the same text, or all of it matched by the pattern.

    Raises NoPatterns where a pattern cannot be tried; a pattern that is none matches nothing.
    """
    if not is_pattern(written):
        return folded(given, case=case, strict=strict) == folded(written, case=case, strict=strict)
    try:
        pattern = _compiled(_yo(written.strip()[1:-1], strict), case)
    except ValueError:
        return False
    return pattern.fullmatch(folded(given, case=True, strict=strict)) is not None


def wrong_pattern(written: str) -> str:
    """Why a pattern cannot be used; empty when it can, and where RE2 is missing and nobody can tell."""
    try:
        _compiled(written.strip()[1:-1], True)
    except ValueError as error:
        return str(error)
    except NoPatterns:
        return ""
    return ""


def _yo(pattern: str, strict: bool) -> str:
    return pattern if strict else pattern.replace("ё", "е").replace("Ё", "Е")


@lru_cache(maxsize=1024)
def _compiled(pattern: str, case: bool) -> Any:
    """Raises ValueError with RE2's reason."""
    try:
        import re2  # type: ignore[import-untyped]  # ships no types
    except ImportError:
        raise NoPatterns from None
    if len(pattern) > MAX_PATTERN:
        raise ValueError(_("The pattern is longer than {n} characters.").format(n=MAX_PATTERN))
    how = re2.Options()
    how.log_errors = False
    how.max_mem = MEMORY
    how.case_sensitive = case
    try:
        return re2.compile(unicodedata.normalize("NFC", pattern), how)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise ValueError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
