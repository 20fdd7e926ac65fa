"""Numbers as people write them, exactly: decimal comma or point, a minus of any sort, digits in groups of three."""

from __future__ import annotations

import decimal
import re
from decimal import Decimal

MAX_DIGITS = 40
MAX_LENGTH = 80  # characters, with signs and spaces
GROUPS = re.compile(r"(?<![0-9])[0-9]{1,3}(?:[ \u00a0\u2009\u202f][0-9]{3})+(?![0-9])")
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,3})?\Z")
# Wide enough for any two numbers of 40 digits and exponents of three: their difference is exact.
EXACT = decimal.Context(prec=2200, Emax=9999, Emin=-9999)


def number(text: str, unit: str = "") -> Decimal | None:
    """The number that `text` says, be it with its unit; None when it is none, has over 40 digits, or is not finite."""
    text = text.strip()
    if unit and text.endswith(unit):
        text = text[: -len(unit)].rstrip()
    if len(text) > MAX_LENGTH:
        return None
    text = GROUPS.sub(lambda match: re.sub(r"\s", "", match[0]), text.replace("\N{MINUS SIGN}", "-"))
    if not NUMBER.match(text) or sum(char.isdigit() for char in text) > MAX_DIGITS:
        return None
    return Decimal(text.replace(",", "."))


def allowance(text: str) -> Decimal | None:
    """A tolerance as it is written, `0.5` or `2%`, without its mark; None when it is none or below nothing."""
    found = number(text.strip().removesuffix("%"))
    return None if found is None or found < 0 else found


def near(given: Decimal, wanted: Decimal, tolerance: str = "") -> bool:
    """Whether `given` is `wanted`, give or take `tolerance`: absolute, or percent of what is wanted. Exact."""
    allowed = allowance(tolerance) if tolerance else Decimal(0)
    if allowed is None:
        return False
    if tolerance.strip().endswith("%"):
        allowed = EXACT.divide(EXACT.multiply(abs(wanted), allowed), Decimal(100))
    return bool(EXACT.abs(EXACT.subtract(given, wanted)) <= allowed)
