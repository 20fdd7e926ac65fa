"""Exercises: what authors write, what learners may see of it, what an answer is worth. Pure: no disk, no clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType, ModuleType
from typing import Any, cast

from proboost_kernel.exercises import (
    blanks,
    choice,
    code,
    essay,
    holes,
    match,
    multiple,
    native,
    number,
    order,
    params,
    text,
    upload,
)
from proboost_kernel.exercises.exercise import (
    BadResponse,
    Common,
    Exercise,
    Json,
    Judgement,
    Kind,
    NeedsGrader,
    NeedsSandbox,
)
from proboost_kernel.exercises.fields import Reader, nearest, plain
from proboost_kernel.exercises.markup import public_text
from proboost_kernel.exercises.params import Params
from proboost_kernel.exercises.prose import markdown, media_from
from proboost_kernel.exercises.written_yaml import dump
from proboost_kernel.exercises.yaml import ExerciseError, Fields, Node, Problem, describe, load, tree
from proboost_kernel.i18n import _

__all__ = [
    "BadResponse",
    "Exercise",
    "ExerciseError",
    "Judgement",
    "Kind",
    "NeedsGrader",
    "NeedsSandbox",
    "Problem",
    "answer_html",
    "ask_all",
    "by_submission",
    "check_response",
    "describe",
    "drawn",
    "explanation_html",
    "from_key",
    "is_exercise",
    "judge",
    "key",
    "kinds",
    "learner_cell",
    "markdown",
    "native_cell",
    "needs_sandbox",
    "parse",
    "penalty_factor",
    "public",
    "public_hash",
    "public_values",
    "register",
    "stamped",
    "used_values",
    "view",
    "written_kinds",
]

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
FIRST_LINE = re.compile(r"%%exercise(?:[ \t]+(?P<id>.*?))?[ \t]*\Z")
MAX_RESPONSE = 64 * 1024  # bytes of JSON
PUBLIC = ("kind", "points", "title", "prompt", "hints", "required", "attempts", "penalty")
PRIVATE = ("was", "params", "generator")  # of every kind, and no text of the exercise

_kinds: dict[str, Kind] = {}


def register(kind: Kind | ModuleType) -> None:
    """Add a kind; the module is the kind. A name is taken once."""
    found = cast("Kind", kind)
    if found.NAME in _kinds:
        raise ValueError(f"kind {found.NAME} is registered already")
    _kinds[found.NAME] = found


def kinds() -> Mapping[str, Kind]:
    return MappingProxyType(_kinds)


def written_kinds() -> tuple[str, ...]:
    """Names of the kinds that authors write; cells of nbgrader get theirs from their notebook's metadata."""
    return tuple(name for name in _kinds if name != native.NAME)


for _kind in (choice, multiple, number, text, blanks, order, match, code, essay, upload, native):
    register(_kind)


def is_exercise(source: str) -> bool:
    """Whether a code cell is an exercise: its first line that is not empty starts with %%exercise."""
    return bool(re.match(r"%%exercise(?![\w-])", source.lstrip()))


def parse(source: str, *, file: str = "", cell: int | None = None) -> Exercise:
    """The exercise of a whole cell, `%%exercise ID` included; a learner's one is told by its `hash`.

    Raises ExerciseError with every problem found; lines are counted in the cell, from 1.
    """
    problems: list[Problem] = []
    blank = len(source) - len(source.lstrip())
    first, _newline, body = source[blank:].partition("\n")
    line = source[:blank].count("\n") + 1
    match = FIRST_LINE.match(first.rstrip("\r"))
    name = (match["id"] or "") if match else ""
    if not ID.match(name):
        message = _("The first line must be “%%exercise ID”; an ID is made of Latin letters, digits, “.”, “-” and “_”.")
        problems.append(Problem(line, "id", "id", message))
    try:
        node = load(body, first_line=line + 1)
    except ExerciseError as error:
        raise ExerciseError(problems + error.problems, file=file, cell=cell) from None
    exercise = _read(name, node, problems)
    if problems or exercise is None:
        raise ExerciseError(problems, file=file, cell=cell)
    return exercise


