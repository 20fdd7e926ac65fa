"""A real kernel, spoken to as a page's widget does."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from proboost_kernel.widgets.running import MIME, PROGRAM

ROOT = Path(__file__).parents[3]
Json = dict[str, Any]


class Kernel:
    """`execute` gives a cell's outputs, `run` what a program says; `ask` sends one message to the widget and gives what
    it says up to the last.
    """

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client
        self.comms: list[tuple[str, Json]] = []  # id and state of each exercise's model, as they were opened

    def execute(self, code: str) -> list[Json]:
        id_ = self.client.execute(code)
        found: list[Json] = []
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "comm_open" and "spec" in message["content"]["data"].get("state", {}):
                self.comms.append((message["content"]["comm_id"], message["content"]["data"]["state"]))
            if message["parent_header"].get("msg_id") != id_:
                continue
            if message["msg_type"] in {"display_data", "execute_result", "stream", "error"}:
                found.append(message["content"])
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return found

    def show(self, cell: str) -> Json:
        """The state of the widget of an exercise's cell."""
        outputs = self.execute(cell)
        assert self.comms, outputs
        return self.comms[-1][1]

    def run(
        self,
        code: str,
        setup: str = "",
        *,
        during: Callable[[Json], None] = lambda said: None,
        answers: Sequence[str] = (),
        seconds: float = 20,
    ) -> list[Json]:
        """As a page runs an exercise's program; what a cell would have shown beside is in it as {"leaked"}."""
        text = json.dumps(json.dumps({"code": code, "setup": setup}))
        id_ = self.client.execute(
            PROGRAM.format(text=text), silent=True, store_history=False, allow_stdin=True, stop_on_error=False
        )
        found: list[Json] = []
        typed = list(answers)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.client.stdin_channel.msg_ready():
                found.append({"asked": self.client.get_stdin_msg(timeout=1)["content"]})
                self.client.input(typed.pop(0))
            if not self.client.iopub_channel.msg_ready():
                time.sleep(0.01)
                continue
            message = self.client.get_iopub_msg(timeout=1)
            content = message["content"]
            if message["parent_header"].get("msg_id") != id_:
                continue
            if message["msg_type"] == "display_data" and MIME in content["data"]:
                found.append(content["data"][MIME])
                during(found[-1])
            elif message["msg_type"] in {"display_data", "execute_result", "stream", "error", "execute_input"}:
                found.append({"leaked": content})
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return found
        raise AssertionError(f"it runs on: {found}")

    def ask(self, message: Json, last: str, seconds: float = 20) -> list[Json]:
        comm, _state = self.comms[-1]
        content = {"method": "custom", "content": {"n": "n1", **message}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", {"comm_id": comm, "data": content}))
        found: list[Json] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said = self.client.get_iopub_msg(timeout=seconds)
            if said["msg_type"] != "comm_msg" or said["content"]["data"].get("method") != "custom":
                if said["msg_type"] in {"error", "stream"}:
                    found.append({"type": "leaked", **said["content"]})
                continue
            content = said["content"]["data"]["content"]
            found.append(content)
            if content["type"] == last:
                return found
        raise AssertionError(f"no {last}: {found}")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One for all tests of a module: a learner's programs leave it as they find it, but for their names."""
    folder = tmp_path_factory.mktemp("kernel")
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(
        extra_arguments=["--IPKernelApp.extra_extensions=proboost_kernel.magics"],
        cwd=str(folder),
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PROBOOST_LANG": "en",
            "PROBOOST_ESM": "/user/lea/proboost/static/exercise.js?v=1",
            "IPYTHONDIR": str(folder / "ipython"),
        },
    )
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
