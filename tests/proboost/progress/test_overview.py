"""How far learners are: what is next, what is done, what a deadline closes, what a new name keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from school import PROGRAM, QUESTION, School

from proboost import clock
from proboost.auth import Viewer
from proboost.progress import overview
from proboost.progress.overview import CourseProgress

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def courses(school: School, viewer: Viewer) -> list[CourseProgress]:
    with school.database.read() as session:
        return overview.all_courses(session, viewer)


def test_the_course_worked_in_last_comes_first(sqlite_school: School) -> None:
    for course in ("alpha", "beta", "gamma"):
        sqlite_school.publish(course=course, title=course)
        lea = sqlite_school.enrol("lea", course=course)
    assert [one.course.id for one in courses(sqlite_school, lea)] == ["alpha", "beta", "gamma"]
    sqlite_school.choose(lea, "three", course="gamma")
    assert [one.course.id for one in courses(sqlite_school, lea)] == ["gamma", "alpha", "beta"]


def test_a_lesson_without_exercises_is_done_when_one_goes_on(sqlite_school: School) -> None:
    sqlite_school.publish({"welcome": [], "start": [QUESTION], "end": []})
    lea = sqlite_school.enrol("lea")
    (before,) = courses(sqlite_school, lea)
    assert before.next is not None
    assert before.next.id == "welcome"
    sqlite_school.choose(lea, "four")
    (after,) = courses(sqlite_school, lea)
    assert [lesson.state for lesson in after.lessons] == ["done", "done", "new"]
    assert after.next is not None
    assert after.next.id == "end"


def test_what_is_closed_for_answers_is_not_next(sqlite_school: School) -> None:
    sqlite_school.publish(
        {"start": [QUESTION], "more": [PROGRAM]}, about={"start": f"due: {NOON.isoformat()}", "more": "after: none"}
    )
    lea = sqlite_school.enrol("lea")
    with clock.fixed(NOON - timedelta(hours=1)):
        (course,) = courses(sqlite_school, lea)
        assert course.next is not None
        assert (course.next.id, course.due) == ("start", NOON)
    with clock.fixed(NOON + timedelta(hours=1)):
        (course,) = courses(sqlite_school, lea)
        assert course.next is not None
        assert (course.next.id, course.due) == ("more", None)
        assert course.lessons[0].closed == "Answers to this lesson were taken until 25\xa0November, 12:00\xa0UTC."


def test_a_renamed_exercise_keeps_its_points(sqlite_school: School) -> None:
    sqlite_school.publish({"start": [QUESTION]})
    lea = sqlite_school.enrol("lea")
    sqlite_school.choose(lea, "four")
    renamed = QUESTION.replace("%%exercise two", "%%exercise sum") + "was: start#two\n"
    sqlite_school.publish({"start": [renamed]})
    (course,) = courses(sqlite_school, lea)
    assert (course.points, course.lessons[0].state) == (2, "done")


def test_an_author_sees_every_lesson_open(sqlite_school: School) -> None:
    sqlite_school.publish({"start": [QUESTION], "next": [QUESTION]}, about={"next": "after: required"})
    assert [one.open for one in courses(sqlite_school, sqlite_school.enrol("lea"))[0].lessons] == [True, False]
    author = sqlite_school.enrol("author", role="author")
    assert [one.open for one in courses(sqlite_school, author)[0].lessons] == [True, True]


def test_an_error_of_ours_leaves_an_exercise_as_new(sqlite_school: School) -> None:
    sqlite_school.publish()
    lea = sqlite_school.enrol("lea")
    sqlite_school.settle(sqlite_school.program(lea)["attempt"], state="error")
    (course,) = courses(sqlite_school, lea)
    assert [exercise.state for exercise in course.lessons[0].exercises] == ["new", "new"]
