"""Who is at the workers' door of the public application: whose token it is, known before a body is read."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from proboost.app.guard import refuse
from proboost.db import Database
from proboost.errors import Problem
from proboost.grading import remote
from proboost.settings import PREFIX, VERSION_HEADER, WORKERS
from proboost.web.deps import header_token


class Admission:
    """Puts the worker's name into the state of its requests as `worker`; nobody else comes in."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self.app = app
        self.database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}{WORKERS}/"):
            headers = Headers(scope=scope)
            try:
                name = await run_in_threadpool(
                    remote.admit, self.database, header_token(headers), headers.get(VERSION_HEADER, "")
                )
            except Problem as problem:
                await refuse(send, problem.status, problem.code, problem.message)
                return
            scope["state"] = {**scope.get("state", {}), "worker": name}
        await self.app(scope, receive, send)
