"""Drafts and hints: the newer shown, the older of another page kept and offered, nothing lost, nothing counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from school import PROGRAM, QUESTION, School

from proboost.courses import service as courses
from proboost.courses.service import LessonClosed
from proboost.errors import BadInput, NotFound
from proboost.models import Attempt, Draft
from proboost.progress import drafts
from proboost.progress.material import Place

PLACE = Place("python", "start", "sum-even")


@pytest.fixture
def here(school: School) -> School:
    school.publish()
    school.enrol("lea")
    return school


def save(school: School, code: str, base: int, place: Place = PLACE) -> drafts.Drafts:
    with school.database.transaction() as session:
        return drafts.save(session, school.person("lea"), place, {"code": code}, base=base)


def texts(found: drafts.Drafts) -> tuple[Any, Any]:
    return (
        found.newest and found.newest.response["code"],
        found.older and found.older.response["code"],
    )


def test_one_page_replaces_its_own_draft(here: School) -> None:
    first = save(here, "a", 0)
    second = save(here, "ab", 1)
    assert (first.newest and first.newest.revision, second.newest and second.newest.revision) == (1, 2)
    assert texts(second) == ("ab", None)
    assert len(here.rows(Draft)) == 1
    assert here.rows(Attempt) == []


def test_two_pages_the_newer_is_shown_and_the_older_offered(here: School) -> None:
    save(here, "start", 0)
    save(here, "left", 1)
    assert texts(save(here, "right", 1)) == ("right", "left")
    assert texts(save(here, "left more", 2)) == ("left more", "right")
    assert texts(save(here, "right more", 3)) == ("right more", "left more")
    assert len(here.rows(Draft)) == 2


def test_taking_the_older_one_ends_the_offer(here: School) -> None:
    save(here, "left", 0)
    conflict = save(here, "right", 0)
    assert conflict.newest is not None
    assert texts(save(here, "left", conflict.newest.revision)) == ("left", None)


def test_saving_the_same_again_changes_nothing(here: School) -> None:
    first = save(here, "a", 0)
    again = save(here, "a", 0)
    assert first.newest
    assert again.newest
    assert again.newest.revision == first.newest.revision


def test_only_exercises_of_the_course_and_only_what_can_be_kept(here: School) -> None:
    with pytest.raises(NotFound):
        save(here, "a", 0, Place("python", "start", "nothing"))
    for code in ("x" * 70_000, "\x00", "\udfff"):
        with pytest.raises(BadInput):
            save(here, code, 0)
    with pytest.raises(NotFound), here.database.transaction() as session:
        drafts.save(session, here.person("stranger"), PLACE, {}, base=0)


def test_a_lesson_that_is_not_open_takes_neither_drafts_nor_hints(school: School) -> None:
    later = {"start": [QUESTION], "later": [PROGRAM]}
    school.publish(later, about={"later": "opens: 2999-01-01T00:00+00:00"})
    lea, author = school.enrol("lea"), school.enrol("ada", role="author")
    place = Place("python", "later", "sum-even")
    with pytest.raises(LessonClosed, match="opens on"):
        save(school, "a", 0, place)
    with pytest.raises(LessonClosed), school.database.transaction() as session:
        drafts.open_hints(session, lea, place, 1)
    assert school.rows(Draft) == []
    with school.database.transaction() as session:
        drafts.save(session, author, place, {"code": "a"}, base=0)
        courses.withdraw(session, "python")
    assert texts(save(school, "typed on", 0, place)) == ("typed on", None)  # a withdrawn course shuts nobody's mouth


def test_hints_stay_open_and_are_as_many_as_there_are(here: School) -> None:
    lea = here.person("lea")

    def open_(count: int) -> int:
        with here.database.transaction() as session:
            return drafts.open_hints(session, lea, Place("python", "start", "two"), count)

    assert [open_(1), open_(0), open_(9)] == [1, 1, 2]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.text("xyz", min_size=1, max_size=3)), max_size=12))
def test_no_pages_last_word_is_lost(sqlite_school: School, words: list[tuple[str, str]]) -> None:
    """Each page writes on what it saw last; when all have written, each one's last text is still there."""
    school = sqlite_school
    school.publish()
    name = f"lea-{len(school.rows(Draft))}-{id(words)}"
    lea = school.enrol(name)
    base = dict.fromkeys("ABC", 0)
    said: dict[str, str] = {}
    for page, word in words:
        text = f"{page}{said.get(page, '')[1:]}{word}"
        with school.database.transaction() as session:
            found = drafts.save(session, lea, PLACE, {"code": text}, base=base[page])
        assert found.newest is not None
        assert found.newest.response == {"code": text}
        base[page], said[page] = found.newest.revision, text
    with school.database.read() as session:
        from proboost.progress.service import enrolment_of

        mine = enrolment_of(session, lea.user_id, "python").id
    kept = {row.response["code"] for row in school.rows(Draft) if row.enrolment_id == mine}
    assert kept == set(said.values())
