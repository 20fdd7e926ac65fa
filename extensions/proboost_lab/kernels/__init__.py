"""The kernels that a learner's server offers: ours, which knows %%exercise, wherever Python keeps others."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from traitlets import default

from proboost_kernel.forkserver import wire
from proboost_kernel.forkserver.provisioner import ForkProvisioner

SPECS = Path(__file__).parent
PROVISIONER = EntryPoint(
    "proboost-forkserver",
    "proboost_kernel.forkserver.provisioner:ForkProvisioner",
    KernelProvisionerFactory.GROUP_NAME,
)


class Kernels(KernelSpecManager):
    """Reads our own folder only: nothing from the learner's home is started as a kernel of this server."""

    ensure_native_kernel = False

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        # Known also while an update of the environment has our entry points away: a kernelspec would go with them.
        known = KernelProvisionerFactory.instance(parent=self.parent).provisioners
        known.setdefault(PROVISIONER.name, PROVISIONER)

    @default("kernel_dirs")
    def _ours(self) -> list[str]:
        return [str(SPECS)]


def prepare(app: Any) -> None:
    """Has the kernels' warm parent and a spare made while nobody waits; trouble is told when a kernel is asked for."""
    manager = KernelManager(
        kernel_name="python3",
        kernel_spec_manager=app.kernel_spec_manager,
        transport="ipc",
        connection_file=str(Path(app.runtime_dir, "kernel-next.json")),
    )
    spec: Any = manager.kernel_spec
    config = spec.metadata["kernel_provisioner"].get("config", {})
    provisioner = ForkProvisioner(kernel_spec=spec, parent=manager, **config)
    argv = [sys.executable, *spec.argv[1:]]
    env = {**os.environ, **{name: os.path.expandvars(value) for name, value in spec.env.items()}}

    def make() -> None:
        try:
            provisioner.prepare(argv, env)
        except (OSError, wire.Malformed, subprocess.SubprocessError) as error:
            app.log.debug("proboost: no warm kernels: %r", error)

    threading.Thread(target=make, daemon=True, name="kernels").start()
