"""The warm parent practises what tests do: it passes them, and is afterwards as it was before."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import builtins, importlib, json, os, signal, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
from proboost.grading.sandbox import practice
from proboost_kernel.forkserver import hygiene

def state():
    descriptors = len(os.listdir("/proc/self/fd"))
    return [id(builtins.input), id(sys.stdout), descriptors, hygiene.tasks(), str(signal.getsignal(signal.SIGALRM))]

before = state()
passed = practice.practise()
print(json.dumps({"passed": passed, "before": before, "after": state()}))
"""


@pytest.mark.parametrize("loaded", [[], ["pandas"]])
def test_it_passes_and_leaves_nothing(loaded: list[str]) -> None:
    command = [sys.executable, "-c", PROGRAM, json.dumps(loaded)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    assert told["passed"] is True
    assert told["after"] == told["before"]
