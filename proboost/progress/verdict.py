"""The verdict that a learner reads: what was found of an attempt, in their language, and nothing that is not theirs."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import i18n
from proboost.blobs import Blobs
from proboost.i18n import _
from proboost.models import Attempt, Finding
from proboost.models.base import Json
from proboost.progress import material, rules, service
from proboost.progress.material import Place, Task
from proboost_kernel import exercises

MESSAGE = 4000  # characters of a test's or a finding's words


def of(session: Session, blobs: Blobs, attempt: Attempt, *, timezone: str = "") -> Json:
    """The verdict as docs/explanation/formats.md has it; an explanation only when solved or no attempt is left."""
    place = Place.at(attempt)
    task = material.find_task(session, place)
    used = service.charged(session, attempt.enrolment_id, place)
    left = attempts_left(task, len(used))
    verdict: Json = {
        "attempt": attempt.client_id,
        "exercise": attempt.exercise,
        "ref": place.ref,
        "state": "pending",
        "score": 0.0,
        "points": 0.0,
        "max_points": task.points if task else 0.0,
        "tests": [],
        "message": "",
        "attempts_left": left,
        "found_at": None,
        "isolated": True,
        "late": attempt.late,
    }
    if attempt.state == "refused":
        return {**verdict, "state": "refused", "code": attempt.refusal, "message": refusal(attempt, task, timezone)}
    finding = newest(session, attempt)
    if finding is None and attempt.state == "manual":
        return {**verdict, "state": "manual", "message": waiting(attempt)}
    if finding is None:
        return verdict
    if attempt.state == "error":
        message = finding.message[:MESSAGE] or _broken()
        return {**verdict, "state": "error", "message": message, "found_at": finding.found_at.isoformat()}
    said = _authors_words(session, blobs, task, attempt) if any(test.get("hidden") for test in finding.tests) else {}
    points = round(finding.score * attempt.factor * verdict["max_points"], 4)
    remark = note(attempt, finding.score, verdict["max_points"], timezone)
    verdict |= {
        "state": finding.state,
        "score": finding.score,
        "points": points,
        "tests": [shown_test(test, said) for test in finding.tests],
        "message": "\n".join(filter(None, (finding.message[:MESSAGE], remark))),
        "found_at": finding.found_at.isoformat(),
        "isolated": finding.isolated,
    }
    if finding.detail.get("comment"):
        verdict["message"] = "\n".join(filter(None, (str(finding.detail["comment"]), verdict["message"])))
    if finding.detail.get("message_html"):
        verdict["message_html"] = finding.detail["message_html"] + (f"<p>{escape(remark)}</p>" if remark else "")
    # An attempt that is still looked at may turn out an error of ours, and is then to be had again.
    used_up = left == 0 and all(row.state != "pending" for row in used)
    if task is not None and (finding.state == "passed" or used_up):
        words = explanation(session, blobs, task, attempt)
        if words:
            verdict["explanation"] = words
    return verdict


def waiting(attempt: Attempt) -> str:
    """What is said, below “The answer is kept”, of an answer that a grader looks at."""
    if attempt.submission is None:
        return _("It counts once you hand in the lesson.")
    return _("Handed in. A grader will look at it.")


def newest(session: Session, attempt: Attempt) -> Finding | None:
    """The finding that counts: the newest that is no error, else the newest."""
    return session.scalar(
        select(Finding)
        .where(Finding.attempt_id == attempt.id)
        .order_by((Finding.state == "error").asc(), Finding.id.desc())
        .limit(1)
    )


def attempts_left(task: Task | None, used: int) -> int | None:
    """None: as many as one likes."""
    most = rules.limit(task.policy, task.record) if task else None
    return None if most is None else max(0, most - used)


def shown_test(test: Json, said: Mapping[str, str]) -> Json:
    """A test as its learner may see it. Of a hidden one only its name, whether it passed and, when it did not, what its
    author wrote for that case (`said`, from the key): nothing that running it brought to light.
    """
    row: Json = {
        "name": str(test.get("name", "")),
        "passed": bool(test.get("passed")),
        "hidden": bool(test.get("hidden")),
    }
    if row["hidden"]:
        return {**row, "message": "" if row["passed"] else said.get(row["name"], "")}
    row["message"] = str(test.get("message") or "")[:MESSAGE]
    case: Any = test.get("case")
    if isinstance(case, dict):
        row["case"] = {name: str(case.get(name, ""))[:500] for name in ("call", "got", "wanted")}
    return row


def refusal(attempt: Attempt, task: Task | None, timezone: str = "") -> str:
    """Why the answer was not taken."""
    if attempt.refusal == "late" and task is not None and task.due is not None:
        closed = rules.closes(task.policy, task.due) or task.due
        return _("Answers to this lesson were taken until {time}.").format(time=i18n.datetime_text(closed, timezone))
    return {
        "closed": _("This lesson is not open to you yet."),
        "late": _("Answers to this lesson are not taken any more."),
        "limit": _("All attempts at this exercise are used."),
        "withdrawn": _("This course is not published at present. Your earlier results are kept."),
        "changed": _("The author has changed this exercise. Reload the page to see it anew; your draft is kept."),
    }.get(attempt.refusal, _("This answer was not taken."))


def note(attempt: Attempt, score: float, max_points: float, timezone: str = "") -> str:
    """How the attempt's number, its time and an outage of ours bear on its points; empty when they do not."""
    said = []
    if attempt.counted_at != attempt.received_at:
        said.append(
            _("The platform was away, so the time of your answer counts: {time}.").format(
                time=i18n.datetime_text(attempt.counted_at, timezone)
            )
        )
    if attempt.factor < 1 and score > 0:
        percent = i18n.number(attempt.factor * 100)
        points = i18n.points(round(score * attempt.factor * max_points, 4))
        if attempt.late and (attempt.number or 1) > 1:
            said.append(
                _("Late, and attempt {n}: {percent}% of the points count, {points}.").format(
                    n=attempt.number, percent=percent, points=points
                )
            )
        elif attempt.late:
            said.append(_("Late: {percent}% of the points count, {points}.").format(percent=percent, points=points))
        else:
            said.append(
                _("Attempt {n}: {percent}% of the points count, {points}.").format(
                    n=attempt.number, percent=percent, points=points
                )
            )
    return " ".join(said)


def explanation(session: Session, blobs: Blobs, task: Task, attempt: Attempt) -> str:
    """The author's explanation as HTML, with the learner's own values; empty when there is none."""
    found = material.exercise_of(session, blobs, task, attempt)
    return exercises.explanation_html(found) if found is not None else ""


def _authors_words(session: Session, blobs: Blobs, task: Task | None, attempt: Attempt) -> dict[str, str]:
    """Test -> its `feedback`."""
    if task is None or task.kind != "code":
        return {}
    found = material.exercise_of(session, blobs, task, attempt)
    return {test.name: test.feedback.strip() for test in found.spec.tests} if found is not None else {}


def _broken() -> str:
    return _("The check broke on our side. This attempt is not counted; check again.")