def _read(name: str, node: Node, problems: list[Problem]) -> Exercise | None:
    if not isinstance(node, Fields):
        problems.append(Problem(node.line, "", "type", _("Named fields are expected here (lines like “name: value”).")))
        return None
    reader = Reader(node, problems)
    if not reader.need("kind"):
        return None
    kind = reader.text("kind").strip()
    if kind not in _kinds:
        message = _("“{kind}” is not a kind of exercise; there are: {kinds}.").format(
            kind=kind, kinds=", ".join(written_kinds())
        )
        reader.wrong("kind", "unknown-kind", message + nearest(kind, written_kinds()))
        return None
    stamp, ref = reader.text("hash", limit=64), reader.text("ref", limit=400)
    varies = reader.flag("variants", False) if stamp else False
    hosts = reader.texts("embed_hosts") if stamp else ()
    drawn = Params() if stamp else params.read(reader)
    reader.holes = drawn.names
    common = _common(reader, public=bool(stamp))
    spec = _kinds[kind].read(reader, public=bool(stamp))
    reader.close()
    found = Exercise(name, kind, common, spec, ref, stamp, drawn, varies or bool(drawn), hosts)
    if drawn and not problems:
        _check_holes(reader, found)
    return found


def ask_all(kind: str, reader: Reader) -> None:
    """Asks `reader` for every field that an author may write in an exercise of this kind: who listens learns them."""
    params.read(reader)
    _common(reader, public=False)
    _kinds[kind].read(reader, public=False)


def _check_holes(reader: Reader, exercise: Exercise) -> None:
    """Each `{{name}}` of an exercise with variants has a value; in programs such braces may mean something else."""
    kind = _kinds[exercise.kind]
    own = getattr(kind, "own_holes", None)
    known = exercise.params.names | (own(exercise.spec) if own else set())
    for field, value in _whole(exercise).items():
        if field in PRIVATE or (kind.NEEDS_SANDBOX and field not in (*PUBLIC, "explanation")):
            continue
        for name in dict.fromkeys(holes.all_names(value)):
            if name not in known:
                message = _("There is no value “{name}” among the params.").format(name=name) + nearest(name, known)
                reader.wrong(field, "no-value", message)


def _common(reader: Reader, *, public: bool) -> Common:
    return Common(
        points=reader.number("points", 1),
        title=reader.text("title", limit=300).strip(),
        prompt=reader.text("prompt").strip("\n"),
        hints=tuple(hint.strip("\n") for hint in reader.texts("hints", limit=20)),
        required=reader.flag("required", True),
        attempts=reader.whole("attempts", None, low=1, high=1000),
        penalty=(reader.numbers("penalty", low=0, high=1) or None) if "penalty" in reader else None,
        explanation="" if public else reader.text("explanation").strip("\n"),
        was="" if public else reader.text("was", limit=200),
    )


def _whole(exercise: Exercise) -> Json:
    """Every field, public and private, as JSON that `_read` takes back."""
    common = exercise.common
    written: Json = {
        "kind": exercise.kind,
        "points": plain(common.points),
        "title": common.title,
        "prompt": common.prompt,
        "hints": list(common.hints),
        "required": common.required,
        "attempts": common.attempts,
        "penalty": None if common.penalty is None else [plain(factor) for factor in common.penalty],
    }
    if common.explanation:
        written["explanation"] = common.explanation
    if common.was:
        written["was"] = common.was
    return {**written, **params.write(exercise.params), **_kinds[exercise.kind].write(exercise.spec)}


