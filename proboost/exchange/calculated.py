"""Moodle's calculated questions: values drawn from ranges, and formulas over them, as params and a generator."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from proboost.exchange.decimals import number, plain
from proboost.exchange.question import Untaken
from proboost.i18n import _
from proboost_kernel.exercises.params import is_name

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\{(?P<name>[^{}=][^{}]*)\}|(?P<word>[A-Za-z]\w*)|(?P<sign>[-+*/(),]))"
)
HOLE = re.compile(r"\{(?:=(?P<formula>(?:[^{}]|\{[^{}]*\})+)|(?P<name>[^{}=][^{}]*))\}")
FUNCTIONS = {
    **{name: f"math.{name}" for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh")},
    **{name: f"math.{name}" for name in ("sqrt", "exp", "log", "log10", "floor", "ceil", "fmod")},
    **{name: name for name in ("abs", "min", "max", "pow", "round")},
    "deg2rad": "math.radians",
    "rad2deg": "math.degrees",
}
NODES = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Call, ast.Attribute, ast.Name, ast.Constant, ast.Load)
SIGNS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.UAdd, ast.USub)
PI = re.compile(r"\bpi\s*\(\s*\)")
MOST = 2000  # characters of a formula


@dataclass(frozen=True)
class DataSet:
    """What a value is drawn from. `low` and `high` as written, with so many `decimals`."""

    name: str
    low: str
    high: str
    decimals: int


@dataclass
class Calculation:
    """A question's values on their way: `params` as authors write them, and the lines of the generator."""

    sets: Mapping[str, DataSet]
    names: dict[str, str] = field(default_factory=dict)  # Moodle's -> ours
    params: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def text(self, written: str) -> str:
        """A text with `{{…}}` for `{a}` and `{=…}`; braces of other sorts stay."""

        def hole(match: re.Match[str]) -> str:
            if match["formula"]:
                return f"{{{{{self.value(match['formula'], how='text')}}}}}"
            name = match["name"].strip()
            return f"{{{{{self._name(name)}}}}}" if name in self.sets else match[0]

        return HOLE.sub(hole, written)

    def value(self, formula: str, *, how: str = "", length: str = "") -> str:
        """The name of the value that a formula makes. `how`: 1 for `length` decimals, 2 for significant digits,
        text for what a person reads.
        """
        expression = self.python(formula)
        digits = int(length) if length.isdecimal() and int(length) <= 15 else None
        if how == "1" and digits is not None:
            expression = f"round({expression}, {digits})"
        elif how == "2" and digits:
            expression = f"float(format({expression}, '.{digits}g'))"
        elif how == "text":
            expression = f"format({expression}, '.10g')"
        name = f"value{len(self.lines) + 1}"
        while name in self.names.values():
            name += "x"
        self.lines.append(f"{name} = {expression}")
        return name

    def python(self, formula: str) -> str:
        """A formula of Moodle's as an expression of Python, of numbers, values and known functions. Raises Untaken."""
        pieces: list[str] = []
        place = 0
        formula = PI.sub("3.141592653589793", formula.strip())
        while place < len(formula):
            match = TOKEN.match(formula, place)
            if match is None or len(formula) > MOST:
                raise _unread(formula)
            pieces.append(self._piece(match))
            place = match.end()
        written = " ".join(pieces)
        try:
            tree = ast.parse(written, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise _unread(formula) from None
        if not all(isinstance(node, NODES + SIGNS) for node in ast.walk(tree)):
            raise _unread(formula)
        return ast.unparse(tree)

    @property
    def generator(self) -> str:
        return "\n".join(["import math", "", *self.lines]) if self.lines else ""

    def _piece(self, match: re.Match[str]) -> str:
        if match["number"]:
            return plain(Decimal(match["number"]))
        if match["name"]:
            return self._name(match["name"].strip())
        if match["sign"]:
            return match["sign"]
        if match["word"] not in FUNCTIONS:
            raise Untaken(_("Its formula uses “{name}”, which is not known here.").format(name=match["word"]))
        return FUNCTIONS[match["word"]]

    def _name(self, given: str) -> str:
        """Our name of one of its values, which is a parameter from now on."""
        found = self.sets.get(given)
        if found is None:
            raise Untaken(_("Nothing is said of what “{name}” is drawn from.").format(name=given))
        if given not in self.names:
            usable = is_name(given) and given not in ("math", "random")
            name = given if usable else f"p{len(self.names) + 1}"
            self.names[given] = name
            self.params[name] = _range(found)
        return self.names[given]


def _range(found: DataSet) -> dict[str, str]:
    low, high = number(found.low), number(found.high)
    if not low or not high or Decimal(low) > Decimal(high) or not 0 <= found.decimals <= 12:
        raise Untaken(_("What “{name}” is drawn from is no range of numbers.").format(name=found.name))
    step = Decimal(1).scaleb(-found.decimals)
    return {"from": f"{Decimal(low):f}", "to": f"{Decimal(high):f}", "step": f"{step:f}"}


def _unread(formula: str) -> Untaken:
    return Untaken(_("Its formula cannot be read here: {formula}").format(formula=formula[:120]))
