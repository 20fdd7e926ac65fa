"""Decimal numbers as people write them: never through binary fractions, which would change them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def plain(number: Decimal) -> str:
    """Without an exponent where that is short, and without zeros at the end. Raises InvalidOperation for no number."""
    if not number.is_finite():
        raise InvalidOperation
    number = number.normalize()
    exponent = number.as_tuple().exponent
    return f"{number:f}" if isinstance(exponent, int) and -30 < exponent < 20 else f"{number}"


def number(written: str) -> str:
    """What was written as a number the shortest way, a decimal comma allowed; empty when it is none."""
    try:
        return plain(Decimal(written.strip().replace(",", ".")))
    except InvalidOperation:
        return ""
