"""The warm parent practises what tests do: it passes them, and is afterwards as it was before."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from proboost.grading.sandbox.room import ENVIRONMENT

PROGRAM = """
import builtins, importlib, json, os, signal, sys, threading
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
from proboost.grading.sandbox import practice
from proboost_kernel.forkserver import hygiene

def state():
    descriptors = len(os.listdir("/proc/self/fd"))
    return [id(builtins.input), id(sys.stdout), descriptors, str(signal.getsignal(signal.SIGALRM))]

before = state()
passed = practice.practise()
threads = [hygiene.tasks(), threading.Thread().name]  # the parent has one, and a program's first is called Thread-1
print(json.dumps({"passed": passed, "before": before, "after": state(), "threads": threads}))
"""


@pytest.mark.parametrize("loaded", [[], ["pandas"]])
def test_it_passes_and_leaves_nothing(loaded: list[str]) -> None:
    command = [sys.executable, "-c", PROGRAM, json.dumps(loaded)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60, env={**os.environ, **ENVIRONMENT})
    told = json.loads(done.stdout)
    assert told["passed"] is True
    assert told["threads"] == [1, "Thread-1"]
    assert told["after"] == told["before"]
