"""Generators of variants in the sandbox: they make values and nothing else, and what they break is their author's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from school import School

from proboost.blobs import Blobs
from proboost.db import Database
from proboost.grading import check_source, checking, drawing, service
from proboost.grading.engine import Engine
from proboost.progress import overview
from proboost_kernel import exercises
from proboost_kernel.exercises import generating, params

MADE = """%%exercise made
kind: number
params: {a: {from: 1, to: 9}}
generator: |
  GENERATOR
prompt: "What follows {{a}}?"
answer: "{{total}}"
"""
PROGRAM = """%%exercise times
kind: code
params: {n: {from: 2, to: 9}}
starter: "f = None"
solution: "f = lambda x: {{n}} * x"
tests: [{name: one, code: "assert f(1) == {{n}}"}]
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with checking() as engine:
        yield engine


def made(generator: str) -> exercises.Exercise:
    return exercises.parse(MADE.replace("GENERATOR", generator.replace("\n", "\n  ")))


def job(generator: str) -> dict[str, object]:
    exercise = made(generator)
    return params.job(exercise.params, params.draw(exercise.params, b"seed"), b"seed", frozenset({"total"}))


def test_the_sandbox_makes_the_values_that_the_authors_kernel_makes(engine: Engine) -> None:
    asked = job("total = a * 1000 + random.randint(0, 999)")
    assert drawing.draw(engine, asked) == {"values": generating.run(asked)}
    asked = job("import numpy\ntotal = numpy.arange(a + 1).sum()")
    assert drawing.draw(engine, asked) == {"values": generating.run(asked)}


@pytest.mark.parametrize(
    ("generator", "reason"),
    [
        ("total = a / 0", "ZeroDivisionError"),
        ("total = [a]", "NotAValue"),
        ("total = open('/etc/shadow').read()", "Error"),
        ("import socket\ntotal = socket.create_connection(('127.0.0.1', 22), 1).fileno()", "Error"),
        ("import os\ntotal = 1\nos._exit(0)", "ended"),
        ("total = 'x' * (4 << 30)", "MemoryError"),
    ],
)
def test_what_a_generator_breaks_is_told(engine: Engine, generator: str, reason: str) -> None:
    told = drawing.draw(engine, job(generator))
    assert set(told) == {"failed"}
    assert reason in told["failed"]


def test_one_without_an_end_is_ended(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "LIMIT", 0.5)
    assert "TimeIsUp" in drawing.draw(engine, job("while True: total = 1"))["failed"]


def test_authors_are_told_when_no_variant_comes_out(engine: Engine) -> None:
    assert check_source(made("total = a + 1"), engine) == []
    (remark,) = check_source(made("total = 1 / (a - a)"), engine)
    assert (remark.code, remark.field) == ("no-variant", "generator")
    assert "ZeroDivisionError" in remark.message
    assert check_source(made("total = 'many'"), engine)[0].code == "no-variant"


def test_programs_are_put_to_the_test_with_values(engine: Engine) -> None:
    assert check_source(exercises.parse(PROGRAM), engine) == []
    (remark,) = check_source(exercises.parse(PROGRAM.replace("{{n}} * x", "2 * x - 9")), engine)
    assert remark.code == "solution-fails"


def test_a_generators_job_is_claimed_and_counted_once(sqlite_database: Database, tmp_path: Path) -> None:
    sqlite_school = School(sqlite_database, Blobs(tmp_path / "blobs"))
    made_ = MADE.replace("GENERATOR", "total = a + 1")
    sqlite_school.publish({"start": [made_]})
    ann = sqlite_school.enrol("ann")

    def state() -> str:
        with sqlite_school.database.transaction() as session:
            overview.see_variants(session, sqlite_school.blobs, "s", ann, "python", "start")
        with sqlite_school.database.read() as session:
            found = overview.lesson_state(session, sqlite_school.blobs, ann, "python", "start")
        return str(found["exercises"]["made"]["variant"]["state"])

    assert state() == "pending"
    with sqlite_school.database.transaction() as session:
        claimed = service.claim(session, "w")
        assert claimed is not None
        assert claimed.kind == "draw"
        told = {"values": generating.run(claimed.payload)}
        assert service.drawn(session, claimed.id, "w", told)
        assert not service.drawn(session, claimed.id, "w", told)
    assert state() == "ready"
