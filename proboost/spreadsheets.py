"""Text that a spreadsheet will open: whole, readable, and computing nothing."""

from __future__ import annotations

import re

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's old code page
# What a spreadsheet computes: at the start of a cell, or after anything that it may take for the end of one.
FORMULA = re.compile(r"((?:\A|[,;\t\r\n|])[\s\"]*)(?=[=+\-@\t\r＝＋－＠])")


def safe(text: str) -> str:
    """The text with an apostrophe before each sign that a spreadsheet would compute from; nothing is taken away."""
    return FORMULA.sub(r"\1'", text)
