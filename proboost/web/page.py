"""Renders pages: Jinja with the reader's language, dates and numbers, and nothing that a strict CSP would refuse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from proboost import clock, i18n
from proboost.auth import Viewer
from proboost.settings import PREFIX, Settings

HERE = Path(__file__).parent
STATIC = HERE / "static"


@lru_cache(maxsize=1)
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    env.filters.update(points=i18n.points, number=i18n.number)
    env.globals.update(static=static_url, prefix=PREFIX, now=clock.now, language=i18n.language)
    return env


@lru_cache(maxsize=512)
def static_url(path: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it for good."""
    file = STATIC / path
    mark = hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else "0"
    return f"{PREFIX}/static/{path}?v={mark}"


def page(request: Request, template: str, viewer: Viewer | None, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page. In templates: viewer, settings, nonce, path, date(dt), datetime(dt) in the viewer's time zone."""
    settings: Settings = request.app.state.settings
    zone = viewer.timezone if viewer else ""
    body = (
        environment()
        .get_template(template)
        .render(
            viewer=viewer,
            status=status,
            settings=settings,
            nonce=request.scope.get("nonce", ""),
            path=request.url.path.removeprefix(PREFIX) or "/",
            date=lambda at: i18n.date_text(at, zone),
            datetime=lambda at: i18n.datetime_text(at, zone),
            **context,
        )
    )
    return HTMLResponse(body, status)


def back(path: str, **query: str) -> Response:
    """To one of our pages, after a POST."""
    return RedirectResponse(f"{PREFIX}{path}" + (f"?{urlencode(query)}" if query else ""), status_code=303)


def addresses(**view: str) -> Callable[..., str]:
    """For a list that fills several pages: the same view at its first page, or with what is given changed."""

    def address(**change: object) -> str:
        values = {**view, "page": 1, **change}
        return "?" + urlencode({key: value for key, value in values.items() if value and (key, value) != ("page", 1)})

    return address
