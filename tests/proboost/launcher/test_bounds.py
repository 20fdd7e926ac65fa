"""One learner cannot starve another: memory, processes, processors, folders in memory, and the home."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from proboost_kernel.forkserver import linux

from .conftest import LEA, MAX, Kernel, Place, until


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory, hub: str) -> Iterator[Place]:
    """Two learners; lea is the one who attacks."""
    made = Place(tmp_path_factory.mktemp("rooms"), hub, memory_mb=400, pids=150, home_mb=48)
    try:
        made.up()
        made.start("lea", LEA)
        made.start("max", MAX)
        yield made
    finally:
        made.down()


@pytest.fixture
def lea(rooms: Place) -> Iterator[Kernel]:
    kernel = rooms.kernel("lea")
    yield kernel
    kernel.close()
    rooms.kernels.remove(kernel)
    until(lambda: deleted(rooms, kernel), 60, "the kernel stays")


def deleted(rooms: Place, kernel: Kernel) -> bool:
    """One that is just coming back after its end cannot be deleted yet: jupyter_client fails then."""
    try:
        rooms.request("lea", "DELETE", f"api/kernels/{kernel.id}")
    except ConnectionError:
        return False
    return True


def neighbour_answers(rooms: Place) -> None:
    """max's server answers quickly enough to be used, while the attack goes on."""
    start = time.monotonic()
    assert rooms.answers("max", seconds=10)
    assert time.monotonic() - start < 10


def execution_ends(kernel: Kernel, code: str, seconds: float = 60) -> str:
    """What the code printed, or "died" when its kernel went away and came back."""
    kernel.send(code)
    end = time.monotonic() + seconds
    printed = ""
    while time.monotonic() < end:
        try:
            message = json.loads(kernel.socket.recv(timeout=5))
        except TimeoutError:
            continue
        if message["msg_type"] == "status" and message["content"]["execution_state"] in {"restarting", "dead"}:
            return "died"
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            printed += message["content"]["text"]
        if message["msg_type"] == "error":
            return printed + f"{message['content']['ename']}: {message['content']['evalue']}"
        if message["msg_type"] == "execute_reply":
            return printed
    raise AssertionError("neither an answer nor an end")


def test_a_memory_bomb_costs_its_kernel_and_no_server(rooms: Place, lea: Kernel) -> None:
    bomb = "b = []\nwhile True: b.append(bytearray(8 << 20))"
    assert execution_ends(lea, bomb) in {"died", "MemoryError: "}
    neighbour_answers(rooms)
    assert rooms.answers("lea", seconds=20)


def test_many_processes_share_one_bound(rooms: Place, lea: Kernel) -> None:
    bomb = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        b = [bytearray(1 << 20) for _ in range(60)]
        time.sleep(30); os._exit(0)
time.sleep(30)
"""
    lea.send(bomb)
    group = f"proboost-{rooms.config.mark}-lea"
    peak = list(Path("/sys/fs/cgroup").glob(f"memory/**/{group}/memory.usage_in_bytes"))
    if not peak:
        pytest.skip("no memory controller here")
    for _ in range(20):
        assert int(peak[0].read_text()) <= 400 << 20
        neighbour_answers(rooms)
        time.sleep(0.1)
    rooms.request("lea", "POST", f"api/kernels/{lea.id}/restart")


def test_a_fork_bomb_stops_at_its_number(rooms: Place, lea: Kernel) -> None:
    bomb = """
import os, time
n = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(20); os._exit(0)
        n += 1
except OSError as e:
    print('stopped', e.errno, n < 150)
"""
    assert execution_ends(lea, bomb).strip() == "stopped 11 True"
    neighbour_answers(rooms)
    assert rooms.answers("lea", seconds=20)
    execution_ends(lea, "for _ in range(n): os.wait()")  # until they have gone, no other kernel could start


def test_spinners_leave_processors_to_the_neighbour(rooms: Place, lea: Kernel) -> None:
    spin = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        end = time.time() + 6
        while time.time() < end: pass
        os._exit(0)
start = os.times(); t = time.time()
for _ in range(6): os.wait()
used = os.times()
print(used.children_user + used.children_system - start.children_user - start.children_system, time.time() - t)
"""
    lea.send(spin)
    for _ in range(5):
        neighbour_answers(rooms)
    while True:
        message = json.loads(lea.socket.recv(timeout=60))
        if message["msg_type"] == "stream":
            used, took = map(float, message["content"]["text"].split())
            break
    assert used < took * 1.0 * 1.25 + 0.5  # cpus=1.0 in these rooms


def test_folders_in_memory_are_small_and_say_so(rooms: Place, lea: Kernel) -> None:
    fill = """
import os, shutil
for path in ('/tmp', '/dev/shm', '/run/jupyter', '/var/tmp'):
    n = 0
    os.mkdir(path + '/x')
    try:
        while True:
            with open(f'{path}/x/{n}', 'wb', buffering=0) as f: n += f.write(bytes(1 << 20)) / (1 << 20)
    except OSError as e: print(path, e.errno, int(n))
    shutil.rmtree(path + '/x')
"""
    lines = {line.split()[0]: line.split()[1:] for line in lea.run(fill).splitlines()}
    assert {number for number, _mb in lines.values()} == {"28"}
    assert 80 <= int(lines["/tmp"][1]) <= 100
    assert 40 <= int(lines["/dev/shm"][1]) <= 50
    assert int(lines["/run/jupyter"][1]) <= 4
    assert int(lines["/var/tmp"][1]) <= 1
    assert rooms.answers("lea", seconds=20)


