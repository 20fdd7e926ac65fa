"""What a learner's kernel finds when it looks around: its own home and what it needs, nothing else."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from proboost.launcher import isolation, view
from proboost_kernel.forkserver import linux

from .conftest import LEA, ROOT, Place


@pytest.fixture(scope="module")
def kernel(school: Place) -> Any:
    return school.kernel("lea")


def test_only_the_own_home_exists(school: Place, kernel: Any) -> None:
    assert kernel.run("import os; print(os.path.expanduser('~'), os.listdir('/home'))") == "/home/lea ['lea']"
    assert kernel.run("print(os.getuid(), os.getgid(), os.getgroups(), os.stat('/home/lea').st_mode & 0o777)") == (
        f"{LEA} {LEA} [] {0o700}"
    )
    hidden = [school.data, school.run, school.data / "homes" / "max", Path("/root/.ssh"), ROOT / ".git"]
    assert kernel.run(f"print([p for p in {[str(p) for p in hidden]} if os.path.exists(p)])") == "[]"


def test_authors_notebooks_and_their_answers_are_not_there(kernel: Any) -> None:
    assert kernel.run("import os; print(os.path.isdir('" + str(ROOT / "proboost") + "'))") == "True"
    assert kernel.run(f"print(os.path.exists('{ROOT / 'notebooks'}'))") == "False"
    look = f"print([f for top in ('{ROOT}', '/home') for d, _, fs in os.walk(top) for f in fs if f == 'course.yml'])"
    assert kernel.run(look) == "[]"


def test_only_home_and_memory_can_be_written(kernel: Any) -> None:
    code = """
import os
def writable(p):
    try:
        open(p + '/x', 'w').write('x'); os.unlink(p + '/x'); return True
    except OSError: return False
print(sorted({d for top in ('/', '/etc', '/usr', '/home', '/run', '/var', '/dev', '/tmp')
              for d in [top, *[os.path.join(top, n) for n in os.listdir(top)]] if os.path.isdir(d) and writable(d)}))
"""
    assert kernel.run(code) == "['/dev/shm', '/home/lea', '/run/jupyter', '/tmp', '/var/tmp']"
    assert "Error: [Errno " in kernel.run(f"open('{ROOT / 'proboost' / '__init__.py'}', 'a')")


def test_accounts_and_names(kernel: Any) -> None:
    assert kernel.run("import pwd, getpass; print([p.pw_name for p in pwd.getpwall()], getpass.getuser())") == (
        "['root', 'lea'] lea"
    )
    with Path("/etc/hosts").open() as file:
        assert kernel.run("print(open('/etc/hosts').read())") == file.read().strip()


def test_no_capability_and_no_way_to_one(kernel: Any) -> None:
    wanted = {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0, "NoNewPrivs": 1, "Seccomp": 2}
    found = kernel.run("print(open('/proc/self/status').read())")
    values = dict(line.split(":", 1) for line in found.splitlines())
    assert {name: int(values[name], 16) for name in wanted} == wanted


@pytest.mark.parametrize(
    "call", ["unshare(0x10000000)", "unshare(0x20000)", "setns(0, 0)", "mount(0, b'/tmp', b'tmpfs', 0, 0)"]
)
def test_namespaces_and_mounts_are_denied(kernel: Any, call: str) -> None:
    code = f"import ctypes; l = ctypes.CDLL(None, use_errno=True); print(l.{call}, ctypes.get_errno())"
    assert kernel.run(code) == "-1 1"


def test_a_nested_user_namespace_fails(kernel: Any) -> None:
    code = "import subprocess; print(subprocess.run(['unshare', '-Ur', 'true'], capture_output=True, text=True).stderr)"
    assert "not permitted" in kernel.run(code)


def test_other_processes_are_unseen_and_the_server_is_closed(school: Place, kernel: Any) -> None:
    names = kernel.run("import os; print([open(f'/proc/{p}/comm').read() for p in os.listdir('/proc') if p.isdigit()])")
    assert len(eval(names)) <= 6
    # 3, the parent of kernels, and what was forked from it know nothing that this kernel does not know
    code = """
import os
opened = []
for p in ('1', '2'):
    for what in ('environ', 'mem', 'maps', 'fd'):
        try:
            os.listdir(f'/proc/{p}/fd') if what == 'fd' else open(f'/proc/{p}/{what}', 'rb').read(1)
            opened.append((open(f'/proc/{p}/comm').read(), what))
        except OSError: pass
print(opened)
"""
    assert kernel.run(code) == "[]"


def test_no_token_in_the_environment_or_in_files(kernel: Any) -> None:
    code = """
