"""The internal socket: the kernel says who asks, and the worker's account gets no further than its jobs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from fakes import Platform

ASK = """
import http.client, json, os, socket, sys
uid, path = int(sys.argv[2]), sys.argv[1]
peer = socket.socket(socket.AF_UNIX)
folder = os.path.dirname(path)
os.chdir(folder)
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
found = {}
for method, where in json.loads(sys.argv[3]):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(os.path.basename(path))
    connection = http.client.HTTPConnection("platform")
    connection.sock = peer
    connection.request(method, where, body="[]", headers={"Content-Type": "application/json"})
    found[where] = connection.getresponse().status
    connection.close()
print(json.dumps(found))
"""
ASKED = [
    ("POST", "/internal/jobs/claim"),
    ("GET", "/internal/health"),
    ("POST", "/internal/users"),
    ("GET", "/internal/users"),
    ("GET", "/internal/courses"),
    ("GET", "/internal/gradebook/python-start"),
    ("POST", "/internal/jobs/../users"),
]


def asked(platform: Platform, uid: int) -> dict[str, int]:
    path = platform.settings.internal_socket
    path.chmod(0o666)  # who may open it is the file's matter; here: what those may do who can
    arguments = [sys.executable, "-c", ASK, str(path), str(uid), json.dumps(ASKED)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_the_worker_reaches_its_jobs_alone(sqlite_platform: Platform) -> None:
    found = asked(sqlite_platform, sqlite_platform.settings.worker_uid)
    assert found.pop("/internal/jobs/claim") != 403
    assert found.pop("/internal/health") == 200
    assert set(found.values()) <= {403, 404}, found
    assert found["/internal/users"] == 403


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
@pytest.mark.parametrize("uid", [65534, 200_000])
def test_others_reach_nothing(sqlite_platform: Platform, uid: int) -> None:
    assert set(asked(sqlite_platform, uid).values()) == {403}


def test_our_own_account_reaches_everything(sqlite_platform: Platform) -> None:
    assert sqlite_platform.internal().get("/internal/courses").status_code == 200
