"""Puts the slices' routes and pages together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module

from fastapi import APIRouter, Depends, FastAPI
from starlette.staticfiles import StaticFiles

import proboost
from proboost.app import login
from proboost.app.admission import Admission
from proboost.app.failures import handlers
from proboost.app.guard import Guard
from proboost.app.journal import Journal
from proboost.app.peers import Peers
from proboost.auth.hub import Hub
from proboost.blobs import Blobs
from proboost.db import Database
from proboost.grading.routes import as_itself, door
from proboost.mail.relay import Relay
from proboost.regrading.tasks import Regrader
from proboost.settings import PREFIX, WORKERS, Settings
from proboost.web.page import STATIC

SLICES = ("people", "courses", "progress", "submissions", "regrading", "grading", "gradebook", "support")


def create_app(settings: Settings, database: Database) -> FastAPI:
    """The public application, under PREFIX: pages for people, the API for pages and learners' servers."""
    app = _application(settings, database, "ProBoost", lifespan=_running(settings, database))
    app.state.hub = Hub(settings)
    app.add_middleware(Admission, database=database)
    app.add_middleware(Guard, settings=settings)
    for name in SLICES:
        _include(app, name, "routes", "router", PREFIX + "/api")
        _include(app, name, "pages", "router", PREFIX)
    app.include_router(door, prefix=PREFIX + WORKERS, dependencies=[Depends(as_itself)], include_in_schema=False)
    app.include_router(login.router, prefix=PREFIX, include_in_schema=False)
    app.mount(PREFIX + "/static", StaticFiles(directory=STATIC), name="static")
    return app


def create_internal(settings: Settings, database: Database) -> FastAPI:
    """What command line, worker and Hub use over a socket that only root, the service and the worker may open."""
    app = _application(settings, database, "ProBoost internal", lifespan=None)
    app.state.hub = Hub(settings)
    for name in SLICES:
        _include(app, name, "routes", "internal", "/internal")
    app.include_router(door, prefix="/internal")
    app.include_router(login.health, prefix="/internal")
    app.add_middleware(Peers, settings=settings)
    return app


def _application(
    settings: Settings,
    database: Database,
    title: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None,
) -> FastAPI:
    app = FastAPI(
        title=title,
        version=proboost.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        exception_handlers=handlers(),
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.blobs = Blobs(settings.blobs_dir)
    return app


def _running(settings: Settings, database: Database) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        relay, journal = Relay(database, settings), Journal(database)
        regrader = Regrader(database, app.state.blobs)
        relay.start()
        journal.start()
        regrader.start()
        try:
            yield
        finally:
            regrader.stop()
            journal.stop()
            relay.stop()
            await app.state.hub.close()

    return lifespan


def _include(app: FastAPI, slice_: str, module: str, name: str, prefix: str) -> None:
    """A slice has routes, pages and internal routes where it needs them."""
    qualified = f"proboost.{slice_}.{module}"
    try:
        found = import_module(qualified)
    except ModuleNotFoundError as error:
        if error.name not in (qualified, f"proboost.{slice_}"):
            raise
        return
    router = getattr(found, name, None)
    if isinstance(router, APIRouter):
        app.include_router(router, prefix=prefix, include_in_schema=module == "routes")
