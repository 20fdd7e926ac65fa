"""`python -m proboost_kernel -f FILE`: the kernel as an ordinary program, where none is forked from a warm parent."""

import sys
from pathlib import Path

if __name__ == "__main__":
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]  # as ipykernel_launcher does: what lies in the folder of a notebook does not replace a library

    from proboost_kernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance()
