"""People and a published course for tests of the slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from course_folders import build, course

from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.courses import service
from proboost.db import Database
from proboost.models import Course, Enrolment, Release, Result, User
from proboost.settings import Settings


class World:
    """A database with people in it; each step is a transaction of its own."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.database = database
        self.blobs = blobs
        self.count = 0

    def person(self, name: str, **roles: str) -> Viewer:
        """A user with roles by course (the course's row is made where it is missing), as at one of our pages."""
        with self.database.transaction() as session:
            self.count += 1
            user = User(name=name, uid=200_000 + self.count, display_name=name.title())
            session.add(user)
            session.flush()
            for course_id, role in roles.items():
                if session.get(Course, course_id) is None:
                    session.add(Course(id=course_id, title=course_id, current=None))
                    session.flush()
                session.add(Enrolment(user_id=user.id, course_id=course_id, role=role))
            return Viewer.of(user, "page")

    def publish(self, files: Mapping[str, bytes] | None = None, **more: Any) -> Release:
        stored = service.store(self.blobs, build(files or course()))
        with self.database.transaction() as session:
            return service.publish(session, stored, **more)

    def result(self, viewer: Viewer, lesson: str, exercise: str, state: str = "passed", attempts: int = 1) -> None:
        with self.database.transaction() as session:
            enrolment = session.query(Enrolment).filter_by(user_id=viewer.user_id, role="learner").one()
            session.merge(
                Result(enrolment_id=enrolment.id, lesson=lesson, exercise=exercise, state=state, attempts=attempts)
            )


@pytest.fixture
def world(database: Database, settings_: Settings) -> World:
    return World(database, Blobs(settings_.blobs_dir))


@pytest.fixture
def as_server() -> Callable[[Viewer], Viewer]:
    """The same person through their server's token."""

    def turned(viewer: Viewer) -> Viewer:
        from dataclasses import replace

        return replace(viewer, surface="server", is_admin=False, is_support=False)

    return turned
