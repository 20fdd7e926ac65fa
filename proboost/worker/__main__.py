"""`python -m proboost.worker`: serves the platform's internal socket until SIGTERM.

PROBOOST_WORKER_NAME: what this worker is called, one name for one worker at a time.
"""

from __future__ import annotations

import logging
import os
import socket
import sys

from proboost.grading.rooms import SandboxBroken
from proboost.settings import settings
from proboost.worker.platform import Door
from proboost.worker.serving import serve

NO_SANDBOX = 78  # EX_CONFIG


def main() -> int:
    conf = settings()
    logging.basicConfig(level=conf.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    name = os.environ.get("PROBOOST_WORKER_NAME") or f"{socket.gethostname()}/worker"
    try:
        serve(Door(conf.internal_socket), name, conf)
    except SandboxBroken as error:
        print(error, file=sys.stderr)
        return NO_SANDBOX
    return 0


if __name__ == "__main__":
    sys.exit(main())
