"""A forked kernel is its asker's: environment, folder, limits, startup files, chance; nothing of anybody else."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from .kernels import Kernel, Place, until

WAYS = ("fork", "spare")


@pytest.mark.parametrize("way", WAYS)
def test_environment_folder_and_time_zone(place: Place, tmp_path: Path, way: str) -> None:
    place.start("spare").close()  # what the next spare is made after has another folder and environment
    env = place.environment(GREETING="привет", TZ="Asia/Tokyo", JPY_SESSION_NAME="lesson.ipynb")
    kernel = place.start(way, env=env, cwd=str(tmp_path))
    said = kernel.run("import os, time; print(os.environ['GREETING'], os.getcwd(), time.tzname[0], __session__)")
    assert said == f"привет {tmp_path} JST lesson.ipynb"
    assert kernel.run("print(sorted(os.environ)); print(_dh)").splitlines() == [
        str(sorted({*env, "MPLBACKEND", "PAGER", "GIT_PAGER", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "TERM"})),
        f"[PosixPath('{tmp_path}')]",
    ]
    assert kernel.run("!echo $GREETING") == "привет"
    (tmp_path / "beside.py").write_text("value = 5")
    assert kernel.run("import beside; print(beside.value)") == "5"
    kernel.close()


@pytest.mark.parametrize("way", WAYS)
def test_what_one_was_given_is_in_no_other(place: Place, way: str) -> None:
    secret = f"secret-{os.urandom(6).hex()}"
    first = place.start(way, env=place.environment(MY_TOKEN=secret))
    key = first.manager.session.key.decode()
    second = place.start(way)
    search = """
        import re
        found = 0
        for line in open("/proc/self/maps"):
            span, rights = line.split()[:2]
            if "r" in rights and "[v" not in line:
                start, end = (int(x, 16) for x in span.split("-"))
                memory.seek(start)
                try: found += memory.read(end - start).count(needle)
                except OSError: pass
        print(found)
    """
    for what in (secret, key):
        half = len(what) // 2
        needle = f"needle = {what[half:].encode()!r}\nneedle = {what[:half].encode()!r} + needle\n"
        assert second.run("memory = open('/proc/self/mem', 'rb')\n" + needle + dedent(search)) == "1"  # needle itself
    parent = next(iter(place.parents().values()))["pid"]
    assert secret not in Path(f"/proc/{parent}/environ").read_text()
    first.close()
    second.close()


@pytest.mark.parametrize("way", WAYS)
def test_limits_niceness_and_processors_are_the_askers(place: Place, way: str) -> None:
    one = min(os.sched_getaffinity(0))
    code = """
        import os, sys
        sys.path[:0] = sys.argv[1].split(":")
        os.sched_setaffinity(0, {int(sys.argv[3])}); os.umask(0o027)
        import resource
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (777, hard))
        from pathlib import Path
        from tests.proboost_kernel.forkserver import kernels
        import types
        place = object.__new__(kernels.Place)
        place.folder = Path(sys.argv[2]); place.runtime = place.folder / "run"; place.home = place.folder / "home"
        place.log = open(os.devnull, "w"); place.kernels = []
        if sys.argv[4] == "nice":
            os.nice(5)
            open("/proc/self/oom_score_adj", "w").write("300")
        kernel = place.start_one(sys.argv[5], place.environment(), None, {})
        print(kernel.by)
        print(kernel.run('''
            import os, resource
            print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.getpriority(0, 0), os.sched_getaffinity(0),
                  open("/proc/self/oom_score_adj").read().strip(), oct(os.umask(0)))'''))
        kernel.close()
    """
    if way == "spare":
        place.start("spare").close()
        until(place.ready)
    arguments = [":".join(sys.path), str(place.folder), str(one), "same", way]
    done = subprocess.run([sys.executable, "-c", dedent(code), *arguments], capture_output=True, text=True, check=True)
    standing = Path("/proc/self/oom_score_adj").read_text().strip()
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    assert done.stdout.splitlines() == [way, f"777 {nice} {{{one}}} {standing} 0o27"]
    if way == "fork":  # niceness is part of what a parent must share: this asker has one of its own
        arguments[3] = "nice"
        done = subprocess.run(
            [sys.executable, "-c", dedent(code), *arguments], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines() == [way, f"777 {nice + 5} {{{one}}} 300 0o27"]


@pytest.mark.parametrize("way", WAYS)
def test_two_kernels_draw_different_numbers(place: Place, way: str) -> None:
    code = """
        import json, random, secrets, tempfile, uuid, multiprocessing as m, numpy as np
        print(json.dumps([random.random(), np.random.rand(), np.random.default_rng().random(), str(uuid.uuid4()),
            str(uuid.uuid1()), next(tempfile._get_candidate_names()), secrets.token_hex(4),
            m.current_process().authkey.hex(), get_ipython().kernel.session.session]))
    """
    kernels = [place.start(way) for _ in range(2)]
    first, second = (json.loads(kernel.run(code)) for kernel in kernels)
    assert all(a != b for a, b in zip(first, second, strict=True)), (first, second)
    for kernel in kernels:
        kernel.close()


@pytest.mark.parametrize("way", WAYS)
def test_no_descriptor_is_inherited(place: Place, way: str) -> None:
    """As an ordinary kernel has, and one pidfd beside, of who asked for it: none of the parent, none of a neighbour."""
    look = """
        import json, os
        found = []
        for number in os.listdir("/proc/self/fd"):
            try: found.append(os.readlink(f"/proc/self/fd/{number}").rstrip("0123456789[]:"))
            except OSError: pass
        print(json.dumps(found))
    """
    neighbour, kernel, ordinary = place.start(way), place.start(way), place.start("program")

    def settled() -> tuple[list[str], list[str]] | None:  # a client's last connection may not be taken yet
        mine, theirs = (json.loads(one.run(look)) for one in (kernel, ordinary))
        kinds = ("socket", "pipe", "anon_inode:[eventpoll", "anon_inode:[eventfd")
        return (mine, theirs) if all(mine.count(kind) <= theirs.count(kind) for kind in kinds) else None

    mine, theirs = until(settled, what="no more descriptors than an ordinary kernel has")
    assert mine.count("anon_inode:[pidfd") == 1
    assert theirs.count("anon_inode:[pidfd") == 0
    known = ("/dev/null", str(place.folder / "log"), str(place.home), "socket", "pipe", "anon_inode")
    assert not [one for one in mine if not one.startswith(known)]
    for one in (neighbour, kernel, ordinary):
        one.close()


def test_startup_files_and_profile_are_its_users(place: Place, tmp_path: Path) -> None:
    """Written after the parent and its spare were made; run in the asker's folder, with its environment."""
    place.start("spare").close()
    until(place.ready)
    profile = place.home / ".ipython" / "profile_default"
    startup = profile / "startup" / "10-mine.py"
    startup.parent.mkdir(parents=True, exist_ok=True)
    startup.write_text("import asyncio, os\nmine = asyncio.run(asyncio.sleep(0, os.environ['WHOSE'] + os.getcwd()))\n")
    kernel = place.start("spare", env=place.environment(WHOSE="hers "), cwd=str(tmp_path))
    assert kernel.by == "spare"
    assert kernel.run("print(mine)") == f"hers {tmp_path}"
    kernel.close()
    settings = profile / "ipython_kernel_config.py"
    settings.write_text("c.InteractiveShell.ast_node_interactivity = 'none'\n")
    try:
        kernel = place.start_one("spare", place.environment(WHOSE=""), None, {})
        assert kernel.run("print(get_ipython().ast_node_interactivity)") == "none"
        kernel.close()
    finally:
        settings.unlink()
        startup.unlink()


