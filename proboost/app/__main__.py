"""`python -m proboost.app`: serves the platform, on sockets that the supervisor handed over or on its own.

`python -m proboost.app openapi` prints the public API's description instead.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import proboost
from proboost.app.factory import create_app, create_internal
from proboost.app.peers import PeerProtocol
from proboost.db import Database
from proboost.settings import Settings, settings

GRACE = 8  # seconds that requests get to end in after SIGTERM


class Server(uvicorn.Server):
    """One of two servers in this process: signals are ours to handle."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m proboost.app", description=__doc__)
    parser.add_argument("what", nargs="?", default="serve", choices=("serve", "openapi"))
    parser.add_argument("--public-fd", type=int)
    parser.add_argument("--internal-fd", type=int)
    arguments = parser.parse_args()
    if arguments.what == "openapi":
        json.dump(openapi(), sys.stdout, ensure_ascii=False, indent=1, sort_keys=True)
        sys.stdout.write("\n")
        return
    conf = settings()
    logging.basicConfig(level=conf.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")
    conf.platform_dir.mkdir(parents=True, exist_ok=True)
    database = Database(conf.database_url)
    database.migrate()
    public = _taken(arguments.public_fd) or _bound_tcp(conf.platform_port)
    internal = _taken(arguments.internal_fd) or _bound_unix(conf.internal_socket)
    asyncio.run(serve([(create_app(conf, database), public), (create_internal(conf, database), internal)], conf))
    database.close()


async def serve(applications: list[tuple[FastAPI, socket.socket]], conf: Settings) -> None:
    """Until SIGTERM or SIGINT; requests under way are answered first."""
    servers = []
    for app, listening in applications:
        config = uvicorn.Config(
            app,
            http=PeerProtocol if listening.family == socket.AF_UNIX else "auto",
            log_config=None,
            access_log=conf.log_level == "debug",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        servers.append(Server(config))

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with asyncio.TaskGroup() as group:
        for server, (_app, listening) in zip(servers, applications, strict=True):
            group.create_task(_one(server, listening, stop))


async def _one(server: Server, listening: socket.socket, stop: object) -> None:
    try:
        await server.serve([listening])
    finally:
        if callable(stop):
            stop()


def openapi() -> dict[str, object]:
    """The description of the public API, as TypeScript types are generated from it."""
    with TemporaryDirectory() as folder:
        conf = Settings(data=Path(folder))
        app = create_app(conf, Database("sqlite://"))
        return get_openapi(title=app.title, version=proboost.__version__, routes=app.routes)


def _taken(descriptor: int | None) -> socket.socket | None:
    return None if descriptor is None else socket.socket(fileno=descriptor)


def _bound_tcp(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(512)
    return listening


def _bound_unix(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o117)
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    listening.listen(512)
    return listening


if __name__ == "__main__":
    main()