def public(exercise: Exercise) -> Json:
    """The part that learners get, by allow-list: common PUBLIC fields and the kind's own. Its order is stable."""
    kind = _kinds[exercise.kind]
    whole = _whole(exercise)
    part = {name: whole[name] for name in (*PUBLIC, *kind.PUBLIC)}
    part["prompt"] = public_text(part["prompt"]).strip("\n")
    part["hints"] = [public_text(hint).strip("\n") for hint in part["hints"]]
    if exercise.varies:  # a template: each learner has values of their own
        part["variants"] = True
    clean = getattr(kind, "without_private", None)
    return cast("Json", clean(part)) if clean else part


def public_hash(part: Mapping[str, Any]) -> str:
    """16 hex digits that change when anything a learner sees of the exercise does."""
    canonical = json.dumps(part, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:16]


def view(part: Mapping[str, Any], *, hosts: Iterable[str] = (), template: bool = False) -> Json:
    """What front ends get of a public part: HTML where it had Markdown, and nothing to render. Media may come from
    `hosts` besides.

    The view of a template says `variants: true` and no more: its learner gets the view of what was drawn for them. With
    `template` it is shown all the same, to people whose it is not: the names of values stand where those would.
    """
    given = dict(part)
    if template and given.pop("variants", False):
        named = {name: f"⟨{name}⟩" for name in holes.all_names(given)}
        kept = {"kind": given["kind"], **({"text": given["text"]} if given["kind"] == blanks.NAME else {})}
        given = {**holes.all_filled(given, named), **kept}
    shown = {name: given[name] for name in ("kind", "points", "title", "required", "attempts", "penalty")}
    if given.get("variants"):
        title = "" if holes.names(given["title"]) else given["title"]
        return {**shown, "title": title, "prompt_html": "", "hints_html": [], "variants": True}
    with media_from(hosts):
        shown["prompt_html"] = markdown(given["prompt"])
        shown["hints_html"] = [markdown(hint) for hint in given["hints"]]
        return {**shown, **_kinds[given["kind"]].show(given)}


def drawn(exercise: Exercise, values: Mapping[str, str]) -> Exercise:
    """The exercise of a learner for whom these values were drawn, as if its author had written them. Items keep the
    names that they have in the template. Raises ExerciseError when what comes out is no exercise: two options are the
    same then, or an answer is no number.
    """
    if not exercise.params:
        return exercise
    whole = {field: value for field, value in _whole(exercise).items() if field not in PRIVATE}
    problems: list[Problem] = []
    missing = used_values(exercise) - values.keys()
    if missing:
        raise ExerciseError([Problem(0, "params", "no-value", ", ".join(sorted(missing)))])
    found = _read(exercise.id, tree(holes.all_filled(whole, values)), problems)
    if problems or found is None:
        raise ExerciseError(problems)
    return replace(found, ref=exercise.ref)


def used_values(exercise: Exercise) -> frozenset[str]:
    """The names among its params that an exercise has holes for."""
    whole = {field: value for field, value in _whole(exercise).items() if field not in PRIVATE}
    return exercise.params.names & set(holes.all_names(whole))


def public_values(exercise: Exercise, values: Mapping[str, str]) -> dict[str, str]:
    """Of a variant's values those that its learner sees anyway; the rest may be the answer."""
    seen = set(holes.all_names(public(exercise)))
    return {name: value for name, value in sorted(values.items()) if name in seen}


def key(exercise: Exercise) -> Json:
    """The whole exercise as JSON, for the key bundle; `from_key` reads it back equal."""
    return {"id": exercise.id, **_whole(exercise)}


def native_cell(name: str, *, points: float, role: str, cell_type: str, source: str, author: str) -> Exercise:
    """A graded cell of nbgrader's sort: `source` is what learners get of it, `author` the whole."""
    source = source if cell_type == "code" else public_text(source)
    return Exercise(name, native.NAME, Common(points=points), native.NativeCell(role, cell_type, source, author))