import os
found = [k for k, v in os.environ.items() if 'TOKEN' in k or k == 'LD_PRELOAD']
for top in ('/home/lea', '/run', '/tmp', '/dev/shm'):
    for d, ds, fs in os.walk(top):
        if os.path.exists(os.path.join(d, 'proboost_kernel')):  # the program itself, where it lies below /tmp
            ds.clear()
            continue
        for f in fs:
            try: text = open(os.path.join(d, f), 'rb').read(100000)
            except OSError: continue
            if b'"token"' in text: found.append(os.path.join(d, f))
print(found)
"""
    assert kernel.run(code) == "[]"


def test_sockets_of_others_cannot_be_reached(school: Place, kernel: Any) -> None:
    """Neither through the file system, where they are not, nor by name, nor with root's paths as that uid."""
    paths = [str(p) for p in (school.run / "s" / "max", school.run / "launcher.sock", school.run / "s" / "lea")]
    code = f"""
import socket
for path in {paths}:
    try:
        s = socket.socket(socket.AF_UNIX); s.connect(path); print('connected', path)
    except OSError as e: print(e.errno)
print({str(school.run)!r} in open('/proc/net/unix').read())
"""
    assert kernel.run(code).split() == ["2", "2", "2", "False"]


def test_outside_of_the_view_a_learners_uid_cannot_connect_either(school: Place) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(LEA, LEA, LEA)
        os.setresuid(LEA, LEA, LEA)
        answer = []
        for path in (school.run / "s" / "max", school.run / "launcher.sock"):
            try:
                socket.socket(socket.AF_UNIX).connect(str(path))
                answer.append("connected")
            except OSError as error:
                answer.append(str(error.errno))
        os.write(writing, " ".join(answer).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as file:
        assert file.read() == "13 13"


def test_nothing_listens_but_the_handed_socket(school: Place, kernel: Any) -> None:
    """Kernel and server open no port: whatever listens on this machine is not of lea's uid."""
    code = """
lines = [line.split() for name in ('tcp', 'tcp6') for line in open(f'/proc/net/{name}').readlines()[1:]]
print([line[7] for line in lines if line[3] == '0A'])
"""
    assert str(LEA) not in kernel.run(code)


def test_forks_of_a_kernel_still_print(kernel: Any) -> None:
    code = """
import os, time
if os.fork() == 0:
    print('from a fork', flush=True)
    os._exit(0)
os.wait(); time.sleep(1)
"""
    assert kernel.run(code) == "from a fork"


def test_python_below_roots_own_home_works(kernel: Any) -> None:
    assert kernel.run("import ssl, sqlite3, ctypes, multiprocessing as m; print(m.Queue() is not None)") == "True"
    found = kernel.run("import sys; print(sys.base_prefix)")
    if found.startswith("/root"):
        assert os.stat("/root").st_mode & 0o077 == 0
        assert kernel.run("print([n for n in os.listdir('/root')])") == "['.pyenv']"


def test_home_of_the_learner_holds_nothing_of_roots(school: Place) -> None:
    home = school.data / "homes" / "lea"
    assert home.stat().st_uid == LEA
    assert [path for path in home.rglob("*") if path.lstat().st_uid != LEA] == []


def test_what_is_hidden_is_empty_and_what_is_shown_elsewhere_is_there(tmp_path: Path) -> None:
    """As in an installed wheel, where the authors' notebooks lie inside of the package."""
    (tmp_path / "package" / "notebooks").mkdir(parents=True)
    (tmp_path / "package" / "notebooks" / "answers").write_text("42")
    (tmp_path / "package" / "code").write_text("code")
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", LEA, LEA)

    def look() -> None:
        isolation.shut_in(
            view.View(
                read=(str(tmp_path / "package"), str(tmp_path / "missing")),
                hidden=(str(tmp_path / "package" / "notebooks"),),
                read_at=((str(tmp_path / "package"), "/elsewhere"),),
                write=((str(tmp_path / "home"), "/home/lea"),),
                files=view.identity("lea", LEA, "/home/lea"),
                uid=LEA,
            )
        )
        assert (tmp_path / "package" / "code").read_text() == "code"
        assert Path("/elsewhere/code").read_text() == "code"
        assert os.listdir(tmp_path / "package" / "notebooks") == []
        assert os.listdir(tmp_path) == ["package"]
        Path("/home/lea/x").write_text("x")
        for path in (tmp_path / "package" / "notebooks" / "x", Path("/elsewhere/x"), Path("/x")):
            try:
                path.write_text("x")
            except OSError:
                continue
            raise AssertionError(f"{path} can be written")

    if os.geteuid() != 0:
        pytest.skip("needs root")
    assert isolation.in_child(lambda: linux.unshare(linux.CLONE_NEWPID) or _raise(isolation.in_child(look))) == ""
    assert (tmp_path / "home" / "x").read_text() == "x"
    assert (tmp_path / "package" / "notebooks" / "answers").read_text() == "42"


def _raise(reason: str) -> None:
    if reason:
        raise OSError(reason)
