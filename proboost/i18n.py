"""The words of the platform: gettext domain `proboost`; numbers, points and dates as the reader's language has them."""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers

from proboost import clock
from proboost_kernel import i18n as kernel

DOMAIN = "proboost"
LOCALE = Path(__file__).parent / "web" / "locale"
LANGUAGES = kernel.LANGUAGES
NBSP = "\N{NO-BREAK SPACE}"

_here: ContextVar[str | None] = ContextVar("proboost_language", default=None)
known = kernel.known


def language() -> str:
    """The language in force: of `using`, else of PROBOOST_LANG, else English."""
    return _here.get() or kernel.language()


@contextmanager
def using(name: str) -> Iterator[None]:
    """The language of one request, mail or command; holds for the exercises' own sentences too."""
    token = _here.set(known(name))
    try:
        with kernel.using(name):
            yield
    finally:
        _here.reset(token)


def speak(name: str) -> None:
    """From here on this request (its context) speaks that language."""
    _here.set(known(name))
    kernel.speak(name)


def accepted(header: str) -> str:
    """The language of an Accept-Language header: the best one that we have, else English."""
    best, weight = "en", 0.0
    for part in header.split(","):
        tag, _semicolon, parameter = part.strip().partition(";")
        try:
            q = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            q = 0.0
        stem = tag.replace("_", "-").split("-")[0].lower()
        if stem in LANGUAGES and q > weight:
            best, weight = stem, q
    return best


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(name: str) -> _gettext.NullTranslations:
    return _gettext.translation(DOMAIN, str(LOCALE), [name], fallback=True)


def gettext(message: str) -> str:
    return catalogue(language()).gettext(message)


def ngettext(one: str, many: str, n: int) -> str:
    return catalogue(language()).ngettext(one, many, n)


def pgettext(context: str, message: str) -> str:
    return catalogue(language()).pgettext(context, message)


def lazy(message: str) -> str:
    """Marks a string for translation where it is written, for `gettext` where it is shown."""
    return message


_ = gettext


def number(value: float) -> str:
    """“1,5” or “1.5”, two digits at most, without needless zeros; thousands apart."""
    return _decimal(value, language())


@lru_cache(maxsize=10_000)  # a gradebook says the same few hundred numbers thousands of times
def _decimal(value: float, locale: str) -> str:
    return numbers.format_decimal(value, "#,##0.##", locale=locale)


def points(value: float) -> str:
    """“1 point”, “1,5 балла”, “5 баллов”."""
    if float(value).is_integer():
        return ngettext("{n} point", "{n} points", int(value)).format(n=number(value))
    # translators: as in “1.5 points”; in Russian the genitive singular: “1,5 балла”
    return pgettext("fraction", "{n} points").format(n=number(value))


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name; UTC when there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def date_text(at: datetime, timezone: str = "") -> str:
    """“30 ноября”, “30 November”; with the year when it is not this one."""
    here = at.astimezone(zone(timezone))
    this_year = here.year == clock.now().astimezone(zone(timezone)).year
    text = dates.format_date(here, "d MMMM" if this_year else "d MMMM y", locale=language())
    return text.replace(" ", NBSP, 1)


def datetime_text(at: datetime, timezone: str = "") -> str:
    """“30 ноября, 23:59”; UTC is named, since it is nobody's own time."""
    here = at.astimezone(zone(timezone))
    return f"{date_text(at, timezone)}, {here:%H:%M}" + ("" if timezone and timezone != "UTC" else f"{NBSP}UTC")