def from_key(written: Mapping[str, Any]) -> Exercise:
    """The exercise of a key bundle. Raises ExerciseError when the key is not one of ours."""
    fields = dict(written)
    name = str(fields.pop("id", ""))
    problems: list[Problem] = []
    exercise = _read(name, tree(fields), problems)
    if problems or exercise is None:
        raise ExerciseError(problems)
    return exercise


def stamped(exercise: Exercise, ref: str) -> Exercise:
    """The same exercise as a learner's copy of it reads back: public fields, `ref` and `hash`."""
    part = public(exercise)
    problems: list[Problem] = []
    found = _read(exercise.id, tree({**part, "ref": ref, "hash": public_hash(part)}), problems)
    if problems or found is None:
        raise ExerciseError(problems)
    return replace(found, ref=ref)


def learner_cell(exercise: Exercise, ref: str, *, hosts: Iterable[str] = ()) -> str:
    """The cell that goes into learners' notebooks: `%%exercise ID`, the public part as YAML, `ref` and `hash`, and
    those of the course's `embed_hosts` that it mentions.
    """
    part = public(exercise)
    kept = {name: value for name, value in part.items() if value not in (None, "", [])}
    text = json.dumps(part, ensure_ascii=False)
    named = [host for host in sorted(hosts) if host in text]
    beside = {"ref": ref, "hash": public_hash(part), **({"embed_hosts": named} if named else {})}
    return f"%%exercise {exercise.id}\n{dump({**kept, **beside})}".rstrip("\n")


def check_response(part: Mapping[str, Any], response: object) -> None:
    """Raises BadResponse when no front end of ours sends such an answer to this exercise."""
    if not isinstance(response, dict):
        raise BadResponse(_("The answer must be a JSON object."))
    try:
        size = len(json.dumps(response, ensure_ascii=False, allow_nan=False).encode("utf-8"))
    except (ValueError, TypeError, RecursionError, UnicodeEncodeError):
        raise BadResponse(_("The answer is not valid JSON.")) from None
    if size > MAX_RESPONSE:
        raise BadResponse(_("The answer is larger than {limit} KiB; shorten it.").format(limit=MAX_RESPONSE // 1024))
    _kinds[part["kind"]].check(part, response)


def judge(exercise: Exercise, response: Json) -> Judgement:
    """The score of a checked response. Raises NeedsSandbox for kinds that run code, NeedsGrader for those that people
    grade, wording.NoPatterns where the key has a pattern and RE2 is missing, ValueError without a key.
    """
    if exercise.is_public:
        raise ValueError("a learner's copy of an exercise has no key to judge by")
    return _kinds[exercise.kind].judge(exercise.spec, response)


def answer_html(exercise: Exercise, response: Json) -> str | None:
    """A learner's answer as safe HTML for a grader; None where it is shown as it was sent (a program, a file), or
    answers another exercise than this one.
    """
    told = getattr(_kinds[exercise.kind], "told", None)
    try:
        check_response(public(exercise), response)
    except BadResponse:
        return None
    return str(told(exercise.spec, response)) if told else None


def needs_sandbox(kind: str) -> bool:
    return _kinds[kind].NEEDS_SANDBOX


def by_submission(kind: str) -> bool:
    """Whether it counts by the lesson's last submission, not by its attempts."""
    return bool(getattr(_kinds[kind], "BY_SUBMISSION", False))


def penalty_factor(part: Mapping[str, Any], nth_attempt: int, policy: Sequence[float] | None = None) -> float:
    """The factor of the n-th attempt (from 1); the last one repeats.

    The exercise's own `penalty` goes before the course's `policy`, and that before what is usual for the kind.
    """
    factors = part.get("penalty") or policy or _kinds[part["kind"]].DEFAULT_PENALTY
    return float(factors[min(max(nth_attempt, 1), len(factors)) - 1])


def explanation_html(exercise: Exercise) -> str:
    """The author's explanation, to be shown when solved or when no attempt is left; empty when there is none."""
    return markdown(exercise.explanation)