def fill(size_mb: int, piece_mb: int) -> str:
    return f"""
import os, time
os.makedirs('/home/lea/big', exist_ok=True)
written, why = 0, ''
end = time.time() + 40
while written < {size_mb} and time.time() < end:
    try:
        with open(f'/home/lea/big/{{time.time_ns()}}', 'wb') as f:
            for _ in range({piece_mb}): f.write(bytes(1 << 20)); f.flush(); written += 1; time.sleep(0.01)
    except OSError as e:
        why = e.strerror; break
print(why, written)
"""


def test_a_file_longer_than_a_home_may_be_is_refused_at_once(rooms: Place, lea: Kernel) -> None:
    found = lea.run("open('/home/lea/huge', 'wb').truncate(49 << 20)")
    assert found == "OSError: [Errno 27] File too large"
    lea.run("import os; os.unlink('/home/lea/huge')")


def test_a_full_home_grows_no_more_and_can_be_emptied(rooms: Place, lea: Kernel) -> None:
    why = execution_ends(lea, fill(400, 20))
    assert why.startswith("File too large") or why == "died"
    until(lambda: "home" in rooms.notice("lea"))
    assert rooms.notice("lea")["home"]["limit_mb"] == 48
    neighbour_answers(rooms)
    size = sum(path.stat().st_size for path in (rooms.data / "homes" / "lea").rglob("*") if path.is_file())
    assert (
        size < (48 + 150) << 20
    )  # of 400: a fast disk takes much between two looks of a keeper that others keep waiting
    home = rooms.request("lea", "GET", "api/contents/big?content=0")
    assert home["type"] == "directory"
    again = rooms.kernel("lea")  # a learner can still work, and delete
    assert (
        again.run("import shutil; shutil.rmtree('/home/lea/big'); print(open('/home/lea/s.txt', 'w').write('small'))")
        == "5"
    )
    until(lambda: rooms.notice("lea") == {}, 60, "the home is free again")
    assert again.run("print(open('/home/lea/middle', 'wb').write(bytes(8 << 20)))") == str(8 << 20)
    again.run("import os; os.unlink('/home/lea/middle')")


def test_many_small_files_end_the_programs_that_make_them(rooms: Place, lea: Kernel) -> None:
    """A million bytes each are still allowed when the home is full; going on that way is not."""
    flood = """
import os
os.makedirs('/home/lea/many', exist_ok=True)
n = 0
while True:
    n += 1
    with open(f'/home/lea/many/{n}', 'wb') as f: f.write(bytes(500_000))
"""
    start = time.monotonic()
    assert execution_ends(lea, flood, 120) == "died"
    assert time.monotonic() - start < 120
    size = sum(path.stat().st_size for path in (rooms.data / "homes" / "lea").rglob("*") if path.is_file())
    assert size < 4096 << 20
    neighbour_answers(rooms)
    rooms.kernel("lea").run("import shutil; shutil.rmtree('/home/lea/many')")
    until(lambda: rooms.notice("lea") == {}, 60)


def test_files_without_a_name_count(rooms: Place, lea: Kernel) -> None:
    """Open, unlink, write: no walk through the home sees them."""
    hide = """
import os
kept = []
while True:
    f = open('/home/lea/hidden', 'w+b'); os.unlink('/home/lea/hidden'); kept.append(f)
    for _ in range(30): f.write(bytes(1 << 20)); f.flush()
"""
    assert execution_ends(lea, hide, 120) in {"died", "OSError: [Errno 27] File too large"}
    neighbour_answers(rooms)


def test_a_learner_may_flood_the_log_and_it_stays_small(rooms: Place, lea: Kernel) -> None:
    execution_ends(lea, "import os\nfor _ in range(3000): os.write(2, b'x' * 1000)")
    logs = list((rooms.data / "launcher").glob("lea.log*"))
    assert sum(path.stat().st_size for path in logs) < 3 << 20
    neighbour_answers(rooms)


def test_the_learner_is_told_below_the_next_cell(rooms: Place, lea: Kernel) -> None:
    execution_ends(lea, "b = []\nwhile True: b.append(bytearray(8 << 20))")
    until(lambda: "memory" in rooms.notice("lea"))
    again = rooms.kernel("lea")
    assert again.run("print('next')") == "next"
    assert again.told == "Some of your programs were ended: together they may use 400 MiB of memory.\n"


def test_the_platform_keeps_a_reserve_of_the_disk(tmp_path: Path, hub: str) -> None:
    """A small disk of its own, nearly full: below the reserve, programs cannot write much, whoever filled it."""
    data = tmp_path / "disk"
    data.mkdir()
    image = tmp_path / "image"
    subprocess.run(["truncate", "-s", "200M", image], check=True)
    made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], capture_output=True, check=False)
    mounted = subprocess.run(["mount", "-o", "loop", image, data], capture_output=True, check=False)
    if made.returncode or mounted.returncode:
        linux.mount("tmpfs", str(data), "tmpfs", 0, "size=200m")
    place = Place(data, hub, disk_reserve_mb=1000, home_mb=150)  # a tenth of the disk: 20 MB
    try:
        place.up()
        place.start("lea")
        kernel = place.kernel("lea")
        write = "try: print(open('/home/lea/x', 'wb').write(bytes(4 << 20)))\nexcept OSError as e: print(e.strerror)"
        assert kernel.run(write) == str(4 << 20)
        free = os.statvfs(data)
        (data / "ballast").write_bytes(bytes((free.f_bavail * free.f_frsize) - (16 << 20)))
        until(lambda: kernel.run(write).startswith("File too large"))
        assert place.notice("lea")["disk"]["level"] == "full"
        (data / "ballast").unlink()
        until(lambda: kernel.run(write).startswith(str(4 << 20)))
    finally:
        place.down()
        subprocess.run(["umount", data], check=True)
