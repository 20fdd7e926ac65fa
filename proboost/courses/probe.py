"""What a reader of YAML asks for, found by listening to it: the shape of every field, as JSON Schema says it.

The code that reads courses and exercises is asked to read a document that has every field. Which methods it calls, with
which limits, and which shapes of value it does not complain of, is the schema: it cannot differ from what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from proboost_kernel.exercises.fields import FALSE, TRUE, Reader
from proboost_kernel.exercises.yaml import Fields, Items, Node, Problem, Text

Json = dict[str, Any]
NAME = "probe"  # of a field whose name the author chooses
SAMPLE = "{{probe}}"  # a text that also names a blank, and is valid Python
SAMPLES = {"file": "01-probe.ipynb"}
SCALAR: Json = {"type": ["string", "number", "boolean"]}
SHAPES = ("text", "items", "fields")


def listened(read: Callable[[Reader], object]) -> Json:
    """The schema of the mapping that `read` reads."""
    heard = []
    for shape in SHAPES:
        for lean in (False, True):
            reader = Listener(Values(shape, lean), [])
            read(reader)
            reader.learn()
            heard.append(reader)
    for other in heard[1:]:
        heard[0].add(other)
    return heard[0].schema()


class Values(Mapping[str, Node]):
    """A mapping that has every field; whoever walks through it finds one whose name is the author's choice.

    A `lean` one says that it has none: what may be written instead of others is asked for then.
    """

    def __init__(self, shape: str, lean: bool) -> None:
        self.shape = shape
        self.lean = lean
        self.walked = False

    def __getitem__(self, name: str) -> Node:
        return self.shaped(self.shape, SAMPLES.get(name, SAMPLE))

    def __contains__(self, _name: object) -> bool:
        return not self.lean

    def __iter__(self) -> Iterator[str]:
        self.walked = True
        return iter((NAME,))

    def __len__(self) -> int:
        return 1

    def shaped(self, shape: str, text: str = SAMPLE) -> Node:
        one = Text(text, 1)
        if shape == "text":
            return one
        inner = Fields(Values(self.shape, self.lean), {}, 1)
        return inner if shape == "fields" else Items((one, inner, Items((one,), 1)), 1)


class Listener(Reader):
    """Reads a document of one shape and remembers what was asked."""

    def __init__(self, values: Values, problems: list[Problem], path: str = "") -> None:
        self.values = values
        super().__init__(Fields(values, {}, 1), problems, path)
        self.known: dict[str, list[Json]] = {}
        self.needed: set[str] = set()
        self.children: dict[str, Listener] = {}
        self.listed: dict[str, int] = {}  # fields that were taken as lists, and how long these may be
        self.raw: set[str] = set()

    # -- what is asked
    def take(self, name: str) -> Node | None:
        self.raw.add(name)
        return super().take(name)

    def need(self, name: str) -> bool:
        self.needed.add(name)
        self.asked.add(name)
        return True

    def text(self, name: str, default: str = "", *, limit: int = 64 * 1024) -> str:
        self._heard(name, SCALAR)
        return SAMPLES.get(name, default or SAMPLE)[:limit]

    def number(self, name: str, default: float, *, low: float = 0, high: float = 1e6) -> float:
        self._heard(name, number(low, high))
        return default

    def whole(self, name: str, default: int | None, *, low: int = 0, high: int = 10**6) -> int | None:
        self._heard(name, {**number(low, high), "type": ["integer", "string"]})
        return default

    def flag(self, name: str, default: bool) -> bool:
        self._heard(name, {"enum": [True, False, *sorted(TRUE), *sorted(FALSE)]})
        return default

    def one_of(self, name: str, choices: Iterable[str], default: str) -> str:
        self._heard(name, {"enum": list(choices)})
        return default

    def items(self, name: str, *, limit: int = 200) -> tuple[Node, ...]:
        self.asked.add(name)
        self.listed[name] = limit
        found = self.values.shaped("items", SAMPLES.get(name, SAMPLE))
        assert isinstance(found, Items)
        return found.values

    def texts(self, name: str, *, limit: int = 200) -> tuple[str, ...]:
        self._heard(name, {"type": "array", "items": SCALAR, "maxItems": limit})
        return (SAMPLE,)

    def numbers(self, name: str, *, low: float, high: float, limit: int = 50) -> tuple[float, ...]:
        self._heard(name, {"type": "array", "items": number(low, high), "maxItems": limit})
        return (high,)

    def fields(self, name: str) -> Reader | None:
        self.asked.add(name)
        found = Listener(Values(self.values.shape, self.values.lean), self.problems, self.where(name))
        self.children[name] = found
        return found

    def inner(self, name: str, node: Node) -> Reader | None:
        if not isinstance(node, Fields):
            return super().inner(name, node)
        if not isinstance(node.values, Values):  # the reader made it of a bare value, which is no shape of its own
            return Listener(Values(self.values.shape, self.values.lean), self.problems, self.where(name))
        found = Listener(node.values, self.problems, self.where(name))
        self.children[name] = found
        return found

    def close(self) -> None:
        """Every name is known here."""

    def _heard(self, name: str, schema: Json) -> None:
        self.asked.add(name)
        self.known.setdefault(name, []).append(schema)

    # -- what it comes to
    def learn(self) -> None:
        """Turns what was taken as it stood into shapes: those that were not complained of."""
        for child in self.children.values():
            child.learn()
        refused = {problem.field for problem in self.problems if problem.code == "type"}
        for name, limit in self.listed.items():
            self.known.setdefault(name, []).append(self._list(name, refused, limit))
        for name in self.raw - self.listed.keys():
            if self.where(name) in refused or name in self.known:
                continue
            if self.values.shape == "text":
                self.known.setdefault(name, []).append(SCALAR)
            elif self.values.shape == "items":
                self.known.setdefault(name, []).append(self._list(name, refused, None))
        for name, child in self.children.items():
            if "[" not in name:
                self.known.setdefault(name, []).append(child.schema())

    def _list(self, name: str, refused: set[str], limit: int | None) -> Json:
        kinds: list[Json] = []
        if f"{self.where(name)}[0]" not in refused:
            kinds.append(SCALAR)
        if f"{name}[1]" in self.children:
            kinds.append(self.children[f"{name}[1]"].schema())
        found: Json = {"type": "array", "items": either(kinds)}
        return found if limit is None else {**found, "maxItems": limit}

    def add(self, other: Listener) -> None:
        """What the same reader asked of a document of another shape."""
        self.needed &= other.needed
        self.asked |= other.asked
        self.values.walked |= other.values.walked
        for name, schemas in other.known.items():
            self.known.setdefault(name, []).extend(schemas)

    def schema(self) -> Json:
        properties = {
            name: either(self.known.get(name) or ([] if name in self.raw else [SCALAR]))
            for name in sorted(self.asked | self.known.keys())
        }
        if self.values.walked:
            return {"type": "object", "additionalProperties": properties.get(NAME, {})}
        found: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        required = sorted(self.needed)
        return {**found, "required": required} if required else found


def number(low: float, high: float) -> Json:
    """Texts are read as numbers too, so an editor takes them."""
    return {"type": ["number", "string"], "minimum": low, "maximum": high}


def either(schemas: list[Json]) -> Json:
    """Any of the schemas; objects that differ in what they have are one that may have all of it."""
    different: list[Json] = []
    for one in [part for schema in schemas for part in schema.get("anyOf", [schema])]:
        for place, other in enumerate(different):
            if one.get("type") == other.get("type") == "object":
                different[place] = _merged(other, one)
                break
            if one.get("type") == other.get("type") == "array":
                different[place] = {**other, **one, "items": either([other["items"], one["items"]])}
                break
        else:
            if one and one not in different:
                different.append(one)
    if len(different) > 1:
        return {"anyOf": different}
    return different[0] if different else {}


def _merged(one: Json, other: Json) -> Json:
    if one == other:
        return one
    if "properties" not in one or "properties" not in other:
        free = either([one.get("additionalProperties") or {}, other.get("additionalProperties") or {}])
        return {"type": "object", "additionalProperties": free}
    names = sorted({*one["properties"], *other["properties"]})
    properties = {
        name: either([part["properties"][name] for part in (one, other) if name in part["properties"]])
        for name in names
    }
    required = sorted(set(one.get("required", ())) & set(other.get("required", ())))
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found
