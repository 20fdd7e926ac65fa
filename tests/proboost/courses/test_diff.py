"""Differences in words."""

from __future__ import annotations

from course_folders import CHOICE, CODE, build, cell, course, courses
from hypothesis import HealthCheck, given, settings

from proboost import i18n
from proboost.courses.diff import differences

BASE = course(["# One", CHOICE, CODE], ["# Two", "text"])


def words(
    after: dict[str, bytes], results: dict[tuple[str, str], int] | None = None, language: str = "en"
) -> list[str]:
    with i18n.using(language):
        return [one.text for one in differences(build(BASE).record, build(after).record, results)]


def changed(old: str, new: str, path: str = "01-part1.ipynb") -> dict[str, bytes]:
    assert old.encode() in BASE[path]
    return {**BASE, path: BASE[path].replace(old.encode(), new.encode())}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(courses(), courses())
def test_any_two_courses_differ_in_words(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    one, other = build(before).record, build(after).record
    assert differences(one, one) == []
    found = differences(one, other)
    assert all(difference.text for difference in found)
    assert bool(found) == (
        one["bundles"]["learner"] != other["bundles"]["learner"] or one["lessons"] != other["lessons"]
    )


def test_nothing() -> None:
    assert words(BASE) == []


def test_points_with_the_learners_who_have_results() -> None:
    after = changed("points: 2", "points: 3")
    results = {("part1", "double"): 14}
    assert words(after, results) == ["exercise double: points 2 → 3, 14 learners have results"]
    assert words(after, results, "ru") == ["задание double: баллы 2 → 3, результаты есть у 14 учащихся"]
    assert words(after, {("part1", "double"): 1}, "ru") == [
        "задание double: баллы 2 → 3, результаты есть у 1 учащегося"
    ]


def test_whether_errors_are_explained() -> None:
    after = course(["# One", CHOICE, CODE], ["# Two", "text"], more="explain_errors: no\n")
    assert words(after) == [
        f"lesson part{n}: errors are shown as Python tells them, without explanation" for n in (1, 2)
    ]


def test_texts_and_keys() -> None:
    assert words(changed("Which?", "Which one?")) == ["exercise pick: text changed"]
    assert words(changed("answer: left", "answer: right")) == ["exercise pick: answer, tests or explanation changed"]
    assert words(changed("# One", "# One more")) == [
        "lesson part1: title “One” → “One more”",
        "lesson part1: text changed",
    ]
    assert words(changed("text", "other text", "02-part2.ipynb")) == ["lesson part2: text changed"]


def test_exercises_come_go_and_are_renamed() -> None:
    removed = course(["# One", CODE], ["# Two", "text"])
    assert words(removed, {("part1", "pick"): 3}) == ["exercise pick: removed, 3 learners have results"]
    added = course(["# One", CHOICE, CODE, CHOICE.replace("pick", "third")], ["# Two", "text"])
    assert words(added) == ["exercise third: added, 1 point"]
    renamed = CHOICE.replace("pick", "third").replace("kind: choice", "kind: choice\nwas: part1#pick")
    after = course(["# One", renamed, CODE], ["# Two", "text"])
    assert words(after, {("part1", "pick"): 3}) == ["exercise third: was part1#pick, 3 learners have results"]
    moved = course(["# One", CODE], ["# Two", renamed, "text"])
    assert words(moved) == ["exercise third: was part1#pick"]


def test_lessons_come_go_and_change_places() -> None:
    assert words(course(["# One", CHOICE, CODE])) == ["lesson part2: removed (“Two”)"]
    three = course(["# One", CHOICE, CODE], ["# Two", "text"], ["# Three"])
    assert words(three) == ["lesson part3: added (“Three”)"]
    turned = {**BASE, "course.yml": BASE["course.yml"].replace(b"01-part1", b"xx").replace(b"02-part2", b"01-part1")}
    turned["course.yml"] = turned["course.yml"].replace(b"xx", b"02-part2")
    assert words(turned) == ["the order of lessons: part2, part1"]


def test_dates_rules_and_policy() -> None:
    yml = BASE["course.yml"].replace(
        b"  - file: 02-part2.ipynb\n",
        b"  - file: 02-part2.ipynb\n    after: previous\n    due: 2020-05-01T20:59:00Z\n"
        b"policy: {attempts: 5, late: {per_day: 0.1, until: P7D}}\n",
    )
    assert words({**BASE, "course.yml": yml}) == [
        "the number of attempts unlimited → 5",
        "the rule for late answers none is taken → −10% a day for 7 days",
        "lesson part2: due no date → 1\u00a0May 2020, 20:59\u00a0UTC",
        "lesson part2: opens after nothing → the lesson before is tried",
    ]


def test_files() -> None:
    more = "files: [a.csv]\n"
    one, two = course(more=more, files={"a.csv": b"1"}), course(more=more, files={"a.csv": b"2"})
    with i18n.using("en"):
        assert [d.text for d in differences(build(one).record, build(two).record)] == ["file a.csv: changed"]


def test_a_new_course() -> None:
    with i18n.using("en"):
        (one,) = differences(None, build(BASE).record)
    assert one.text == "a new course: 2 lessons, 2 exercises"


def test_exercises_and_pictures_that_change_places() -> None:
    assert words(course(["# One", CODE, CHOICE], ["# Two", "text"])) == [
        "lesson part1: the order of exercises: double, pick"
    ]
    pictures = [
        course(["# One", cell("markdown", "![](attachment:a.png)", attachments={"a.png": {"image/png": data}})])
        for data in ("AAAA", "BBBB")
    ]
    found = differences(*(build(one).record for one in pictures))
    assert [one.text for one in found] == ["lesson part1: pictures or places changed"]
