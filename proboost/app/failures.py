"""What people and programs get when something is refused or goes wrong: a sentence, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from proboost.errors import Problem, TooMany, Unauthenticated
from proboost.i18n import _
from proboost.settings import PREFIX
from proboost.web import page

log = logging.getLogger(__name__)


def handlers() -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    return {
        Problem: problem,
        RequestValidationError: malformed,
        HTTPException: http,
        **dict.fromkeys((OperationalError, InterfaceError, PoolTimeout), database_away),
        Exception: unexpected,
    }


async def problem(request: Request, error: Problem) -> Response:
    page_wanted = not is_program(request)
    if isinstance(error, Unauthenticated) and page_wanted and request.method == "GET":
        after = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{PREFIX}/login?next={quote(after)}", 302)
    extra = getattr(error, "extra", None) or {}
    refusal = answer(request, error.status, error.code, error.message, **extra)
    if isinstance(error, TooMany):
        refusal.headers["Retry-After"] = str(error.retry_after)
    return refusal


async def malformed(request: Request, error: RequestValidationError) -> Response:
    fields = [
        {"field": ".".join(str(part) for part in found["loc"][1:]), "problem": str(found["msg"])}
        for found in error.errors()
    ]
    return answer(request, 422, "bad-input", _("This request is not of the right form."), fields=fields)


async def http(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return answer(
            request, 404, "not-found", _("There is no such page. Check the address, or go back to your courses.")
        )
    if error.status_code == 405:
        return answer(request, 405, "method", _("This address does not take that kind of request."))
    if error.status_code == 413:
        return answer(request, 413, "too-large", str(error.detail))
    return answer(request, error.status_code, "refused", str(error.detail))


async def database_away(request: Request, error: Exception) -> Response:
    """It is restarted, or its disk is full. Programs that keep what they bring try again, as they do while we are away:
    told 500, they would take it for a fault of theirs in the end.
    """
    log.error("the database: %s %r", request.method, request.url.path, exc_info=error)
    message = _("The database does not answer just now. Try again in a minute.")
    return answer(request, 503, "database-away", message)


async def unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected: %s %r", request.method, request.url.path, exc_info=error)
    message = _("Something broke on our side. It has been written down; what you entered before is safe. Try again.")
    return answer(request, 500, "broken", message)


def answer(request: Request, status: int, code: str, message: str, **more: object) -> Response:
    if is_program(request):
        return JSONResponse({"code": code, "message": message, **more}, status)
    viewer = getattr(request.state, "viewer", None)
    return page(request, "error.html", viewer, status=status, code=code, message=message)


def is_program(request: Request) -> bool:
    path = request.url.path
    return path.startswith((PREFIX + "/api/", "/internal/")) or "text/html" not in request.headers.get("accept", "")
