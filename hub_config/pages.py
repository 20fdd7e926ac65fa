"""What every page of the Hub knows: the reader's language, our words, our files; and the sentences for its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jupyterhub.handlers.base import BaseHandler

from proboost.i18n import LANGUAGES, accepted, catalogue, using
from proboost.i18n import gettext as _
from proboost.settings import Settings, settings

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "proboost-lang"


def language(handler: Any) -> str:
    """The reader's language: chosen on this page, chosen before, or the browser's."""
    chosen = handler.get_query_argument("lang", None) or handler.get_cookie(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else accepted(handler.request.headers.get("Accept-Language", ""))


@contextmanager
def speaking(handler: Any) -> Iterator[None]:
    """Sentences made inside are in the reader's language."""
    with using(language(handler)):
        yield


def said(status: int) -> tuple[str, str]:
    """What a status means to a person: a heading, and what to do next."""
    if status == 403:
        return _("You may not open this"), _("If you think that you should, ask your school’s administrator.")
    if status == 404:
        return _("There is no such page"), _("The address may be mistyped, or the page may have moved.")
    if status == 429:
        return _("Too many people are starting at once"), _("This page opens by itself in a few seconds.")
    if status in {502, 503, 504}:
        return (
            _("This part of ProBoost is starting"),
            _("It is back in a few seconds, and the page then opens by itself. Your answers are kept."),
        )
    return (
        _("Something went wrong on our side"),
        _("Your answers are kept. Open the page again; if that does not help, write to {email} or call {phone}."),
    )


def words(handler: Any) -> dict[str, Any]:
    """What our templates use beside JupyterHub's own names."""
    reader = language(handler)
    conf = settings()

    def error(status: int) -> tuple[str, str]:
        with using(reader):
            heading, text = said(status)
        return heading, text.format(email=conf.support_email, phone=conf.support_phone)

    return {
        "_": catalogue(reader).gettext,
        "language": reader,
        "other_language": "en" if reader == "ru" else "ru",
        "home": f"{conf.prefix}/",
        "tokens": f"{conf.prefix}/static/built/tokens.css",
        "file": file_url,
        "error_said": error,
        "support": {"phone": conf.support_phone, "email": conf.support_email},
        "sign_up": conf.sign_up,
    }


@lru_cache(maxsize=16)
def file_url(name: str) -> str:
    """Address of one of our static files, with a mark of its content: it may be kept for ever."""
    mark = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/hub/proboost/static/{name}?v={mark}"


def configure(c: Any, _conf: Settings) -> None:
    c.JupyterHub.template_paths = [str(HERE / "templates")]
    # JupyterHub lets `template_vars` see the user only; the language stands in the request
    theirs = BaseHandler.template_namespace.fget
    BaseHandler.template_namespace = property(lambda self: {**theirs(self), **words(self)})
