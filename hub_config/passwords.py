"""Passwords and one-time links: what a good password is, and signed links that die when the password changes. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from proboost.i18n import gettext as _
from proboost.i18n import ngettext

MINIMUM = 8
LINK_SECONDS = 3 * 24 * 3600
_MOST_BYTES = 72  # what bcrypt reads


def problem(password: str, name: str, common: frozenset[str]) -> str | None:
    """Why this is no good password, as a sentence for the person who chose it; None when it is good."""
    if len(password) < MINIMUM:
        text = ngettext(
            "The password must have at least {n} character.", "The password must have at least {n} characters.", MINIMUM
        )
        return text.format(n=MINIMUM)
    if len(password.encode()) > _MOST_BYTES:
        return _("The password is too long: {n} bytes are the most.").format(n=_MOST_BYTES)
    if password.lower() == name or password.lower() in common:
        return _("This password is too easy to guess. Choose another one.")
    return None


def _mac(payload: bytes, password_hash: bytes, key: str) -> bytes:
    mark = hashlib.sha256(password_hash).digest()
    return hmac.new(key.encode(), b"password-link\0" + mark + payload, "sha256").digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def make_link(name: str, password_hash: bytes, key: str, now: float) -> str:
    """A token that lets `name` choose a password until it expires or the present password changes."""
    payload = json.dumps([name, int(now) + LINK_SECONDS], separators=(",", ":")).encode()
    return f"{_encode(payload)}.{_encode(_mac(payload, password_hash, key))}"


def name_in(token: str) -> str | None:
    """Whose link this claims to be: not checked yet, only to look the account up."""
    try:
        name, _expires = json.loads(_decode(token.partition(".")[0]))
    except (ValueError, TypeError, binascii.Error):
        return None
    return name if isinstance(name, str) else None


def holds(token: str, password_hash: bytes, key: str, now: float) -> bool:
    """Is the link genuine, in time, and its password still the one it was made for?"""
    try:
        first, _dot, second = token.partition(".")
        payload, mac = _decode(first), _decode(second)
        if not hmac.compare_digest(mac, _mac(payload, password_hash, key)):
            return False
        _name, expires = json.loads(payload)
    except (ValueError, TypeError, binascii.Error):
        return False
    return bool(now < expires)
