"""SyntaxError, IndentationError and TabError: what Python could not read."""

from __future__ import annotations

import keyword
import re

from proboost_kernel.explanations.facts import Facts
from proboost_kernel.i18n import _

COLON = "if|elif|else|for|while|def|class|try|except|finally|with|match|case"
QUOTES = "«»“”„‘’`"
SIGNS = {
    "—": "-",
    "–": "-",
    "−": "-",
    "×": "*",
    "·": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "，": ",",
    "：": ":",
}


def colon(facts: Facts) -> str:
    """if x == 1 without its colon."""
    line = _code(facts.line)
    head = re.match(rf"(async\s+)?({COLON})\b", line)
    if facts.message == "expected ':'" or (
        head and facts.message == "invalid syntax" and not line.endswith((":", "\\")) and ":" not in line
    ):
        word = head[2] if head else ""
        if word == "else" and re.match(r"else\s+(if\b|\w)", line):
            return ""
        if word:
            return _("A line that begins with `{word}` ends with a colon: `:`.").format(word=word)
        return _("A colon, `:`, is missing here.")
    return ""


def equals(facts: Facts) -> str:
    """if x = 1."""
    compares = re.match(r"(if|elif|while|assert|return|print)\b", _code(facts.line))
    if "Maybe you meant '=='" not in facts.message or (facts.message.startswith("cannot") and not compares):
        return ""
    return _("`=` gives a value to a variable. To compare two values write `==`.")


def assigned(facts: Facts) -> str:
    """5 = x, f() = 1, x + 1 = y."""
    found = re.match(r"cannot (?:assign to|delete) (.+?)(?: here)?(?:\.|$)", facts.message)
    if not found:
        return ""
    if found[1] in ("True", "False", "None"):
        return _("`{word}` is a word of Python's own and cannot be a variable.").format(word=found[1])
    return _("Only a variable can stand to the left of `=`: the name on the left, its new value on the right.")


