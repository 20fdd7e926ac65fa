"""The kernels that a learner's server offers: ours, which knows %%exercise, wherever Python keeps others."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from traitlets import default

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
