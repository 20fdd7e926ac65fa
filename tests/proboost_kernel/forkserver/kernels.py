"""Real kernels of our kernelspec, and the warm parents they come from, for tests: all of it ends with the test."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

from proboost_kernel.forkserver import asking
from proboost_kernel.install import spec


def until(check: Callable[[], Any], seconds: float = 20.0, what: str = "") -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, f"not in {seconds} s: {what or check}"
        time.sleep(0.02)
    return found


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


class Place:
    """A folder with a kernelspec of each way to start, a runtime folder, and the parents started in it."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self.runtime = folder / "run"
        self.runtime.mkdir(mode=0o700)
        self.home = folder / "home"
        self.home.mkdir()
        self.log: TextIO = (folder / "log").open("a")
        self.kernels: list[Kernel] = []
        self.preload = ["numpy", "pandas", "matplotlib.pyplot", "ipywidgets"]
        self.write("fork", spares=0, python=python)
        self.write("spare", python=python)
        self.write("program", enabled=False, python=python)

    def write(self, name: str, python: str = sys.executable, **config: object) -> None:
        kernel = spec(title=name)
        kernel["argv"] = [python, *kernel["argv"][1:]]  # type: ignore[index]  # a list
        given = {"busy": 101.0, "patient": True, "idle": 60.0, "preload": self.preload, **config}
        kernel["metadata"]["kernel_provisioner"]["config"] = given  # type: ignore[index]  # a dict
        file = self.folder / "kernels" / name / "kernel.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(kernel))

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST", "MPL"))}
        return {**kept, "HOME": str(self.home), "JUPYTER_RUNTIME_DIR": str(self.runtime), "MPLCONFIGDIR": MPL, **more}

    def manager(self, name: str, cls: type[KernelManager] = KernelManager, **traits: Any) -> Any:
        specs = KernelSpecManager(kernel_dirs=[str(self.folder / "kernels")], ensure_native_kernel=False)
        return cls(kernel_name=name, kernel_spec_manager=specs, **traits)

    def start(self, name: str = "fork", *, env: dict[str, str] | None = None, traits: Any = None, **how: Any) -> Kernel:
        """A kernel that answers; "spare": one that was ready before it was asked for."""
        env = self.environment() if env is None else env
        kernel = self.start_one(name, env, traits, how)
        if name == "spare" and kernel.by == "fork":  # none was ready
            pid = parent_of(kernel.pid)
            until(lambda: self.spare_of(pid), what="a spare")
            kernel.close()
            kernel = self.start_one(name, env, traits, how)
        return kernel

    def start_one(self, name: str, env: dict[str, str], traits: Any, how: dict[str, Any]) -> Kernel:
        kernel = Kernel(self.manager(name, **(traits or {})), self.log, env, how)
        self.kernels.append(kernel)
        return kernel

    def parents(self) -> dict[str, dict[str, Any]]:
        """State of each parent that answers, by its socket."""
        found = {}
        for path in sorted(self.runtime.glob("kernel-parents/*")):
            if not path.suffix:
                with contextlib.suppress(OSError):
                    found[str(path)] = asking.question(str(path), "info")
        return found

    def ready(self) -> int | None:
        """The pid of a spare that can be adopted."""
        return next((one["spare"] for one in self.parents().values() if one["spare"]), None)

    def spare_of(self, pid: int) -> int | None:
        """The same, of one parent."""
        return next((one["spare"] for one in self.parents().values() if one["pid"] == pid), None)

    def close(self) -> None:
        for kernel in self.kernels:
            kernel.close()
        for path, state in self.parents().items():
            asking.question(path, "stop")
            until(lambda pid=state["pid"]: gone(pid), what="the parent's end")  # type: ignore[misc]  # bound now
        self.log.close()


class Kernel:
    """A started kernel and a client of it."""

    def __init__(self, manager: KernelManager, log: TextIO, env: dict[str, str], how: dict[str, Any]) -> None:
        self.manager = manager
        manager.start_kernel(**{"stdout": log, "stderr": log, "env": env, **how})
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.messages: list[dict[str, Any]] = []

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    @property
    def by(self) -> str:
        return str(self.manager.provisioner.started_by)

    def run(self, code: str, *, seconds: float = 60, typed: str | None = None) -> str:
        """What the code prints; its other messages are in `messages`. An error in it fails the test."""
        self.messages = []
        reply = self.client.execute_interactive(
            textwrap.dedent(code),
            timeout=seconds,
            output_hook=self.messages.append,
            allow_stdin=typed is not None,
            stdin_hook=lambda _message: self.client.input(typed),
        )
        if reply["content"]["status"] == "aborted":  # it came while ipykernel emptied its queue after an error
            return self.run(code, seconds=seconds, typed=typed)
        printed = "".join(one["content"]["text"] for one in self.messages if one["msg_type"] == "stream")
        assert reply["content"]["status"] == "ok", (reply["content"], printed)
        return printed.strip()

    def until_printed(self, text: str) -> None:
        """Waits until the kernel has printed the text."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=20)
            if message["msg_type"] == "stream" and text in message["content"]["text"]:
                return
        raise AssertionError(f"never printed: {text}")

    def ended(self) -> bool:
        return not self.manager.is_alive()

    def close(self) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


MPL = str(Path("/tmp") / f"proboost-tests-mpl-{os.getuid()}")
