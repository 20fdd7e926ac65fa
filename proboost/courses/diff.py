"""What changed between two releases, in words: for authors before they confirm, and for release notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from proboost import i18n
from proboost.i18n import _, ngettext

Json = Mapping[str, Any]
Results = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Difference:
    """One change. `weight`: "risk" where results or access change, else "text". `lesson`: the title of its lesson."""

    text: str
    weight: Literal["risk", "text"] = "text"
    lesson: str = ""


def differences(before: Json | None, after: Json, results: Results | None = None) -> list[Difference]:
    """From release.json to release.json, in the order of the course. `results`: how many learners have results in an
    exercise. Empty when the two differ in nothing that anybody sees.
    """
    if before is None:
        count = sum(len(lesson["exercises"]) for lesson in after["lessons"])
        lessons = ngettext("{n} lesson", "{n} lessons", len(after["lessons"])).format(n=len(after["lessons"]))
        exercises = ngettext("{n} exercise", "{n} exercises", count).format(n=count)
        return [Difference(_("a new course: {lessons}, {exercises}").format(lessons=lessons, exercises=exercises))]
    return [*_course(before, after), *_lessons(before, after, results or {}), *_files(before, after)]


def _course(before: Json, after: Json) -> Iterator[Difference]:
    names = {
        "title": _("the course's title"),
        "description": _("the course's description"),
        "authors": _("the authors"),
        "language": _("the language"),
        "requires": _("the packages needed"),
        "embed_hosts": _("the hosts whose media may be shown"),
    }
    for field, name in names.items():
        if before.get(field) != after.get(field):
            yield Difference(_changed(name, _short(before.get(field)), _short(after.get(field))))
    policies = {
        "take": _("which attempt counts"),
        "attempts": _("the number of attempts"),
        "penalty": _("the penalty for repeated attempts"),
        "late": _("the rule for late answers"),
        "pass": _("the share of points that passes"),
    }
    for field, name in policies.items():
        old, new = before["policy"].get(field), after["policy"].get(field)
        if old != new:
            yield Difference(_changed(name, _rule(field, old), _rule(field, new)), "risk")


def _lessons(before: Json, after: Json, results: Results) -> Iterator[Difference]:
    old = {lesson["id"]: lesson for lesson in before["lessons"]}
    new = {lesson["id"]: lesson for lesson in after["lessons"]}
    moved = {
        exercise["was"]: (lesson, exercise)
        for lesson in after["lessons"]
        for exercise in lesson["exercises"]
        if exercise.get("was")
    }
    for lesson in after["lessons"]:
        if lesson["id"] not in old:
            yield Difference(_("lesson {id}: added (“{title}”)").format(id=lesson["id"], title=lesson["title"]))
            yield from _renamed(before, lesson, results)
            continue
        for one in _lesson(old[lesson["id"]], lesson, before, moved, results):
            yield replace(one, lesson=lesson["title"])
    for lesson in before["lessons"]:
        if lesson["id"] not in new:
            count = sum(
                results.get((lesson["id"], exercise["id"]), 0)
                for exercise in lesson["exercises"]
                if f"{lesson['id']}#{exercise['id']}" not in moved
            )
            text = _("lesson {id}: removed (“{title}”)").format(id=lesson["id"], title=lesson["title"])
            yield Difference(text + _results(count), "risk")
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        yield Difference(_("the order of lessons: {order}").format(order=", ".join(new)))


def _lesson(old: Json, new: Json, before: Json, moved: Mapping[str, Any], results: Results) -> Iterator[Difference]:
    where = _("lesson {id}").format(id=new["id"])
    names = {
        "title": _("title"),
        "file": _("file"),
        "opens": _("opens"),
        "due": _("due"),
        "after": _("opens after"),
        "weight": _("weight (for exports)"),
    }
    for field, name in names.items():
        if old[field] != new[field]:
            risky = field in ("opens", "due", "after")  # a weight changes no total here
            text = f"{where}: " + _changed(name, _value(field, old[field]), _value(field, new[field]))
            yield Difference(text, "risk" if risky else "text")
    explained, explains = (lesson.get("explain_errors", True) for lesson in (old, new))
    if explains and not explained:
        yield Difference(_("{lesson}: errors are explained").format(lesson=where))
    if explained and not explains:
        yield Difference(_("{lesson}: errors are shown as Python tells them, without explanation").format(lesson=where))
    yield from _exercise_changes(old, new, before, moved, results)
    places, others = ([exercise["id"] for exercise in lesson["exercises"]] for lesson in (old, new))
    if [id_ for id_ in places if id_ in others] != [id_ for id_ in others if id_ in places]:
        yield Difference(_("{lesson}: the order of exercises: {order}").format(lesson=where, order=", ".join(others)))
    if old["prose"] != new["prose"]:
        yield Difference(_("{lesson}: text changed").format(lesson=where))
    elif old["sha256"] != new["sha256"] and _shown(old) == _shown(new) and explained == explains:
        # pictures, or where exercises stand in the text
        yield Difference(_("{lesson}: pictures or places changed").format(lesson=where))


def _shown(lesson: Json) -> list[tuple[str, str]]:
    """What learners have of the exercises."""
    return [(exercise["id"], exercise["public_hash"]) for exercise in lesson["exercises"]]


def _exercise_changes(
    old: Json, new: Json, before: Json, moved: Mapping[str, Any], results: Results
) -> Iterator[Difference]:
    known = {exercise["id"]: exercise for exercise in old["exercises"]}
    for exercise in new["exercises"]:
        if exercise["id"] in known:
            yield from _exercise(new["id"], known[exercise["id"]], exercise, results)
    yield from _renamed(before, new, results, known)
    for exercise in new["exercises"]:
        if exercise["id"] not in known and not _former(before, exercise):
            text = _("exercise {id}: added, {points}").format(id=exercise["id"], points=i18n.points(exercise["points"]))
            yield Difference(text)
    present = {exercise["id"] for exercise in new["exercises"]}
    for exercise in old["exercises"]:
        if exercise["id"] not in present and f"{old['id']}#{exercise['id']}" not in moved:
            count = results.get((old["id"], exercise["id"]), 0)
            yield Difference(_("exercise {id}: removed").format(id=exercise["id"]) + _results(count), "risk")


def _renamed(before: Json, lesson: Json, results: Results, known: Json | None = None) -> Iterator[Difference]:
    """Exercises that stood elsewhere, or had another name."""
    for exercise in lesson["exercises"]:
        former = _former(before, exercise)
        if former and exercise["id"] not in (known or {}):
            text = _("exercise {id}: was {was}").format(id=exercise["id"], was=exercise["was"])
            place, _hash, name = exercise["was"].partition("#")
            yield Difference(text + _results(results.get((place, name), 0)), "risk")


def _former(before: Json, exercise: Json) -> bool:
    was = exercise.get("was")
    return bool(was) and any(
        was == f"{lesson['id']}#{old['id']}" for lesson in before["lessons"] for old in lesson["exercises"]
    )


def _exercise(lesson: str, old: Json, new: Json, results: Results) -> Iterator[Difference]:
    where = _("exercise {id}").format(id=new["id"])
    count = results.get((lesson, new["id"]), 0)
    names = {
        "kind": _("kind"),
        "points": _("points"),
        "required": _("required:"),
        "attempts": _("attempts"),
        "penalty": _("penalty"),
        "title": _("title"),
    }
    parts = [
        _changed(name, _value(field, old[field]), _value(field, new[field]))
        for field, name in names.items()
        if old[field] != new[field]
    ]
    if not parts and old["public_hash"] != new["public_hash"]:
        parts.append(_("text changed"))
    if old["key_hash"] != new["key_hash"] and old["public_hash"] == new["public_hash"]:
        parts.append(_("answer, tests or explanation changed"))
    if parts:
        yield Difference(f"{where}: {', '.join(parts)}{_results(count)}", "risk" if count else "text")


def _files(before: Json, after: Json) -> Iterator[Difference]:
    old = {file["path"]: file["sha256"] for file in before["files"]}
    new = {file["path"]: file["sha256"] for file in after["files"]}
    for path in sorted(old.keys() | new.keys()):
        if path not in old:
            yield Difference(_("file {path}: added").format(path=path))
        elif path not in new:
            yield Difference(_("file {path}: removed").format(path=path), "risk")
        elif old[path] != new[path]:
            yield Difference(_("file {path}: changed").format(path=path))


def _changed(name: str, old: str, new: str) -> str:
    return f"{name} {old} → {new}"


def _results(count: int) -> str:
    if not count:
        return ""
    return ", " + ngettext("{n} learner has results", "{n} learners have results", count).format(n=i18n.number(count))


def _value(field: str, value: Any) -> str:
    if field in ("opens", "due"):
        return i18n.datetime_text(datetime.fromisoformat(value)) if value else _("no date")
    if field == "after":
        return {
            "none": _("nothing"),
            "previous": _("the lesson before is tried"),
            "required": _("the lesson before is passed"),
        }[value]
    if field == "required":
        return _("yes") if value else _("no")
    if field == "attempts":
        return _("unlimited") if value is None else str(value)
    if field == "penalty":
        return _("the usual one") if value is None else ", ".join(i18n.number(factor) for factor in value)
    return _short(value)


def _rule(field: str, value: Any) -> str:
    if field == "take":
        return _("the best") if value == "best" else _("the last")
    if field == "late":
        return _late(value) if value else _("none is taken")
    if field == "pass":
        return f"{i18n.number(value * 100)}{i18n.NBSP}%"
    return _value(field, value)


def _late(value: Json) -> str:
    text = _("−{percent}% a day").format(percent=i18n.number(value["per_day"] * 100))
    if value["until"] is None:
        return text
    days = value["until"] / 86400
    return text + " " + _("for {n} days").format(n=i18n.number(days))


def _short(value: Any) -> str:
    if isinstance(value, (int, float)):
        return i18n.number(value)
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or "")
    return _("“{text}”").format(text=f"{text[:60]}…" if len(text) > 60 else text) if text else _("nothing")
