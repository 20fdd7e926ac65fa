"""Publishing, withdrawing, keys and openings, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from course_folders import CHOICE, CODE, course

from proboost import clock
from proboost.auth import Viewer
from proboost.courses import bundles, service, sources
from proboost.courses.service import LessonClosed, OtherRelease
from proboost.errors import Forbidden
from proboost.models import Change, Draft, Enrolment, Result, Upload

TWO = course(["# One", CHOICE, CODE], ["# Two", CHOICE], ["# Three", "text"])


def timed(lines: str) -> dict[str, bytes]:
    """TWO, with more said of its second lesson."""
    yml = TWO["course.yml"].replace(b"02-part2.ipynb\n", f"02-part2.ipynb\n{lines}".encode())
    return {**TWO, "course.yml": yml}


def opened(world, viewer: Viewer) -> list[bool]:
    with world.database.read() as session:
        return [lesson["open"] for lesson in bundles.bundle(session, viewer, "demo")["lessons"]]


def test_releases_are_numbered_and_nothing_new_is_no_release(world) -> None:
    assert world.publish().number == 1
    assert world.publish().number == 1
    assert world.publish(TWO, base=1).number == 2
    with world.database.read() as session:
        assert service.current(session, "demo").number == 2
        assert service.release_of(session, "demo", 1).learner.keys() == {"01-part1.ipynb", "manifest.json"}
        changes = session.query(Change.subject).order_by(Change.subject).all()
        assert [change.subject for change in changes] == ["demo@1", "demo@2"]


def test_a_copy_of_an_older_release_is_refused(world) -> None:
    world.publish()
    world.publish(TWO, base=1)
    with pytest.raises(OtherRelease):
        world.publish(course(["# Mine"]), base=1)
    with pytest.raises(OtherRelease):
        world.publish(course(["# Mine"]), base=0)
    assert world.publish(course(["# Mine"]), base=2).number == 3


def test_the_operator_publishing_what_was_released_before_changes_nothing(world) -> None:
    world.publish()
    world.publish(TWO, base=1)
    assert world.publish().number == 2


def test_who_publishes_at_the_same_time_publishes_one_after_the_other(world) -> None:
    files = [course([f"# Lesson {number}"]) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        releases = list(pool.map(world.publish, files))
    assert sorted(release.number for release in releases) == [1, 2, 3, 4, 5, 6]
    with world.database.read() as session:
        assert service.current(session, "demo").number == 6


def test_of_those_who_took_the_same_copy_one_publishes(world) -> None:
    world.publish()

    def publish(number: int) -> bool:
        try:
            world.publish(course([f"# Lesson {number}"]), base=1)
        except OtherRelease:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(publish, range(6))) == 1


def test_a_withdrawn_course_is_gone_until_it_is_published_again(world) -> None:
    world.publish()
    lea = world.person("lea", demo="learner")
    with world.database.transaction() as session:
        assert service.withdraw(session, "demo").number == 1
    with world.database.read() as session:
        assert service.current(session, "demo") is None
        assert service.newest(session, "demo").number == 1
        assert bundles.mine(session, lea) == []
        with pytest.raises(service.NoSuchCourse):
            bundles.bundle(session, lea, "demo")
    assert world.publish(base=1).number == 2


def test_keys_judge_and_stay_with_their_release(world) -> None:
    world.publish()
    world.publish(course(["# One", CHOICE.replace("answer: left", "answer: right")]), base=1)
    with world.database.read() as session:
        first = service.exercise_key(session, world.blobs, "demo", 1, "part1", "pick")
        second = service.exercise_key(session, world.blobs, "demo", 2, "part1", "pick")
        assert first.spec.shares != second.spec.shares
        for number, lesson, exercise in ((3, "part1", "pick"), (1, "other", "pick"), (1, "part1", "other")):
            with pytest.raises(service.NoSuchKey):
                service.exercise_key(session, world.blobs, "demo", number, lesson, exercise)


def test_a_lesson_opens_at_its_time(world) -> None:
    world.publish(timed("    opens: 2026-09-01T10:00+03:00\n    due: 2026-09-08T10:00+03:00\n"))
    lea = world.person("lea", demo="learner")
    with clock.fixed(datetime(2026, 9, 1, 6, 59, tzinfo=UTC)):
        assert opened(world, lea) == [True, False, True]
        with world.database.read() as session:
            closed = bundles.bundle(session, lea, "demo")["lessons"][1]
            assert closed["sha256"] is None
            assert "1" in closed["why"]
            with pytest.raises(LessonClosed):
                bundles.lesson(session, world.blobs, lea, "demo", "part2")
    with clock.fixed(datetime(2026, 9, 1, 7, 0, tzinfo=UTC)):
        assert opened(world, lea) == [True, True, True]
        with world.database.read() as session:
            assert b"exercise pick" in bundles.lesson(session, world.blobs, lea, "demo", "part2")


@pytest.mark.parametrize(("rule", "states"), [("previous", ("failed", "pending")), ("required", ("passed", "passed"))])
def test_a_lesson_opens_after_the_one_before(world, rule: str, states: tuple[str, str]) -> None:
    world.publish(timed(f"    after: {rule}\n"))
    lea, ben = world.person("lea", demo="learner"), world.person("ben", demo="learner")
    assert opened(world, lea) == [True, False, True]
    world.result(lea, "part1", "pick", states[0])
    assert opened(world, lea) == [True, False, True]
    world.result(lea, "part1", "double", "error", attempts=0)
    assert opened(world, lea) == [True, False, True]
    world.result(lea, "part1", "double", states[1])
    assert opened(world, lea) == [True, True, True]
    assert opened(world, ben) == [True, False, True]


def test_required_means_passed(world) -> None:
    world.publish(timed("    after: required\n"))
    lea = world.person("lea", demo="learner")
    world.result(lea, "part1", "pick", "partial")
    world.result(lea, "part1", "double", "passed")
    assert opened(world, lea) == [True, False, True]


def test_a_renamed_exercise_keeps_what_was_done(world) -> None:
    renamed = CHOICE.replace("pick", "third").replace("kind: choice", "kind: choice\nwas: part1#pick")
    files = course(["# One", renamed], ["# Two", "x"])
    files["course.yml"] = files["course.yml"].replace(b"02-part2.ipynb\n", b"02-part2.ipynb\n    after: required\n")
    world.publish(files)
    lea = world.person("lea", demo="learner")
    world.result(lea, "part1", "pick")
    assert opened(world, lea) == [True, True]


def test_work_follows_a_renamed_exercise_and_keeps_its_share_of_the_points(world) -> None:
    world.publish()
    lea = world.person("lea", demo="learner")
    world.result(lea, "part1", "pick")
    with world.database.transaction() as session:
        enrolment = session.query(Enrolment).filter_by(user_id=lea.user_id).one()
        session.merge(Result(enrolment_id=enrolment.id, lesson="part1", exercise="double", state="partial", score=0.5,
                             points=1.0, max_points=2.0, attempts=3))  # fmt: skip
        session.add(Draft(enrolment_id=enrolment.id, lesson="part1", exercise="pick", revision=1, base=0, response={}))
        session.add(Upload(user_id=lea.user_id, enrolment_id=enrolment.id, course_id="demo", lesson="part1",
                           exercise="pick", name="a.pdf", size=1, sha256="0"))  # fmt: skip
    renamed = CHOICE.replace("pick", "choose").replace("kind: choice", "kind: choice\nwas: part1#pick")
    world.publish(course(["# One", CODE.replace("points: 2", "points: 5")], ["# Two", renamed]), base=1)
    with world.database.read() as session:
        rows = {(row.lesson, row.exercise): row for row in session.query(Result)}
        assert set(rows) == {("part2", "choose"), ("part1", "double")}
        double = rows["part1", "double"]
        assert (double.points, double.max_points, double.attempts) == (2.5, 5.0, 3)
        for table in (Draft, Upload):
            assert [(row.lesson, row.exercise) for row in session.query(table)] == [("part2", "choose")]


def test_authors_and_graders_have_every_lesson(world) -> None:
    world.publish(timed("    after: required\n    opens: 2090-01-01T00:00Z\n"))
    for role in ("author", "grader"):
        assert opened(world, world.person(role, demo=role)) == [True, True, True]


def test_courses_are_there_for_those_who_are_in_them(world) -> None:
    world.publish(course(more="files: [a.txt]\n", files={"a.txt": b"a", "b.txt": b"b"}))
    lea, eve = world.person("lea", demo="learner"), world.person("eve")
    with world.database.read() as session:
        assert [row["course"] for row in bundles.mine(session, lea)] == ["demo"]
        assert bundles.file(session, world.blobs, lea, "demo", "a.txt") == b"a"
        for path in ("b.txt", "course.yml", "01-part1.ipynb", "../key/part1.json", "manifest.json"):
            with pytest.raises(bundles.NoSuchFile):
                bundles.file(session, world.blobs, lea, "demo", path)
        assert bundles.mine(session, eve) == []
        with pytest.raises(bundles.NotEnrolled):
            bundles.bundle(session, eve, "demo")
    with world.database.transaction() as session:
        session.query(Enrolment).filter_by(user_id=lea.user_id).one().active = False
    with world.database.read() as session, pytest.raises(bundles.NotEnrolled):
        bundles.lesson(session, world.blobs, lea, "demo", "part1")


def test_sources_are_for_the_courses_own_authors(world, as_server) -> None:
    release = world.publish()
    ann, lea = world.person("ann", demo="author"), world.person("lea", demo="learner")
    world.person("bob", other="author")
    with world.database.read() as session:
        found, content = sources.pulled(session, world.blobs, "demo", as_server(ann))
        assert found.number == release.number
        assert content.startswith(b"PK")
        assert [row["course"] for row in sources.of_author(session, as_server(ann))] == ["demo"]
        for other in (lea, as_server(lea)):
            with pytest.raises(Forbidden):
                sources.pulled(session, world.blobs, "demo", other)
            assert sources.of_author(session, other) == []
