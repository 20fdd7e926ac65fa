"""Ids of what comes from elsewhere: stable, readable in Latin letters whatever they were written in, each once."""

from __future__ import annotations

import re
from collections.abc import Container

from anyascii import anyascii

LONGEST = 48


def slug(text: str, default: str = "") -> str:
    """Small Latin letters, digits and “-”; cut between words. `Щука, ёжик` -> `shchuka-ezhik`."""
    latin = anyascii(text).lower().replace("'", "").replace('"', "")
    name = re.sub(r"[^a-z0-9]+", "-", latin).strip("-")
    if len(name) > LONGEST:
        name = name[: LONGEST + 1].rsplit("-", 1)[0][:LONGEST].strip("-") or name[:LONGEST]
    return name or default


def unique(name: str, taken: Container[str]) -> str:
    """The name, with the first number from 2 that makes it one of its own."""
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}-{count}"
    return found
