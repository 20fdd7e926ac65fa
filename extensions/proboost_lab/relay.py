"""Brings the spool to the platform: in order, once, again and again until it is there; and brings verdicts back."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from logging import Logger
from typing import Any, TypeVar
from urllib.parse import urlencode

from proboost_kernel.i18n import _
from proboost_lab.parcels import Parcels
from proboost_lab.platform import Away, Json, Platform, Reply, segment
from proboost_lab.spool import Draft, Letter, Spool

T = TypeVar("T")
ANSWER = 4.0  # seconds that Check waits here; the platform itself answers within 2.5
CARRY = 90.0  # seconds that a file or a whole lesson may take to get there
GIVE_UP = 6  # failures of the platform's own after which a letter lets the others pass
PROBE = (0.5, 8.0)  # seconds between two tries while the platform is away: first, last
LOOK = (0.3, 6.0)  # seconds between two looks for a verdict, where the platform does not hold the question
PATIENT = 8.0  # seconds that the platform is asked to hold it
FINAL = frozenset({"passed", "partial", "failed", "manual", "refused", "error"})


def saved(message: str = "") -> Json:
    """What Check says while the answer lies here."""
    return {"state": "saved", "message": message or _("Saved here, will be checked when the platform is back.")}


def too_many() -> Json:
    return saved(_("Many checks in a row: this one is saved here and will be checked in a minute."))


def delays(first: float, last: float) -> Callable[[], float]:
    """Growing waits with jitter, so that a hundred servers do not knock at once."""
    wait = first / 1.6

    def following() -> float:
        nonlocal wait
        wait = min(wait * 1.6, last)
        return wait * random.uniform(0.7, 1.1)

    return following


class InFlight(Exception):
    """The exercise's last attempt has no verdict yet: this letter comes after it, other exercises' need not wait."""

    def __init__(self, rest: float) -> None:
        super().__init__(rest)
        self.rest = rest


class Relay:
    """`events` gets what pages should know: verdicts, and whether the platform is there."""

    def __init__(self, platform: Platform, spool: Spool, events: Callable[[Json], None], log: Logger) -> None:
        self.platform = platform
        self.spool = spool
        self.parcels = Parcels(spool.folder / "outgoing")
        self.events = events
        self.log = log
        self._disk = ThreadPoolExecutor(1, "proboost-spool")  # a sync to the disk never holds the server up
        self._wake = asyncio.Event()
        self._asked: dict[str, asyncio.Future[Json]] = {}  # Checks whose page waits for the answer
        self._judged = asyncio.Event()  # set while no page waits for a verdict
        self._judged.set()
        self._judging = 0
        self._watched: dict[str, asyncio.Task[None]] = {}
        self._tries = 0
        self._pump: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[Any]] = set()
        platform.changed.append(self._turned)

    # -- life
    def start(self) -> None:
        """Take up what an earlier life of this server left."""
        self._pump = asyncio.ensure_future(self._run())
        self.keep(self._resume())

    async def _resume(self) -> None:
        await self.disk(self.spool.tidy)
        await self.disk(self.spool.offer_again)
        for letter in await self.disk(self.spool.unanswered):
            self._watch(letter)
        self._wake.set()

    def keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let it run beside; its reference is kept and its failure logged."""
        task = asyncio.ensure_future(work)
        self._background.add(task)

        def done(task: asyncio.Task[Any]) -> None:
            self._background.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Away):
                self.log.error("proboost: %r", error)

        task.add_done_callback(done)
        return task

    async def drain(self, seconds: float) -> int:
        """Deliver what waits, for at most so long; how much is left on the disk."""
        loop = asyncio.get_running_loop()
        end, tries = loop.time() + seconds, self._tries
        self._wake.set()
        while (left := await self.disk(self.spool.backlog)) and loop.time() < end and self.platform.known:
            if self._tries > tries and not self.platform.up:
                break  # it is away: the disk keeps what is left
            await asyncio.sleep(0.05)
        return left

    async def stop(self) -> None:
        for task in [self._pump, *self._watched.values(), *self._background]:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in [self._pump] if task), return_exceptions=True)
        self._disk.shutdown()

    async def disk(self, work: Callable[..., T], *args: object, **named: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, partial(work, *args, **named))

    def _turned(self, up: bool) -> None:
        self.events({"type": "platform", "up": up})
        if up:
            self._wake.set()

    # -- what pages bring
    async def attempt(self, body: Json, place: str) -> tuple[int, Json]:
        """Keep an attempt, then wait a moment for its verdict: (200, verdict), (202, pending) or (202, saved)."""
        letter = await self.disk(self.spool.post, "attempt", body["id"], "attempts", body, place=place)
        if letter.answer is not None and letter.state in {"done", "refused", "sent"}:
            return (200 if letter.answer.get("state") in FINAL else 202), letter.answer
        answer = self._asked.setdefault(letter.id, asyncio.get_running_loop().create_future())
        self._wake.set()
        self._judging += 1
        self._judged.clear()
        try:
            said = await asyncio.wait_for(asyncio.shield(answer), ANSWER)
        except TimeoutError:
            said = saved()
        finally:
            self._asked.pop(letter.id, None)
            self._judging -= 1
            if not self._judging:
                self._judged.set()
        return (200 if said.get("state") in FINAL else 202), {**said, "attempt": said.get("attempt") or letter.id}

    async def judged(self, seconds: float) -> None:
        """Returns when no page waits for a verdict, at the latest after so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._judged.wait(), seconds)

    async def letter(
        self,
        kind: str,
        id: str,  # noqa: A002
        path: str,
        body: Json,
        *,
        method: str,
        place: str = "",
        patience: float = ANSWER,
    ) -> Json:
        """Keep another write; what the platform answered within `patience`, or saved()."""
        put = self.spool.replace if method == "PUT" else self.spool.post
        letter = await self.disk(put, kind, id, path, body, place=place, method=method)
        if letter.state in {"done", "refused"} and letter.answer is not None:
            return letter.answer
        answer = self._asked.setdefault(letter.id, asyncio.get_running_loop().create_future())
        self._wake.set()
        try:
            return await asyncio.wait_for(asyncio.shield(answer), patience)
        except TimeoutError:
            return saved(_("Saved here, will be sent when the platform is back."))
        finally:
            self._asked.pop(letter.id, None)

    async def upload(self, about: Json, content: bytes, place: str) -> Json:
        """Keep a file and bring it there; `about` is {"id", "name", "exercise"}. {"id", "name", "size"} in any case:
        what answers name the file by holds from now on, and letters go in their order.
        """
        await self.disk(self.parcels.keep, about["id"], content)
        said = await self.letter("upload", about["id"], "uploads", about, method="POST", place=place, patience=CARRY)
        return {"id": about["id"], "name": about["name"], "size": len(content), **said}

    async def submission(self, id: str, body: Json, place: str) -> Json:  # noqa: A002
        """Hand a lesson in: the platform's receipt, or that it is kept here and goes there later."""
        said = await self.letter("submission", id, "submissions", body, method="POST", place=place, patience=CARRY)
        if said.get("state") == "saved":
            return saved(_("Your work is kept here and will be handed in as soon as the platform is back."))
        return said

    async def draft(self, place: str, path: str, body: Json) -> Json:
        """Keep a draft here, and on the platform when it is there at once; `message`: why the platform would not."""
        draft = await self.disk(self.spool.save_draft, place, path, body)
        here = {"revision": body.get("base"), "saved_at": draft.made_at, "where": "here"}
        if self.platform.up:
            try:
                reply = await self._deliver(draft)
            except Away:
                self._wake.set()
            else:
                if reply.ok:
                    return {**reply.json(), "where": "platform"}
                if 400 <= reply.status < 500:
                    return {**here, "message": reply.json().get("message", "")}
        self._wake.set()
        return here

    async def offer_drafts(self, course: str, lesson: str) -> None:
        """The lesson is open: what the platform would not take before, it may take now."""
        if await self.disk(self.spool.offer_again, course=course, lesson=lesson):
            self._wake.set()

    async def _deliver(self, draft: Draft) -> Reply:
        reply = await self.platform.ask("PUT", draft.path, draft.body, timeout=5)
        if reply.ok:
            await self.disk(self.spool.delivered, draft)
        elif reply.status < 500 and reply.status not in {401, 408, 429}:
            await self.disk(self.spool.refused, draft)
        return reply

    # -- the pump
    async def _run(self) -> None:
        wait = delays(*PROBE)
        while True:
            try:
                pause = await self._round()
            except Away:
                pause = wait()
                await self._tell_waiting()
            except Exception as error:  # noqa: BLE001  # a full disk, a broken answer: this loop must outlive it
                self.log.error("proboost: relay: %r", error)
                pause = wait()
            else:
                wait = delays(*PROBE)
            self._tries += 1
            self._wake.clear()
            left = await self.disk(self.spool.backlog)
            if pause is None and left and self.platform.known:
                pause = 5.0  # only what the platform refuses to take for now
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _round(self) -> float | None:
        """Deliver until nothing waits. A number: what is left must rest so long. Raises Away."""
        held: dict[str, float] = {}  # exercises whose letters must wait, and for how long
        while letter := await self.disk(self.spool.next_waiting, tuple(held)):
            try:
                rest = await self._send(letter)
            except InFlight as flying:
                held[letter.place] = flying.rest
                continue
            if rest is not None:
                return rest
        for draft in await self.disk(self.spool.drafts):
            await self._deliver(draft)
        return min(held.values(), default=None)

    async def _send(self, letter: Letter) -> float | None:
        if letter.kind == "upload":
            content = await self.disk(self.parcels.read, letter.id)
            if content is None:
                message = _("The file is not here any more. Bring it again.")
                await self._settle(letter, "refused", {"state": "refused", "code": "gone", "message": message})
                return None
            reply = await self.platform.ask("POST", letter.path, content, query=urlencode(letter.body), timeout=CARRY)
        else:
            if letter.kind == "submission":  # what was typed before it goes before it
                course, _slash, where = letter.place.partition("/")
                lesson = where.partition("#")[0]
                for draft in await self.disk(self.spool.drafts, course=course, lesson=lesson, refused=True):
                    await self._deliver(draft)
            timeout = CARRY if letter.kind == "submission" else 15
            reply = await self.platform.ask(letter.method, letter.path, letter.body, timeout=timeout)
        said = reply.json()
        if reply.status == 200 or reply.status == 201 or (reply.status == 204):
            await self._settle(letter, "done", said)
        elif reply.status == 202 and letter.kind == "attempt":
            said = {"state": "pending", "attempt": letter.id, **said}
            await self._settle(letter, "sent", said)
            self._watch(letter)
        elif reply.ok:
            await self._settle(letter, "done", said)
        elif reply.status == 429:
            rest = float(reply.headers.get("Retry-After", "") or random.uniform(5, 9))
            if said.get("code") == "in-flight" and letter.place:
                self._answer(letter, saved(_("Saved here, will be checked after your previous answer.")))
                raise InFlight(rest)
            self._answer(letter, too_many())
            return rest
        elif reply.status in {401, 408}:  # our token is not known now: the Hub is away, or we are about to be stopped
            self._answer(letter, saved())
            return random.uniform(3, 6)
        elif reply.status < 500:
            message = str(said.get("message") or _("The platform did not accept it."))
            refusal = {"state": "refused", "code": said.get("code", ""), "message": message, "status": reply.status}
            await self._settle(letter, "refused", {**refusal, "attempt": letter.id})
        else:
            return await self._failed(letter)
        return None

    async def _failed(self, letter: Letter) -> float | None:
        """The platform broke on this one: try again, and after a while let the others pass."""
        tries = await self.disk(self.spool.tried, letter.id)
        self.log.warning("proboost: the platform failed on %s %s (%s)", letter.kind, letter.id, tries)
        self._answer(letter, saved())
        if tries < GIVE_UP:
            return float(min(2**tries, 30))
        message = _("The platform could not take it. Your answer is kept here; ask for help.")
        said = {"state": "refused", "message": message, "attempt": letter.id}
        await self._settle(letter, "refused", said, whole=True)
        return None

    async def _settle(self, letter: Letter, state: str, said: Json, *, whole: bool = False) -> None:
        """`whole`: nobody has taken it nor said no to it, so what it brought stays here."""
        fresh = await self.disk(self.spool.settle, letter.id, state, said, made_at=letter.made_at)
        if letter.kind == "upload" and not whole:
            await self.disk(self.parcels.forget, letter.id)
        if letter.kind == "submission":
            if not whole:
                await self.disk(self.spool.slim, letter.id, {name: letter.body[name] for name in ("course", "lesson")})
            self.events({"type": "submission", "said": said})
            self.events({"type": "progress"})
        self._answer(letter, said)
        if fresh and letter.kind == "attempt" and state in {"done", "refused"}:
            self._told(letter, said)

    def _told(self, letter: Letter, verdict: Json) -> None:
        """Pages show a verdict by where it belongs: an old platform's answer may not say."""
        course, _slash, rest = letter.place.partition("/")
        lesson, _sharp, exercise = rest.partition("#")
        where = {"course": course, "lesson": lesson, "ref": letter.body.get("ref", letter.place)}
        self.events({"type": "verdict", **where, "verdict": {"attempt": letter.id, "exercise": exercise, **verdict}})
        self.events({"type": "progress"})

    def _answer(self, letter: Letter, said: Json) -> None:
        waiting = self._asked.get(letter.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    async def _tell_waiting(self) -> None:
        """Away: whoever waits for an answer hears that it is saved."""
        for id_, waiting in list(self._asked.items()):
            letter = await self.disk(self.spool.letter, id_)
            if letter is not None and not waiting.done():
                waiting.set_result(
                    saved()
                    if letter.kind == "attempt"
                    else saved(_("Saved here, will be sent when the platform is back."))
                )

    # -- verdicts that take longer
    def _watch(self, letter: Letter) -> None:
        if letter.id not in self._watched:
            task = asyncio.ensure_future(self._look(letter))
            self._watched[letter.id] = task
            task.add_done_callback(lambda _task: self._watched.pop(letter.id, None))

    async def _look(self, letter: Letter) -> None:
        wait = delays(*LOOK)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            if loop.time() - began < PATIENT / 2:  # it did not wait for us: we do
                await asyncio.sleep(wait())
            began = loop.time()
            path, query = f"attempts/{segment(letter.id)}", f"wait={PATIENT:g}"
            try:
                reply = await self.platform.ask("GET", path, query=query, timeout=PATIENT + 7)
            except Away:
                continue
            said = reply.json()
            if reply.status == 200 and said.get("state") in FINAL:
                await self._settle(letter, "done", said)
                return
            if (
                reply.status == 404
            ):  # the platform lost it (a database that was rolled back): it goes again, under its id
                await self.disk(self.spool.settle, letter.id, "waiting", None)
                self._wake.set()
                return
