"""The end of a session: the learner's servers stop, whether they run or are still starting."""

from __future__ import annotations

import asyncio
from typing import Any

PATIENCE = 15.0  # a server hands its spool over before it ends


async def stop_servers(handler: Any, user: Any) -> None:
    """Stops every server of `user`; comes back when they are down, or after PATIENCE while they go on stopping."""
    names = [name for name, spawner in user.spawners.items() if spawner.active or spawner.pending]
    if names:
        await asyncio.wait([asyncio.ensure_future(_stop(handler, user, name)) for name in names], timeout=PATIENCE)


async def _stop(handler: Any, user: Any, name: str) -> None:
    spawner = user.spawners[name]
    starting = spawner._spawn_future  # noqa: SLF001 -- JupyterHub's own handlers look at it too
    if spawner.pending and starting is not None:
        await asyncio.wait([starting])
    if spawner.active and not spawner.pending:
        try:
            await (await handler.stop_single_user(user, name))
        except RuntimeError as error:  # somebody else stops it already
            handler.log.info("%s is not stopped here: %s", spawner._log_name, error)  # noqa: SLF001
