"""A worker from its start to SIGTERM: the sandbox, what it does in it, and the loop that asks for jobs."""

from __future__ import annotations

import logging
import signal
import threading

from proboost.grading import drawing, notebooks
from proboost.grading.engine import Engine, cores
from proboost.settings import Settings
from proboost.worker.loop import Loop
from proboost.worker.platform import Door

FINISH = 3.0  # seconds that jobs under way may take after SIGTERM

log = logging.getLogger("proboost.worker")


def serve(door: Door, name: str, conf: Settings) -> None:
    """Until SIGTERM or SIGINT. `name`: one for one worker at a time. Raises SandboxBroken where there can be none."""
    logging.getLogger("httpx").setLevel("WARNING")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    jobs = conf.worker_jobs or cores()
    with Engine(conf.sandbox, uid=conf.worker_uid, jobs=jobs) as engine:
        log.info("sandbox tier %s, %s jobs at once", engine.tier, jobs)
        tasks = {
            "draw": lambda payload: drawing.draw(engine, payload),
            "grade": engine.grade,
            "notebook": lambda payload: notebooks.job(payload, engine),
        }
        loop = Loop(door, name, jobs=jobs, tasks=tasks, tend=engine.tend, prepare=engine.prepare)
        starting = threading.Thread(target=loop.start, daemon=True)
        starting.start()
        stop.wait()
        loop.stop(FINISH)
