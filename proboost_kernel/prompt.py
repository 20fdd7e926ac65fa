"""jupyter_client without its fixed wait: clients that are ready when their kernel is."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_async, run_sync


class _Prompt:
    """`wait_for_ready` as jupyter_client's promises it: the kernel answers, iopub is connected and quiet.

    There, quiet is 200 ms of silence; here it is the kernel's own word that our question is done with.
    """

    async def _async_wait_for_ready(self: Any, timeout: float | None = None) -> None:
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            asked = self.kernel_info()
            if await self._answered(asked, min(end, time.monotonic() + 1.0)):
                return
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answered(self: Any, asked: str, end: float) -> bool:
        """Whether the reply came, and iopub told that the kernel is idle after it."""
        try:
            while True:
                reply = await ensure_async(self.shell_channel.get_msg(timeout=max(0.0, end - time.monotonic())))
                if reply["msg_type"] == "kernel_info_reply":
                    break
            self._handle_kernel_info_reply(reply)
            while True:  # 200 ms: when our subscription came too late, nothing will come, and we ask again
                said = await ensure_async(self.iopub_channel.get_msg(timeout=0.2))
                idle = said["msg_type"] == "status" and said["content"]["execution_state"] == "idle"
                if idle and said["parent_header"].get("msg_id") == asked:
                    return True
        except Empty:
            return False


class PromptClient(_Prompt, BlockingKernelClient):
    """A blocking client."""

    wait_for_ready = run_sync(_Prompt._async_wait_for_ready)  # noqa: SLF001 -- above


class PromptAsyncClient(_Prompt, AsyncKernelClient):
    """A client for asyncio."""

    wait_for_ready = _Prompt._async_wait_for_ready  # noqa: SLF001 -- above


_INSTEAD = {BlockingKernelClient: PromptClient, AsyncKernelClient: PromptAsyncClient}


def clients(manager: KernelManager | None) -> None:
    """The manager's clients do not wait longer than they must; a class that somebody chose stays."""
    if manager is not None and (instead := _INSTEAD.get(manager.client_factory)) is not None:
        manager.client_factory = instead
