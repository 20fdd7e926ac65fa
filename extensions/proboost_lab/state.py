"""All that a page needs to come back as it was: the platform's word, or its last one, and what waits in the spool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proboost_lab.platform import Away, Json, Reply, segment
from proboost_lab.relay import FINAL, saved
from proboost_lab.spool import Draft, Letter

if TYPE_CHECKING:
    from proboost_lab.extension import Room


async def remembered(room: Room, key: str, path: str, *, timeout: float = 10.0) -> Json | Reply | None:
    """A GET of the platform, or its last answer ("stale": true) while it is away, or None when there is none.

    A Reply where the platform says no.
    """
    try:
        reply = await room.platform.ask("GET", path, timeout=timeout)
    except Away:
        last = await room.relay.disk(room.spool.recall, key)
        return None if last is None else {**last, "stale": True}
    if not reply.ok:
        return reply
    found = reply.json()
    await room.relay.disk(room.spool.remember, key, found)
    return found


async def of_lesson(room: Room, course: str, lesson: str, *, timeout: float = 10.0) -> Json | Reply:
    """The lesson's state; a Reply where the platform says no."""
    found = await remembered(
        room, f"state {course}/{lesson}", f"lessons/{segment(course, lesson)}/state", timeout=timeout
    )
    if isinstance(found, Reply):
        return found
    letters = await room.relay.disk(room.spool.of_lesson, course, lesson)
    drafts = await room.relay.disk(room.spool.drafts, course=course, lesson=lesson, refused=True)
    if found and not found.get("stale"):
        await room.relay.offer_drafts(course, lesson)
    base = found or {"course": course, "lesson": lesson, "closed": None, "exercises": {}, "stale": True}
    return merged(base, letters, drafts)


def merged(found: Json, letters: list[Letter], drafts: list[Draft]) -> Json:
    """The platform's state with what it does not know yet. `letters` are in the order in which they were written."""
    exercises: dict[str, Json] = {name: dict(row) for name, row in (found.get("exercises") or {}).items()}

    def row(where: str) -> Json:
        return exercises.setdefault(where.partition("#")[2], blank())

    for letter in letters:
        here = row(letter.place)
        if letter.state == "done":
            if found.get("stale") and letter.answer:
                here["verdict"] = letter.answer
        elif letter.state == "sent":
            known = here.get("verdict") or {}
            if known.get("attempt") != letter.id or known.get("state") not in FINAL:
                here["verdict"] = {"state": "pending", "attempt": letter.id}
        else:
            here["verdict"], here["answer"] = unsent(letter), letter.body.get("response")
    for draft in drafts:
        body: dict[str, Any] = draft.body
        here = row(draft.place)
        here["draft"] = {
            "response": body["response"],
            "revision": body.get("base"),
            "saved_at": draft.made_at,
            "where": "here",
        }
    return {**found, "exercises": exercises}


def unsent(letter: Letter) -> Json:
    """The verdict of an attempt that the platform did not take: saved here, or refused and why."""
    said = letter.answer if letter.state == "refused" and letter.answer else saved()
    return {**said, "attempt": letter.id}


def blank() -> Json:
    """An exercise of which the platform has said nothing."""
    nothing = dict.fromkeys(("draft", "older_draft", "verdict", "answer", "attempts_left"))
    return {**nothing, "hints_open": 0, "order": ""}
