"""What an e-mail address is to us: one that headers and envelopes can carry safely, and nothing cleverer."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.utils import parseaddr

LONGEST = 254  # RFC 5321, 4.5.3.1.3
_LOCAL = re.compile(r"[^\s\x00-\x20\x7f\"(),:;<>@\[\\\]]{1,64}")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class NotAnAddress(ValueError):
    """The text is no address that we could write to."""


def parse(text: str) -> str:
    """The address in `text`, its domain in lower case ASCII (IDNA). Raises NotAnAddress."""
    local, at, domain = text.strip().rpartition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if not at or dots or not local.isprintable() or not _LOCAL.fullmatch(local):
        raise NotAnAddress(text)
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise NotAnAddress(text) from None
    labels = ascii_domain.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(local.encode()) + len(ascii_domain) + 1 > LONGEST:
        raise NotAnAddress(text)
    return f"{local}@{ascii_domain}"


def mailbox(text: str) -> Address:
    """The mailbox in a setting such as `ProBoost <support@example.org>`. Raises NotAnAddress."""
    name, address = parseaddr(text)
    local, _at, domain = parse(address).rpartition("@")
    return Address(name, local, domain)


def domain(text: str) -> str:
    """The domain of a mailbox: where our Message-IDs live."""
    return mailbox(text).domain
