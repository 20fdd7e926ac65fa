"""Clients that are ready when their kernel is: with any kernel, and never ready when it is not."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import AsyncKernelManager, KernelManager
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager

from proboost_kernel import prompt


@pytest.fixture
def specs(tmp_path: Path) -> KernelSpecManager:
    """Stock ipykernel, and a program that ends at once."""
    for name, code in {"stock": ["-m", "ipykernel_launcher"], "brief": ["-c", "import sys; sys.exit(3)"]}.items():
        file = tmp_path / name / "kernel.json"
        file.parent.mkdir()
        argv = [sys.executable, *code, "-f", "{connection_file}"]
        file.write_text(json.dumps({"argv": argv, "display_name": name, "language": "python"}))
    return KernelSpecManager(kernel_dirs=[str(tmp_path)], ensure_native_kernel=False)


def test_ready_means_that_a_cell_answers_and_iopub_is_quiet(specs: KernelSpecManager) -> None:
    manager: Any = KernelManager(kernel_name="stock", kernel_spec_manager=specs)
    prompt.clients(manager)
    manager.start_kernel(stdout=subprocess.DEVNULL)
    client = manager.client()
    assert type(client) is prompt.PromptClient
    client.start_channels()
    client.wait_for_ready(timeout=60)
    said: list[Any] = []
    client.execute_interactive("print(1)", output_hook=said.append, timeout=30)
    assert [one["msg_type"] for one in said] == ["status", "execute_input", "stream", "status"]
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_one_that_ends_is_an_error_at_once(specs: KernelSpecManager) -> None:
    async def main() -> None:
        manager: Any = AsyncKernelManager(kernel_name="brief", kernel_spec_manager=specs)
        prompt.clients(manager)
        await manager.start_kernel()
        client = manager.client()
        assert type(client) is prompt.PromptAsyncClient
        client.start_channels()
        with pytest.raises(RuntimeError, match="died"):
            await client.wait_for_ready(timeout=60)
        client.stop_channels()
        await manager.shutdown_kernel(now=True)

    asyncio.run(main())


def test_a_class_that_somebody_chose_stays() -> None:
    class Mine(BlockingKernelClient):
        pass

    manager = KernelManager(client_factory=Mine)
    prompt.clients(manager)
    assert manager.client_factory is Mine
    prompt.clients(None)
    assert issubclass(prompt.PromptAsyncClient, AsyncKernelClient)
