"""Exercises for tests, as authors could have written them: strategies, and how a secret could be hidden in bytes."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from typing import Any

from hypothesis import strategies as st

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
def by_people(draw: st.DrawFn, private: str = "") -> dict[str, Any]:
    """An essay or an upload, with a rubric, whose notes hold `private`."""
    names = draw(st.lists(NAME, max_size=3, unique=True))
    rubric = [{"criterion": name, "points": "1", "description": draw(PROSE)} for name in names]
    written = {**draw(common()), "kind": draw(st.sampled_from(["essay", "upload"])), "rubric": rubric}
    if rubric:
        written["points"] = str(len(rubric))
    if written["kind"] == "upload":
        written |= {"accept": [".pdf", "image/*"], "max_size": "2 MiB"}
    if private:
        written["notes"] = written["explanation"] = f"{private} для проверяющих"
    return written


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
