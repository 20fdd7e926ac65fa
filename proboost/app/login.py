"""Log-in through the Hub (OAuth with PKCE), log-out, and whether we are well."""

from __future__ import annotations

import base64
import hashlib
import secrets
from string import punctuation
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from proboost.auth.hub import CLIENT_ID
from proboost.errors import Unauthenticated
from proboost.i18n import _, language
from proboost.people import service as people
from proboost.settings import PREFIX, Settings
from proboost.web.deps import COOKIE, Conf, Db, TheHub

router = APIRouter()
health = APIRouter()
STATE = "proboost-login"  # the cookie of a log-in under way
LONGEST = 2000  # characters of an address to come back to: browsers drop a cookie above 4096 bytes


@health.get("/health")
@router.get("/health")
def healthy(db: Db) -> dict[str, bool]:
    """Whether the database answers."""
    with db.read() as session:
        session.execute(text("select 1"))
    return {"ok": True}


@router.get("/login")
def login(settings: Conf, next: str = "") -> Response:  # noqa: A002 -- the name in the address
    """To the Hub's log-in, and back to `next`, which can only be a page of ours."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(18)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode(
        {
            "client_id": CLIENT_ID,
            "redirect_uri": settings.public_url + "/oauth_callback",
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    answer = RedirectResponse(f"/hub/api/oauth2/authorize?{query}", 302)
    _set(answer, settings, STATE, f"{state}|{verifier}|{ours(next)}", max_age=600)
    return answer


@router.get("/oauth_callback")
async def callback(
    request: Request, db: Db, settings: Conf, hub: TheHub, code: str = "", state: str = "", error: str = ""
) -> Response:
    """The Hub's word on who this is: a session begins, and the learner's server is started ahead."""
    known, _bar, rest = request.cookies.get(STATE, "").partition("|")
    verifier, _bar, after = rest.partition("|")
    if error or not known or not secrets.compare_digest(known.encode(), state.encode()):
        raise Unauthenticated(_("The log-in did not work out. Try again."))
    token = await hub.token_for_code(code, verifier)
    identity = await hub.identify(token)

    def first_sight() -> None:
        with db.transaction() as session:
            people.ensure_user(session, settings, identity.name, language())

    await run_in_threadpool(first_sight)
    hub.start_server_soon(identity.name)
    answer = RedirectResponse(ours(after), 302)
    answer.delete_cookie(STATE, path=PREFIX + "/")
    _set(answer, settings, COOKIE, token)
    return answer


@router.post("/logout")
async def logout(request: Request, hub: TheHub) -> Response:
    """Ends this session here; the Hub ends its own and the learner's server's."""
    hub.forget(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/hub/logout", 307)  # stays a POST: the Hub only asks at a GET
    answer.delete_cookie(COOKIE, path=PREFIX + "/")
    return answer


@router.get("/logged-out")
def logged_out() -> Response:
    return RedirectResponse("/hub/login", 302)


def ours(path: str) -> str:
    """A path below our prefix, whatever was asked for: never another site."""
    written = quote(path, safe=punctuation)  # a cookie and a header carry it
    safe = written.startswith(PREFIX + "/") and "\\" not in written and len(written) <= LONGEST
    return written if safe else PREFIX + "/"


def _set(answer: Response, settings: Settings, name: str, value: str, **more: Any) -> None:
    answer.set_cookie(
        name, value, path=PREFIX + "/", httponly=True, samesite="lax", secure=settings.scheme == "https", **more
    )
