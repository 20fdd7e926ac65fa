"""`python -m proboost.worker`: serves the platform's internal socket until SIGTERM.

PROBOOST_WORKER_NAME: what this worker is called, one name for one worker at a time.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading

from proboost.grading import drawing, notebooks
from proboost.grading.engine import Engine, cores
from proboost.grading.rooms import SandboxBroken
from proboost.settings import settings
from proboost.worker.loop import Loop

NO_SANDBOX = 78  # EX_CONFIG
FINISH = 3.0  # seconds that jobs under way may take after SIGTERM

log = logging.getLogger("proboost.worker")


def main() -> int:
    conf = settings()
    logging.basicConfig(level=conf.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    jobs = conf.worker_jobs or cores()
    name = os.environ.get("PROBOOST_WORKER_NAME") or f"{socket.gethostname()}/worker"
    try:
        engine = Engine(conf.sandbox, uid=conf.worker_uid, jobs=jobs)
    except SandboxBroken as error:
        print(error, file=sys.stderr)
        return NO_SANDBOX
    with engine:
        log.info("sandbox tier %s, %s jobs at once", engine.tier, jobs)
        tasks = {
            "draw": lambda payload: drawing.draw(engine, payload),
            "grade": engine.grade,
            "notebook": lambda payload: notebooks.job(payload, engine),
        }
        loop = Loop(conf.internal_socket, name, jobs=jobs, tasks=tasks, tend=engine.tend, prepare=engine.prepare)
        starting = threading.Thread(target=loop.start, daemon=True)
        starting.start()
        stop.wait()
        loop.stop(FINISH)
    return 0


if __name__ == "__main__":
    sys.exit(main())
