"""The words of the learner's side: gettext domain `proboost_kernel`, English where a translation is missing."""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

DOMAIN = "proboost_kernel"
LOCALE = Path(__file__).parent / "locale"
LANGUAGES = ("en", "ru")

_process: str | None = None  # what set_language chose; kernels run every cell in a context of its own
_here: ContextVar[str | None] = ContextVar("proboost_kernel_language", default=None)


def known(language: str) -> str:
    """The catalogue for a BCP 47 tag or POSIX locale: "ru-RU" and "ru_RU.UTF-8" are "ru"; an unknown one is "en"."""
    stem = language.replace("_", "-").split("-")[0].lower()
    return stem if stem in LANGUAGES else "en"


def language() -> str:
    """The language in force: of `using`, else of `set_language`, else of PROBOOST_LANG, else English."""
    return _here.get() or _process or known(os.environ.get("PROBOOST_LANG", "en"))


def set_language(name: str | None) -> None:
    """Choose the language of this process; None goes back to PROBOOST_LANG."""
    global _process
    _process = known(name) if name else None


@contextmanager
def using(name: str) -> Iterator[None]:
    """The language of one request or thread, whatever the process speaks."""
    token = _here.set(known(name))
    try:
        yield
    finally:
        _here.reset(token)


def speak(name: str) -> None:
    """From here on this context (a request, a thread) speaks that language."""
    _here.set(known(name))


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(name: str) -> _gettext.NullTranslations:
    return _gettext.translation(DOMAIN, str(LOCALE), [name], fallback=True)


def gettext(message: str) -> str:
    return _catalogue(language()).gettext(message)


def ngettext(one: str, many: str, n: int) -> str:
    return _catalogue(language()).ngettext(one, many, n)


_ = gettext
