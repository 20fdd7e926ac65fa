"""A school in which answers are found again: regrades' steps done by hand, as their thread does them."""

from __future__ import annotations

from fakes import Platform
from school import PROGRAM, QUESTION, School
from sqlalchemy import select

from proboost.blobs import Blobs
from proboost.grading import service as grading
from proboost.models import Enrolment, Result, User
from proboost.models.base import Json
from proboost.progress import service as progress
from proboost.progress.material import Place
from proboost.regrading import service
from proboost.regrading.routes import told
from proboost.regrading.tasks import Regrader

WRONG = QUESTION.replace("answer: four", "answer: five")


def mended(platform: Platform) -> Regrading:
    """Anna's right answer was found wrong; the key is corrected by now. Gerda grades, Arthur writes."""
    school = Regrading(platform.database, Blobs(platform.settings.blobs_dir))
    school.publish({"start": [WRONG, PROGRAM]})
    school.choose(school.enrol("anna"), "four")
    school.enrol("gerda", role="grader")
    school.enrol("arthur", role="author")
    school.publish()
    return school


class Regrading(School):
    """`run` does every step that is due; `grade` what a worker would, all it is asked for."""

    def run(self) -> int:
        regrader = Regrader(self.database, self.blobs)
        done = 0
        while regrader.step_once():
            done += 1
        return done

    def grade(self, score: float, *, most: int = 1000, state: str = "") -> int:
        done = 0
        while done < most:
            with self.database.transaction() as session:
                job = grading.claim(session, "w")
                if job is None:
                    return done
                finding = {"state": state or progress.rules.state_of(score), "score": score, "engine": "grader/2"}
                finding |= {"tier": "A", "tests": [], "key_hash": job.payload["key_hash"]}
                assert grading.found(session, job.id, "w", finding)
            done += 1
            self.run()
        return done

    def begin(self, place: str = "") -> str:
        where = Place.of(f"python/{place}") if place else None
        with self.database.transaction() as session:
            return service.start(session, "python", where).id

    def state(self, regrade: str) -> Json:
        with self.database.read() as session:
            return told(session, service.find(session, regrade)).model_dump()

    def apply(self, regrade: str) -> None:
        with self.database.transaction() as session:
            service.apply(session, service.find(session, regrade))

    def points(self, name: str, exercise: str = "two") -> float:
        with self.database.read() as session:
            return float(
                session.scalars(
                    select(Result.points)
                    .join(Enrolment, Enrolment.id == Result.enrolment_id)
                    .join(User, User.id == Enrolment.user_id)
                    .where(User.name == name, Result.exercise == exercise)
                ).one()
            )
