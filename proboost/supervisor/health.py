"""Is a program well? Asked over the way that its users take; every question ends in bounded time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from proboost.settings import Settings

LONGEST = 10.0  # seconds for one answer


async def get(url: str, *, headers: dict[str, str] | None = None, socket: Path | None = None) -> bool:
    """Does a GET succeed?"""
    # Programs of this machine speak plain http; reading the certificates of the world for each question takes 27 ms.
    transport = httpx.AsyncHTTPTransport(uds=str(socket) if socket else None, verify=False)
    try:
        async with httpx.AsyncClient(transport=transport, timeout=LONGEST) as client:
            return (await client.get(url, headers=headers)).is_success
    except httpx.HTTPError:
        return False


async def proxy(conf: Settings) -> bool:
    """Does the proxy's API answer?"""
    headers = {"Authorization": f"token {conf.secret('proxy_token')}"}
    return await get("http://proxy/api/routes", headers=headers, socket=conf.proxy_api_socket)


async def accepts(socket: Path) -> bool:
    """Does somebody accept connections on that unix socket?"""
    try:
        _reader, writer = await asyncio.wait_for(asyncio.open_unix_connection(str(socket)), LONGEST)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def always() -> bool:
    """For programs whose being there is all that can be asked."""
    return True


async def public(conf: Settings) -> bool:
    """Do Hub and platform answer where people come in, through the proxy?"""
    here = f"http://{conf.bind}:{conf.port}"
    host = {"Host": conf.origin.partition("//")[2]}
    return await get(f"{here}/hub/health", headers=host) and await get(f"{here}{conf.prefix}/health", headers=host)
