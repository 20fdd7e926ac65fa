"""The websocket by which a page runs learners' programs in a kernel, beside the lesson that runs in it.

It speaks Jupyter's own protocol, JSON in text frames, and more on a channel of ours, "proboost". From the page:
{"type": "stop", "id": a program's, or "cell": an author's}; {"type": "forget", "id"} of a program whose kernel is not
there any more. To it, of a program: {"type": "waiting", "id"} when its turn has not come, {"type": "sent", "id"} when
the kernel has it, {"type": "forgotten", "id"} when it was stopped before that; and {"type": "cell", "cell": the
author's that runs now, or null}. An execute_request's metadata, {"proboost": {"cell"}}, name the cell whose exercise it
belongs to. Of other people's requests a page hears nothing here. A program does not outlive its page.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.websocket import WebSocketClosedError

from proboost_lab.turns import Turns

_Connection: Any = ZMQChannelsWebsocketConnection  # jupyter_server types few of its functions

Json = dict[str, Any]
REPLY = 2.0  # seconds in which an answer comes that the kernel gave before it was idle
ATTEND = 60.0  # seconds between two looks whether a kernel is there
LESSONS: WeakValueDictionary[str, Turns] = WeakValueDictionary()  # by kernel's id, while they run


class Connection(_Connection):  # type: ignore[misc]  # see above
    """Jupyter's way between a page and a kernel; execute_requests wait for their turn."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.limit_rate = False  # what programs say is bounded where they run
        self._turns = LESSONS.get(self.kernel_id) or Turns()
        self._mine: dict[str, set[str]] = {}  # programs of this page, and what is still to come of each
        self._begun: set[str] = set()  # that the kernel works on
        self._doomed: set[str] = set()  # that were stopped while they wait in the kernel
        self._lesson = False  # whether the page is a lesson's, with whose kernel nobody else works
        self._early: list[Any] | None = []  # what came before the kernel's answers could be heard
        self._deaf: Callable[[], None] = lambda: None

    async def prepare(self) -> None:
        """As soon as the kernel lives; what it is, is known: ours. To be asked, it might have to be idle."""
        await self._register_session()
        manager = self.kernel_manager
        if hasattr(manager, "ready"):
            ready = manager.ready
            await (ready if isinstance(ready, asyncio.Future) else asyncio.wrap_future(ready))
        self.session.key = manager.session.key

    def connect(self) -> Any:
        connected = super().connect()
        if connected is not None:
            connected.add_done_callback(lambda _: self._linked())
        return connected

    def _linked(self) -> None:
        if self.websocket_handler.ws_connection is None:
            return  # the page left meanwhile: nobody would hear what it wanted
        early, self._early = self._early or [], None
        for message in early:
            self.handle_incoming_message(message)
        self._deaf = self._turns.listen(lambda cell: self._say({"type": "cell", "cell": cell}))

    def disconnect(self) -> None:
        self._deaf()
        running = next((id_ for id_ in self._mine if self._turns.runs(id_)), None)
        begun, iopub = running in self._begun, self.channels.get("iopub")
        self._lost(but=running)
        if running is None or iopub is None or self.kernel_id not in self.multi_kernel_manager:
            self._lost()
        elif begun:  # nobody could stop it any more
            self._interrupt().add_done_callback(lambda _: self._lost())
        else:
            self._watch(running, self.channels.pop("iopub"))
        super().disconnect()

    def _watch(self, id_: str, iopub: Any) -> None:
        """The kernel has that program and has not begun it: then it is stopped."""

        def heard(message: list[Any]) -> None:
            _identities, parts = self.session.feed_identities(message)
            state = self.session.unpack(parts[4]).get("execution_state")
            if self.session.unpack(parts[2]).get("msg_id") != id_:
                return
            if state == "busy":
                watched()
                self._interrupt().add_done_callback(lambda _: self._lost())
            elif state == "idle":
                watched()
                self._lost()

        def watched() -> None:
            iopub.close()
            if self.kernel_id in self.multi_kernel_manager:
                for event in ("restart", "dead"):
                    self.multi_kernel_manager.remove_restart_callback(self.kernel_id, end, event)

        def end() -> None:  # called from the list of callbacks, which must not change meanwhile
            iopub.close()
            self._lost()

        def attend() -> None:
            if self.kernel_id not in self.multi_kernel_manager:
                end()
            elif not iopub.closed():
                asyncio.get_running_loop().call_later(ATTEND, attend)

        iopub.on_recv(heard)
        for event in ("restart", "dead"):
            self.multi_kernel_manager.add_restart_callback(self.kernel_id, end, event)
        attend()

    # -- from the page
    def handle_incoming_message(self, incoming_msg: str) -> None:
        if self._early is not None:
            self._early.append(incoming_msg)
            return
        said = json.loads(incoming_msg)
        if said.get("channel") == "proboost":
            self._asked(said)
        elif said.get("channel") == "shell" and said["header"]["msg_type"] == "execute_request":
            self._turn(said["header"]["msg_id"], said, incoming_msg)
        else:
            super().handle_incoming_message(incoming_msg)

    def _turn(self, id_: str, said: Json, message: str) -> None:
        self._mine[id_] = {"execute_reply", "idle"}
        metadata = (said.get("metadata") or {}).get("proboost") or {}
        cell = str(metadata.get("cell", ""))
        self._lesson |= cell != ""

        def go() -> None:
            self._say({"type": "sent", "id": id_})
            super(Connection, self).handle_incoming_message(message)

        if not self._turns.ask(id_, cell, go):
            self._say({"type": "waiting", "id": id_})

    def _asked(self, said: Json) -> None:
        id_, cell = said.get("id"), said.get("cell")
        if said.get("type") == "forget" and isinstance(id_, str) and id_ in self._mine:
            self._turns.forget(id_)
            self._forget(id_)
        if said.get("type") != "stop":
            return
        if isinstance(id_, str) and id_ in self._mine:
            if self._turns.forget(id_):
                self._forget(id_)
                self._say({"type": "forgotten", "id": id_})
            elif id_ in self._begun:
                self._interrupt()
            elif self._turns.runs(id_):
                self._doomed.add(id_)  # the kernel does something else: that goes on
                if self._lesson:  # unless a page that left began it, and it did not let itself be stopped then
                    self._interrupt()
        elif isinstance(cell, str) and cell == self._turns.cell:
            self._interrupt()

    def _interrupt(self) -> asyncio.Future[Any]:
        interrupting = asyncio.ensure_future(ensure_async(self.multi_kernel_manager.interrupt_kernel(self.kernel_id)))
        interrupting.add_done_callback(lambda done: done.exception() and self.log.error("interrupt: %r", done))
        return interrupting

    # -- to the page
    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        _identities, parts = self.session.feed_identities(outgoing_msg)
        kind = self.session.unpack(parts[1]).get("msg_type")
        state = self.session.unpack(parts[4]).get("execution_state") if kind == "status" else ""
        if state == "starting":  # by somebody's hand: of that nobody is called back
            for id_ in list(self._begun):
                self._forget(id_)
        parent = self.session.unpack(parts[2]).get("msg_id")
        left = self._mine.get(parent)
        if left is None:
            return
        super().handle_outgoing_message(stream, outgoing_msg)
        if state == "busy" and "execute_reply" in left:
            self._begun.add(parent)
            if parent in self._doomed:
                self._interrupt()
        elif kind == "execute_reply":  # what runs from now on is another's
            self._begun.discard(parent)
            self._doomed.discard(parent)
            self._turns.ended(parent)
        left -= {kind, state}
        if not left:
            self._forget(parent)
        elif state == "idle":  # an interrupt between its program and its reply takes the reply away
            asyncio.get_running_loop().call_later(REPLY, self._forget, parent)

    def _forget(self, id_: str) -> None:
        self._mine.pop(id_, None)
        self._begun.discard(id_)
        self._doomed.discard(id_)
        self._turns.ended(id_)

    def on_kernel_restarted(self) -> None:
        self._lost()
        super().on_kernel_restarted()

    def on_restart_failed(self) -> None:
        self._lost()
        super().on_restart_failed()

    def _lost(self, but: str | None = None) -> None:
        lost = [id_ for id_ in self._mine if id_ != but]
        for id_ in lost:  # all of them first: none has its turn when another ends
            self._turns.forget(id_)
        for id_ in lost:
            self._forget(id_)

    def _say(self, said: Json) -> None:
        if self.websocket_handler.ws_connection is not None:
            with suppress(WebSocketClosedError):  # now or later: a page that left says nothing, and no turn hangs on it
                sent = self.write_message(json.dumps({"channel": "proboost", **said}))
                sent.add_done_callback(lambda done: done.exception())


class Programs(KernelWebsocketHandler):
    """GET /user/NAME/proboost/kernels/ID/programs"""

    @property
    def kernel_websocket_connection_class(self) -> type[Connection]:
        return Connection
