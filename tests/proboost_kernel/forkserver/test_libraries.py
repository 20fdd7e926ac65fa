"""What a warm parent imports for every kernel is there: a name that nobody has costs a search at each warm-up."""

from __future__ import annotations

import subprocess
import sys

LOST = """\
import importlib
from proboost_kernel.forkserver import libraries
lost = []
for name in [*libraries._KERNEL, *libraries._TOUCHY, *(one for more in libraries._WITH.values() for one in more)]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        lost.append(str(error))
print(lost)
"""


def test_every_module_that_is_imported_ahead_exists() -> None:
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
