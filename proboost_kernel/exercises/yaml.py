"""Strict YAML: every scalar is text, every value knows its line; what authors never need is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml as _yaml

from proboost_kernel.i18n import _

MAX_BYTES = 128 * 1024
MAX_DEPTH = 8
MAX_NODES = 5000
_C_LOADER: type | None = getattr(_yaml, "CSafeLoader", None)


@dataclass(frozen=True)
class Problem:
    """What is wrong in a cell: `line` is 1-based (0: the whole cell), `field` a path like `tests[1].code`."""

    line: int
    field: str
    code: str
    message: str


class ExerciseError(ValueError):
    """An exercise that cannot be used; `problems` lists everything found, in the order of lines."""

    def __init__(self, problems: list[Problem], *, file: str = "", cell: int | None = None) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        self.file = file
        self.cell = cell
        super().__init__("\n".join(describe(problem) for problem in self.problems))


def describe(problem: Problem) -> str:
    """One sentence for a person: the line, the field, what is wrong."""
    where = [_("line {n}").format(n=problem.line)] if problem.line else []
    where += [problem.field] if problem.field else []
    return f"{', '.join(where)}: {problem.message}" if where else problem.message


@dataclass(frozen=True)
class Text:
    value: str
    line: int


@dataclass(frozen=True)
class Items:
    values: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Fields:
    values: Mapping[str, Node]
    lines: Mapping[str, int]  # of the keys
    line: int


Node = Text | Items | Fields


def load(source: str, *, first_line: int = 1, max_bytes: int = MAX_BYTES) -> Node:
    """The tree of one document whose first line has number `first_line`; an empty document is an empty mapping.

    Raises ExerciseError with one Problem: bad syntax, a duplicate key, an anchor, alias, tag or second document,
    more than `max_bytes`, MAX_DEPTH levels or MAX_NODES values.
    """
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(source.encode("utf-8", "surrogatepass")) > max_bytes:
        limit = max_bytes // 1024
        raise _wrong(0, "too-large", _("The text is larger than {limit} KiB; shorten it.").format(limit=limit))
    try:
        return _document(source, first_line)
    except _yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + first_line if mark else 0
        reason = error.problem or error.context or ""
        raise _wrong(line, "yaml", _in_words(reason)) from None
    except _yaml.YAMLError as error:  # a character that YAML does not allow; it knows an offset only
        offset = getattr(error, "position", 0)
        line = source.count("\n", 0, offset) + first_line
        raise _wrong(line, "yaml", _("This text holds a character that YAML does not allow.")) from None


def _document(source: str, first_line: int) -> Node:
    """libyaml is three times as fast; what it refuses is read once more by PyYAML, whose words people understand."""
    if _C_LOADER is not None:
        try:
            return _Tree(source, first_line, _C_LOADER).document()
        except (_yaml.YAMLError, UnicodeEncodeError):
            pass
    return _Tree(source, first_line, _yaml.SafeLoader).document()


def tree(value: object) -> Node:
    """The same tree from JSON (a key bundle), without lines."""
    if isinstance(value, Mapping):
        return Fields({str(key): tree(item) for key, item in value.items() if item is not None}, {}, 0)
    if isinstance(value, (list, tuple)):
        return Items(tuple(tree(item) for item in value), 0)
    if isinstance(value, bool):
        return Text("true" if value else "false", 0)
    return Text(str(value), 0)


def _in_words(reason: str) -> str:
    """PyYAML's reasons as an author understands them; what is rare stays in its own words."""
    known = {
        "mapping values are not allowed": _("There is a colon where none is expected; put the text in quotes."),
        "could not find expected ':'": _("A line here has no “name: value”, or the text above it is not indented."),
        "found character '\\t'": _("There is a tab here; indent with spaces."),
        "found unexpected end of stream": _("A quote is opened here or above and never closed."),
        "expected <block end>": _("The indentation does not fit the lines above."),
        "expected ',' or": _("A bracket is opened here or above and never closed, or a comma is missing."),
        "found unknown escape character": _("A backslash in double quotes means something else; use single quotes."),
    }
    for start, words in known.items():
        if reason.startswith(start):
            return words
    return _("This is not valid YAML: {reason}.").format(reason=reason)


def _wrong(line: int, code: str, message: str, field: str = "") -> ExerciseError:
    return ExerciseError([Problem(line, field, code, message)])


class _Tree:
    """Builds nodes from PyYAML's events: it never constructs an object."""

    def __init__(self, source: str, first_line: int, loader: type) -> None:
        self.events: Iterator[_yaml.Event] = _yaml.parse(source, Loader=loader)
        self.first_line = first_line
        self.left = MAX_NODES

    def document(self) -> Node:
        next(self.events)  # the stream's start
        event = next(self.events)
        if isinstance(event, _yaml.StreamEndEvent):
            return Fields({}, {}, self.first_line)
        node = self.node(next(self.events), 0)
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, _yaml.StreamEndEvent):
            raise _wrong(self.line(event), "documents", _("Only one document is allowed; remove the line “---”."))
        return node

    def line(self, event: _yaml.Event) -> int:
        mark = event.start_mark
        return (mark.line if mark else 0) + self.first_line

    def node(self, event: _yaml.Event, depth: int) -> Node:
        line = self.line(event)
        self.left -= 1
        if self.left < 0:
            raise _wrong(line, "too-many", _("There are more than {n} values here.").format(n=MAX_NODES))
        if depth > MAX_DEPTH:
            raise _wrong(line, "too-deep", _("Values are nested deeper than {n} levels.").format(n=MAX_DEPTH))
        if (
            not isinstance(event, _yaml.ScalarEvent | _yaml.SequenceStartEvent | _yaml.MappingStartEvent)
            or event.anchor
        ):
            raise _wrong(line, "anchor", _("Anchors and aliases (& and *) are not allowed; put the text in quotes."))
        if event.tag is not None:
            raise _wrong(line, "tag", _("Tags (!) are not allowed; put the text in quotes."))
        if isinstance(event, _yaml.ScalarEvent):
            return Text(event.value.replace("\r\n", "\n").replace("\r", "\n"), line)  # from "\\r" in quotes
        if isinstance(event, _yaml.SequenceStartEvent):
            return self.items(line, depth)
        return self.fields(line, depth)

    def items(self, line: int, depth: int) -> Items:
        values = []
        while not isinstance(event := next(self.events), _yaml.SequenceEndEvent):
            values.append(self.node(event, depth + 1))
        return Items(tuple(values), line)

    def fields(self, line: int, depth: int) -> Fields:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), _yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, Text):
                raise _wrong(key.line, "key", _("A name before the colon must be plain text."))
            if key.value in values:
                message = _("“{name}” is written twice (first on line {first}).").format(
                    name=key.value, first=lines[key.value]
                )
                raise _wrong(key.line, "duplicate", message, key.value)
            lines[key.value] = key.line
            values[key.value] = self.node(next(self.events), depth + 1)
        return Fields(values, lines, line)
