"""The websocket by which open pages hear of verdicts, tickets, and whether the platform is there."""

from __future__ import annotations

import json
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web, websocket

Json = dict[str, Any]


class Pages:
    """The pages that listen now."""

    def __init__(self) -> None:
        self._open: set[Events] = set()

    def __len__(self) -> int:
        return len(self._open)

    def tell(self, event: Json) -> None:
        text = json.dumps(event, ensure_ascii=False)
        for page in list(self._open):
            page.say(text)

    def add(self, page: Events) -> None:
        self._open.add(page)

    def remove(self, page: Events) -> None:
        self._open.discard(page)


class Events(WebSocketMixin, websocket.WebSocketHandler, JupyterHandler):
    """One page's socket; says at once whether the platform is there."""

    auth_resource = "proboost"

    @ws_authenticated
    async def get(self, *args: Any, **named: Any) -> None:
        user = self.current_user
        if not await ensure_async(self.authorizer.is_authorized(self, user, "read", self.auth_resource)):
            raise web.HTTPError(403)
        await super().get(*args, **named)

    def open(self, *args: Any, **named: Any) -> None:
        super().open(*args, **named)
        room = self.settings["proboost"]
        room.pages.add(self)
        self.say(json.dumps({"type": "platform", "up": room.platform.up}))

    def say(self, text: str) -> None:
        if self.ws_connection is not None:
            self.write_message(text).add_done_callback(lambda sent: sent.exception())  # a page that left says nothing

    def on_message(self, message: str | bytes) -> None:
        """Pages only listen."""

    def on_close(self) -> None:
        self.settings["proboost"].pages.remove(self)
        super().on_close()
