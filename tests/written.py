"""Exercises for tests, as authors could have written them: strategies, and how a secret could be hidden in bytes."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from proboost_kernel.exercises import holes
from proboost_kernel.exercises.written_yaml import dump

SECRET = "zq7Kx9Secret"  # 12 characters: every base64 alignment of it is searched for
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=40)
PROSE = TEXT | st.sampled_from(
    [
        "Сложите $a<b$ и `x < y`.\n\n- один\n- два",
        "    отступ\n<b>жирный</b> <script>alert(1)</script>",
        "```python\nprint('<i>')\n```\n<!-- заметка автора -->",
        "да",
        "010",
        "# не комментарий: текст",
        "строка\n\n\nещё\n  ",
        "'кавычки' \"и\" <<!-- -->b>",
    ]
)
NAME = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20)
WRITTEN_NUMBER = st.sampled_from(["0", "3,14", "-2.5", "1 000", "1e-3", "6.02E23", "\N{MINUS SIGN}7", "42"])
PROGRAM = st.sampled_from(["x = 1", "def f(a):\n    return a * 2\n", "# пусто\n", "print('привет')\n\n\nprint(2)"])


@st.composite
def common(draw: st.DrawFn) -> dict[str, Any]:
    fields: dict[str, Any] = {"prompt": draw(PROSE)}
    if draw(st.booleans()):
        fields["title"] = draw(TEXT)
    if draw(st.booleans()):
        fields["points"] = draw(st.sampled_from(["0", "1", "2.5", "3.0"]))
    if draw(st.booleans()):
        fields["hints"] = draw(st.lists(PROSE, max_size=3))
    if draw(st.booleans()):
        fields["attempts"] = "3"
    if draw(st.booleans()):
        fields["penalty"] = ["1", "0.5"]
    return fields


@st.composite
def choices(draw: st.DrawFn, answer: str = "#1", private: str = "") -> dict[str, Any]:
    """A choice whose private fields hold `private`."""
    options: list[Any] = draw(st.lists(NAME, min_size=2, max_size=5, unique=True))
    written = {"kind": "choice", **draw(common()), "options": list(options), "answer": answer}
    if draw(st.booleans()):
        written["shuffle"] = "no"
    if private:
        written["feedback"] = {options[0]: f"{private} {options[0]}"}
        written["explanation"] = private
    return written


@st.composite
def codes(draw: st.DrawFn, private: str = "x1") -> dict[str, Any]:
    """A code exercise whose private fields hold `private`."""
    names = draw(st.lists(NAME, min_size=2, max_size=4, unique=True))
    tests: list[dict[str, Any]] = [
        {"name": names[0], "code": draw(PROGRAM), "feedback": private},
        *({"name": name, "hidden": "true", "code": f"assert {private!r}"} for name in names[1:]),
    ]
    return {
        "kind": "code",
        **draw(common()),
        "starter": draw(PROGRAM),
        "setup": draw(PROGRAM),
        "solution": f"# {private}\nx = {private!r}",
        "explanation": f"{private} объясняет",
        "was": f"old#{private}",
        "tests": tests,
    }


LINE = (
    st.sampled_from(["for x in xs:", "    total += x", "return total", "total = 0  # ноль", "<!-- x -->y", "a < b"])
    | NAME
)


@st.composite
def orders(draw: st.DrawFn, private: str = "") -> dict[str, Any]:
    """Lines to be put in order whose private fields hold `private`; the order is private too."""
    lines: list[Any] = draw(st.lists(LINE, min_size=2, max_size=6))
    extra: list[Any] = draw(st.lists(LINE, max_size=2))
    written = {"kind": "order", **draw(common()), "lines": lines, "distractors": extra}
    written |= draw(st.sampled_from([{}, {"indent": "yes"}, {"language": "python"}, {"scoring": "partial"}]))
    if private:
        written["distractors"] = [{"text": text, "feedback": f"{private} {text}"} for text in extra]
        written["also"] = [{"lines": lines[1:], "share": "0.5", "feedback": private}]
        written["explanation"] = private
    return written


@st.composite
def matches(draw: st.DrawFn, private: str = "") -> dict[str, Any]:
    """Halves to be put together whose private fields hold `private`."""
    left = draw(st.lists(NAME, min_size=2, max_size=4, unique=True))
    right = draw(st.lists(NAME, min_size=2, max_size=4, unique=True))
    pairs: dict[str, Any] = {half: right[at % len(right)] for at, half in enumerate(left)}
    written = {"kind": "match", **draw(common()), "pairs": pairs, "distractors": draw(st.lists(NAME, max_size=2))}
    if private:
        written["pairs"] = {half: [{"text": one, "feedback": private}] for half, one in pairs.items()}
        written["feedback"] = {right[0]: private}
        written["explanation"] = private
    return written


@st.composite
def by_people(draw: st.DrawFn, kind: str, private: str = "") -> dict[str, Any]:
    """An essay or an upload, with a rubric, whose notes hold `private`."""
    names = draw(st.lists(NAME, max_size=3, unique=True))
    rubric = [{"criterion": name, "points": "1", "description": draw(PROSE)} for name in names]
    written = {**draw(common()), "kind": kind, "rubric": rubric}
    if rubric:
        written["points"] = str(len(rubric))
    if written["kind"] == "upload":
        written |= {"accept": [".pdf", "image/*"], "max_size": "2 MiB"}
    if private:
        written["notes"] = written["explanation"] = f"{private} для проверяющих"
    return written


def essays(private: str = "") -> st.SearchStrategy[dict[str, Any]]:
    return by_people("essay", private)


def uploads(private: str = "") -> st.SearchStrategy[dict[str, Any]]:
    return by_people("upload", private)


@st.composite
def multiples(draw: st.DrawFn, private: str = "") -> dict[str, Any]:
    """Several of several options; with `private`, private fields hold it."""
    options: list[Any] = draw(st.lists(NAME, min_size=2, max_size=5, unique=True))
    right = draw(st.lists(st.sampled_from(options), min_size=1, unique=True))
    written = {"kind": "multiple", **draw(common()), "options": options, "answers": list(right)}
    written |= draw(st.sampled_from([{}, {"scoring": "partial"}, {"shuffle": "no"}]))
    if private:
        written["answers"] = [{"text": one, "share": "0.5", "feedback": f"{private} {one}"} for one in right]
        written["feedback"] = {options[0]: private}
        written["explanation"] = private
    return written


@st.composite
def numbers(draw: st.DrawFn, private: str = "") -> dict[str, Any]:
    """A number to be typed; its answer is private, and with `private` the words on it are that."""
    written = {"kind": "number", **draw(common()), "answer": draw(WRITTEN_NUMBER)}
    written |= draw(st.sampled_from([{}, {"unit": "кг"}, {"tolerance": "2%"}, {"tolerance": "0,5", "unit": "m/s"}]))
    if private:
        near = {"value": draw(WRITTEN_NUMBER), "tolerance": "10%", "share": "0.5", "feedback": private}
        written["answer"] = [written["answer"], near]
        written["explanation"] = private
    return written


@st.composite
def texts(draw: st.DrawFn, private: str = "") -> dict[str, Any]:
    """A few words to be typed; with `private` they are that."""
    answers: list[Any] = draw(st.lists(NAME, min_size=1, max_size=3))
    written = {"kind": "text", **draw(common()), "answers": [*answers, "/пар[иы]ж+/"]}
    written |= draw(st.sampled_from([{}, {"case": "yes"}, {"strict": "yes"}]))
    if private:
        written["answers"] = [private, f"/{private}.*/", {"text": private, "share": "0.5", "feedback": private}]
        written["explanation"] = private
    return written


@st.composite
def blanks(draw: st.DrawFn, private: str = "") -> dict[str, Any]:
    """A text with blanks; with `private` it may stand in each."""
    names = draw(st.lists(st.sampled_from(["one", "two", "три", "x4"]), min_size=1, max_size=4, unique=True))
    mark = draw(st.sampled_from(["{{%s}}", "`a {{ %s }}`", "**{{%s}}**,"]))
    text = draw(st.sampled_from(["Текст:", "```python\nfor\n```\n", "- a\n- b <!-- note -->"]))
    answers: dict[str, Any] = {name: [private or draw(NAME), {"value": "3,5", "tolerance": "1"}] for name in names}
    written = {
        "kind": "blanks",
        **draw(common()),
        "text": "\n\n".join([text, *(mark % name for name in names)]),
        "answers": answers,
    }
    if private:
        answers[names[0]].append({"text": f"/{private}/", "share": "0.5", "feedback": private})
        written["explanation"] = private
    return written


def _other_order(fields: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    lines = data.draw(st.permutations(fields["lines"]))
    return {"lines": lines, "scoring": "partial" if fields.get("scoring") != "partial" else "all"}


def _other_match(fields: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    halves = sorted(set(fields["pairs"].values()) | set(fields["distractors"]))
    pairs = {half: data.draw(st.sampled_from(halves)) for half in fields["pairs"]}
    pairs[next(iter(pairs))], pairs[list(pairs)[-1]] = halves[0], halves[-1]
    return {"pairs": pairs, "distractors": [{"text": half, "feedback": "нет"} for half in halves]}


def _other_code(fields: dict[str, Any], _data: st.DataObject) -> dict[str, Any]:
    hidden = {"code": "assert 1 == 1", "trust": "in-process"}
    tests = [{**test, "feedback": "почему", **(hidden if test.get("hidden") else {})} for test in fields["tests"]]
    return {"solution": "y = 2", "tests": tests}


@dataclass(frozen=True)
class Sample:
    """One kind's exercises for tests: `fields(private)`, whose private fields hold that text; `otherwise`, other
    private fields for the same public ones (of an exercise made without `private`); `responses` to a public part, all
    of which a front end could send.
    """

    fields: Callable[..., st.SearchStrategy[dict[str, Any]]]
    otherwise: Callable[[dict[str, Any], st.DataObject], dict[str, Any]]
    responses: Callable[[dict[str, Any]], st.SearchStrategy[dict[str, Any]]]


def _items(part: dict[str, Any], name: str) -> list[str]:
    return [item["item"] for item in part[name]]


def _some(part: dict[str, Any], name: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(_items(part, name)), min_size=1, unique=True)


TYPED = NAME | st.sampled_from(["3,5", "zq7Kx9Secret", "  Париж ", "ё", "1e3"])
SAMPLES: dict[str, Sample] = {
    "choice": Sample(
        choices,
        lambda fields, _data: {"answer": [{"text": fields["options"][1], "share": "1", "feedback": "да"}]},
        lambda part: st.sampled_from(_items(part, "options")).map(lambda item: {"choice": item}),
    ),
    "multiple": Sample(
        multiples,
        lambda fields, data: {
            "answers": data.draw(st.lists(st.sampled_from(fields["options"]), min_size=1, unique=True)),
            "scoring": "partial",
            "feedback": {fields["options"][0]: "нет"},
        },
        lambda part: _some(part, "options").map(lambda items: {"choices": items}),
    ),
    "number": Sample(
        numbers,
        lambda _fields, data: {"answer": [data.draw(WRITTEN_NUMBER), {"value": "7", "share": "0.5"}], "tolerance": "3"},
        lambda part: WRITTEN_NUMBER.map(lambda text: {"number": f" {text} {part['unit']}"}),
    ),
    "text": Sample(
        texts,
        lambda _fields, data: {"answers": {"text": data.draw(NAME)}, "case": "yes", "strict": "yes"},
        lambda _part: TYPED.map(lambda text: {"text": text}),
    ),
    "blanks": Sample(
        blanks,
        lambda fields, data: {"answers": {name: data.draw(NAME) for name in fields["answers"]}, "case": "yes"},
        lambda part: st.dictionaries(st.sampled_from(sorted(set(holes.names(part["text"])))), TYPED, min_size=1).map(
            lambda typed: {"blanks": typed}
        ),
    ),
    "order": Sample(
        orders,
        _other_order,
        lambda part: _some(part, "lines").map(lambda items: {"lines": [{"item": item, "indent": 0} for item in items]}),
    ),
    "match": Sample(
        matches,
        _other_match,
        lambda part: st.dictionaries(
            st.sampled_from(_items(part, "left")), st.sampled_from(_items(part, "right")), min_size=1
        ).map(lambda pairs: {"pairs": pairs}),
    ),
    "code": Sample(codes, _other_code, lambda _part: PROGRAM.map(lambda code: {"code": code})),
    "essay": Sample(essays, lambda _fields, _data: {"notes": "другие заметки"}, lambda _part: st.just({"text": "да"})),
    "upload": Sample(
        uploads, lambda _fields, _data: {"notes": "другие заметки"}, lambda _part: st.just({"file": "0" * 32})
    ),
}


def of_any_kind(private: str = "") -> st.SearchStrategy[dict[str, Any]]:
    """Exercises of every kind, some with variants; with `private` their private fields hold it."""
    plain = st.one_of([sample.fields(private=private) if private else sample.fields() for sample in SAMPLES.values()])
    return plain | plain.map(lambda fields: {**fields, **variants(fields, private)})


def variants(fields: dict[str, Any], private: str = "") -> dict[str, Any]:
    """What makes templates of the same fields: what the values are drawn from is private, that there are any is not."""
    words = private or "слово"
    return {
        "prompt": fields["prompt"] + "\n\nСколько {{a}} и {{c}}?",
        "params": {"a": {"from": "1", "to": "9"}, "b": [words, f"{words}2"]},
        "generator": f"# {private}\nc = str(a) + b",
    }


def otherwise(fields: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The same public fields, everything private changed."""
    other: dict[str, Any] = json.loads(json.dumps(fields))
    other |= {"explanation": "другое", "was": "lesson#other", **SAMPLES[other["kind"]].otherwise(other, data)}
    if "params" in other:
        other |= {"params": {"a": ["пять"], "d": {"from": "0", "to": "1", "step": "0.1"}}, "generator": "c = a * 2"}
    return other


def cell(written: dict[str, Any], name: str = "e1") -> str:
    return f"%%exercise {name}\n{dump(written)}"


def hiding_places(secret: str) -> set[bytes]:
    """What `secret` looks like in the encodings that software uses without asking."""
    plain = secret.encode()
    found = {
        plain,
        plain[::-1],
        plain.hex().encode(),
        plain.hex().upper().encode(),
        urllib.parse.quote(secret).encode(),
        html.escape(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
        "".join(f"\\u{ord(char):04x}" for char in secret).encode(),
        "".join(f"\\x{ord(char):02x}" for char in secret).encode(),
        "".join(f"&#{ord(char)};" for char in secret).encode(),
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        secret.encode("utf-7"),
        base64.b32encode(plain[:10]),
    }
    for shift in range(3):  # the three ways in which base64 can cut it, without the characters that neighbours change
        for encoded in (base64.b64encode(b"\0" * shift + plain), base64.urlsafe_b64encode(b"\0" * shift + plain)):
            found.add(encoded.rstrip(b"=")[4 if shift else 0 : -2])
    return found
