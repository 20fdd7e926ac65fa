"""A small school for tests: courses published through the real build, people enrolled, answers given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import release, service, source
from proboost.db import Database
from proboost.models import Attempt, Enrolment, Outbox, Release, User
from proboost.models.base import Json
from proboost.progress import service as progress
from proboost.progress import verdict
from proboost_kernel.exercises.options import item_name

COURSE = "python"
QUESTION = """%%exercise two
kind: choice
points: 2
title: Two and two
prompt: What is 2 + 2?
options: [three, four, five]
answer: four
feedback:
  three: One **more**.
hints: [Count your fingers., All of them.]
explanation: Two pairs are *four*.
"""
PROGRAM = """%%exercise sum-even
kind: code
points: 3
title: Even numbers
prompt: Write `sum_even(xs)`.
starter: |
  def sum_even(xs):
      ...
solution: |
  def sum_even(xs):
      return sum(x for x in xs if x % 2 == 0)
tests:
  - name: a small list
    code: assert sum_even([1, 2, 4]) == 6
  - name: a secret list
    hidden: true
    points: 2
    code: assert sum_even([123454321]) == 0
    feedback: Try a list of odd numbers.
explanation: A generator in `sum`.
"""


class School:
    """One installation's data: `publish`, `enrol`, then `send` answers as somebody."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.database, self.blobs = database, blobs

    def publish(
        self,
        lessons: Mapping[str, list[str]] | None = None,
        *,
        course: str = COURSE,
        policy: str = "",
        about: Mapping[str, str] | None = None,
        title: str = "Python from scratch",
        language: str = "en",
    ) -> Release:
        """Lessons are id -> exercise cells; `about`: lesson id -> lines of its entry in course.yml."""
        lessons = lessons if lessons is not None else {"start": [QUESTION, PROGRAM]}
        files, entries = {}, []
        for number, (lesson, cells) in enumerate(lessons.items(), 1):
            file = f"{number:02}-{lesson}.ipynb"
            files[file] = notebook(f"# {lesson.capitalize()}", cells)
            more = "".join(f"    {line}\n" for line in (about or {}).get(lesson, "").splitlines())
            entries.append(f"  - file: {file}\n{more}")
        rules = "policy:\n" + "".join(f"  {line}\n" for line in policy.splitlines()) if policy else ""
        head = f"id: {course}\ntitle: {title}\nlanguage: {language}\ndescription: A course for tests.\n"
        files["course.yml"] = f"{head}lessons:\n{''.join(entries)}{rules}".encode()
        read = source.read(files, name=course)
        assert not read.flaws, read.flaws
        stored = service.store(self.blobs, release.build(read))
        with self.database.transaction() as session:
            return service.publish(session, stored)

    def person(self, name: str, **more: Any) -> Viewer:
        """Makes the account, or gives the one that is there."""
        with self.database.transaction() as session:
            user = session.scalar(select(User).where(User.name == name))
            if user is None:
                uid = 200_000 + (session.scalar(select(func.count()).select_from(User)) or 0)
                user = User(name=name, uid=uid, **{"display_name": name.capitalize(), "language": "en", **more})
                session.add(user)
                session.flush()
            return Viewer.of(user, "page")

    def enrol(self, name: str, *, course: str = COURSE, role: str = "learner", **more: Any) -> Viewer:
        viewer = self.person(name, **more)
        with self.database.transaction() as session:
            session.add(Enrolment(user_id=viewer.user_id, course_id=course, role=role))
        return viewer

    def attempt(self, viewer: Viewer, exercise: str, response: Json, **more: Any) -> progress.Sent:
        """An attempt as a widget would send it now; `exercise` is "lesson#id"."""
        course = more.pop("course", COURSE)
        ref = f"{course}/{exercise}"
        sent = {"id": str(uuid4()), "ref": ref, "public_hash": self.hash(ref), "response": response, **more}
        return progress.Sent(**sent)

    def send(self, viewer: Viewer, exercise: str, response: Json, **more: Any) -> Json:
        """Sends it; its verdict."""
        return self.deliver(viewer, self.attempt(viewer, exercise, response, **more))

    def deliver(self, viewer: Viewer, sent: progress.Sent) -> Json:
        with self.database.transaction() as session:
            attempt = progress.record_attempt(session, self.blobs, viewer, sent)
            return verdict.of(session, self.blobs, attempt)

    def choose(self, viewer: Viewer, option: str, exercise: str = "start#two", **more: Any) -> Json:
        return self.send(viewer, exercise, {"choice": item_name(option)}, **more)

    def program(self, viewer: Viewer, code: str = "def sum_even(xs): return 0", **more: Any) -> Json:
        return self.send(viewer, more.pop("exercise", "start#sum-even"), {"code": code}, **more)

    def settle(self, client_id: str, **finding: Any) -> Json:
        """What a worker found of that attempt; its verdict."""
        with self.database.transaction() as session:
            attempt = session.scalars(select(Attempt).where(Attempt.client_id == client_id)).one()
            progress.settle(session, attempt, {"state": "failed", "score": 0.0, "tests": [], **finding})
            return verdict.of(session, self.blobs, attempt)

    def hash(self, ref: str) -> str:
        """The public hash that the newest release has for it."""
        course, _slash, rest = ref.partition("/")
        lesson, _sharp, exercise = rest.partition("#")
        with self.database.read() as session:
            record = service.newest(session, course)
        assert record is not None
        for entry in record.record["lessons"]:
            for one in entry["exercises"]:
                if (entry["id"], one["id"]) == (lesson, exercise):
                    return str(one["public_hash"])
        return ""

    def jobs(self) -> list[Outbox]:
        with self.database.read() as session:
            return list(session.scalars(select(Outbox).order_by(Outbox.id)))

    def rows(self, model: type[Any]) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(select(model)))


def notebook(heading: str, cells: list[str]) -> bytes:
    """A notebook with a heading, a line of prose and these code cells."""
    prose = f"{heading}\n\nSome prose."
    written = [{"cell_type": "markdown", "id": "prose", "metadata": {}, "source": prose}]
    written += [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "source": cell, "outputs": [], "execution_count": None}
        for n, cell in enumerate(cells)
    ]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def enrolment(session: Session, viewer: Viewer) -> Enrolment:
    return session.scalars(select(Enrolment).where(Enrolment.user_id == viewer.user_id)).one()