def open_bracket(facts: Facts) -> str:
    """( that is never closed."""
    if found := re.match(r"'(.)' was never closed", facts.message):
        return _("The bracket `{bracket}` in line {n} is never closed: add `{closing}`.").format(
            bracket=found[1], n=facts.number, closing=dict(zip("([{", ")]}", strict=True)).get(found[1], ")")
        )
    if found := re.match(r"unmatched '(.)'", facts.message):
        return _(
            "The bracket `{bracket}` closes nothing: there is one too many, or its opening one is missing."
        ).format(bracket=found[1])
    if found := re.match(r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", facts.message):
        return _("The bracket `{opening}` is closed by `{closing}`. Brackets are closed by their own kind.").format(
            opening=found[2], closing=found[1]
        )
    return ""


def open_quote(facts: Facts) -> str:
    """'abc without its end."""
    if facts.message.startswith("unterminated triple-quoted"):
        return _("The text that begins with three quotes has no end: close it with three quotes of the same kind.")
    if re.match(r"unterminated (f-)?string literal", facts.message):
        return _(
            "The text has no closing quote. It ends with the same quote that it begins with, in the same line; a quote "
            "inside it is written `\\'`, or put the text in quotes of the other kind."
        )
    return ""


def old_print(facts: Facts) -> str:
    """print 'x'."""
    found = re.match(r"Missing parentheses in call to '(\w+)'", facts.message)
    if not found:
        return ""
    return _("`{name}` is a function: what it is given stands in round brackets, `{name}(…)`.").format(name=found[1])


def character(facts: Facts) -> str:
    """Quotes of a text editor, a dash for a minus, an invisible blank."""
    found = re.match(r"invalid character '(.)' \(U\+", facts.message)
    if found and found[1] in QUOTES:
        return _("The quote {sign} is one of printed text. In a program write straight quotes: ' or \".").format(
            sign=found[1]
        )
    if found and found[1] in SIGNS:
        return _("The sign {sign} is not one of Python's. Write `{near}`.").format(sign=found[1], near=SIGNS[found[1]])
    if found:
        return _("Python does not know the sign {sign}. Delete it, or put the text in quotes.").format(sign=found[1])
    if facts.message.startswith("invalid non-printable character"):
        return _("There is an invisible character in this line, as copied text may have. Type the line anew.")
    return ""


def word_of_others(facts: Facts) -> str:
    """else if, &&, =>, ++."""
    line = _code(facts.line)
    if facts.message not in ("invalid syntax", "expected ':'"):
        return ""
    if re.match(r"else\s+if\b", line):
        return _("Python writes `elif` where others write `else if`.")
    if re.match(r"else\s+\w", line):
        return _("`else` has no condition of its own. For another condition write `elif`.")
    for sign, near in (("&&", "and"), ("||", "or"), ("=>", ">="), ("=<", "<="), ("<>", "!="), ("=!", "!=")):
        if sign in line:
            return _("Python writes `{near}`, not `{sign}`.").format(near=near, sign=sign)
    if "++" in line or "--" in line:
        return _("Python has no `++` and `--`: write `+= 1` or `-= 1`.")
    return ""


def reserved(facts: Facts) -> str:
    """class = 5."""
    found = re.match(r"(?:for\s+)?(\w+)\s*(?:=(?!=)|\bin\b)", _code(facts.line))
    word = found[1] if found else ""
    if facts.message != "invalid syntax" or not keyword.iskeyword(word):
        return ""
    return _("`{word}` is a word of Python's own and cannot be a variable. Choose another name.").format(word=word)


def outside(facts: Facts) -> str:
    """return, break and continue where they mean nothing."""
    if re.match(r"'return' outside function|'yield' outside function", facts.message):
        return _("`return` works inside a function only. Is this line indented less than the function's other lines?")
    if re.match(r"'break' outside loop|'continue' not properly in loop", facts.message):
        return _("`break` and `continue` work inside a loop only. Is this line indented less than the loop's others?")
    return ""


def number(facts: Facts) -> str:
    """2x, 1.2.3, 012."""
    if re.match(r"invalid (decimal|imaginary|hexadecimal) literal", facts.message):
        return _(
            "A number is followed by letters here. A name cannot begin with a digit, and between a number and a name "
            "an operator is needed, as in `2 * x`."
        )
    if facts.message.startswith("leading zeros in decimal integer"):
        return _("A number does not begin with 0. If it is a code like a phone number, put it in quotes.")
    return ""


def comma(facts: Facts) -> str:
    """print('a' b)."""
    if "Perhaps you forgot a comma" not in facts.message:
        return ""
    return _("Something is missing between two values: a comma, an operator such as `+`, or a quote.")


def handler(facts: Facts) -> str:
    """try alone."""
    if "expected 'except' or 'finally' block" not in facts.message:
        return ""
    return _("After `try:` and its lines there must be an `except` (or `finally`) with the same indent.")


def arguments(facts: Facts) -> str:
    """f(a=1, 2)."""
    if facts.message != "positional argument follows keyword argument":
        return ""
    return _("In the brackets of a call values without a name come first, those with a name, as `x=1`, after them.")


def line_before(facts: Facts) -> str:
    """A line that is right by itself: what is wrong may stand above."""
    if facts.message != "invalid syntax":
        return ""
    line = _code(facts.line)
    if re.match(r"(else|elif|except|finally)\b", line):
        return _(
            "`{word}` belongs to a block above it, and has the same indent as the line that begins the block."
        ).format(word=line.split(":")[0].split()[0])
    return _(
        "Python cannot read this line at the place of the arrow. Look there for a missing bracket, quote, comma or "
        "operator, and at the end of the line above."
    )


SYNTAX = (
    word_of_others, reserved, colon, equals, assigned, open_bracket, open_quote, old_print, character, outside, number,
    comma, handler, arguments, line_before,
)  # fmt: skip


def body(facts: Facts) -> str:
    """A block without lines."""
    found = re.match(
        r"expected an indented block(?: after (?:'(\w+)' statement|(\w+) definition|.*?) on line (\d+))?", facts.message
    )
    if not found:
        return ""
    if not found[3]:
        return _("The lines of a block are indented by four spaces. If there is nothing to do in it yet, write `pass`.")
    return _(
        "Line {n} ends with a colon, so the lines that belong to it have to be indented by four spaces. If there "
        "is nothing to do yet, write `pass`."
    ).format(n=found[3])


def deeper(facts: Facts) -> str:
    """A line that is indented for no reason."""
    if facts.message != "unexpected indent":
        return ""
    width, above = _width(facts.line), _above(facts)
    if 0 < abs(width - above) < 4:
        return _(
            "Lines of one block begin at the same place. Spaces at the beginning of this line: {n}; of the line above: "
            "{wanted}."
        ).format(n=width, wanted=above)
    return _(
        "This line is indented, but the line above begins no block. Take the spaces at its beginning away, or look "
        "whether the line above lacks its colon."
    )


def uneven(facts: Facts) -> str:
    """A line between two depths."""
    if "unindent does not match" not in facts.message:
        return ""
    return _(
        "No line above begins at the same place as this one (spaces: {n}). Give it exactly the indent of the block "
        "that it belongs to."
    ).format(n=_width(facts.line))


def tabs(facts: Facts) -> str:  # noqa: ARG001  # an explainer's signature
    """Tabs and spaces in one program."""
    return _(
        "Some lines are indented with tabs, others with spaces: they look alike, but differ. Use spaces everywhere."
    )


INDENTATION = (body, deeper, uneven)


def _code(line: str) -> str:
    """The line without its indent and comment."""
    return re.sub(r"\s+#.*$", "", line).strip()


def _width(line: str) -> int:
    return len(line) - len(line.lstrip())


def _above(facts: Facts) -> int:
    before = [line for line in facts.source.splitlines()[: max(facts.number - 1, 0)] if line.strip()]
    return _width(before[-1]) if before else 0
