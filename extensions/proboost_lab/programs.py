"""The websocket by which a page runs learners' programs in a kernel, beside the lesson that runs in it.

It speaks Jupyter's own protocol, JSON in text frames, and more on a channel of ours, "proboost". From the page:
{"type": "stop", "id": a program's, or "cell": an author's}. To it, of a program: {"type": "waiting", "id"} when its
turn has not come, {"type": "sent", "id"} when the kernel has it, {"type": "forgotten", "id"} when it was stopped before
that; and {"type": "cell", "cell": the author's that runs now, or null}. An execute_request's metadata, {"proboost":
{"cell"}}, name the cell whose exercise it belongs to. Of other people's requests a page hears nothing here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from proboost_lab.turns import Turns

_Connection: Any = ZMQChannelsWebsocketConnection  # jupyter_server types few of its functions

Json = dict[str, Any]
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
        early, self._early = self._early or [], None
        for message in early:
            self.handle_incoming_message(message)
        self._deaf = self._turns.listen(lambda cell: self._say({"type": "cell", "cell": cell}))

    def disconnect(self) -> None:
        self._deaf()
        self._lost()
        super().disconnect()

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

        def go() -> None:
            self._say({"type": "sent", "id": id_})
            super(Connection, self).handle_incoming_message(message)

        if not self._turns.ask(id_, str(metadata.get("cell", "")), go):
            self._say({"type": "waiting", "id": id_})

    def _asked(self, said: Json) -> None:
        if said.get("type") != "stop":
            return
        id_, cell = said.get("id"), said.get("cell")
        if isinstance(id_, str) and id_ in self._mine:
            if self._turns.forget(id_):
                self._forget(id_)
                self._say({"type": "forgotten", "id": id_})
            elif id_ in self._begun:
                self._interrupt()
            elif self._turns.runs(id_):
                self._doomed.add(id_)  # the kernel does something else: that goes on
        elif isinstance(cell, str) and cell == self._turns.cell:
            self._interrupt()

    def _interrupt(self) -> None:
        interrupting = asyncio.ensure_future(ensure_async(self.multi_kernel_manager.interrupt_kernel(self.kernel_id)))
        interrupting.add_done_callback(lambda done: done.exception() and self.log.error("interrupt: %r", done))

    # -- to the page
    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        _identities, parts = self.session.feed_identities(outgoing_msg)
        parent = self.session.unpack(parts[2]).get("msg_id")
        left = self._mine.get(parent)
        if left is None:
            return
        super().handle_outgoing_message(stream, outgoing_msg)
        kind = self.session.unpack(parts[1]).get("msg_type")
        state = self.session.unpack(parts[4]).get("execution_state") if kind == "status" else ""
        if state == "busy":
            self._begun.add(parent)
            if parent in self._doomed:
                self._interrupt()
        elif kind == "execute_reply":
            self._turns.ended(parent)
        left -= {kind, state}
        if not left:
            self._forget(parent)

    def _forget(self, id_: str) -> None:
        self._mine.pop(id_, None)
        self._begun.discard(id_)
        self._doomed.discard(id_)
        self._turns.ended(id_)

    def on_kernel_restarted(self) -> None:
        super().on_kernel_restarted()
        self._lost()

    def on_restart_failed(self) -> None:
        super().on_restart_failed()
        self._lost()

    def _lost(self) -> None:
        for id_ in list(self._mine):
            self._turns.forget(id_)
            self._forget(id_)

    def _say(self, said: Json) -> None:
        if self.websocket_handler.ws_connection is not None:
            sent = self.write_message(json.dumps({"channel": "proboost", **said}))
            sent.add_done_callback(lambda done: done.exception())  # a page that left says nothing


class Programs(KernelWebsocketHandler):
    """GET /user/NAME/proboost/kernels/ID/programs"""

    @property
    def kernel_websocket_connection_class(self) -> type[Connection]:
        return Connection
