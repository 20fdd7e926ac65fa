"""Kernels forked from a warm parent, for everything that starts kernels through jupyter_client: named in a kernelspec.

Any trouble with the parent is an ordinary start, told once in the log. PROBOOST_KERNEL_PARENT names the socket of a
parent that is there already (a learner's server is given one); else this starts one for its user, and uses the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from jupyter_client.connect import KernelConnectionInfo, LocalPortCache
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Float, Int, List, Unicode

from proboost_kernel import prompt

from . import asking, hygiene, place, wire
from .libraries import LESSONS
from .pressure import BUSY

GIVEN = "PROBOOST_KERNEL_PARENT"
MODULES = ("proboost_kernel", "ipykernel_launcher", "ipykernel")
_OURS = frozenset({"env", "cwd", "stdin", "stdout", "stderr", "independent", "kernel_id", "extra_arguments"})
_WARMING = 60.0  # seconds for a parent to become warm, where it is waited for


class ForkProvisioner(LocalProvisioner):
    """LocalProvisioner whose process may be a fork of a warm parent. `started_by`: "spare", "fork" or "program"."""

    preload = List(Unicode(), list(LESSONS), help="What the warm parent imports for its kernels.").tag(config=True)
    spares = Int(1, help="Kernels that wait ready for their user: 0 or 1.").tag(config=True)
    busy = Float(BUSY, help="No spare is made while a processor is waited for this percent of time.").tag(config=True)
    idle = Float(600.0, help="Seconds without a kernel after which a parent that we started ends.").tag(config=True)
    patient = Bool(False, help="Wait for a parent that is being warmed, instead of an ordinary start.").tag(config=True)
    enabled = Bool(True, help="Whether to fork kernels at all.").tag(config=True)

    started_by = ""
    told: ClassVar[set[str]] = set()

    _files: list[str]
    _fresh = False
    _asked = False

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager = self.parent
        self._asked = False
        # Ports that are set already are those of a kernel that comes back: its clients know them.
        self._fresh = manager is not None and not any(manager.ports)
        prompt.clients(manager)
        found: dict[str, Any] = await super().pre_launch(**kwargs)
        return found

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        self._files = []
        if self._can_fork(cmd, kwargs):
            try:
                started = await asyncio.to_thread(self._forked, cmd, kwargs)
            except (OSError, wire.Malformed, KeyError, ValueError, TypeError, subprocess.SubprocessError) as error:
                self._tell(str(error) or repr(error))
                started = None
            if started is not None:
                return self._take(started, kwargs)
        self.started_by = "program"
        self._files = [os.path.splitext(argument)[0] + "-printed" for argument in cmd[-1:]]
        kwargs = {name: value for name, value in kwargs.items() if name not in {"path", "kernel_name"}}
        return await super().launch_kernel(cmd, **kwargs)

    def _tell(self, why: str) -> None:
        level = self.log.debug if why in self.told else self.log.warning
        self.told.add(why)
        level("No kernel from a warm parent, an ordinary start instead: %s", why)

    def _can_fork(self, cmd: Sequence[str], kwargs: Mapping[str, Any]) -> bool:
        return (
            self.enabled
            and os.environ.get("PROBOOST_KERNEL_FORK", "1") != "0"
            and hasattr(os, "pidfd_open")
            and _module(cmd) in MODULES
            and "-f" in cmd
            and not {name for name in kwargs if name not in _OURS and name not in {"path", "kernel_name"}}
            and kwargs.get("stdin") in {None, subprocess.DEVNULL}
            and subprocess.PIPE not in {kwargs.get("stdout"), kwargs.get("stderr")}
        )

    def _take(self, started: asking.Started, kwargs: Mapping[str, Any]) -> Any:
        process: Any = started.process  # as much of a Popen as is used here
        self.process, self.pid, self.pgid = process, process.pid, process.pid
        self.cwd = kwargs.get("cwd") or os.getcwd()
        self.started_by, self._files = started.by, started.files
        info: dict[str, Any] = {**self.connection_info}
        if started.info is not None:
            if self.ports_cached:  # those that were kept free for it; it came with its own, which it keeps
                for name in (name for name in started.info if name.endswith("_port")):
                    LocalPortCache.instance().return_port(info[name])
            info |= started.info
        self.connection_info = cast("KernelConnectionInfo", info)
        return info

    # -- in a thread

    def _forked(self, cmd: Sequence[str], kwargs: Mapping[str, Any]) -> asking.Started | None:
        """A kernel of the first parent that gives one; None when there is none yet."""
        at = cmd.index("-m")
        python, flags, module, argv = cmd[0], list(cmd[1:at]), cmd[at + 1], list(cmd[at + 2 :])
        env = {name: value for name, value in kwargs["env"].items() if name not in {GIVEN, "JPY_PARENT_PID"}}
        head = {
            "op": "start",
            "need": place.need(python, flags, env),
            "independent": bool(kwargs.get("independent")),
            "mold": self._mold(module, argv, env),
            "spare": self._fresh,
        }
        key: Any = self.connection_info["key"]
        request = {
            "env": env, "argv": argv, "module": module, "bounds": hygiene.bounds(),
            "cwd": os.path.abspath(kwargs.get("cwd") or os.getcwd()),
            "key": key.decode(),
        }  # fmt: skip
        with _output(kwargs.get("stdout"), kwargs.get("stderr")) as output:
            if given := os.environ.get(GIVEN):
                try:
                    return asking.ask(given, head, request, output)
                except asking.Refused as error:
                    if not error.stale:
                        self._tell(f"{given}: {error}")
                except TimeoutError:
                    raise  # it is there, the machine is busy: a parent of our own would make that worse
                except OSError as error:
                    self._tell(f"{given}: {error}")
            return self._own(python, flags, env, head, request, output)

    def _own(
        self,
        python: str,
        flags: list[str],
        env: Mapping[str, str],
        head: Mapping[str, Any],
        request: Mapping[str, Any],
        output: tuple[int, int],
    ) -> asking.Started | None:
        path = os.path.join(place.folder(env), place.key(python, flags, env, self._settings()))
        end = time.monotonic() + _WARMING
        while True:
            try:
                return asking.ask(path, head, request, output)
            except asking.Refused as error:
                if not error.stale:
                    raise
            except OSError as error:
                if not asking.absent(error):
                    raise
            self._warm_up(path, python, flags, env)
            if not self.patient or time.monotonic() > end:
                return None
            time.sleep(0.02)  # until the parent that was just started is warm; only where one chose to wait

    def prepare(self, cmd: Sequence[str], env: Mapping[str, str]) -> None:
        """Has what the next kernel needs made ready: a warm parent, and a spare where there is room. Blocks.

        `cmd` and `env` are what it will be started with, its manager is `parent`. Raises as `asking.ask` does.
        """
        at = cmd.index("-m")
        python, flags, module, argv = cmd[0], list(cmd[1:at]), cmd[at + 1], list(cmd[at + 2 :])
        more = {"need": place.need(python, flags, env), "mold": self._mold(module, argv, env)}
        if given := os.environ.get(GIVEN):
            try:
                if asking.question(given, "prepare", **more).get("done"):
                    return
            except TimeoutError:
                return  # it is there, the machine is busy: no time for what nobody has asked for yet
            except OSError:
                pass
        path = os.path.join(place.folder(env), place.key(python, flags, env, self._settings()))
        self._warm_up(path, python, flags, env)
        end = time.monotonic() + _WARMING
        while time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                asking.question(path, "prepare", **more)
                return
            time.sleep(0.1)  # until the parent that was just started is warm: nobody waits for us

    def _settings(self) -> list[object]:
        return [self.preload, self.spares, self.busy]

    def _warm_up(self, path: str, python: str, flags: Sequence[str], env: Mapping[str, str]) -> None:
        asking.warm_up(
            path, python, flags, env, preload=self.preload, idle=self.idle, spares=self.spares, busy=self.busy
        )

    def _mold(self, module: str, argv: Sequence[str], env: Mapping[str, str]) -> dict[str, Any] | None:
        """What a spare must have been made with to become this kernel; None where only a plain fork will do."""
        manager = self.parent
        plain = list(argv)
        at = plain.index("-f")
        file = plain[at + 1]
        del plain[at : at + 2]
        if (
            manager is None
            or manager.transport not in {"tcp", "ipc"}
            or getattr(manager, "curve_publickey", None) is not None
            or manager.session.signature_scheme != "hmac-sha256"
        ):
            return None
        local = manager.transport == "ipc"
        return {
            "module": module,
            "argv": plain,
            "transport": manager.transport,
            "folder": os.path.dirname(os.path.abspath(manager.ip) if local else file),
            "ip": "" if local else manager.ip,
            "variables": place.at_setup(env),
        }

    # -- ends

    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: ARG002 -- jupyter_client names it
        """Waits until the kernel has ended, in place of the manager's looking every 100 ms; its patience is as long."""
        patience = self.parent.shutdown_wait_time if self.parent else 5.0
        self._asked = not await self._ends(patience / 2)
        if self._asked:
            await self.terminate()

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """What is left of the manager's patience when half of it was spent above."""
        return recommended / 2 if self._asked else recommended

    async def _ends(self, seconds: float) -> bool:
        """Whether the kernel's process has ended, or ends within these seconds; True for one that we cannot watch."""
        process = self.process
        if not isinstance(process, asking.Process) or process.pidfd < 0:
            return True
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        watched = os.dup(process.pidfd)
        loop.add_reader(watched, ended.set)
        try:
            await asyncio.wait_for(ended.wait(), max(0.1, seconds))
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(watched)
            os.close(watched)
        return True

    async def wait(self) -> int | None:
        process = self.process
        if isinstance(process, asking.Process) and process.pidfd >= 0:
            await self._ends(3600)
        status: int | None = await super().wait()
        return status

    async def cleanup(self, restart: bool = False) -> None:
        for path in getattr(self, "_files", []):  # those of a kernel that had no time to remove them
            with contextlib.suppress(OSError):
                os.unlink(path)
        await super().cleanup(restart=restart)


def _module(cmd: Sequence[str]) -> str:
    """The module of `python [flags] -m MODULE …`; empty for other commands."""
    for at, argument in enumerate(cmd[1:], 1):
        if argument == "-m":
            return cmd[at + 1] if at + 1 < len(cmd) else ""
        if not argument.startswith("-"):
            break
    return ""


@contextlib.contextmanager
def _output(stdout: Any, stderr: Any) -> Any:
    """Descriptors of a kernel's standard output and error, as subprocess understands those arguments."""
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)

    def descriptor(given: Any, otherwise: int) -> int:
        number = otherwise if given is None else given if isinstance(given, int) else given.fileno()
        if number == subprocess.DEVNULL:
            return nowhere
        try:
            os.fstat(number)
        except OSError:  # a daemon that closed its own
            return nowhere
        return int(number)

    try:
        out = descriptor(stdout, 1)
        yield out, out if stderr == subprocess.STDOUT else descriptor(stderr, 2)
    finally:
        os.close(nowhere)