def test_what_python_reads_when_it_starts_needs_a_parent_of_its_own(place: Place) -> None:
    env = place.environment(PYTHONHASHSEED="0")
    kernels = [place.start("fork", env=env) for _ in range(2)]
    expected = subprocess.run(
        [sys.executable, "-c", "print(hash('a'))"], env=env, capture_output=True, text=True, check=True
    )
    assert {kernel.run("print(hash('a'))") for kernel in kernels} == {expected.stdout.strip()}
    for kernel in kernels:
        kernel.close()


@pytest.mark.parametrize("way", WAYS)
def test_kernels_of_a_learners_server_listen_in_a_private_folder(place: Place, way: str) -> None:
    """On ipc, as in the product, a spare too; nothing listens on a port, and nothing is left when they end."""

    def start() -> Kernel:
        file = str(place.runtime / f"kernel-{os.urandom(4).hex()}.json")
        return place.start_one(way, place.environment(), {"transport": "ipc", "connection_file": file}, {})

    def started() -> Kernel | None:
        kernel = start()
        if kernel.by == way:
            return kernel
        for_others = place.ready()  # on TCP
        kernel.close()
        until(lambda: place.ready() not in (None, for_others), what="a spare like this kernel")
        return None

    before = set(os.listdir(place.runtime))
    kernel = until(started, what=way)
    assert kernel.run("print(1)") == "1"
    assert not listening_ports(kernel.pid)
    info = json.loads(Path(kernel.manager.connection_file).read_text())
    assert info["transport"] == "ipc"
    assert Path(info["ip"]).parent == place.runtime
    assert stat.S_IMODE(place.runtime.stat().st_mode) & 0o077 == 0
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=30)
    assert kernel.run("print(2)") == "2"
    os.kill(kernel.pid, 9)
    until(kernel.ended)
    kernel.close()
    mine = {name for name in set(os.listdir(place.runtime)) - before if not name.startswith("spare-")}
    assert mine <= {"kernel-parents"}


def test_encrypted_kernels_take_a_plain_fork(place: Place) -> None:
    place.start("spare").close()
    until(place.ready)
    file = place.folder / "kernels" / "spare" / "kernel.json"
    text = file.read_text()
    known = json.loads(text)
    known["metadata"]["supported_encryption"] = "curve"
    file.write_text(json.dumps(known))
    try:
        kernel = place.start_one("spare", place.environment(), {"transport_encryption": "required"}, {})
        assert kernel.by == "fork"
        assert kernel.run("print(1)") == "1"
        kernel.close()
    finally:
        file.write_text(text)


def listening_ports(pid: int) -> list[str]:
    """Inodes of this process's listening TCP sockets."""
    mine = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        target = ""
        with contextlib.suppress(FileNotFoundError):  # closed since
            target = os.readlink(f"/proc/{pid}/fd/{number}")
        if target.startswith("socket:["):
            mine.add(target[8:-1])
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return [row[9] for row in rows if row[3] == "0A" and row[9] in mine]
