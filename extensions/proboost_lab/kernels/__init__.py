"""The kernels that a learner's server offers: ours, which knows %%exercise, wherever Python keeps others."""

from __future__ import annotations

from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from traitlets import default

SPECS = Path(__file__).parent


class Kernels(KernelSpecManager):
    """Reads our own folder only: nothing from the learner's home is started as a kernel of this server."""

    ensure_native_kernel = False

    @default("kernel_dirs")
    def _ours(self) -> list[str]:
        return [str(SPECS)]
