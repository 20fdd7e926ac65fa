"""`python -m proboost.launcher [DATA]`: the launcher of the installation in DATA, else in PROBOOST_DATA."""

from __future__ import annotations

import os
import sys
from pathlib import Path

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # a warm parent has one thread; learners' environments are made anew
os.environ["OPENBLAS_THREAD_TIMEOUT"] = "20"  # threads that kernels start sleep soon: `place.ONE_THREAD` says why
os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
os.environ["HOME"] = "/"  # nothing that is imported here reads what its user keeps at home

from proboost.launcher import config, serve  # noqa: E402 -- after the variables that libraries read once
from proboost.settings import Settings  # noqa: E402


def main() -> None:
    if len(sys.argv) > 2:
        sys.exit(f"usage: {sys.argv[0]} [DATA]")
    settings = Settings(data=Path(sys.argv[1])) if len(sys.argv) == 2 else Settings()
    serve.run(config.of_settings(settings))


if __name__ == "__main__":
    main()
