"""The machine's warm parent, and the kernels' parent that each learner gets from it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from proboost.launcher import processes

from .conftest import LEA, MAX, Place, until

# Every byte that the kernel can read of itself. What is looked for does not stand in this text.
LOOK = r"""
import re
found = set()
with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
    for line in maps:
        where, rights, *_rest = line.split()
        if not rights.startswith('r') or line.rstrip().endswith(('[vvar]', '[vsyscall]', '[vvar_vclock]')): continue
        start, end = (int(side, 16) for side in where.split('-'))
        try:
            memory.seek(start)
            found |= set(re.findall(rb'(?:lea|max):[0-9a-f]{8}', memory.read(end - start)))
        except (OSError, OverflowError): pass
print(sorted(found))
"""


def nursery(place: Place) -> int:
    assert place.process is not None
    return processes.children(place.process.pid)[0]


def test_no_token_reaches_a_kernels_memory(place: Place) -> None:
    place.start("max", MAX)
    place.start("lea", LEA)
    kernel = place.kernel("lea")
    assert kernel.run("x = 'lea:' + 'deadbeef' * 4\n" + LOOK) == "[b'lea:deadbeef']", "it finds what there is"
    kernel = place.kernel("lea")
    assert kernel.run(LOOK) == "[]"
    told = (
        "import os; print([n for n in os.environ if 'TOKEN' in n], open('/proc/self/cmdline').read().split('\\0')[2])"
    )
    assert kernel.run(told) == "[] proboost.launcher.nursery", "forked, and told no path of the installation"


def test_kernels_come_from_a_parent_in_the_learners_own_view_which_comes_back(place: Place) -> None:
    place.start("lea")
    kernel = place.kernel("lea")
    where = "import os, sys; print(os.getppid(), 'wave' in sys.modules)"
    parent, warm = kernel.run(where).split()
    assert warm == "True"
    assert kernel.run("import os; os.kill(os.getppid(), 9); print('alive')") == "alive"
    status = place.status("lea")
    until(lambda: len(processes.children(status["server"])) >= 2, message="the parent did not come back")
    again, warm = place.kernel("lea").run(where).split()
    assert (again != parent, warm) == (True, "True")
    assert kernel.run("print(6 * 7)") == "42"
    # Killed again and again it is given up: kernels start in the ordinary way, which a learner does not notice.
    for _ in range(9):
        kernel = place.kernel("lea")
        if kernel.run(where).split()[1] == "False":
            break
        kernel.run("os.kill(os.getppid(), 9)")
    else:
        raise AssertionError("it was started again and again")
    assert kernel.run("print(7)") == "7"
    assert place.answers("lea")


def test_the_warm_parents_death_costs_nothing(place: Place) -> None:
    place.start("lea")
    kernel = place.kernel("lea")
    old = nursery(place)
    os.kill(old, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{old}").exists())
    assert kernel.run("print(1)") == "1"
    place.start("max", MAX)
    assert nursery(place) != old
    assert place.status("lea")["running"]


def test_a_package_that_changes_on_disk_is_read_anew(place: Place) -> None:
    place.start("lea")
    module = Path(processes.__file__)
    facts = module.stat()
    try:
        os.utime(module, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
        place.start("max", MAX)
    finally:
        os.utime(module, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert "starting anew" in (place.data / "launcher.out").read_text()
    assert place.answers("lea")


def test_where_the_launcher_ends_its_warm_parent_does(place: Place) -> None:
    place.start("lea")
    old = nursery(place)
    place.kill_launcher()
    until(lambda: not Path(f"/proc/{old}").exists())
    assert place.answers("lea")
