"""docs/explanation/scoring.md says how points are found: each of its worked examples is worked through here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from school import School

from proboost import clock
from proboost.grading import checking
from proboost.grading.engine import Engine
from proboost.models import Result
from proboost_kernel.exercises.options import item_name

DOCUMENT = Path(__file__).parents[3] / "docs/explanation/scoring.md"
COUNTS = re.compile(r"The exercise is (?P<state>\w+) and counts \*\*(?P<points>[\d.]+)\*\* of (?P<most>[\d.]+) points")
DUE = datetime.fromisoformat("2026-11-20T12:00:00+00:00")


@dataclass(frozen=True)
class Example:
    title: str
    exercise: str
    policy: str
    rows: list[dict[str, str]]
    state: str
    points: float
    most: float

    @property
    def kind(self) -> str:
        return self.exercise.removeprefix("kind: ").split("\n", 1)[0]


def examples() -> Iterator[Example]:
    for section in DOCUMENT.read_text("utf-8").split("\n### ")[1:]:
        blocks = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
        lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.split("\n") if line[:2] == "| "]
        names, rows = lines[0], lines[2:]
        counts = COUNTS.search(section)
        assert counts is not None, section
        yield Example(
            section.split("\n", 1)[0],
            blocks[0],
            blocks[1] if len(blocks) > 1 else "",
            [dict(zip(names, row, strict=True)) for row in rows],
            counts["state"],
            float(counts["points"]),
            float(counts["most"]),
        )


EXAMPLES = list(examples())


def test_there_are_examples_of_what_is_said() -> None:
    assert len(EXAMPLES) >= 8
    assert {"choice", "multiple", "number", "text", "blanks", "code"} == {example.kind for example in EXAMPLES}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with checking() as engine:
        yield engine


def response(kind: str, words: str) -> dict[str, Any]:
    parts = [part.strip() for part in words.split(", ")]
    if kind == "choice":
        return {"choice": item_name(words)}
    if kind == "multiple":
        return {"choices": [item_name(part) for part in parts]}
    if kind == "blanks":
        return {"blanks": dict(part.split("=") for part in parts)}
    return {"code": words.strip("`")} if kind == "code" else {kind: words}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_is_right(
    sqlite_school: School, engine: Engine, monkeypatch: pytest.MonkeyPatch, example: Example
) -> None:
    about = f"due: {DUE.isoformat()}" if "days late" in example.rows[0] else ""
    sqlite_school.publish(
        {"start": [f"%%exercise one\n{example.exercise}"]}, policy=example.policy, about={"start": about}
    )
    ann = sqlite_school.enrol("ann")
    for n, row in enumerate(example.rows):
        now = DUE + timedelta(days=float(row.get("days late") or 0), minutes=5 * n - 60)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        said = sqlite_school.send(ann, "start#one", response(example.kind, row["answer"]))
        if said["state"] == "pending":
            job = sqlite_school.jobs()[-1]
            said = sqlite_school.settle(said["attempt"], **engine.grade(job.payload))
        if row["score"].startswith("refused"):
            assert (said["state"], f"refused: {said['code']}") == ("refused", row["score"])
            continue
        assert round(said["score"], 4) == float(row["score"]), row
        assert round(said["points"], 4) == float(row["points"]), row
        assert float(row["points"]) == pytest.approx(
            float(row["score"]) * float(row["factor"]) * example.most, abs=2e-4 * example.most
        ), "the row itself adds up"
    (result,) = sqlite_school.rows(Result)
    assert (result.state, round(result.points, 4), result.max_points) == (example.state, example.points, example.most)
